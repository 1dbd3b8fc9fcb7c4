"""Put all photos of a folder before white, several at a time.

    python batch_threads.py photos done

Reading, refining, composing and compressing go on in all threads; the network takes one photo at a time.
"""

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cyclorama

THREADS = 4


def main(photos: str, done: str) -> None:
    """Write a JPEG for every photo, with the photo's own colour profile, resolution and date."""
    folder = Path(done)
    folder.mkdir(exist_ok=True)
    with cyclorama.open_cutter(background="color:white") as cutter, ThreadPoolExecutor(THREADS) as pool:

        def make(photo: Path) -> str:
            try:
                picture = cutter(photo)
            except cyclorama.CycloramaError as error:
                return str(error)
            kept = {key: value for key, value in picture.info.items() if key in ("icc_profile", "dpi", "exif")}
            target = folder / f"{photo.stem}.jpg"
            picture.save(target, quality=95, **kept)
            return str(target)

        for line in pool.map(make, sorted(Path(photos).iterdir())):
            print(line)


if __name__ == "__main__":
    main(*sys.argv[1:])
