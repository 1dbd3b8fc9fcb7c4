"""A clip with another background, and how far it is.

python convert_with_progress.py talk.mp4 office.mp4 office
"""

import sys

import cyclorama


def show(done: int, total: int | None) -> None:
    """Print a line every ten frames. What is raised here ends the conversion, and leaves nothing behind."""
    if done % 10 == 0:
        print(f"{done} of {total or '?'} frames")


def main(source: str, target: str, background: str) -> None:
    """Every frame at its own time, with its sound."""
    report = cyclorama.convert(source, target, background=background, progress=show)
    print(f"{report.target}: {report.frames} frames in {report.seconds} s, {report.model} on {report.provider}")


if __name__ == "__main__":
    main(*sys.argv[1:])
