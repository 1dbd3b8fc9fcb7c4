"""What the kernel is asked, and how its answers are read."""

from __future__ import annotations

import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import pytest

from cyclorama.core import v4l2

from .conftest import FakeKernel

pytestmark = pytest.mark.needs_linux("V4L2 is for Linux")


def test_codes_are_those_of_the_header() -> None:
    assert v4l2.VIDIOC_QUERYCAP == 0x80685600
    assert v4l2.VIDIOC_ENUM_FMT == 0xC0405602
    assert v4l2.VIDIOC_REQBUFS == 0xC0145608
    assert v4l2.VIDIOC_STREAMON == 0x40045612
    assert v4l2.VIDIOC_ENUM_FRAMESIZES == 0xC02C564A
    assert v4l2.VIDIOC_ENUM_FRAMEINTERVALS == 0xC034564B


def test_capabilities_are_of_the_node_and_not_of_the_whole_device(kernel: FakeKernel) -> None:
    kernel.plug_in(0, "Webcam", bus="usb-0000:00:14.0-5")
    kernel.plug_in(1, "Webcam", flags=0x00800000)
    asked = v4l2.query("/dev/video0")
    assert (asked.driver, asked.card, asked.bus) == ("uvcvideo", "Webcam", "usb-0000:00:14.0-5")
    assert asked.captures
    assert not v4l2.query("/dev/video1").captures


def test_modes(kernel: FakeKernel) -> None:
    kernel.plug_in(0, "Webcam")
    found = v4l2.modes("/dev/video0")
    assert [(mode.fourcc, mode.size_wh) for mode in found] == [
        ("YUYV", (640, 480)), ("YUYV", (1280, 720)), ("MJPG", (1280, 720)), ("MJPG", (1920, 1080)),
    ]  # fmt: skip
    assert found[2].fps == (Fraction(60), Fraction(30))


def test_big_endian_formats_are_named_as_the_header_does() -> None:
    assert v4l2._fourcc(b"Y16\xa0") == "Y16-BE"
    assert v4l2._fourcc(b"MJPG") == "MJPG"


def test_whether_another_program_streams(kernel: FakeKernel) -> None:
    kernel.plug_in(0, "Free")
    kernel.plug_in(1, "Taken", taken=True)
    assert not v4l2.is_streaming("/dev/video0")
    assert v4l2.is_streaming("/dev/video1")


def test_nodes_come_by_number(kernel: FakeKernel) -> None:
    for number in (10, 2, 0):
        kernel.plug_in(number, "Webcam")
    assert [node.name for node in v4l2.video_nodes()] == ["video0", "video2", "video10"]


def test_who_holds_a_file_open(tmp_path: Path) -> None:
    path = tmp_path / "device"
    path.touch()
    link = tmp_path / "link"
    link.symlink_to(path)
    with path.open():
        assert v4l2.holders(str(path)) == (), "this process does not count"
    script = "import sys; held = open(sys.argv[1]); print('open', flush=True); sys.stdin.read()"
    command = [sys.executable, "-c", script, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        other.stdout.readline()
        (holder,) = v4l2.holders(str(link))
        assert holder.endswith(f"({other.pid})")
        other.kill()
