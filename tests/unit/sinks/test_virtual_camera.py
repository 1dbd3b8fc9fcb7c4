"""Choosing a virtual camera, and what is said where there is none. The real device: tests/e2e/machine."""

from __future__ import annotations

import sys
import types
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from cyclorama import v4l2
from cyclorama.errors import SinkError
from cyclorama.frames import Composite
from cyclorama.sinks import loopback, virtual_camera
from cyclorama.sinks.base import OutputFormat
from cyclorama.sinks.loopback import VirtualCamera
from cyclorama.sinks.virtual_camera import VirtualCameraSink, find_device

OUTPUT = OutputFormat((64, 48), Fraction(30))
CAPTURE, OUTPUT_CAP = v4l2.CAP_VIDEO_CAPTURE, v4l2.CAP_VIDEO_OUTPUT


@pytest.fixture
def cameras(monkeypatch: pytest.MonkeyPatch) -> list[VirtualCamera]:
    found: list[VirtualCamera] = []
    monkeypatch.setattr(virtual_camera, "list_virtual_cameras", lambda: found)
    monkeypatch.setattr(virtual_camera, "how_to_get_one", lambda: "sudo modprobe v4l2loopback")
    return found


def test_the_first_free_one_is_taken(cameras: list[VirtualCamera]) -> None:
    cameras += [
        VirtualCamera("/dev/video8", "one", ("obs (7)",), "in use by obs (7)"),
        VirtualCamera("/dev/video9", "two", ()),
        VirtualCamera("/dev/video10", "three", ()),
    ]
    assert find_device(None) == "/dev/video9"
    assert find_device("THREE") == "/dev/video10"
    assert find_device("/dev/video10") == "/dev/video10"
    with pytest.raises(SinkError, match=r"/dev/video8 \(one\): in use by obs \(7\)"):
        find_device("one")
    with pytest.raises(SinkError, match=r"no virtual camera four: there are /dev/video8 \(one\), /dev/video9"):
        find_device("four")


def test_none_at_all_names_the_next_command(cameras: list[VirtualCamera]) -> None:
    with pytest.raises(SinkError, match="sudo modprobe v4l2loopback"):
        find_device(None)


@pytest.mark.parametrize(
    ("loaded", "installed", "system", "command"),
    [
        (True, True, "ID=debian", "sudo modprobe -r v4l2loopback && sudo modprobe v4l2loopback exclusive_caps=1"),
        (False, True, "ID=debian", "sudo modprobe v4l2loopback exclusive_caps=1"),
        (False, False, 'ID=ubuntu\nID_LIKE="debian"', "sudo apt install v4l2loopback-dkms, then: sudo modprobe"),
        (False, False, "ID=fedora", "sudo dnf install v4l2loopback"),
        (False, False, 'ID="opensuse-leap"\nID_LIKE="suse opensuse"', "sudo zypper install"),
        (False, False, "ID=other", "install your system's v4l2loopback package, then: sudo modprobe"),
    ],
)
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="v4l2loopback is for Linux")
def test_how_to_get_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, loaded: bool, installed: bool, system: str, command: str
) -> None:
    sysfs, modules, release = tmp_path / "sys/class/video4linux", tmp_path / "modules", tmp_path / "os-release"
    (modules / loopback.os.uname().release).mkdir(parents=True)
    (modules / loopback.os.uname().release / "modules.dep").write_text("x/v4l2loopback.ko:\n" if installed else "")
    if loaded:
        (tmp_path / "sys/module/v4l2loopback").mkdir(parents=True)
    release.write_text(f"{system}\n")
    monkeypatch.setattr(v4l2, "SYSFS", sysfs)
    monkeypatch.setattr(loopback, "MODULES", modules)
    monkeypatch.setattr(loopback, "OS_RELEASE", release)
    assert loopback.how_to_get_one().startswith(command)


@pytest.fixture
def device(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Make sysfs show one device of given capabilities; each answer is used once, the last for good."""
    node = tmp_path / "devices/virtual/video4linux/video10"
    node.mkdir(parents=True)
    (node / "name").write_text("cyclorama\n")
    classes = tmp_path / "class"
    classes.mkdir()
    (classes / "video10").symlink_to(node)
    monkeypatch.setattr(v4l2, "SYSFS", classes)
    monkeypatch.setattr(v4l2, "holders", lambda path: ())
    monkeypatch.setattr(loopback, "hold_output", lambda path: None)

    def answers(*capabilities: int | OSError, driver: str = loopback.DRIVER) -> None:
        left = list(capabilities)

        def query(path: str) -> v4l2.Capabilities:
            answer = left.pop(0) if len(left) > 1 else left[0]
            if isinstance(answer, OSError):
                raise answer
            return v4l2.Capabilities(driver, "cyclorama", "platform:v4l2loopback-000", answer)

        monkeypatch.setattr(v4l2, "query", query)

    return answers


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="v4l2loopback is for Linux")
@pytest.mark.parametrize(
    ("answers", "problem"),
    [
        ((OUTPUT_CAP,), ""),
        ((CAPTURE | OUTPUT_CAP,), ""),
        ((0, OUTPUT_CAP), ""),  # left with neither by its last writer, and put right
        ((0, 0), "in use by another program"),
        ((CAPTURE,), "in use by another program"),
        ((PermissionError(13, "Permission denied"),), "usermod -aG video"),
        ((OSError(16, "Device or resource busy"),), "Device or resource busy"),
    ],
)
def test_what_a_device_says_of_itself(device: Callable[..., None], answers: tuple[Any, ...], problem: str) -> None:
    device(*answers)
    (camera,) = loopback.list_virtual_cameras()
    assert (camera.path, camera.name) == ("/dev/video10", "cyclorama")
    assert problem in camera.problem
    assert bool(problem) is bool(camera.problem)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="v4l2loopback is for Linux")
def test_other_drivers_are_no_virtual_cameras(device: Callable[..., None]) -> None:
    device(OUTPUT_CAP, driver="some other")
    assert loopback.list_virtual_cameras() == []


class Refusing:
    """A pyvirtualcam whose camera does not open, or sends to a device of another size."""

    PixelFormat = types.SimpleNamespace(BGR="bgr")

    def __init__(self, error: str | None) -> None:
        self.error = error
        self.closed = 0

    def Camera(self, width: int, height: int, fps: float, **options: Any) -> Any:  # noqa: N802
        if self.error is not None:
            raise RuntimeError(self.error)
        return types.SimpleNamespace(device="/dev/video10", send=print, close=self.close)

    def close(self) -> None:
        self.closed += 1


def test_what_the_library_refuses_comes_with_advice(
    cameras: list[VirtualCamera], monkeypatch: pytest.MonkeyPatch
) -> None:
    cameras.append(VirtualCamera("/dev/video10", "cyclorama", ()))
    monkeypatch.setitem(sys.modules, "pyvirtualcam", Refusing("could not be configured:\nInvalid argument"))
    monkeypatch.setattr(sys, "platform", "linux")
    with pytest.raises(SinkError, match=r"configured: Invalid argument; .* close all that use /dev/video10"):
        VirtualCameraSink().open(OUTPUT)
    monkeypatch.setattr(sys, "platform", "win32")
    with pytest.raises(SinkError, match="install OBS Studio"):
        VirtualCameraSink().open(OUTPUT)


def test_a_format_that_was_not_granted_is_refused(
    cameras: list[VirtualCamera], monkeypatch: pytest.MonkeyPatch, plain: Callable[..., Composite]
) -> None:
    library = Refusing(None)
    cameras.append(VirtualCamera("/dev/video10", "cyclorama", ()))
    monkeypatch.setitem(sys.modules, "pyvirtualcam", library)
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(virtual_camera, "hold_output", lambda path: None)
    monkeypatch.setattr(virtual_camera, "fixed_format", lambda path: "YU12:640x480@30")
    sink = VirtualCameraSink()
    with pytest.raises(SinkError, match=r"still shows 640x480 .* --size 640x480"):
        sink.open(OUTPUT)
    assert library.closed == 1
    with pytest.raises(SinkError, match="not open"):
        sink.write(plain((64, 48)))
