"""``cyclorama cutout`` between other programs: standard streams, a watched folder, a signal."""

from __future__ import annotations

import io
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cyclorama.models.bundled import bundled_path

pytestmark = pytest.mark.e2e
MAIN = [sys.executable, "-m", "cyclorama.cli.app"]
PORTRAIT = bundled_path("portrait.png")


def pipe(data: bytes, *arguments: str, folder: Path) -> tuple[int, bytes, str]:
    done = subprocess.run(
        [*MAIN, "cutout", *arguments],
        input=data, cwd=folder, capture_output=True, timeout=100, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout, done.stderr.decode()


def test_from_standard_input_to_standard_output(tmp_path: Path) -> None:
    code, out, err = pipe(PORTRAIT.read_bytes(), "-", "--format", "webp", folder=tmp_path)
    assert code == 0, err
    with Image.open(io.BytesIO(out)) as image, Image.open(PORTRAIT) as portrait:
        assert (image.format, image.mode, image.size) == ("WEBP", "RGBA", portrait.size)
        assert np.asarray(image)[5, 5, 3] == 0
    assert "1 of 1 photo made" in err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("data", [b"", b"words", PORTRAIT.read_bytes()[:5000]])
def test_bad_standard_input(data: bytes, tmp_path: Path) -> None:
    code, out, err = pipe(data, "-", folder=tmp_path)
    assert (code, out) == (3, b"")
    assert [line for line in err.splitlines() if "error" in line] == [err.splitlines()[0]]
    assert "photo from standard input" in err
    assert "Traceback" not in err


@pytest.mark.skipif(os.name == "nt", reason="a program there cannot send Ctrl-C to another alone")
def test_a_watched_folder_until_ctrl_c(tmp_path: Path) -> None:
    inbox, done = tmp_path / "in", tmp_path / "done"
    inbox.mkdir()
    shutil.copy(PORTRAIT, inbox / "first.png")
    process = subprocess.Popen(
        [*MAIN, "cutout", "--watch", "in", "-o", "done", "--crop"],
        cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        _wait_for(done / "first.png", process)
        (inbox / "broken.jpg").write_bytes(b"words")
        shutil.copy(PORTRAIT, inbox / "second.png")
        _wait_for(done / "second.png", process)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    finally:
        process.kill()
    assert process.returncode == 130
    assert f"{Path('in/second.png')} -> {Path('done/second.png')}" in out
    assert "2 of 3 photos made and 1 failed" in out
    assert err.count("broken.jpg") == 1


def test_a_batch_that_was_killed_goes_on(tmp_path: Path) -> None:
    photos, out = tmp_path / "in", tmp_path / "out"
    photos.mkdir()
    with Image.open(PORTRAIT) as portrait:
        portrait.reduce(2).save(photos / "00.png")
    for number in range(1, 12):
        shutil.copy(photos / "00.png", photos / f"{number:02}.png")
    command = [*MAIN, "cutout", "in", "-o", "out"]
    process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _wait_for(out / "00.png", process)
    process.kill()
    process.wait()
    before = {path: path.stat().st_mtime_ns for path in out.glob("*.png")}
    assert 1 <= len(before) < 12
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stderr
    assert f"{12 - len(before)} of 12 photos made and {len(before)} done before" in done.stdout
    assert sorted(path.name for path in out.iterdir()) == [f"{number:02}.png" for number in range(12)]
    assert all(path.stat().st_mtime_ns == time_ns for path, time_ns in before.items())
    for path in out.iterdir():
        with Image.open(path) as image:
            image.load()


def _wait_for(path: Path, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 60
    while not path.is_file():
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.05)
