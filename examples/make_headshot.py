"""A headshot of the largest face in a photo.

python make_headshot.py me.jpg me-linkedin.png
"""

import sys

import cyclorama


def main(photo: str, target: str) -> None:
    """Upright, framed for LinkedIn, before a warm studio backdrop."""
    made = cyclorama.headshot(photo, preset="linkedin", background="studio-warm")
    made.picture.save(target)
    report = made.report
    print(f"{target}: {report.size_wh[0]}x{report.size_wh[1]}, eyes sloped by {report.slope_deg} degrees")
    for note in report.notes:
        print(note)


if __name__ == "__main__":
    main(*sys.argv[1:])
