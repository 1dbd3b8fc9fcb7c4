"""The camera source over a made-up OpenCV; the real thing: tests/e2e/machine."""

from __future__ import annotations

import itertools
import sys
import threading
import time
from dataclasses import replace
from fractions import Fraction
from typing import Any

import cv2
import numpy as np
import pytest

from cyclorama.capture import camera, reader
from cyclorama.capture.camera import CameraSource
from cyclorama.capture.devices import CameraDevice
from cyclorama.core import v4l2
from cyclorama.core.errors import CaptureError
from cyclorama.core.frames import Frame

from .conftest import FakeCapture, FakeKernel

SIZE = (1280, 720)
MJPG, YUYV = (cv2.VideoWriter.fourcc(*name) for name in ("MJPG", "YUYV"))
PICTURE = 7
"""Its grey level."""
NEVER = threading.Event()


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "STALL_S", 0.4)
    monkeypatch.setattr(camera, "FIRST_PICTURE_S", 1.0)


def take(source: CameraSource, count: int) -> list[Frame]:
    return list(itertools.islice(source.frames(NEVER), count))


def device(monkeypatch: pytest.MonkeyPatch, **changes: Any) -> CameraDevice:
    found = replace(CameraDevice("0", "Webcam"), **changes)
    monkeypatch.setattr(camera, "find_camera", lambda text, last=None: found)
    return found


def test_format_before_size_before_rate(webcam: type[FakeCapture]) -> None:
    with CameraSource("0", SIZE, 30):
        pass
    assert webcam.made[0].asked == [
        (cv2.CAP_PROP_FOURCC, MJPG),
        (cv2.CAP_PROP_FRAME_WIDTH, 1280),
        (cv2.CAP_PROP_FRAME_HEIGHT, 720),
        (cv2.CAP_PROP_BUFFERSIZE, camera.DRIVER_BUFFERS),
        (cv2.CAP_PROP_FPS, 30),
    ]


@pytest.mark.parametrize(
    ("modes", "asked"),
    [
        ((), MJPG),  # unknown: most webcams have it
        (("YUYV: 640x480 at 30 fps", "MJPG: 1280x720 at 30 fps"), MJPG),
        (("NV12: 640x480 at 30 fps", "YUYV: 640x480 at 30 fps"), YUYV),
        (("NV12: 640x480 at 30 fps",), None),
    ],
)
def test_the_format_is_one_that_is_offered(
    webcam: type[FakeCapture], monkeypatch: pytest.MonkeyPatch, modes: tuple[str, ...], asked: int | None
) -> None:
    device(monkeypatch, modes=modes)
    with CameraSource("0", SIZE, 30):
        pass
    assert dict(webcam.made[0].asked).get(cv2.CAP_PROP_FOURCC) == asked


@pytest.mark.parametrize(
    ("granted", "mode", "fps"),
    [
        ({}, "MJPG 1280x720 at 30 fps", Fraction(30)),
        ({cv2.CAP_PROP_FPS: 12.5}, "MJPG 1280x720 at 12.5 fps (asked for 1280x720 at 30 fps)", Fraction(25, 2)),
        ({cv2.CAP_PROP_FPS: 29.97002997}, "MJPG 1280x720 at 29.97 fps", Fraction(30000, 1001)),
        ({cv2.CAP_PROP_FPS: 0, cv2.CAP_PROP_FOURCC: -1}, "1280x720", None),
        ({cv2.CAP_PROP_FOURCC: YUYV}, "YUYV 1280x720 at 30 fps", Fraction(30)),
        ({cv2.CAP_PROP_FOURCC: 0xA0363159}, "1280x720 at 30 fps", Fraction(30)),  # Y16, big-endian
    ],
)
def test_the_mode_that_was_granted_is_told(
    webcam: type[FakeCapture], granted: dict[int, float], mode: str, fps: Fraction | None
) -> None:
    webcam.granted = granted
    with CameraSource("0", SIZE, 30) as source:
        assert (source.info.name, source.info.mode, source.info.live) == ("Webcam", mode, True)
        assert source.info.fps == fps


def test_another_size_than_asked_is_told_and_delivered(webcam: type[FakeCapture]) -> None:
    with CameraSource("0", (1920, 1080), 30) as source:
        assert source.info.size_wh == SIZE
        assert source.info.mode == "MJPG 1280x720 at 30 fps (asked for 1920x1080 at 30 fps)"
        assert take(source, 1)[0].size_wh == SIZE


def test_a_size_that_changes_later_is_delivered(webcam: type[FakeCapture]) -> None:
    webcam.script = [PICTURE, 0.05, np.zeros((480, 640, 3), np.uint8)]
    with CameraSource("0", SIZE, 30) as source:
        assert [frame.size_wh for frame in take(source, 2)] == [SIZE, (640, 480)]


def test_the_newest_picture_wins(webcam: type[FakeCapture]) -> None:
    with CameraSource("0", SIZE, 30) as source:
        frames = source.frames(NEVER)
        first = next(frames)
        time.sleep(0.3)
        second = next(frames)
        assert (first.seq, second.seq) == (0, 1)
        assert int(second.pixels[0, 0, 0]) - int(first.pixels[0, 0, 0]) > 5
        assert second.captured_ns > first.captured_ns


def test_damaged_pictures_are_left_out(webcam: type[FakeCapture]) -> None:
    bad = np.zeros((0, 0, 3), np.uint8)
    webcam.script = [bad, PICTURE, 0.05, bad, None, np.zeros((5, 5), np.uint8), PICTURE]
    with CameraSource("0", SIZE, 30) as source:
        assert [frame.size_wh for frame in take(source, 2)] == [SIZE, SIZE]


def test_one_thread_opens_reads_and_releases(webcam: type[FakeCapture]) -> None:
    with CameraSource("0", SIZE, 30) as source:
        take(source, 3)
    source.close()
    (made,) = webcam.made
    assert made.released.is_set()
    assert made.threads == {"cyclorama-reader"}


def test_a_stall_is_an_error(webcam: type[FakeCapture]) -> None:
    webcam.script = [PICTURE, 0.05, PICTURE]
    with CameraSource("0", SIZE, 30) as source, pytest.raises(CaptureError, match=r"camera 0 \(Webcam\) gives no pic"):
        take(source, 9)


def test_what_a_driver_stored_before_a_long_pause_is_not_shown(webcam: type[FakeCapture]) -> None:
    webcam.script = [PICTURE, 0.6, PICTURE, PICTURE]
    with CameraSource("0", SIZE, 30) as source:
        time.sleep(0.8)
        with pytest.raises(CaptureError):
            take(source, 1)


def test_a_sleep_of_the_machine_counts_as_a_pause(webcam: type[FakeCapture], monkeypatch: pytest.MonkeyPatch) -> None:
    asleep = [0.0]
    monkeypatch.setattr(reader, "seconds_also_asleep", lambda: time.monotonic() + asleep[0])
    with CameraSource("0", SIZE, 30) as source:
        frames = source.frames(NEVER)
        next(frames)
        asleep[0] = 3600
        with pytest.raises(CaptureError, match=r"paused for 3600 s|no picture any more"):
            for _ in range(3):
                next(frames)


def test_a_camera_that_is_gone_is_said_at_once(webcam: type[FakeCapture], monkeypatch: pytest.MonkeyPatch) -> None:
    webcam.script = [PICTURE]
    device(monkeypatch, path="/dev/video97")
    monkeypatch.setattr(v4l2, "is_streaming", lambda path: False)
    with CameraSource("97", SIZE, 30) as source:
        begin = time.monotonic()
        with pytest.raises(CaptureError, match=r"camera /dev/video97 \(Webcam\) is gone: plug it in again"):
            take(source, 2)
        assert time.monotonic() - begin < 0.3
    assert webcam.made[0].index == 97
    assert webcam.made[0].released.is_set()


def test_stop_ends_a_wait_on_a_driver_that_hangs(webcam: type[FakeCapture]) -> None:
    webcam.script = [PICTURE, 1.2, PICTURE]
    stop = threading.Event()
    with CameraSource("0", SIZE, 30) as source:
        frames = source.frames(stop)
        next(frames)
        threading.Timer(0.1, stop.set).start()
        begin = time.monotonic()
        assert list(frames) == []
        assert time.monotonic() - begin < 0.3
    assert time.monotonic() - begin < 0.9, "close does not wait for the driver"


def test_a_stalled_camera_is_let_go_of_at_once(webcam: type[FakeCapture], monkeypatch: pytest.MonkeyPatch) -> None:
    """On Linux the thread never waits inside a driver that has no picture."""
    monkeypatch.setattr(sys, "platform", "linux")
    source = CameraSource("0", SIZE, 30)
    monkeypatch.setattr(webcam, "waitAny", lambda captures, timeout_ns: (time.sleep(timeout_ns / 1e9), (False, []))[1])
    with pytest.raises(CaptureError, match="no picture any more"):
        take(source, 1000)
    begin = time.monotonic()
    source.close()
    assert webcam.made[0].released.is_set()
    assert time.monotonic() - begin < 0.3


def test_an_error_that_the_driver_reports_is_looked_into(
    webcam: type[FakeCapture], monkeypatch: pytest.MonkeyPatch
) -> None:
    def report(captures: object, timeout_ns: int) -> None:
        raise cv2.error("Error is reported for camera stream")

    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(webcam, "waitAny", report)
    with CameraSource("0", SIZE, 30) as source:
        assert len(take(source, 2)) == 2


def test_a_silent_camera_does_not_open(webcam: type[FakeCapture], monkeypatch: pytest.MonkeyPatch) -> None:
    webcam.script = []
    with pytest.raises(CaptureError, match=r"camera 0 \(Webcam\) gives no picture within 1 s"):
        CameraSource("0", SIZE, 30)
    assert webcam.made[0].released.is_set()
    device(monkeypatch, is_virtual=True)
    with pytest.raises(CaptureError, match="start the program that feeds it"):
        CameraSource("0", SIZE, 30)


@pytest.mark.parametrize(
    ("platform", "advice"), [("linux", "plug it in"), ("win32", "close other programs"), ("darwin", "Privacy")]
)
def test_a_camera_that_does_not_open_comes_with_advice(
    webcam: type[FakeCapture], monkeypatch: pytest.MonkeyPatch, platform: str, advice: str
) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    webcam.opens = False
    with pytest.raises(CaptureError, match=rf"camera 0 \(Webcam\) does not open: .*{advice}"):
        CameraSource("0", SIZE, 30)
    backends = {"linux": cv2.CAP_V4L2, "win32": cv2.CAP_DSHOW, "darwin": cv2.CAP_AVFOUNDATION}
    assert webcam.made[0].backend == backends[platform]


def test_a_busy_camera_is_said_with_who_has_it(kernel: FakeKernel, monkeypatch: pytest.MonkeyPatch) -> None:
    kernel.plug_in(0, "HD Webcam", taken=True)
    with pytest.raises(CaptureError, match=r"/dev/video0 \(HD Webcam\) is in use by another program"):
        CameraSource("0", SIZE, 30)
    monkeypatch.setattr(v4l2, "holders", lambda path: ("zoom (4711)",))
    with pytest.raises(CaptureError, match=r"in use by zoom \(4711\): close it there"):
        CameraSource("0", SIZE, 30)


def test_missing_permission_is_said_with_the_command(kernel: FakeKernel) -> None:
    kernel.plug_in(0, "HD Webcam", refusal=13)
    with pytest.raises(CaptureError, match=r"HD Webcam\) cannot be used: no permission: sudo usermod -aG video"):
        CameraSource("0", SIZE, 30)
