"""Cut out every photo that appears in a folder.

    python watch_folder.py inbox done               until Ctrl-C
    python watch_folder.py inbox done 60            for a minute

A photo is taken once its size has stayed the same for one look, so that none is read while it is being copied.
"""

import sys
import time
from pathlib import Path

import cyclorama


def main(inbox: str, done: str, seconds: str = "inf") -> None:
    """Look every half second; one network stays open for all photos."""
    folder = Path(done)
    folder.mkdir(exist_ok=True)
    end = time.monotonic() + float(seconds)
    sizes: dict[Path, int] = {}
    taken: set[Path] = set()
    with cyclorama.open_cutter() as cutter:
        while time.monotonic() < end:
            for photo in sorted(Path(inbox).iterdir()):
                size, before = photo.stat().st_size, sizes.get(photo)
                sizes[photo] = size
                if photo in taken or size != before:
                    continue
                taken.add(photo)
                try:
                    cutter(photo).save(folder / f"{photo.stem}.png")
                    print(f"{photo.name}: done")
                except cyclorama.CycloramaError as error:
                    print(error)
            time.sleep(0.5)


if __name__ == "__main__":
    main(*sys.argv[1:])
