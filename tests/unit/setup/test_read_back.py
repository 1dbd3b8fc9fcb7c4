"""A card is written to a virtual camera and looked for in what comes out. The real ones: tests/e2e/pipewire and
tests/e2e/machine."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator

import cv2
import numpy as np
import pytest

from cyclorama.compose.card import checking_card, plain_card, shows_card
from cyclorama.core.errors import CaptureError, SinkError
from cyclorama.core.frames import U8, SizeWH
from cyclorama.setup import read_back
from cyclorama.setup.read_back import ANOTHER_CAME, NOTHING_CAME, SIZE_WH, Checked, check_loopback, check_pipewire
from cyclorama.sinks.pixels import to_i420
from cyclorama.sinks.virtual_camera.pipewire.stream import NODE
from cyclorama.sinks.virtual_camera.v4l2loopback import VirtualCamera

CARD = checking_card(SIZE_WH)
FROM_PIPEWIRE = read_back._from_pipewire
Through = Callable[[U8], U8 | None]
"""What a camera makes of I420: BGR, or nothing."""


def bgr(i420: U8) -> U8:
    return np.asarray(cv2.cvtColor(i420, cv2.COLOR_YUV2BGR_I420), np.uint8)


@pytest.mark.parametrize("size_wh", [(320, 240), SIZE_WH, (854, 480), (1920, 1080)])
def test_the_card_is_known_through_i420_and_in_other_sizes(size_wh: SizeWH) -> None:
    card = checking_card(size_wh)
    seen = bgr(to_i420(card))
    assert shows_card(seen, card)
    assert shows_card(np.asarray(cv2.resize(seen, (1280, 720)), np.uint8), card)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda card: card[..., ::-1],
        lambda card: card[:, ::-1],
        lambda card: card[::-1],
        lambda card: np.roll(card, 40, axis=1),
        lambda card: card // 2,
        lambda card: plain_card(SIZE_WH),
        lambda card: card * (219 / 255) + 16,
        lambda card: np.clip((card - 16.0) * (255 / 219), 0, 255),
    ],
    ids=[
        *("red and blue changed", "mirrored", "upside down", "skewed", "darker", "a session's own card"),
        *("full range for limited", "limited range for full"),
    ],
)
def test_another_picture_is_no_card(spoil: Callable[[U8], U8]) -> None:
    assert not shows_card(np.ascontiguousarray(spoil(CARD), np.uint8), CARD)


class FakeCamera:
    """A camera between a writer and a reader of either kind. ``shown``: the last picture, I420."""

    through: Through = staticmethod(bgr)
    fails = False
    shown: U8 | None = None
    closed = 0

    def __init__(self, *of: object) -> None:
        FakeCamera.shown, FakeCamera.closed = None, 0

    def send(self, i420: U8) -> None:
        if FakeCamera.fails:
            raise SinkError("the virtual camera takes no more pictures")
        FakeCamera.shown = i420

    def show(self, i420: U8, seq: int) -> None:
        self.send(i420)

    def close(self) -> None:
        FakeCamera.closed += 1

    def __enter__(self) -> FakeCamera:
        return self

    def __exit__(self, *of: object) -> None:
        self.close()


def pictures(*of: object) -> Generator[U8 | None]:
    stop = of[-1]
    assert isinstance(stop, threading.Event)
    assert FakeCamera.shown is not None, "a v4l2loopback device is a camera only after its first picture"
    while not stop.wait(0.001):
        yield FakeCamera.through(FakeCamera.shown)


@pytest.fixture
def camera(monkeypatch: pytest.MonkeyPatch) -> type[FakeCamera]:
    monkeypatch.setattr(FakeCamera, "through", staticmethod(bgr))
    monkeypatch.setattr(FakeCamera, "fails", False)
    for name in ("CameraStream", "LoopbackWriter"):
        monkeypatch.setattr(read_back, name, FakeCamera)
    for name in ("_from_loopback", "_from_pipewire"):
        monkeypatch.setattr(read_back, name, pictures)
    monkeypatch.setattr(read_back, "find_device", lambda wanted: wanted if wanted != "cyclorama" else "/dev/video10")
    monkeypatch.setattr(read_back, "list_virtual_cameras", lambda: [VirtualCamera("/dev/video10", "cyclorama", ())])
    monkeypatch.setattr(read_back, "fixed_size", lambda path: None)
    monkeypatch.setattr(read_back, "PATIENCE_S", 10.0)
    monkeypatch.setattr(read_back, "NODE_S", 0.05)
    return FakeCamera


def check(kind: str) -> Checked:
    return check_pipewire() if kind == "pipewire" else check_loopback(None, "cyclorama")


@pytest.mark.parametrize("kind", ["loopback", "pipewire"])
@pytest.mark.parametrize(
    ("through", "problem"),
    [
        (bgr, ""),
        (lambda i420: None, NOTHING_CAME),
        (lambda i420: plain_card(SIZE_WH), ANOTHER_CAME),
        (lambda i420: bgr(i420)[..., ::-1], ANOTHER_CAME),
    ],
    ids=["the card", "nothing", "another picture", "wrong colours"],
)
def test_what_comes_out_is_compared(
    camera: type[FakeCamera], monkeypatch: pytest.MonkeyPatch, kind: str, through: Through, problem: str
) -> None:
    if problem:
        monkeypatch.setattr(read_back, "PATIENCE_S", 0.1)
    camera.through = staticmethod(through)
    found = check(kind)
    assert found.problem.startswith(problem) and found.works == (not problem)
    assert (found.problem == "") == (problem == "")
    assert found.camera == {"loopback": "/dev/video10", "pipewire": "Cyclorama (PipeWire)"}[kind]
    assert camera.closed == 1
    assert all(thread.name != "setup-card" for thread in threading.enumerate())


def test_it_waits_for_the_first_pictures(camera: type[FakeCamera]) -> None:
    calls = iter(range(1000))
    camera.through = staticmethod(lambda i420: bgr(i420) if next(calls) > 5 else None)
    assert check("pipewire").problem == ""


def test_a_wrong_picture_is_said_though_nothing_came_after_it(
    camera: type[FakeCamera], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(read_back, "PATIENCE_S", 0.1)
    first = iter([plain_card(SIZE_WH)])
    camera.through = staticmethod(lambda i420: next(first, None))
    assert check("loopback").problem == ANOTHER_CAME


def test_it_reads_the_camera_that_it_writes_to(camera: type[FakeCamera], monkeypatch: pytest.MonkeyPatch) -> None:
    """And not that of a session beside it, which may show the same card."""
    names: list[str] = []

    class Named(FakeCamera):
        def __init__(self, size_wh: SizeWH, fps: object, name: str) -> None:
            names.append(name)

        def read(self) -> U8 | None:
            return None if self.shown is None else bgr(self.shown)

    monkeypatch.setattr(read_back, "_from_pipewire", FROM_PIPEWIRE)
    for name in ("CameraStream", "PipeWireReader"):
        monkeypatch.setattr(read_back, name, Named)
    assert check_pipewire().problem == ""
    assert names[0] == names[1] != NODE


@pytest.mark.parametrize(
    ("device", "label", "wanted"),
    [("/dev/video9", "cyclorama", "/dev/video9"), (None, "cyclorama", "cyclorama"), (None, "another", None)],
)
def test_the_device_the_label_or_the_first_that_is_free(
    camera: type[FakeCamera], monkeypatch: pytest.MonkeyPatch, device: str | None, label: str, wanted: str | None
) -> None:
    asked: list[str | None] = []

    def find(name: str | None) -> str:
        asked.append(name)
        if len(asked) == 1:
            raise SinkError("the system has not made the device file yet")
        return "/dev/video10"

    monkeypatch.setattr(read_back, "NODE_S", 10.0)
    monkeypatch.setattr(read_back, "find_device", find)
    assert check_loopback(device, label) == Checked("/dev/video10")
    assert asked == [wanted, wanted]


def test_what_stops_the_writing_is_said(camera: type[FakeCamera]) -> None:
    def fail(i420: U8) -> None:
        camera.fails = True

    camera.through = staticmethod(fail)
    assert check("loopback").problem == "the virtual camera takes no more pictures"


@pytest.mark.parametrize("kind", ["loopback", "pipewire"])
def test_a_camera_that_takes_nothing_is_said(camera: type[FakeCamera], kind: str) -> None:
    camera.fails = True
    assert check(kind).problem == "the virtual camera takes no more pictures"


def test_a_reader_that_is_refused_is_said(camera: type[FakeCamera], monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*of: object) -> Generator[U8 | None]:
        raise CaptureError("camera /dev/video10 does not open")
        yield None

    monkeypatch.setattr(read_back, "_from_loopback", refused)
    assert check("loopback").problem == "camera /dev/video10 does not open"


def test_a_device_by_its_number_and_its_own_size(camera: type[FakeCamera], monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[tuple[str, SizeWH]] = []

    class Opened(FakeCamera):
        def __init__(self, path: str, size_wh: SizeWH, fps: object) -> None:
            super().__init__()
            opened.append((path, size_wh))

    monkeypatch.setattr(read_back, "LoopbackWriter", Opened)
    monkeypatch.setattr(read_back, "fixed_size", lambda path: (1280, 720))
    assert check_loopback("/dev/video9", "cyclorama") == Checked("/dev/video9")
    assert opened == [("/dev/video9", (1280, 720))], "a program that holds it open would see another one skewed"


@pytest.mark.parametrize(("device", "in_use"), [("/dev/video9", False), ("/dev/video10", True), (None, True)])
def test_what_another_device_is_used_for_does_not_count(
    camera: type[FakeCamera], monkeypatch: pytest.MonkeyPatch, device: str | None, in_use: bool
) -> None:
    def none(wanted: str | None) -> str:
        raise SinkError("no virtual camera can be written to")

    cameras = [
        VirtualCamera("/dev/video9", "OBS", (), "no permission"),
        VirtualCamera("/dev/video10", "cyclorama", ("zoom (7)",), "busy"),
    ]
    monkeypatch.setattr(read_back, "find_device", none)
    monkeypatch.setattr(read_back, "list_virtual_cameras", lambda: cameras)
    assert check_loopback(device, "cyclorama").in_use == in_use
    cameras[0] = VirtualCamera("/dev/video9", "OBS", ("obs (8)",), "busy")
    cameras[1] = VirtualCamera("/dev/video10", "cyclorama", (), "no permission")
    assert check_loopback(device, "cyclorama").in_use == (device == "/dev/video9")
    assert check_loopback(device, "another").in_use == (device != "/dev/video10")


@pytest.mark.parametrize(("users", "works"), [(("zoom (7)",), True), (("wireplumber (3)",), False), ((), False)])
def test_a_device_that_is_in_use_is_no_failure(
    camera: type[FakeCamera], monkeypatch: pytest.MonkeyPatch, users: tuple[str, ...], works: bool
) -> None:
    def none(wanted: str | None) -> str:
        raise SinkError("no virtual camera can be written to")

    monkeypatch.setattr(read_back, "find_device", none)
    monkeypatch.setattr(read_back, "list_virtual_cameras", lambda: [VirtualCamera("/dev/video10", "x", users, "busy")])
    found = check("loopback")
    assert (found.works, found.in_use, found.problem) == (works, works, "no virtual camera can be written to")
