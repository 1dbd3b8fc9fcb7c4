"""When a recording runs, and what of the session it keeps."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from cyclorama.capture.demo_microphone import DemoMicrophone
from cyclorama.capture.watchdog import Reopening
from cyclorama.core.clock import SystemClock
from cyclorama.core.errors import CaptureError, SinkError
from cyclorama.core.frames import Composite, Frame
from cyclorama.pipeline.jobs.record import run_record
from cyclorama.pipeline.runtime import recording
from cyclorama.pipeline.runtime.metrics import Snapshot
from cyclorama.pipeline.runtime.recording import Director, Recording
from cyclorama.settings.values import ComposeSettings, Settings
from cyclorama.sinks.clip.clip import ClipSink
from doubles.memory_sink import MemorySink
from doubles.synthetic_source import SyntheticSource


class SteppingClock:
    """Every look at it takes a tenth of a second."""

    ns = 10**12

    def now_ns(self) -> int:
        self.ns += 100_000_000
        return self.ns

    def wait_until(self, deadline_ns: int, stop: threading.Event) -> bool:
        raise NotImplementedError


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recording, "LOOK_S", 0.001)


def test_it_counts_down_and_keeps_the_duration_exactly() -> None:
    director = Director(countdown_s=3, duration_s=2, clock=SteppingClock())
    stop = threading.Event()
    counted: list[int | None] = []
    director.direct(lambda timeout: True, stop, on_count=lambda: counted.append(director.starts_in))
    assert counted == [3, 2, 1]
    assert director.starts_in is None
    assert stop.is_set()
    assert director.timeline.length_ns(10**15) == 2_000_000_000


def test_it_waits_for_the_first_picture() -> None:
    director = Director(duration_s=1, clock=SteppingClock())
    answers = iter([False, False, True])
    director.direct(lambda timeout: next(answers), threading.Event())
    assert next(answers, None) is None
    assert director.timeline.started


@pytest.mark.parametrize("first", [True, False])
def test_told_to_finish_before_its_beginning_it_records_nothing(first: bool) -> None:
    director = Director(countdown_s=100)
    director.finish()
    stop = threading.Event()
    director.direct(lambda timeout: first, stop)
    assert stop.is_set()
    assert not director.timeline.started


def test_it_pauses_and_finishes_when_told() -> None:
    director = Director()
    stop = threading.Event()
    thread = threading.Thread(target=lambda: director.direct(lambda timeout: True, stop))
    thread.start()
    while not director.timeline.running:
        time.sleep(0.001)
    director.toggle()
    assert not director.timeline.running
    director.toggle()
    assert director.timeline.running
    director.finish()
    thread.join(5)
    assert stop.is_set()
    assert not director.timeline.running


@pytest.mark.parametrize("full", [True, False])
def test_after_its_end_the_pause_key_does_not_start_it_again(full: bool) -> None:
    """While what was captured before is still on its way."""
    director = Director(duration_s=0.0 if full else None)
    stop = threading.Event()
    thread = threading.Thread(target=lambda: director.direct(lambda timeout: True, stop))
    thread.start()
    while not director.timeline.started:
        time.sleep(0.001)
    if not full:
        director.finish()
    while director.timeline.running:
        time.sleep(0.001)
    time.sleep(0.1)
    director.toggle()
    assert not director.timeline.running
    thread.join(5)


@pytest.mark.parametrize(
    ("audio", "mic", "records", "opened"),
    [
        (None, None, True, "default"),
        (None, None, False, None),
        (None, "usb", False, "usb"),
        (True, None, False, "default"),
        (False, "usb", True, None),
    ],
)
def test_sound_is_usual_for_record_and_asked_for_in_a_call(
    monkeypatch: pytest.MonkeyPatch, audio: bool | None, mic: str | None, records: bool, opened: str | None
) -> None:
    names: list[str] = []

    def open_microphone(text: str, **more: Any) -> Any:
        names.append(text)
        return recording_microphone(**more)

    from cyclorama.capture.open import open_microphone as real

    def recording_microphone(clock: Any) -> Any:
        return real("demo", clock=clock)

    monkeypatch.setattr(recording, "open_microphone", open_microphone)
    it = Recording(Settings(audio=audio, mic=mic), Director() if records else None, SystemClock())
    for _ in range(2):
        assert (it.listen() is not None) is (opened is not None)
    assert names == ([opened] if opened else []), "opened once, for all clips"
    it.close()


class Unplugged(SyntheticSource):
    """A camera that is unplugged after half a second, and plugged in again a second later."""

    opened = 0

    def __init__(self) -> None:
        Unplugged.opened += 1
        if 1 < Unplugged.opened < 5:
            raise CaptureError("camera gone: plug it in again")
        super().__init__((64, 48), 30, 15 if Unplugged.opened == 1 else 10**6, live=True)

    def frames(self, stop: threading.Event) -> Iterator[Frame]:
        yield from super().frames(stop)
        if not stop.is_set():
            raise CaptureError("camera gone: plug it in again")


def test_a_camera_unplugged_in_the_middle_leaves_a_card_and_the_sound_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, watched: ModuleType
) -> None:
    monkeypatch.setattr("cyclorama.pipeline.runtime.build.open_source", lambda *a, **k: Reopening(Unplugged))
    monkeypatch.setattr(Unplugged, "opened", 0)
    path = tmp_path / "talk.mp4"
    faults: list[str | None] = []
    end = run_record(
        Settings(mic="demo", compose=ComposeSettings("color:navy")),
        path,
        Director(duration_s=4),
        stop=threading.Event(),
        on_status=lambda now: faults.append(now.fault),
        on_ready=lambda now: None,
    )
    assert any(fault is not None and "plug it in again" in fault for fault in faults)
    assert end.cards > 0
    seen = watched.watch(path)
    assert seen.times[-1] == pytest.approx(4, abs=0.4)
    assert max(np.diff(seen.times)) < 2, "the picture is held for a second, then comes the card"
    assert seen.sound_s == pytest.approx(4, abs=0.4)
    assert np.diff(seen.clicks) == pytest.approx(1, abs=0.02)


def test_what_is_wrong_with_the_microphone_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(DemoMicrophone, "fault", "microphone Desk is gone: plug it in again")
    live = SyntheticSource((64, 48), 30, 10**6, live=True)
    monkeypatch.setattr("cyclorama.pipeline.runtime.build.open_source", lambda *a, **k: live)
    stop, told = threading.Event(), []

    def status(now: Snapshot) -> None:
        told.append(now.fault)
        stop.set()

    run_record(
        Settings(mic="demo", compose=ComposeSettings("color:navy")),
        tmp_path / "talk.mp4",
        Director(),
        stop=stop,
        on_status=status,
        on_ready=lambda now: None,
    )
    assert told[0] == "microphone Desk is gone: plug it in again"


def test_a_clip_that_cannot_be_written_ends_the_recording_also_beside_a_window(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Full(ClipSink):
        def write(self, composite: Composite) -> None:
            super().write(composite)
            if self._timeline is not None and self._timeline.started:
                raise SinkError("the disk is full")

    window = MemorySink()
    monkeypatch.setattr("cyclorama.sinks.clip.clip.ClipSink", Full)
    monkeypatch.setattr("cyclorama.sinks.preview.PreviewSink", lambda: window)
    monkeypatch.setattr(
        "cyclorama.pipeline.runtime.build.open_source", lambda *a, **k: SyntheticSource((64, 48), 30, 10**6, live=True)
    )
    director = Director(duration_s=60)
    with pytest.raises(SinkError, match="the disk is full"):
        run_record(
            Settings(audio=False, compose=ComposeSettings("color:navy")),
            tmp_path / "talk.mp4",
            director,
            preview=True,
            stop=threading.Event(),
            on_status=lambda now: None,
            on_ready=lambda now: None,
        )
    assert window.count > 0
    assert director.timeline.length_ns(SystemClock().now_ns()) < 30e9


def test_a_held_picture_is_recorded_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, watched: ModuleType) -> None:
    """Away, the last picture held: the file goes on, so that a kill then loses no more than at any other time."""
    from cyclorama.pipeline.jobs.live import run_live

    gone = threading.Event()
    path = tmp_path / "call.mp4"
    live = SyntheticSource((64, 48), 30, 10**6, live=True)
    monkeypatch.setattr("cyclorama.pipeline.runtime.build.open_source", lambda *a, **k: live)
    settings = Settings(to=(str(path),), away="freeze", duration_s=3, compose=ComposeSettings("color:navy"))
    run_live(settings, stop=threading.Event(), away=gone, on_status=lambda now: gone.set())
    seen = watched.watch(path)
    assert seen.times[-1] == pytest.approx(3, abs=0.5)
    assert max(np.diff(seen.times)) < 0.8


def test_a_sink_that_wants_each_composite_gets_each(monkeypatch: pytest.MonkeyPatch) -> None:
    from cyclorama.core.frames import Composite, CompositeKind, Layout
    from cyclorama.pipeline.runtime.pacing import EachComposite
    from cyclorama.pipeline.runtime.program_output import ProgramOutput

    card = Composite(np.zeros((4, 4, 3), np.uint8), Layout.BGR, CompositeKind.CARD, -1, 0)
    stage = ProgramOutput(card, 1.0, SystemClock())
    beat, stop = EachComposite(stage), threading.Event()
    assert beat.wait(stop) == 0, "at once: the card, before there is a composite"
    for seq in range(3):
        stage.publish(replace(card, kind=CompositeKind.COMPOSITE, seq=seq, captured_ns=SystemClock().now_ns()))
        assert beat.wait(stop) == seq + 1
        assert stage.now().seq == seq
    assert beat.missed == 0
    for seq in (3, 4, 5):
        stage.publish(replace(card, kind=CompositeKind.COMPOSITE, seq=seq, captured_ns=SystemClock().now_ns()))
    assert beat.wait(stop) == 4
    assert beat.missed == 2, "of three that came while the sink was busy it gets the last"
    begin = time.monotonic()
    assert beat.wait(stop) == 5
    assert time.monotonic() - begin > 0.05, "and now and then one while none comes"
    stop.set()
    assert beat.wait(stop) is None
