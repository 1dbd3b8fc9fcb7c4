"""Microphones: found by name, opened or refused in one line, their blocks timed; PortAudio stands in."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from cyclorama.capture import portaudio
from cyclorama.capture.microphone import Meter
from cyclorama.capture.open import open_microphone
from cyclorama.capture.portaudio import find_microphone, list_microphones
from cyclorama.core.errors import CaptureError
from cyclorama.core.sound import SoundBlock

HARDWARE = [
    {"name": "Speakers", "hostapi": 0, "max_input_channels": 0, "default_samplerate": 44_100.0},
    {"name": "Webcam mono", "hostapi": 0, "max_input_channels": 1, "default_samplerate": 16_000.0},
    {"name": "Desk array USB", "hostapi": 0, "max_input_channels": 4, "default_samplerate": 48_000.0},
    {"name": "Desk array USB", "hostapi": 1, "max_input_channels": 4, "default_samplerate": 48_000.0},
]


class PortAudioError(Exception):
    pass


class FakeStream:
    """A stream whose callback the test calls; its clock begins anywhere."""

    refuses: str | None = None

    def __init__(self, **wanted: Any) -> None:
        self.wanted, self.time, self.closed = wanted, 500.0, False

    def start(self) -> None:
        if FakeStream.refuses:
            raise PortAudioError(FakeStream.refuses)

    def close(self, **how: Any) -> None:
        self.closed = True


class StillClock:
    ns = 10**12

    def now_ns(self) -> int:
        return self.ns

    def wait_until(self, deadline_ns: int, stop: threading.Event) -> bool:
        raise NotImplementedError


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """The module sounddevice; takes 48 kHz from all but the webcam."""

    def check(device: int, channels: int, kind: str, samplerate: int) -> None:
        if samplerate != 48_000 or device == 1:
            raise PortAudioError("Invalid sample rate [PaErrorCode -9997]")

    module = SimpleNamespace(
        PortAudioError=PortAudioError,
        InputStream=FakeStream,
        default=SimpleNamespace(device=[2, 0]),
        query_devices=lambda: HARDWARE,
        check_input_settings=check,
    )
    monkeypatch.setitem(sys.modules, "sounddevice", module)
    monkeypatch.setattr(FakeStream, "refuses", None)
    return module


def test_those_of_the_usual_interface_are_listed(fake: SimpleNamespace) -> None:
    assert [(item.index, item.name, item.is_default) for item in list_microphones()] == [
        (1, "Webcam mono", False),
        (2, "Desk array USB", True),
    ]
    fake.default.device = [-1, -1]
    assert len(list_microphones()) == 3


@pytest.mark.parametrize(("text", "index"), [("default", 2), ("1", 1), ("webcam", 1), ("DESK array usb", 2)])
def test_it_is_found_by_index_or_part_of_its_name(fake: SimpleNamespace, text: str, index: int) -> None:
    assert find_microphone(text).index == index


def test_what_is_not_there_is_said(fake: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CaptureError, match="no microphone is called 'studio': there are Webcam mono, Desk array USB"):
        find_microphone("studio")
    fake.query_devices = lambda: HARDWARE[:1]
    fake.default.device = [-1, 0]
    with pytest.raises(CaptureError, match="no microphone found: plug one in, or give --no-audio"):
        find_microphone("default")

    class Missing:
        def find_spec(self, name: str, *more: Any) -> None:
            if name == "sounddevice":
                raise OSError("PortAudio library not found")

    monkeypatch.delitem(sys.modules, "sounddevice")
    monkeypatch.setattr(sys, "meta_path", [Missing(), *sys.meta_path])
    with pytest.raises(CaptureError, match=r"apt install libportaudio2.*--no-audio") as failure:
        open_microphone()
    assert failure.value.exit_code == 3


def test_one_that_is_in_use_is_said(fake: SimpleNamespace) -> None:
    FakeStream.refuses = "Error opening InputStream: Device unavailable [PaErrorCode -9985]"
    with pytest.raises(
        CaptureError, match=r"Desk array USB cannot be opened \(Device unavailable\): close the program"
    ):
        open_microphone("desk")


def heard(microphone: Any, age_s: float, count: int = 480, *, adc: float | None = None, lost: bool = False) -> None:
    """PortAudio's callback for a block whose first sample is ``age_s`` old."""
    stream = microphone._stream
    times = SimpleNamespace(inputBufferAdcTime=stream.time - age_s if adc is None else adc, currentTime=7.0)
    samples = np.full((count, stream.wanted["channels"]), 0.25, np.float32)
    stream.wanted["callback"](samples, count, times, SimpleNamespace(input_overflow=lost))


@pytest.fixture
def desk(fake: SimpleNamespace) -> Callable[[], Any]:
    return lambda: open_microphone("desk", clock=StillClock())


def test_blocks_have_the_time_of_their_capture(desk: Callable[[], Any]) -> None:
    with desk() as microphone:
        listeners = microphone.listen(), microphone.listen()
        assert (listeners[0].rate, listeners[0].channels) == (48_000, 2)
        heard(microphone, 0.05)
        heard(microphone, 0.05, adc=0.0)  # it tells nothing: the block ends now at the latest
        heard(microphone, 0.001)  # less than its own length
        heard(microphone, 30.0, lost=True)  # nonsense
        blocks = listeners[0].read()
        assert [StillClock.ns - block.captured_ns for block in blocks] == [50_000_000, *[10_000_000] * 3]
        assert [block.after_gap for block in blocks] == [False, False, False, True]
        assert listeners[0].read() == []
        assert len(listeners[1].read()) == 4, "each hears all"
        assert microphone.level == 0.25
        stream = microphone._stream
    assert stream.closed


def test_a_rate_that_it_cannot_have_gives_its_own(fake: SimpleNamespace) -> None:
    with open_microphone("webcam") as microphone:
        listener = microphone.listen()
    assert (listener.rate, listener.channels) == (16_000, 1)


def test_one_that_falls_silent_is_a_fault(desk: Callable[[], Any]) -> None:
    microphone = desk()
    clock = microphone._clock
    heard(microphone, 0.02)
    assert microphone.fault is None
    clock.ns += int(1.5e9)
    assert "gives no sound: was it unplugged?" in microphone.fault
    assert microphone.level == 0
    heard(microphone, 0.02)
    assert microphone.fault is None


def test_a_listener_that_is_late_keeps_the_newest(desk: Callable[[], Any], monkeypatch: pytest.MonkeyPatch) -> None:
    microphone = desk()
    listener = microphone.listen()
    for _ in range(3000):
        heard(microphone, 0.02, count=1)
    assert len(listener.read()) == 1000


def test_the_demo_beeps_at_every_second() -> None:
    clock = StillClock()
    microphone = open_microphone("demo", clock=clock)
    listener = microphone.listen()
    assert microphone.level == 0
    clock.ns += 2_030_000_000
    blocks = listener.read()
    sound = np.concatenate([block.samples[:, 0] for block in blocks])
    assert sound.size == 101 * 960
    assert blocks[50].captured_ns - blocks[0].captured_ns == 10**9
    begins = np.flatnonzero(np.diff((np.abs(sound) > 0.1).astype(int), prepend=0) > 0)
    assert begins[0] < 10
    assert np.flatnonzero(np.abs(sound[4800:]) > 0.1)[0] + 4800 == pytest.approx(48_000, abs=10)
    assert microphone.level == pytest.approx(0.3, abs=0.01)
    assert microphone.fault is None


def test_a_meter_shows_the_highest_peak_and_never_more_than_full_scale() -> None:
    meter = Meter()
    meter.put(SoundBlock(np.array([[0.1], [-1.5]], np.float32), 0))
    assert meter.level == 1
    assert Meter().level == 0
    assert portaudio.BUFFER_S < portaudio.SILENT_S
