"""A batch of photos, cut out by ``cyclorama cutout`` and by rembg with the same network: time, memory, alpha.

    python benchmarks/batch.py FOLDER --network isnet.onnx --rembg PYTHON --model isnet
    python benchmarks/batch.py FOLDER --network isnet.onnx --rembg PYTHON --model isnet-int8 --count 20 --json

FOLDER holds photos and clips, in folders of its own or not: JPEGs are cut from them at many sizes, from a fixed seed.
PYTHON is the interpreter of an environment with rembg (pip install 'rembg[cpu]'), which is no dependency; without
--rembg cyclorama is measured alone. --network is the ISNet file that rembg is given, --model the name under which
cyclorama knows it, or a variant of it.

s          seconds of wall time: of cyclorama the whole command, of rembg its loop over the files, without its start
cpu        processor seconds of the same
early      largest resident memory in the first half of the batch, MB; late: in the second. Flat: they are the same
alpha      mean |difference| of alpha between the two, of 1, and that of the picture where it is largest
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import psutil

from cyclorama.core.frames import U8

PHOTOS, CLIPS = (".jpg", ".jpeg", ".png"), (".mp4", ".mov")
SIDES = (480, 3000)
EVERY_S = 0.1
"""Between two looks at a process."""
REMBG = """
import sys, time
from pathlib import Path
from rembg import new_session, remove
session = new_session("isnet-general-use")
begin, cpu = time.perf_counter(), time.process_time()
for path in sorted(Path(sys.argv[1]).iterdir()):
    (Path(sys.argv[2]) / f"{path.stem}.png").write_bytes(remove(path.read_bytes(), session=session))
print(time.perf_counter() - begin, time.process_time() - cpu)
"""


def pictures(folder: Path) -> Iterator[U8]:
    """The photos, and ten frames of each clip."""
    for path in sorted(folder.rglob("*")):
        if path.suffix in PHOTOS and (picture := cv2.imread(str(path))) is not None:
            yield np.asarray(picture, np.uint8)
        elif path.suffix in CLIPS:
            with av.open(str(path)) as container:
                every = max(1, container.streams.video[0].frames // 10)
                for number, frame in enumerate(container.decode(video=0)):
                    if number % every == every // 2:
                        yield frame.to_ndarray(format="bgr24")


def make_photos(folder: Path, out: Path, count: int) -> None:
    """Crops of two thirds of a picture's sides and more, at sizes from SIDES, as JPEG."""
    rng = np.random.default_rng(5)
    found = list(pictures(folder))
    for number in range(count):
        picture = found[number % len(found)]
        height, width = (round(side * rng.uniform(2 / 3, 1)) for side in picture.shape[:2])
        top, left = (
            rng.integers(0, end - side + 1) for end, side in zip(picture.shape[:2], (height, width), strict=True)
        )
        crop = picture[top : top + height, left : left + width]
        scale = rng.uniform(*SIDES) / max(height, width)
        size_wh = round(width * scale), round(height * scale)
        crop = cv2.resize(crop, size_wh, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
        cv2.imwrite(str(out / f"{number:03}.jpg"), crop, [cv2.IMWRITE_JPEG_QUALITY, 92])


def watched(command: list[str], out: Path, count: int, environment: dict[str, str]) -> dict[str, Any]:
    """Run a command that writes ``count`` files to ``out``: its times, memory, and what it printed."""
    begin = time.perf_counter()
    with tempfile.TemporaryFile("w+") as said, tempfile.TemporaryFile("w+") as complained:
        child = subprocess.Popen(command, stdout=said, stderr=complained, env={**os.environ, **environment})
        process, cpu, early, late = psutil.Process(child.pid), 0.0, 0, 0
        while child.poll() is None:
            try:
                resident, times = process.memory_info().rss, process.cpu_times()
            except psutil.Error:
                break
            cpu = times.user + times.system
            if len(list(out.glob("*.png"))) < count / 2:
                early = max(early, resident)
            else:
                late = max(late, resident)
            time.sleep(EVERY_S)
        if child.wait():
            complained.seek(0)
            raise SystemExit(f"{command[0]} failed: {complained.read()[-2000:]}")
        said.seek(0)
        seconds = time.perf_counter() - begin
        return {"s": seconds, "cpu": cpu, "early": early / 1e6, "late": late / 1e6, "said": said.read()}


def differences(one: Path, other: Path) -> list[float]:
    """Mean difference of alpha of each picture, 0 to 1."""
    found = []
    for path in sorted(one.iterdir()):
        ours, theirs = (cv2.imread(str(name), cv2.IMREAD_UNCHANGED) for name in (path, other / path.name))
        assert ours is not None and theirs is not None, path
        found.append(float(cv2.absdiff(ours[..., 3], theirs[..., 3]).mean() / 255))
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description="Race cyclorama cutout and rembg over a batch of photos.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--model", default="isnet")
    parser.add_argument("--network", type=Path, help="the ISNet file for rembg")
    parser.add_argument("--rembg", help="interpreter of an environment with rembg")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="cyclorama-batch-") as name:
        photos, ours, theirs, home = (Path(name) / part for part in ("photos", "ours", "theirs", "home"))
        for folder in (photos, ours, theirs, home):
            folder.mkdir()
        make_photos(options.folder, photos, options.count)
        script = "import sys; from cyclorama.cli.app import run; sys.exit(run(sys.argv[1:]))"
        command = [sys.executable, "-c", script, "cutout", *map(str, sorted(photos.iterdir())), "-o", str(ours)]
        results = {"cyclorama": watched([*command, "--model", options.model], ours, options.count, {})}
        if options.rembg:
            (home / "isnet-general-use.onnx").symlink_to(options.network.resolve())
            environment = {"U2NET_HOME": str(home), "MODEL_CHECKSUM_DISABLED": "1"}
            command = [options.rembg, "-c", REMBG, str(photos), str(theirs)]
            rembg = watched(command, theirs, options.count, environment)
            rembg["s"], rembg["cpu"] = map(float, rembg["said"].split())
            results["rembg"] = rembg
            for path in ours.iterdir():
                path.rename(ours / path.name.replace("-cutout", ""))
            off = differences(ours, theirs)
            results["compared"] = {
                "times as fast": rembg["s"] / results["cyclorama"]["s"],
                "alpha": float(np.mean(off)),
                "worst": max(off),
            }
    for part in results.values():
        part.pop("said", None)
    if options.json:
        print(json.dumps({"cores": psutil.cpu_count(), "count": options.count, **results}, indent=2))
    else:
        for title, part in results.items():
            print(f"{title:10}", ", ".join(f"{key} {value:.3g}" for key, value in part.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
