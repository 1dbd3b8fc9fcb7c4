"""Which cameras there are, and which one is meant."""

from __future__ import annotations

import errno
import sys
import types
from dataclasses import asdict
from pathlib import Path

import cv2
import pytest

from cyclorama.capture import devices
from cyclorama.capture.devices import CameraDevice, find_camera, list_cameras
from cyclorama.core import v4l2
from cyclorama.core.errors import CaptureError

from .conftest import FakeKernel

LOOPBACK = {"bus": "platform:v4l2loopback-000", "virtual": True}


def test_a_camera_and_its_modes(kernel: FakeKernel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(v4l2, "holders", lambda path: ("zoom (4711)",))
    kernel.plug_in(0, "HD Webcam")
    (camera,) = list_cameras()
    assert asdict(camera) == {
        "path": "/dev/video0",
        "name": "HD Webcam",
        "bus": "usb-1",
        "is_virtual": False,
        "held_by": ("zoom (4711)",),
        "modes": ("YUYV: 640x480 at 30 fps, 1280x720 at 10 fps", "MJPG: 1280x720 at 60 fps, 1920x1080 at 30 fps"),
        "problem": "",
    }


def test_metadata_nodes_and_waiting_virtual_cameras_are_no_cameras(kernel: FakeKernel) -> None:
    kernel.plug_in(0, "HD Webcam")
    kernel.plug_in(1, "HD Webcam", flags=0x00800000, index=1)
    kernel.plug_in(10, "cyclorama", flags=v4l2.CAP_VIDEO_OUTPUT, **LOOPBACK)
    kernel.plug_in(11, "DroidCam", **LOOPBACK)
    assert [(camera.path, camera.is_virtual) for camera in list_cameras()] == [
        ("/dev/video0", False),
        ("/dev/video11", True),
    ]


def test_without_permission_the_first_node_is_listed_with_what_to_do(kernel: FakeKernel) -> None:
    kernel.plug_in(0, "HD Webcam", refusal=13)
    kernel.plug_in(1, "HD Webcam", refusal=13, index=1)
    kernel.plug_in(2, "Broken", refusal=5)
    first, broken = list_cameras()
    assert first.path == "/dev/video0"
    assert "usermod -aG video" in first.problem
    assert broken.problem == "refused"


def test_a_camera_that_goes_while_it_is_asked_is_left_out(kernel: FakeKernel) -> None:
    kernel.plug_in(0, "HD Webcam", refusal=2)
    assert list_cameras() == []


def test_so_is_one_that_goes_before_its_name_is_read(kernel: FakeKernel, monkeypatch: pytest.MonkeyPatch) -> None:
    """The kernel answers that there is no such device, and not that there is no such file."""
    kernel.plug_in(0, "HD Webcam")
    kernel.plug_in(2, "Other")
    read = Path.read_text

    def gone(path: Path) -> str:
        if "video0" in path.parts:
            raise OSError(errno.ENODEV, "No such device")
        return read(path)

    monkeypatch.setattr(Path, "read_text", gone)
    assert [camera.name for camera in list_cameras()] == ["Other"]


@pytest.mark.parametrize("text", ["2", "02", "/dev/video2", "HD Webcam", "webcam", "hd"])
def test_found_by_number_path_and_name(kernel: FakeKernel, text: str) -> None:
    kernel.plug_in(0, "Other")
    kernel.plug_in(2, "HD Webcam")
    assert find_camera(text).path == "/dev/video2"


def test_a_whole_name_goes_before_a_part(kernel: FakeKernel) -> None:
    kernel.plug_in(0, "Webcam Pro")
    kernel.plug_in(2, "Webcam")
    assert find_camera("Webcam").path == "/dev/video2"


def test_what_is_not_there_is_answered_with_what_is(kernel: FakeKernel) -> None:
    with pytest.raises(CaptureError, match=r"no camera 0: this machine has none; plug one in .* --source demo"):
        find_camera("0")
    kernel.plug_in(0, "Other")
    kernel.plug_in(2, "HD Webcam")
    for text in ("1", "/dev/video1", "elgato"):
        with pytest.raises(CaptureError, match=rf"no camera {text}: there are /dev/video0 \(Other\), /dev/video2 \(HD"):
            find_camera(text)


@pytest.mark.parametrize("text", ["10", "/dev/video10", "droid"])
def test_a_virtual_camera_without_a_writer_is_said_to_be_one(kernel: FakeKernel, text: str) -> None:
    kernel.plug_in(10, "DroidCam", flags=v4l2.CAP_VIDEO_OUTPUT, **LOOPBACK)
    with pytest.raises(CaptureError, match=r"/dev/video10 \(DroidCam\) gives no pictures now: .* no program feeds"):
        find_camera(text)


def test_a_camera_that_was_plugged_in_again_is_found_under_its_new_number(kernel: FakeKernel) -> None:
    kernel.plug_in(0, "HD Webcam", bus="usb-1")
    kernel.plug_in(1, "HD Webcam", bus="usb-2")
    last = find_camera("0")
    kernel.unplug(0)
    kernel.plug_in(4, "HD Webcam", bus="usb-1")
    assert find_camera("0", last).path == "/dev/video4", "the same place on the bus"
    kernel.unplug(4)
    assert find_camera("0", last).path == "/dev/video1", "else the same name"
    kernel.unplug(1)
    kernel.plug_in(0, "Another")
    assert find_camera("0", last).path == "/dev/video0", "else what was asked for"
    with pytest.raises(CaptureError, match=r"camera /dev/video0 \(HD Webcam\) is gone: plug it in again"):
        find_camera("hd", last)


def test_of_two_nodes_of_one_camera_the_same_one_is_found_again(kernel: FakeKernel) -> None:
    kernel.plug_in(0, "Integrated Camera")
    kernel.plug_in(2, "Integrated Camera")
    assert find_camera("2", find_camera("2")).path == "/dev/video2"


def test_only_the_chosen_camera_is_asked_for_its_modes_and_once(
    kernel: FakeKernel, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    modes = v4l2.modes

    def asking(path: str) -> list[v4l2.Mode]:
        asked.append(path)
        return modes(path)

    monkeypatch.setattr(v4l2, "modes", asking)
    monkeypatch.setattr(v4l2, "holders", lambda path: pytest.fail("looked through all programs"))
    kernel.plug_in(0, "Other")
    kernel.plug_in(2, "HD Webcam", bus="usb-2")
    kernel.plug_in(11, "DroidCam", **LOOPBACK)
    first = find_camera("2")
    assert first.modes[1].startswith("MJPG: 1280x720")
    assert find_camera("2", first) == first
    assert asked == ["/dev/video2"]
    kernel.unplug(2)
    kernel.plug_in(3, "Another", bus="usb-2")
    assert find_camera("3", first).modes and asked == ["/dev/video2", "/dev/video3"], "another camera at its place"
    phone = find_camera("11")
    assert find_camera("11", phone).modes and asked[2:] == ["/dev/video11"] * 2, "its writer may be another"


def test_a_camera_that_cannot_be_asked_for_its_modes_says_so(
    kernel: FakeKernel, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(path: str) -> list[v4l2.Mode]:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(v4l2, "modes", broken)
    kernel.plug_in(0, "HD Webcam")
    assert find_camera("0").problem == "Input/output error"


@pytest.mark.parametrize("platform", ["win32", "darwin"])
def test_elsewhere_opencv_tells(monkeypatch: pytest.MonkeyPatch, platform: str) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    found = [
        types.SimpleNamespace(cam_idx=0, cam_name="FaceTime HD", backend=0),
        types.SimpleNamespace(cam_idx=1, cam_name="OBS Virtual Camera", backend=0),
    ]
    monkeypatch.setattr(cv2.videoio_registry, "enumerateDevices", lambda backend: found, raising=False)
    assert list_cameras() == [
        CameraDevice("0", "FaceTime HD"),
        CameraDevice("1", "OBS Virtual Camera", is_virtual=True),
    ]
    assert find_camera("0").name == find_camera("facetime").name == "FaceTime HD"


def test_an_old_opencv_elsewhere_opens_numbers_and_says_why_no_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.delattr(cv2.videoio_registry, "enumerateDevices", raising=False)
    assert find_camera("1").path == "1"
    for action in (list_cameras, lambda: find_camera("elgato")):
        with pytest.raises(CaptureError, match=devices.NO_LIST[:30]):
            action()
