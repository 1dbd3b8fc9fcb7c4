"""Record a clip of so many seconds.

python record_clip.py demo demo intro.mp4 2             no camera, no microphone
python record_clip.py 0 default intro.mp4 30
"""

import sys

import cyclorama


def main(source: str, mic: str, target: str, seconds: str) -> None:
    """Camera and microphone in, a clip out. Ctrl-C ends it early; what was recorded is kept."""
    with cyclorama.record(target, source=source, mic=mic, background="color:teal", duration=float(seconds)) as session:
        session.wait()
        report = session.stop()
    if report.recording is not None:
        print(f"{target}: {report.recording.seconds:.1f} s, {', '.join(report.encoders)}")


if __name__ == "__main__":
    main(*sys.argv[1:])
