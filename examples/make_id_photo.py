"""A photo for a passport, with the unofficial check of every rule.

python make_id_photo.py me.jpg germany passport.jpg
"""

import sys
from pathlib import Path

import cyclorama


def main(photo: str, spec: str, target: str) -> None:
    """Write the very file that was checked: some authorities limit its bytes."""
    made = cyclorama.id_photo(photo, spec=spec)
    Path(target).write_bytes(made.file)
    for check in made.report.checks:
        verdict = {True: "ok", False: "FAIL", None: "-"}[check.passed]
        print(f"{verdict:5}{check.name}: {check.found}")
    print("passes" if made.report.passed else "breaks a rule", "as far as can be measured; the authority decides")


if __name__ == "__main__":
    main(*sys.argv[1:])
