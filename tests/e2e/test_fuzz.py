"""Damaged photos and clips by the hundred, through ``cutout`` and ``convert``: every one ends in a file or in one line.

Seeds are small pictures and clips of every format, made here; their damage comes from fixed seeds. FUZZ=20000 goes
looking for more.

No crash, no hang, no traceback, nothing unexpected; memory stays bounded; what failed is named, with the exit code of
the first that did; what is sound in the same batch is done.
"""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import av
import pytest
from PIL import Image

pytestmark = [pytest.mark.e2e, pytest.mark.skipif(sys.platform == "win32", reason="memory limits of Unix")]

COUNT = int(os.environ.get("FUZZ", "500"))
CLIPS_SHARE = 0.4
MOST_BYTES = 1_500_000_000
"""Resident. Bombs claim ten times as much and more."""
ADDRESSES = 12 << 30
"""Of memory that is reserved: inference libraries reserve much and use little."""
SECONDS_EACH, SECONDS_START = 5.0, 60.0
"""A batch that takes longer hangs."""
INPUT_FAULT = 3
RUN = """
import resource, sys
resource.setrlimit(resource.RLIMIT_AS, ({limit}, {limit}))
from cyclorama.cli.app import run
code = run(sys.argv[1:])
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
print("peak", peak, file=sys.stderr)
sys.exit(code)
"""


@dataclass(frozen=True)
class Run:
    """How a command ended."""

    code: int
    report: dict[str, Any]
    said: str


def run(folder: Path, arguments: Sequence[str | Path], files: int) -> Run:
    """Run a command in a process with bounded memory and time; check what holds for every one."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CYCLORAMA_")}
    done = subprocess.run(
        [sys.executable, "-c", RUN.format(limit=ADDRESSES), *map(str, arguments), "--json"],
        cwd=folder,
        env=environment | {"CYCLORAMA_MODELS_DIR": str(folder / "no-models")},
        capture_output=True,
        text=True,
        errors="replace",
        timeout=SECONDS_START + SECONDS_EACH * files,
        check=False,
    )
    assert done.returncode >= 0, f"killed by signal {-done.returncode}: {done.stderr[-2000:]}"
    assert "Traceback" not in done.stderr, done.stderr[-3000:]
    assert "unexpected" not in done.stderr, [line for line in done.stderr.splitlines() if "unexpected" in line]
    words = [line.split() for line in done.stderr.splitlines() if line.startswith("peak ")]
    assert words, done.stderr[-2000:]
    assert int(words[-1][1]) < MOST_BYTES
    return Run(done.returncode, json.loads(done.stdout), done.stderr)


def write(folder: Path, files: dict[str, bytes]) -> list[Path]:
    folder.mkdir()
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return sorted(folder.iterdir())


@pytest.fixture(scope="module")
def damage() -> ModuleType:
    """The module ``benchmarks/damage.py``."""
    path = Path(__file__).parents[2] / "benchmarks" / "damage.py"
    spec = importlib.util.spec_from_file_location("damage", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_photos(damage: ModuleType, tmp_path: Path) -> None:
    seeds = damage.photo_seeds()
    files = damage.damaged(seeds, round(COUNT * (1 - CLIPS_SHARE)), seed=1) | damage.bombs()
    sound = {f"{place}-sound-{number}.{name}": seeds[name] for place in "0z" for number, name in enumerate(seeds)}
    photos = write(tmp_path / "in", files | sound)
    (tmp_path / "folder.jpg").mkdir()
    others = [tmp_path / "folder.jpg", tmp_path / "absent.jpg"]
    done = run(tmp_path, ["cutout", *others, *photos, "-o", "out"], len(photos))
    results = {Path(photo["source"]).name: photo for photo in done.report["photos"]}
    assert set(results) == {*files, *sound, "absent.jpg", "folder.jpg"}
    assert all(results[name]["error"] is None for name in sound)
    assert done.code == INPUT_FAULT
    for name, result in results.items():
        if result["error"] is None:
            with Image.open(tmp_path / result["target"]) as picture:
                picture.load()
                assert picture.mode == "RGBA", name
        else:
            assert name in result["error"], "the message names the file"
            assert "\n" not in result["error"]
            assert "None" not in result["error"]
    assert sum(result["error"] is None for result in results.values()) == len(list((tmp_path / "out").iterdir()))


def test_clips(damage: ModuleType, tmp_path: Path) -> None:
    seeds = damage.clip_seeds(tmp_path)
    files = damage.damaged(seeds, round(COUNT * CLIPS_SHARE), seed=2)
    sound = {f"{place}-sound-{number}.{name}": seeds[name] for place in "0z" for number, name in enumerate(seeds)}
    clips = write(tmp_path / "in", files | sound)
    done = run(tmp_path, ["convert", *clips, "out/", "--background", "color:teal"], len(clips))
    results = {Path(clip["source"]).name: clip for clip in done.report["clips"]}
    assert set(results) == {*files, *sound}
    assert all(results[name]["frames"] == damage.FRAMES for name in sound)
    assert done.code == INPUT_FAULT
    for name, result in results.items():
        if result["status"] == "written":
            with av.open(str(tmp_path / result["target"])) as container:
                assert sum(1 for _ in container.decode(video=0)) == result["frames"], name
        else:
            assert result["status"] == "failed"
            assert name in result["error"], "the message names the file"
            assert "\n" not in result["error"]
    kept = [name for name, one in results.items() if one["status"] == "written" or "breaks off" in one["error"]]
    assert len(kept) == len(list((tmp_path / "out").iterdir())), "of clips that failed otherwise nothing is left"
