"""Sinks come and go while a session runs, and whoever looks without one sees what they see. Every test ends with the
checks of ``doubles.live_stage``."""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest

from cyclorama.compose.card import plain_card
from cyclorama.compose.compositor import Compositor
from cyclorama.core.errors import SettingsError, SinkError
from cyclorama.core.frames import Composite, CompositeKind, Frame, Layout, Matte
from cyclorama.pipeline.runtime.parts import Limits
from cyclorama.pipeline.runtime.program_output import ProgramOutput
from cyclorama.sinks.base import OutputFormat
from doubles.live_stage import LEFT, PATIENCE_S, ROOM, SIZE_WH, Camera, LiveStage, Watching, live_stage, running
from doubles.memory_sink import MemorySink

TEAL = (128, 128, 0)
INSIDE = (slice(LEFT[0].start + 10, None), slice(LEFT[1].start + 10, LEFT[1].stop - 10))


def test_a_sink_that_is_added_shows_what_the_others_show(monkeypatch: pytest.MonkeyPatch) -> None:
    with running(monkeypatch) as stage:
        late, ended = Watching(), []
        stage.session.add(late, lambda: ended.append(late.count))
        assert stage.session.sinks.names == ["memory", "memory"]
        stage.wait(lambda: late.kinds and late.kinds[-1] is CompositeKind.COMPOSITE)
        stage.session.change(background="color:teal")
        stage.wait(lambda: stage.near(late.corners[-1], TEAL) and stage.shows(TEAL))
        assert not ended
        stage.session.remove(late)
        assert ended == [late.count] and late.breaches == 0
        stage.more(3)
        assert late.count == ended[0] and stage.session.sinks.names == ["memory"]
        stage.session.remove(late)
        with pytest.raises(SinkError, match="not open"):
            late.write(stage.sink.composites[-1])


def test_the_last_sink_that_is_removed_ends_the_session(monkeypatch: pytest.MonkeyPatch) -> None:
    with live_stage(monkeypatch) as stage:
        stage.session.start()
        stage.wait(lambda: stage.sink.count > 2)
        other = MemorySink()
        stage.session.add(other)
        stage.session.remove(stage.sink)
        assert not stage.session.stop_event.is_set()
        stage.session.remove(other)
        assert stage.session.stop_event.wait(PATIENCE_S)
        with pytest.raises(SettingsError, match="the session has ended"):
            stage.session.add(MemorySink())


class Refusing(MemorySink):
    """Does not open."""

    def open(self, output: OutputFormat) -> None:
        raise SinkError("the device is taken")


class Failing(MemorySink):
    """Fails with its third composite."""

    def write(self, composite: Composite) -> None:
        super().write(composite)
        if self.count > 2:
            raise SinkError("the device is gone")


class Hanging(MemorySink):
    """Opens once it is let."""

    def __init__(self) -> None:
        super().__init__()
        self.go_on = threading.Event()

    def open(self, output: OutputFormat) -> None:
        self.go_on.wait(PATIENCE_S)
        super().open(output)


class Mattes(MemorySink):
    """Takes grey pictures alone."""

    layouts = frozenset({Layout.GRAY})


def test_one_that_does_not_open_or_fit_leaves_the_session_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    with running(monkeypatch) as stage:
        ended: list[str] = []
        with pytest.raises(SinkError, match="the device is taken"):
            stage.session.add(Refusing(), lambda: ended.append("refused"))
        assert ended == ["refused"]
        with pytest.raises(SettingsError, match="cannot carry this background"):
            stage.session.add(Mattes())
        assert stage.session.sinks.names == ["memory"] and stage.session.fault is None
        stage.more(2)


def test_one_that_never_opens_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    with running(monkeypatch) as stage:
        monkeypatch.setattr(stage.session, "_limits", Limits(open_s=0.2))
        monkeypatch.setattr("cyclorama.pipeline.runtime.session.SHUTDOWN_S", 0.1)
        hanging = Hanging()
        with pytest.raises(SinkError, match=r"memory did not open within 0\.2 s"):
            stage.session.add(hanging)
        hanging.go_on.set()
        stage.more(2)
        assert hanging.count <= 1 and len(stage.session.sinks.names) == 1


def test_one_that_fails_ends_alone_and_is_told_until_it_is_removed(monkeypatch: pytest.MonkeyPatch) -> None:
    with running(monkeypatch) as stage:
        failing, ended = Failing(), threading.Event()
        stage.session.add(failing, ended.set)
        assert ended.wait(PATIENCE_S)
        stage.wait(lambda: stage.session.fault == "the device is gone")
        stage.more(3)
        assert stage.shown(-1)
        with pytest.raises(SinkError, match="the device is gone"):
            stage.session.remove(failing)
        assert stage.session.fault is None


def test_many_come_and_go_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    with running(monkeypatch) as stage:
        counts: list[int] = []

        def come_and_go() -> None:
            for _ in range(5):
                sink = MemorySink()
                stage.session.add(sink)
                while not sink.count:
                    time.sleep(0.002)
                stage.session.remove(sink)
                counts.append(sink.count)

        threads = [threading.Thread(target=come_and_go) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(PATIENCE_S)
        assert len(counts) == 20
        assert stage.session.sinks.names == ["memory"]
        assert not [thread.name for thread in threading.enumerate() if thread.name == "cyclorama-sink-memory"][1:]


def test_the_moment_is_what_is_shown_with_what_it_was_made_of(monkeypatch: pytest.MonkeyPatch) -> None:
    with running(monkeypatch) as stage:
        for _ in range(100):
            moment, shown = stage.session.moment(), stage.session.shown
            assert moment is not None, "it is never missing while a person is shown"
            assert moment.frame.seq == moment.composite.seq <= shown.seq
            assert moment.matte is not None and moment.matte.seq == moment.frame.seq
            time.sleep(0.002)
        assert (moment.frame.pixels[:20] == ROOM).all(), "as the camera has it"
        assert moment.matte.alpha[INSIDE].min() > 200 and moment.matte.alpha[:20].max() < 50
        stage.gone.set()
        stage.more(2)
        assert stage.session.moment() is None, "an away picture has no frame"
        stage.gone.clear()
        stage.wait(stage.session.moment)


def test_between_two_moments_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """While a composite is being published, the one before is shown still."""
    missing: list[int] = []
    publish = ProgramOutput.publish
    with running(monkeypatch) as stage:

        def slowly(output: ProgramOutput, composite: Composite) -> None:
            if stage.session.moment() is None:
                missing.append(composite.seq)
            publish(output, composite)

        monkeypatch.setattr(ProgramOutput, "publish", slowly)
        stage.more(3)
    assert not missing


def test_a_composite_that_comes_while_one_looks_hides_no_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    now = ProgramOutput.now
    with running(monkeypatch) as stage:

        def slowly(output: ProgramOutput) -> Composite:
            if threading.current_thread() is threading.main_thread():
                begin = now(output)
                stage.wait(lambda: now(output) is not begin)
            return now(output)

        with monkeypatch.context() as patch:
            patch.setattr(ProgramOutput, "now", slowly)
            seen = [stage.session.moment() is not None for _ in range(10)]
    assert seen.count(False) <= 1, "two may come on a busy machine"


def test_the_picture_is_never_the_room(monkeypatch: pytest.MonkeyPatch) -> None:
    with running(monkeypatch) as stage:
        stage.session.change(background="color:teal")
        stage.wait(lambda: stage.shows(TEAL))
        assert stage.near(tuple(stage.session.picture()[2, 96]), TEAL)
        stage.session.change(background="none")
        stage.wait(lambda: stage.session.shown.kind is CompositeKind.RAW)
        assert np.array_equal(stage.session.picture(), plain_card(SIZE_WH))
        moment = stage.session.moment()
        assert moment is None or moment.matte is None


def watched_stage(stage: LiveStage) -> None:
    stage.sink.knows_viewers, stage.sink.viewers = "by a test", True
    stage.session.start()
    stage.wait(lambda: stage.sink.kinds and stage.shown(-1))
    stage.sink.viewers = False
    stage.wait(lambda: stage.session.idle)


def test_who_looks_keeps_the_camera_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cyclorama.pipeline.runtime.on_demand.LINGER_S", 0.1)
    with live_stage(monkeypatch, on_demand=True) as stage:
        watched_stage(stage)
        stage.wait(lambda: not stage.session._stages.moments)
        assert stage.session.moment() is None
        with stage.session.looking(), stage.session.looking():
            stage.wait(lambda: not stage.session.idle)
            stage.wait(stage.session.moment)
            time.sleep(0.5)
            assert not stage.session.idle
        stage.wait(lambda: stage.session.idle)
        camera = stage.opened[0]
        assert isinstance(camera, Camera)
        stage.wait(lambda: camera.released == 2)


def test_the_camera_goes_off_while_a_frame_is_on_its_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """The frame that is composited then is not kept: nobody watches, and it holds the room."""
    monkeypatch.setattr("cyclorama.pipeline.runtime.on_demand.LINGER_S", 0.1)
    may_go_on, held = threading.Event(), threading.Event()
    may_go_on.set()

    def compose(self: Compositor, frame: Frame, matte: Matte | None) -> Composite:
        if not may_go_on.is_set():
            held.set()
            may_go_on.wait(PATIENCE_S)
        return as_it_is(self, frame, matte)

    as_it_is = Compositor.compose
    monkeypatch.setattr(Compositor, "compose", compose)
    with live_stage(monkeypatch, on_demand=True) as stage:
        stage.sink.knows_viewers, stage.sink.viewers = "by a test", True
        stage.session.start()
        stage.wait(stage.session.moment)
        may_go_on.clear()
        stage.wait(held.is_set)
        stage.sink.viewers = False
        stage.wait(lambda: stage.session.idle)
        stage.wait(lambda: not stage.session._stages.moments)
        composites = stage.session.metrics.stages()["compose"].count
        may_go_on.set()
        stage.wait(lambda: stage.session.metrics.stages()["compose"].count > composites)
        time.sleep(0.1)
        stage.wait(lambda: not stage.session._stages.moments)


def test_a_sink_that_cannot_tell_keeps_the_camera_on_as_long_as_it_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """A clip that is recorded in the middle of a call, and one that was there from the start."""
    monkeypatch.setattr("cyclorama.pipeline.runtime.on_demand.LINGER_S", 0.1)
    with live_stage(monkeypatch, on_demand=True) as stage:
        watched_stage(stage)
        clip = MemorySink()
        stage.session.add(clip)
        stage.wait(lambda: not stage.session.idle)
        stage.wait(lambda: clip.composites[-1].kind is CompositeKind.COMPOSITE)
        stage.session.remove(clip)
        stage.wait(lambda: stage.session.idle)


def test_once_the_sink_that_cannot_tell_has_gone_the_camera_goes_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cyclorama.pipeline.runtime.on_demand.LINGER_S", 0.1)
    with live_stage(monkeypatch, on_demand=True) as stage:
        stage.session.start()
        stage.wait(lambda: stage.sink.kinds and stage.shown(-1))
        assert stage.session.on_demand is None
        camera = Watching()
        camera.knows_viewers, camera.viewers = "by a test", False
        stage.session.add(camera)
        stage.session.remove(stage.sink)
        stage.wait(lambda: stage.session.idle)
        stage.sink.breaches += camera.breaches
