"""Choosing a virtual camera, and what is said where there is none. The real device: tests/e2e/machine."""

from __future__ import annotations

import sys
import types
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from cyclorama.core import v4l2
from cyclorama.core.errors import SinkError
from cyclorama.core.frames import Composite, SizeWH
from cyclorama.sinks.base import OutputFormat
from cyclorama.sinks.virtual_camera import camera as virtual_camera
from cyclorama.sinks.virtual_camera import linux, packages
from cyclorama.sinks.virtual_camera import v4l2_writer as loopback_writer
from cyclorama.sinks.virtual_camera import v4l2loopback as loopback
from cyclorama.sinks.virtual_camera.camera import VirtualCameraSink
from cyclorama.sinks.virtual_camera.linux import find_device
from cyclorama.sinks.virtual_camera.v4l2loopback import VirtualCamera

OUTPUT = OutputFormat((64, 48), Fraction(30))
CAPTURE, OUTPUT_CAP = v4l2.CAP_VIDEO_CAPTURE, v4l2.CAP_VIDEO_OUTPUT


@pytest.fixture
def cameras(monkeypatch: pytest.MonkeyPatch) -> list[VirtualCamera]:
    found: list[VirtualCamera] = []
    monkeypatch.setattr(linux, "list_virtual_cameras", lambda: found)
    monkeypatch.setattr(linux, "how_to_get_one", lambda: "sudo modprobe v4l2loopback")
    return found


def test_the_first_free_one_is_taken(cameras: list[VirtualCamera]) -> None:
    cameras += [
        VirtualCamera("/dev/video8", "one", ("obs (7)",), "in use by obs (7)"),
        VirtualCamera("/dev/video9", "two", ()),
        VirtualCamera("/dev/video10", "Three", ()),
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
@pytest.mark.needs_linux("v4l2loopback is for Linux")
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
    monkeypatch.setattr(packages, "OS_RELEASE", release)
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


@pytest.mark.needs_linux("v4l2loopback is for Linux")
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


@pytest.mark.needs_linux("v4l2loopback is for Linux")
def test_other_drivers_are_no_virtual_cameras(device: Callable[..., None]) -> None:
    device(OUTPUT_CAP, driver="some other")
    assert loopback.list_virtual_cameras() == []


class Refusing:
    """A pyvirtualcam whose camera does not open."""

    PixelFormat = types.SimpleNamespace(BGR="bgr")

    def Camera(self, *size_and_rate: Any, **options: Any) -> Any:  # noqa: N802
        raise RuntimeError("could not be configured:\nInvalid argument")


def test_what_the_library_refuses_comes_with_advice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyvirtualcam", Refusing())
    monkeypatch.setattr(virtual_camera, "sys", types.SimpleNamespace(platform="win32"))
    with pytest.raises(SinkError, match=r"configured: Invalid argument; install OBS Studio"):
        VirtualCameraSink().open(OUTPUT)


def test_a_camera_elsewhere_has_the_name_and_the_rate_that_were_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[tuple[float, ...] | str] = []

    class Accepting(Refusing):
        def Camera(self, *size_and_rate: float, fmt: str, device: str) -> Any:  # noqa: N802
            made.extend((size_and_rate, fmt, device))
            return types.SimpleNamespace(device=device, close=lambda: None)

    monkeypatch.setitem(sys.modules, "pyvirtualcam", Accepting())
    monkeypatch.setattr(virtual_camera, "sys", types.SimpleNamespace(platform="win32"))
    with VirtualCameraSink("Unity Video Capture") as sink:
        sink.open(OutputFormat((64, 48), Fraction(30000, 1001)))
    assert made == [(64, 48, pytest.approx(29.97, abs=0.001)), "bgr", "Unity Video Capture"]


@pytest.fixture
def opened(cameras: list[VirtualCamera], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Make a file the only device; it grants a format or refuses it, and sysfs shows what is fixed."""
    path = tmp_path / "video10"
    path.write_bytes(b"")
    cameras.append(VirtualCamera(str(path), "cyclorama", ()))
    monkeypatch.setattr(virtual_camera, "sys", types.SimpleNamespace(platform="linux"))
    monkeypatch.setattr(loopback_writer, "hold_output", lambda path: None)

    def answers(granted: tuple[bytes, SizeWH] | OSError = (b"YU12", (64, 48)), fixed: str = "") -> None:
        def fix(*wanted: object) -> tuple[bytes, SizeWH]:
            if isinstance(granted, OSError):
                raise granted
            return granted

        monkeypatch.setattr(v4l2, "set_output_format", fix)
        monkeypatch.setattr(loopback, "fixed_format", lambda path: fixed)

    return answers


def open_handles() -> list[Path]:
    return sorted(Path("/proc/self/fd").iterdir())


@pytest.mark.needs_linux("v4l2loopback is for Linux")
@pytest.mark.parametrize(
    ("granted", "fixed", "message"),
    [
        (OSError(22, "Invalid argument"), "", r"Invalid argument; another program may have fixed its format"),
        ((b"YU12", (64, 48)), "YU12:640x480@30", r"still shows 640x480 to a program .* or give --size 640x480"),
        ((b"YU12", (640, 480)), "", r"still shows 640x480 to a program .* or give --size 640x480"),
        ((b"YUYV", (64, 48)), "", r"still shows 64x48 YUYV to a program that holds it open: close it there$"),
    ],
)
def test_a_format_that_was_not_granted_is_refused(
    opened: Callable[..., None],
    plain: Callable[..., Composite],
    granted: tuple[bytes, SizeWH] | OSError,
    fixed: str,
    message: str,
) -> None:
    opened(granted, fixed)
    before = open_handles()
    sink = VirtualCameraSink()
    with pytest.raises(SinkError, match=message):
        sink.open(OUTPUT)
    assert open_handles() == before
    with pytest.raises(SinkError, match="not open"):
        sink.write(plain((64, 48)))


@pytest.mark.needs_linux("v4l2loopback is for Linux")
@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (OSError(19, "No such device"), r"takes no more pictures: No such device; start cyclorama again"),
        (1000, r"took 1000 of 4608 bytes of a picture: another program has changed its size"),
    ],
)
def test_a_write_that_fails_is_an_error_and_not_a_line_on_the_terminal(
    opened: Callable[..., None],
    plain: Callable[..., Composite],
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    fault: OSError | int,
    message: str,
) -> None:
    def write(handle: int, data: object) -> int:
        if isinstance(fault, OSError):
            raise fault
        return fault

    opened()
    with VirtualCameraSink() as sink:
        sink.open(OUTPUT)
        monkeypatch.setattr(loopback_writer.os, "write", write)
        with pytest.raises(SinkError, match=message):
            sink.write(plain((64, 48)))
        monkeypatch.undo()
    assert capfd.readouterr() == ("", "")


def test_a_device_without_permission_is_said_with_the_command(
    opened: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*arguments: object) -> int:
        raise PermissionError(13, "Permission denied")

    opened()
    monkeypatch.setattr(loopback_writer.os, "open", refuse)
    with pytest.raises(SinkError, match=r"no permission: sudo usermod -aG video"):
        VirtualCameraSink().open(OUTPUT)


@pytest.mark.needs_linux("v4l2loopback is for Linux")
def test_the_handle_that_gives_the_device_back_is_closed_after_the_writers(
    opened: Callable[..., None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The driver lets the next writer in when it is closed, and out again when the writer's is."""
    closed: list[int] = []
    close = loopback_writer.os.close

    def note(handle: int) -> None:
        closed.append(handle)
        close(handle)

    opened()
    held = loopback_writer.os.open(tmp_path / "video10", loopback_writer.os.O_RDONLY)
    monkeypatch.setattr(loopback_writer, "hold_output", lambda path: held)
    with VirtualCameraSink() as sink:
        sink.open(OUTPUT)
        monkeypatch.setattr(loopback_writer.os, "close", note)
    monkeypatch.undo()
    assert len(closed) == 2 and closed[-1] == held


@pytest.mark.needs_linux("v4l2loopback is for Linux")
def test_the_rate_is_told_as_the_time_of_a_frame(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: dict[int, bytes] = {}

    def ask(handle: int, code: int, question: bytes) -> bytes:
        asked[code] = question
        return question

    monkeypatch.setattr(v4l2, "_ask", ask)
    assert v4l2.set_output_format(3, b"YU12", (64, 48), Fraction(30000, 1001)) == (b"YU12", (64, 48))
    output, capability, mode, numerator, denominator = v4l2.STREAM_PARAMETERS.unpack(asked[v4l2.VIDIOC_S_PARM])
    assert (output, capability, mode) == (2, 0, 0)
    assert Fraction(numerator, denominator) == Fraction(1001, 30000)
