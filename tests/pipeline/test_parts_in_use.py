"""Parts that take the place of others: when those are closed, and that no stage mixes the two."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from cyclorama.background.opening import open_background
from cyclorama.compose.compositor import Compositor
from cyclorama.core.clock import SystemClock
from cyclorama.core.errors import SettingsError
from cyclorama.core.frames import Composite, CompositeKind, Frame, Layout, Matte
from cyclorama.pipeline.runtime.change import Changes
from cyclorama.pipeline.runtime.parts import SessionParts
from cyclorama.pipeline.runtime.parts_in_use import PartsInUse
from cyclorama.pipeline.runtime.program_output import ProgramOutput
from cyclorama.pipeline.runtime.session import Session
from cyclorama.settings.values import ComposeSettings, Settings
from cyclorama.sinks.base import OutputFormat
from doubles.live_stage import LEFT, OUTPUT_FPS, PATIENCE_S, RIGHT, SIZE_WH, Camera, Watching, true_alpha, wait

CARD = Composite(np.zeros((4, 4, 3), np.uint8), Layout.BGR, CompositeKind.CARD, -1, 0)


class Piece:
    def __init__(self, error: Exception | None = None) -> None:
        self.closes = 0
        self._error = error

    def close(self) -> None:
        self.closes += 1
        if self._error is not None:
            raise self._error


def parts(*pieces: Piece) -> SessionParts:
    return SessionParts(Camera(), None, None, CARD, pieces=pieces)  # type: ignore[arg-type]


def run(in_use: PartsInUse) -> None:
    """What the thread that closes does, until nothing is due."""
    stop = threading.Event()
    thread = threading.Thread(target=in_use.run, args=(stop,))
    thread.start()
    wait(lambda: not in_use._due)
    stop.set()
    thread.join()


def test_at_the_end_all_is_closed_also_what_no_frame_came_to_free() -> None:
    shared, old, due, new = Piece(), Piece(), Piece(), Piece()
    first, second, third = parts(shared, old), parts(shared, due), parts(shared, new)
    in_use = PartsInUse(first)
    for current, following in ((first, second), (second, third)):
        assert in_use.hand_out() is current
        in_use.replace(following)
    in_use.reached_end(second)  # the last frames: of these parts, and nobody closes what that frees
    assert [piece.closes for piece in (shared, old, due, new)] == [0, 0, 0, 0]
    in_use.close()
    assert [piece.closes for piece in (shared, old, due, new)] == [1, 1, 1, 1]


def test_what_frames_may_be_made_by_is_closed_once_the_last_stage_has_a_newer_one() -> None:
    shared, old, new = Piece(), Piece(), Piece()
    first, second = parts(shared, old), parts(shared, new)
    in_use = PartsInUse(first)
    assert in_use.hand_out() is first
    in_use.replace(second)
    in_use.reached_end(first)
    run(in_use)
    assert old.closes == 0, "a frame may still be on its way"
    in_use.hand_out()
    in_use.reached_end(second)
    assert old.closes == 0, "not in the thread of the last stage"
    run(in_use)
    assert (shared.closes, old.closes, new.closes) == (0, 1, 0)
    in_use.close()
    assert (shared.closes, old.closes, new.closes) == (1, 1, 1)


def test_what_no_frame_was_made_by_is_closed_at_once_and_holds_nothing() -> None:
    shown, *never = (Piece() for _ in range(50))
    in_use = PartsInUse(parts(shown))
    in_use.hand_out()
    for piece in never:
        in_use.replace(parts(piece))
    assert [piece.closes for piece in never] == [1] * 48 + [0]
    assert len(in_use._waiting) == 1, "however many came and went"
    last = in_use.hand_out()
    in_use.reached_end(last)
    run(in_use)
    assert shown.closes == 1 and never[-1].closes == 0


def test_parts_whose_frames_were_all_dropped_are_closed_with_those_before_them() -> None:
    pieces = [Piece() for _ in range(4)]
    in_use = PartsInUse(parts(pieces[0]))
    for piece in pieces[1:]:
        in_use.hand_out()
        in_use.replace(parts(piece))
    in_use.reached_end(in_use.hand_out())
    run(in_use)
    assert [piece.closes for piece in pieces] == [1, 1, 1, 0]


def test_one_that_cannot_be_closed_keeps_no_other_open(caplog: pytest.LogCaptureFixture) -> None:
    bad, good = Piece(OSError("stuck")), Piece()
    PartsInUse(parts(bad, good)).close()
    assert good.closes == 1 and "could not be closed: stuck" in caplog.text


def test_the_room_is_shown_only_where_it_is_asked_for_whatever_is_published() -> None:
    clock = SystemClock()
    raw = replace(CARD, kind=CompositeKind.RAW, captured_ns=clock.now_ns())
    for sends_room in (False, True):
        stage = ProgramOutput(CARD, 60.0, clock, sends_room=sends_room)
        stage.publish(raw)
        assert (stage.now().kind is CompositeKind.RAW) is sends_room
    stage.change(CARD, None, sends_room=False)
    assert stage.now().kind is CompositeKind.CARD, "not the one from before either"
    stage.publish(raw)
    assert stage.now().kind is CompositeKind.CARD, "nor one that was on its way"


class Blind:
    """Says of every frame what was true of the first one since its last reset."""

    def __init__(self) -> None:
        self._alpha: np.ndarray | None = None

    def coarse(self, frame: Frame) -> Matte:
        if self._alpha is None:
            self._alpha = (true_alpha(frame) * 255).astype(np.uint8)
        return Matte(self._alpha, frame.seq)

    def refine(self, frame: Frame, matte: Matte) -> Matte:
        return matte

    def reset(self) -> None:
        self._alpha = None


class Other:
    """A factory whose every change is the same one."""

    def __init__(self, change: Callable[[SessionParts], SessionParts]) -> None:
        self._change = change

    def reopened(self, parts: SessionParts, before: Settings, after: Settings) -> SessionParts:
        return self._change(parts)


def mirrored(frame: Frame) -> Frame:
    return replace(frame, pixels=np.ascontiguousarray(frame.pixels[:, ::-1]))


def with_camera(parts: SessionParts) -> SessionParts:
    return replace(parts, source=Camera(RIGHT))


def with_mirror(parts: SessionParts) -> SessionParts:
    return replace(parts, prepare=mirrored)


def person_is_right(sink: Watching) -> bool:
    shown = [one for one in list(sink.composites)[-3:] if one.kind is CompositeKind.COMPOSITE]
    return bool(shown) and bool((shown[-1].pixels[60, 142] == (60, 60, 190)).all())


@pytest.mark.parametrize("change", [with_camera, with_mirror])
def test_no_matte_goes_on_to_pictures_of_another_kind(change: Callable[[SessionParts], SessionParts]) -> None:
    compositor = Compositor(open_background("color:#101018"), ComposeSettings(light_wrap=0.0), SIZE_WH)
    first = SessionParts(Camera(LEFT), Blind(), compositor, compositor.card(0, "", 0.0))
    sink, settings = Watching(), Settings(source="a")
    session = Session(
        first, [sink], OutputFormat(SIZE_WH, Fraction(OUTPUT_FPS)), changes=Changes(settings, Other(change))
    )
    session.start()
    try:
        wait(lambda: CompositeKind.COMPOSITE in sink.kinds)
        session.change(source="b")
        wait(lambda: person_is_right(sink))
    finally:
        session.close()
    assert sink.breaches == 0
    assert first.source.closed.is_set()  # type: ignore[attr-defined]


def test_a_picture_of_the_camera_before_is_not_made_by_the_new_parts() -> None:
    """It would bring the engine what it has just been told to forget."""
    seen: list[int] = []

    def prepare(frame: Frame) -> Frame:
        seen.append(int(frame.pixels[60, 142, 2]))
        return frame

    gate = threading.Event()

    class Waiting(Camera):
        def frames(self, stop: threading.Event):  # type: ignore[no-untyped-def]
            for frame in super().frames(stop):
                yield frame
                gate.set()
                changed.wait(PATIENCE_S)
                yield replace(frame, seq=frame.seq + 1)

    changed = threading.Event()
    compositor = Compositor(open_background("color:#101018"), ComposeSettings(), SIZE_WH)
    first = SessionParts(Waiting(LEFT), Blind(), compositor, compositor.card(0, "", 0.0))
    second = replace(first, source=Camera(RIGHT), prepare=prepare)
    sink = Watching()
    session = Session(
        first,
        [sink],
        OutputFormat(SIZE_WH, Fraction(OUTPUT_FPS)),
        changes=Changes(Settings(source="a"), Other(lambda _: second)),
    )
    session.start()
    try:
        assert gate.wait(PATIENCE_S)
        session.change(source="b")
        changed.set()
        wait(lambda: len(seen) > 5)
    finally:
        session.close()
    assert set(seen) == {190}, "the person on the right, from the first one on"


def test_a_session_without_settings_cannot_change() -> None:
    session = Session(parts(), [], OutputFormat(SIZE_WH, Fraction(OUTPUT_FPS)))
    with pytest.raises(SettingsError, match="without settings"):
        session.change(mirror=True)
    session.close()
