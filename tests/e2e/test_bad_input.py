"""Bad input of every kind: one line that says what, where and what to do, the documented exit code, nothing lost."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

pytestmark = pytest.mark.e2e
Run = Callable[..., Any]
QUICK = ("--source", "demo", "--to", "null", "--size", "320x180", "--duration", "1")


def png(width: int, height: int, rows: bytes) -> bytes:
    """A grey PNG that claims a size, with whatever rows it is given."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


@pytest.fixture
def clip(cyclorama: Run, tmp_path: Path) -> Path:
    """A short clip that can be converted."""
    done = cyclorama("live", "--source", "demo", "--size", "320x180", "--to", "clip.mp4", "--duration", "1")
    assert done.code == 0, done.err
    return tmp_path / "clip.mp4"


def test_no_camera(cyclorama: Run) -> None:
    done = cyclorama("live", "--source", "/dev/video97", "--to", "null")
    done.failed(3, "/dev/video97", "--source demo")
    cyclorama("live", "--source", "63", "--to", "null").failed(3, "63")
    cyclorama("live", "--source", "no camera has this name", "--to", "null").failed(3, "no camera has this name")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the kernel module of Linux")
def test_no_virtual_camera(cyclorama: Run) -> None:
    if Path("/sys/module/v4l2loopback").is_dir():
        pytest.skip("this machine has a virtual camera")
    cyclorama("live", "--source", "demo").failed(5, "no virtual camera", "v4l2loopback")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="X11 and Wayland")
def test_no_display(cyclorama: Run) -> None:
    bare = [f"{name}=" for name in ("DISPLAY", "WAYLAND_DISPLAY")]
    cyclorama("live", "--source", "demo", "--to", "preview", prefix=["env", *bare]).failed(5, "preview")


@pytest.mark.parametrize(
    ("name", "data", "says"),
    [
        ("words.mp4", b"This is no video at all.\n" * 50, "words.mp4"),
        ("empty.mp4", b"", "empty"),
        ("picture.mp4", png(4, 4, b"\0" * 20), "picture.mp4"),
    ],
)
def test_a_file_that_is_no_video(cyclorama: Run, tmp_path: Path, name: str, data: bytes, says: str) -> None:
    (tmp_path / name).write_bytes(data)
    cyclorama("convert", name, "out.mp4").failed(3, says)
    assert not (tmp_path / "out.mp4").exists()


def test_a_folder_and_a_missing_file_as_clip(cyclorama: Run, tmp_path: Path) -> None:
    (tmp_path / "folder.mp4").mkdir()
    pattern = cyclorama("convert", "no*.mp4", "out/")
    pattern.failed(3, "no*.mp4: check the pattern")
    assert pattern.err.count("no*.mp4") == 1
    cyclorama("convert", "folder.mp4", "out.mp4").failed(3, "folder")
    cyclorama("convert", "missing.mp4", "out.mp4").failed(3, "missing.mp4")


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("words.jpg", b"no picture"),
        ("empty.png", b""),
        ("cut.png", png(400, 400, b"\0" * 401 * 30)[:-40]),
        ("bomb.png", png(20_000, 10_000, b"\0" * 1000)),
    ],
)
def test_a_corrupt_or_giant_picture_as_background(cyclorama: Run, tmp_path: Path, name: str, data: bytes) -> None:
    (tmp_path / name).write_bytes(data)
    cyclorama("live", *QUICK, "--background", name).failed(2, name)


@pytest.mark.parametrize(
    ("background", "says"),
    [
        ("ofice", "office"),
        ("color:tael", "teal"),
        ("blur:7", "0 to 1"),
        ("missing.jpg", "no such file"),
        (".", "folder"),
    ],
)
def test_an_unknown_background(cyclorama: Run, background: str, says: str) -> None:
    cyclorama("live", *QUICK, "--background", background).failed(2, says)


def test_an_existing_output_is_kept(cyclorama: Run, clip: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.mp4").write_bytes(b"mine")
    cyclorama("convert", clip, "mine.mp4").failed(5, "mine.mp4", "--overwrite")
    assert (tmp_path / "mine.mp4").read_bytes() == b"mine"
    cyclorama("convert", clip, clip).failed(2, "both input and output")
    data = clip.read_bytes()
    demo = ("--source", "demo", "--to", clip, "--duration", "1", "--overwrite")
    for arguments in (
        ("convert", clip, clip),
        ("live", "--source", clip, "--to", clip, "--duration", "1"),
        ("live", *demo, "--background", clip),
        ("live", *demo, "--away", clip),
        ("record", clip, "--source", clip, "--no-audio", "--countdown", "0", "--duration", "1"),
    ):
        cyclorama(*arguments, "--overwrite").failed(2, "both input and output")
    (tmp_path / "behind.mp4").write_bytes(data)
    cyclorama("convert", clip, "behind.mp4", "--background", "behind.mp4", "--overwrite").failed(2, "both input")
    assert clip.read_bytes() == (tmp_path / "behind.mp4").read_bytes() == data
    assert cyclorama("convert", clip, "mine.mp4", "--overwrite", "--background", "color:teal").code == 0


def test_an_output_that_cannot_be_written(cyclorama: Run, clip: Path, tmp_path: Path) -> None:
    cyclorama("convert", clip, "nowhere/out.mp4").failed(5, "nowhere")
    cyclorama("convert", clip, "out.txt").failed(2, ".mp4")
    (tmp_path / "folder.mp4").mkdir()
    cyclorama("convert", clip, "folder.mp4", "--overwrite").failed(5, "folder.mp4")
    cyclorama("convert", clip, "/proc/out.mp4").failed(5, "/proc")
    assert cyclorama("live", "--source", "demo", "--to", "nowhere/out.mp4").err.count("nowhere/out.mp4") == 1


@pytest.mark.skipif(not sys.platform.startswith("linux") or os.geteuid() != 0, reason="mounts a small file system")
def test_a_full_disk(cyclorama: Run, clip: Path, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16k", "tmpfs", disk], check=False).returncode:
        pytest.skip("may not mount here")
    try:
        cyclorama("convert", clip, disk / "out.mp4", "--background", "office").failed(5, "out.mp4")
        assert list(disk.glob("out.mp4")) == []
    finally:
        subprocess.run(["umount", disk], check=True)


def test_unknown_settings_everywhere(cyclorama: Run, tmp_path: Path) -> None:
    cyclorama("live", *QUICK, "--backgroud", "blur").failed(2, "--background")
    cyclorama("live", *QUICK, CYCLORAMA_SMOTH="1").failed(2, "CYCLORAMA_SMOOTH")
    (tmp_path / "cyclorama.toml").write_text('backgroundd = "blur"\n')
    cyclorama("live", *QUICK).failed(2, "did you mean background?")
    (tmp_path / "cyclorama.toml").write_text("background = \n")
    cyclorama("live", *QUICK).failed(2, "cyclorama.toml")


@pytest.mark.parametrize("option", [("--fps", "0"), ("--size", "big"), ("--rotate", "45"), ("--threshold", "0")])
def test_settings_out_of_range(cyclorama: Run, option: tuple[str, str]) -> None:
    cyclorama("live", *QUICK, *option).failed(2, option[0])


def test_a_clip_smaller_than_anything_can_be(cyclorama: Run, tmp_path: Path) -> None:
    frames = [Image.new("RGB", (8, 4), colour) for colour in ("red", "blue")]
    frames[0].save(tmp_path / "small.gif", save_all=True, append_images=frames[1:], duration=100)
    cyclorama("convert", "small.gif", "out.mp4").failed(3, "small.gif", "8x4", "--size")
    assert cyclorama("convert", "small.gif", "out.mp4", "--size", "32x16").code == 0


@pytest.mark.parametrize("size", ["320x16", "90x31", "16x320", "17x17"])
def test_pictures_of_hardly_any_height_or_width(cyclorama: Run, size: str) -> None:
    assert cyclorama("live", "--source", "demo", "--to", "null", "--duration", "1", "--size", size).code == 0


def test_a_background_that_the_output_cannot_carry(cyclorama: Run, clip: Path) -> None:
    cyclorama("convert", clip, "out.mp4", "--background", "transparent").failed(2, "mp4")
    cyclorama("live", "--source", "demo", "--to", "a.mp4", "--background", "transparent").failed(2, "a.mp4")
