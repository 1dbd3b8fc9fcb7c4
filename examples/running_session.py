"""A live session that a program of your own holds.

python running_session.py demo null 2           no camera, nothing sent; snapshots after two seconds
python running_session.py 0 camera 600          the first camera to the virtual camera, for ten minutes
"""

import sys
import time

import cyclorama


def main(source: str, to: str, seconds: str) -> None:
    """Tell how it goes, change the background, and keep pictures of what is shown."""
    with cyclorama.live(source=source, to=to, background="color:teal", size="480p", fps=30) as session:
        end = time.monotonic() + float(seconds)
        while time.monotonic() < end and not session.wait(0.5):
            status = session.status
            print(f"{status.state}: {status.fps} fps, {status.cards} cards, fault: {status.fault or 'none'}")
        session.snapshot().save("snapshot.png")
        session.change(background="office", zoom=1.5)
        session.wait(0.5)
        session.snapshot().save("changed.png")
        report = session.stop()
    print(f"{report.frames} frames, {report.model} on {report.provider}, from {report.capture_mode}")


if __name__ == "__main__":
    main(*sys.argv[1:])
