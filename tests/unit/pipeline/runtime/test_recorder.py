"""Clips that are started and finished while a session runs. Every test ends with the checks of
``doubles.live_stage``: the other sink missed no tick and saw no room."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from cyclorama.capture.open import open_microphone
from cyclorama.core.clock import SystemClock
from cyclorama.core.errors import CaptureError, SettingsError, SinkError
from cyclorama.core.frames import U8, Composite
from cyclorama.pipeline.runtime import open_sinks, recording
from cyclorama.pipeline.runtime import recorder as recorder_module
from cyclorama.pipeline.runtime.recorder import Recorder
from cyclorama.pipeline.runtime.recording import Director, Recording
from cyclorama.sinks.base import OutputFormat
from cyclorama.sinks.clip.clip import ClipSink
from doubles.controlled import recorder_of, without_microphone
from doubles.live_stage import LEFT, PATIENCE_S, PERSON, LiveStage, live_stage, room, running

TEAL, NAVY = (128, 128, 0), (128, 0, 0)
CORNER, FACE = (2, 96), (60, 50)


@pytest.fixture(autouse=True)
def no_microphone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recording, "open_microphone", without_microphone)


@contextmanager
def recording_stage(
    monkeypatch: pytest.MonkeyPatch, background: str = "color:teal", **options: Any
) -> Iterator[tuple[LiveStage, Recorder]]:
    with running(monkeypatch, background, **options) as stage:
        recorder = recorder_of(stage)
        stage.wait(lambda: stage.shown(-1))
        yield stage, recorder
        recorder.finish()
        recorder.close()


def frames(path: Path) -> list[U8]:
    with av.open(str(path)) as clip:
        return [np.asarray(frame.to_ndarray(format="bgr24"), np.uint8) for frame in clip.decode(video=0)]


def near(pixel: object, colour: tuple[int, int, int], within: int = 30) -> bool:
    return bool(np.abs(np.asarray(pixel).astype(int) - colour).max() <= within)


def wait_recorded(stage: LiveStage, recorder: Recorder, seconds: float) -> None:
    stage.wait(lambda: (status := recorder.status) is not None and status.seconds >= seconds)


def test_a_clip_in_the_middle_has_what_was_shown_then(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with recording_stage(monkeypatch) as (stage, recorder):
        assert recorder.status is None and not recorder.on
        for name, background, colour in (("a ü.mp4", "color:teal", TEAL), ("b.mkv", "color:navy", NAVY)):
            stage.session.change(background=background)
            stage.wait(lambda colour=colour: stage.shows(colour))  # type: ignore[misc]
            recorder.start(tmp_path / name)
            assert recorder.on
            wait_recorded(stage, recorder, 0.5)
            status = recorder.status
            assert status is not None and not status.paused and not status.ended
            assert (status.target, status.microphone) == (str(tmp_path / name), None)
            recorder.finish()
            assert recorder.status is None and not recorder.on
            shown = frames(tmp_path / name)
            assert len(shown) >= 4, "ten a second"
            for pixels in shown:
                assert pixels.shape == (108, 192, 3)
                assert near(pixels[CORNER], colour) and near(pixels[FACE], PERSON)
                assert not room(pixels)[:, : LEFT[1].start - 12].any()
        assert sorted(path.name for path in tmp_path.iterdir()) == ["a ü.mp4", "b.mkv"]


def test_what_is_paused_is_not_in_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with recording_stage(monkeypatch) as (stage, recorder):
        recorder.start(tmp_path / "a.mp4")
        wait_recorded(stage, recorder, 0.3)
        recorder.pause(True)
        recorder.pause(True)
        status = recorder.status
        assert status is not None and status.paused
        stage.session.change(background="color:navy")
        stage.wait(lambda: stage.shows(NAVY))
        stage.more(5)
        assert recorder.status == status, "the time stands still"
        stage.session.change(background="color:teal")
        stage.wait(lambda: stage.shows(TEAL))
        recorder.pause(False)
        recorder.toggle()
        recorder.toggle()
        wait_recorded(stage, recorder, status.seconds + 0.3)
        recorder.finish()
        shown = frames(tmp_path / "a.mp4")
        assert len(shown) >= 4 and all(near(pixels[CORNER], TEAL) for pixels in shown)


def test_away_is_recorded_as_it_is_shown(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with recording_stage(monkeypatch) as (stage, recorder):
        recorder.start(tmp_path / "a.mkv")
        wait_recorded(stage, recorder, 0.3)
        stage.gone.set()
        stage.more(5)
        stage.gone.clear()
        stage.wait(lambda: stage.shown(-1))
        stage.more(3)
        recorder.finish()
        persons = [near(pixels[FACE], PERSON) for pixels in frames(tmp_path / "a.mkv")]
        assert persons[0] and persons[-1] and not all(persons)
        there = "".join("I" if person else "." for person in persons)
        assert there.strip("I").count("I") == 0, "gone once, and back"


def test_it_stays_open_for_what_is_on_its_way(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Frames that were captured before the end, and are being composited."""
    seen: list[tuple[bool, float]] = []
    with recording_stage(monkeypatch) as (stage, recorder):
        recorder.start(tmp_path / "a.mp4")
        wait_recorded(stage, recorder, 0.2)

        def wait(stop: threading.Event, timeout_s: float) -> None:
            status = recorder.status
            assert status is not None and status.paused
            seen.append((recorder.on, timeout_s))

        monkeypatch.setattr(recorder_module, "wait", wait)
        recorder.finish()
    assert seen == [(True, recording.ON_ITS_WAY_S)]


def test_names_that_are_none_for_a_clip_change_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "there.mp4").write_bytes(b"mine")
    opened: list[object] = []
    monkeypatch.setattr(recording, "open_microphone", lambda *given, **more: opened.append(given))
    with recording_stage(monkeypatch) as (stage, recorder):
        for name, kind, says in (
            ("there.mp4", SinkError, "exists: give another name"),
            ("a.png", SettingsError, "is no clip"),
            ("frames/%03d.png", SettingsError, "is no clip"),
            ("a.webp", SettingsError, "would be lost with a crash"),
            ("a", SettingsError, "is no clip"),
            ("no/a.mp4", SinkError, "there is no folder"),
        ):
            with pytest.raises(kind, match=says):
                recorder.start(tmp_path / name)
        (tmp_path / "folder.mp4").mkdir()
        with pytest.raises(SinkError, match="is a folder"):
            recorder.start(tmp_path / "folder.mp4")
        assert not recorder.on and recorder.status is None and len(stage.session.sinks.names) == 1
        assert not opened, "no microphone is opened for them"
    assert (tmp_path / "there.mp4").read_bytes() == b"mine"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["folder.mp4", "there.mp4"]


def test_one_at_a_time(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with recording_stage(monkeypatch) as (stage, recorder):
        results: list[object] = []

        def start(name: str) -> None:
            try:
                recorder.start(tmp_path / name)
                results.append(name)
            except SettingsError as error:
                results.append(error)

        threads = [threading.Thread(target=start, args=(f"{number}.mp4",)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(PATIENCE_S)
        (name,) = [result for result in results if isinstance(result, str)]
        refused = [str(result) for result in results if not isinstance(result, str)]
        assert len(refused) == 3 and all(f"{name} is being recorded: finish it" in text for text in refused)
        wait_recorded(stage, recorder, 0.2)
        both = [threading.Thread(target=recorder.finish) for _ in range(2)]
        for thread in both:
            thread.start()
        for thread in both:
            thread.join(PATIENCE_S)
        assert [path.name for path in tmp_path.iterdir()] == [name] and frames(tmp_path / name)
        recorder.finish()


def test_pausing_needs_a_recording(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with recording_stage(monkeypatch) as (stage, recorder):
        recorder.toggle()
        with pytest.raises(SettingsError, match="nothing is being recorded: start a recording first"):
            recorder.pause(True)
    with live_stage(monkeypatch) as stage:
        director = Director(countdown_s=60)
        counting = Recording(stage.session.settings, director, SystemClock())
        recorder = Recorder(stage.session, counting, SystemClock(), director)
        monkeypatch.setattr(type(stage.session.sinks), "recordings", [ClipSink(tmp_path / "a.mp4")])
        with pytest.raises(SettingsError, match="has not begun: wait for the end of its countdown"):
            recorder.pause(True)


def demo_microphone(opened: list[Any]) -> Callable[..., Any]:
    def open_it(text: str, **more: Any) -> Any:
        opened.append(open_microphone("demo", **more))
        return opened[-1]

    return open_it


def test_the_microphone_is_open_while_a_clip_is_recorded(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, watched: Any
) -> None:
    opened: list[Any] = []
    monkeypatch.setattr(recording, "open_microphone", demo_microphone(opened))
    closed: set[int] = set()
    with recording_stage(monkeypatch) as (stage, recorder):
        for number in range(2):
            recorder.start(tmp_path / f"{number}.mp4")
            assert len(opened) == number + 1 and number not in closed
            close = opened[-1].close
            monkeypatch.setattr(opened[-1], "close", lambda number=number, close=close: (closed.add(number), close()))
            wait_recorded(stage, recorder, 0.6)
            status = recorder.status
            assert status is not None and status.microphone == opened[-1].name
            recorder.finish()
            assert number in closed, "nobody listens after it"
            assert watched.watch(tmp_path / f"{number}.mp4").sound_s > 0.4


def test_without_a_microphone_it_is_recorded_without_sound_and_said(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture, watched: Any
) -> None:
    with recording_stage(monkeypatch) as (stage, recorder):
        recorder.start(tmp_path / "a.mp4")
        wait_recorded(stage, recorder, 0.2)
        recorder.finish()
    assert "no microphone found; recording without sound" in caplog.text
    assert watched.watch(tmp_path / "a.mp4").sound_s == 0


@pytest.mark.parametrize("asked", [{"audio": True}, {"mic": "3"}])
def test_who_asked_for_sound_gets_no_clip_without(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, asked: dict[str, object]
) -> None:
    with recording_stage(monkeypatch) as (stage, recorder):
        stage.session.change(**asked)
        with pytest.raises(CaptureError, match="no microphone found"):
            recorder.start(tmp_path / "a.mp4")
        assert not recorder.on and not list(tmp_path.iterdir())


class FullDisk(ClipSink):
    """Takes five composites."""

    written = 0

    def write(self, composite: Composite) -> None:
        self.written += 1
        if self.written > 5:
            raise SinkError("cannot write the clip: No space left on device")
        super().write(composite)


def test_a_full_disk_ends_the_clip_alone_and_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    opened: list[Any] = []
    monkeypatch.setattr(recording, "open_microphone", demo_microphone(opened))
    with recording_stage(monkeypatch) as (stage, recorder):
        with monkeypatch.context() as patch:
            patch.setattr("cyclorama.sinks.clip.clip.ClipSink", FullDisk)
            recorder.start(tmp_path / "a.mp4")
        closed = threading.Event()
        monkeypatch.setattr(opened[0], "close", closed.set)
        stage.wait(lambda: not recorder.on)
        assert closed.wait(PATIENCE_S), "nobody listens any more"
        status = recorder.status
        assert status is not None and status.ended and status.target == str(tmp_path / "a.mp4")
        assert stage.session.fault == "cannot write the clip: No space left on device"
        stage.more(5)
        after = recorder.status
        assert stage.shown(-1) and after is not None and after.ended
        assert after.seconds == status.seconds, "the call goes on, the recording's time does not"
        recorder.finish()
        recorder.start(tmp_path / "b.mp4")
        assert stage.session.fault is None, "the next one is another matter"
        wait_recorded(stage, recorder, 0.2)
        recorder.finish()
        assert len(frames(tmp_path / "b.mp4")) > 1


def test_a_clip_that_does_not_open_changes_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def refuse(sink: ClipSink, output: OutputFormat) -> None:
        raise SinkError("no permission")

    opened: list[Any] = []
    monkeypatch.setattr(recording, "open_microphone", demo_microphone(opened))
    with recording_stage(monkeypatch) as (stage, recorder):
        with monkeypatch.context() as patch:
            patch.setattr(ClipSink, "open", refuse)
            with pytest.raises(SinkError, match="no permission"):
                recorder.start(tmp_path / "a.mp4")
        assert not recorder.on and stage.session.fault is None and len(stage.session.sinks.names) == 1
        recorder.start(tmp_path / "a.mp4")
        assert len(opened) == 2
        wait_recorded(stage, recorder, 0.2)


def test_a_session_that_ends_finishes_the_clip(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with live_stage(monkeypatch, "color:teal") as stage:
        recorder = recorder_of(stage)
        stage.session.start()
        stage.wait(lambda: stage.sink.kinds and stage.shown(-1))
        recorder.start(tmp_path / "a.mp4")
        wait_recorded(stage, recorder, 0.3)
        stage.session.close()
        recorder.close()
        assert len(frames(tmp_path / "a.mp4")) > 2
        status = recorder.status
        assert status is not None and status.ended
        with pytest.raises(SettingsError, match="the session has ended"):
            recorder.start(tmp_path / "b.mp4")
    assert [path.name for path in tmp_path.iterdir()] == ["a.mp4"]


def test_a_session_that_ends_while_a_clip_opens_refuses_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    opening, go_on = threading.Event(), threading.Event()
    told: list[BaseException] = []
    real = ClipSink.open

    def slow(sink: ClipSink, output: OutputFormat) -> None:
        opening.set()
        go_on.wait(PATIENCE_S)
        real(sink, output)

    def start() -> None:
        try:
            recorder.start(tmp_path / "a.mp4")
        except SettingsError as error:
            told.append(error)

    monkeypatch.setattr(ClipSink, "open", slow)
    with live_stage(monkeypatch) as stage:
        recorder = recorder_of(stage)
        stage.session.start()
        starting = threading.Thread(target=start)
        starting.start()
        assert opening.wait(PATIENCE_S)
        stage.session.stop_event.set()
        starting.join(0.3)
        go_on.set()
        starting.join(PATIENCE_S)
        stage.session.close()
        recorder.close()
        assert "the session has ended" in str(told[0])
    assert not list(tmp_path.iterdir())


def test_a_disk_that_takes_very_long_is_told_and_waited_for_at_the_end(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    go_on = threading.Event()
    real = ClipSink.close

    def slow(sink: ClipSink) -> None:
        go_on.wait(PATIENCE_S)
        real(sink)

    with recording_stage(monkeypatch) as (stage, recorder):
        recorder.start(tmp_path / "a.mp4")
        wait_recorded(stage, recorder, 0.2)
        monkeypatch.setattr(ClipSink, "close", slow)
        monkeypatch.setattr(open_sinks, "FINISH_S", 0.1)
        with pytest.raises(SinkError, match=r"a\.mp4 is still being written"):
            recorder.finish()
        assert recorder.on
        monkeypatch.setattr(open_sinks, "FINISH_S", PATIENCE_S)
        go_on.set()
        recorder.finish()
        assert frames(tmp_path / "a.mp4"), "it plays"


def test_the_last_sink_that_is_finished_ends_the_session(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with live_stage(monkeypatch) as stage:
        recorder = recorder_of(stage)
        stage.session.start()
        stage.wait(lambda: stage.sink.kinds and stage.shown(-1))
        recorder.start(tmp_path / "a.mp4")
        wait_recorded(stage, recorder, 0.2)
        stage.session.remove(stage.sink)
        assert not stage.session.stop_event.is_set()
        recorder.finish()
        assert stage.session.stop_event.wait(PATIENCE_S)
        recorder.close()
    assert len(frames(tmp_path / "a.mp4")) > 1


def test_with_a_director_the_recording_is_the_session(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with live_stage(monkeypatch) as stage:
        director = Director()
        recorder = Recorder(
            stage.session, Recording(stage.session.settings, director, SystemClock()), SystemClock(), director
        )
        director.timeline.run(0)
        recorder.toggle()
        assert not director.timeline.running
        recorder.toggle()
        assert director.timeline.running
        recorder.finish()
        assert not director.timeline.running
        recorder.toggle()
        assert not director.timeline.running, "that was its end"


def test_formats_that_a_crash_would_lose_are_refused() -> None:
    recorder_module.check_survives(Path("a.mp4"))
    with pytest.raises(SettingsError, match=r"record \.mp4 or \.gif"):
        recorder_module.check_survives(Path("a.WEBP"))
