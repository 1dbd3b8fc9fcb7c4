"""Capturing the empty room in a running session: the countdown, and what may go wrong."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from cyclorama.control.controls import Controls
from cyclorama.core.errors import SettingsError
from cyclorama.core.frames import CompositeKind
from cyclorama.matting.engine.room import capture
from cyclorama.matting.engine.room.capture import Capture
from cyclorama.matting.engine.room.state import OTHER_SCENE, RoomState
from cyclorama.pipeline.jobs import live
from cyclorama.pipeline.jobs.live import run_live
from cyclorama.pipeline.runtime import on_demand, room_capture
from cyclorama.pipeline.runtime.metrics import RoomStatus
from cyclorama.pipeline.runtime.parts import ROOM_OFF, SessionParts
from cyclorama.pipeline.runtime.room_capture import RoomCaptures
from cyclorama.settings.values import CaptureSettings, MattingSettings, Settings
from doubles.controlled import controlled
from doubles.live_stage import LEFT, Camera, CountedModel, LiveStage, Watching, true_alpha, wait

EMPTY = (slice(0, 0), slice(0, 0))
"""Where nobody is."""


class Running:
    """A session whose capture ends with ``refusal`` as soon as it begins; None: never."""

    def __init__(self, refusal: str | None = "") -> None:
        self.stop_event = threading.Event()
        self.idle = False
        self.watched = 0
        self.parts = cast(SessionParts, SimpleNamespace(room=self, room_unused=""))
        self.room = RoomState()
        self._refusal = refusal

    def capture_room(self) -> Capture:
        assert self.watched == 1, "the camera runs"
        capture = Capture()
        if self._refusal is not None:
            capture.end(self._refusal)
        return capture

    @contextmanager
    def looking(self) -> Iterator[None]:
        self.watched += 1
        try:
            yield
        finally:
            self.watched -= 1


def captures_of(session: Running) -> RoomCaptures:
    return RoomCaptures(session, threading.Event())


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room_capture, "LOOK_S", 0.01)
    monkeypatch.setattr(room_capture, "SECOND_S", 0.01)


def test_it_counts_down_and_waits_for_the_room() -> None:
    told: list[tuple[int, int | None, str]] = []
    session = Running()
    captures = captures_of(session)

    def tell(left: int) -> None:
        told.append((left, captures.status().starts_in, captures.status().words))

    captures.capture(3, tell)
    assert told == [(left, left, f"leave the picture: it is captured in {left} s") for left in (3, 2, 1)]
    assert session.watched == 0 and captures.status() == RoomStatus("not known yet")


def test_a_refusal_is_raised_and_told_until_the_room_is_known() -> None:
    session = Running("somebody is in the picture: leave it, and try again")
    captures = captures_of(session)
    with pytest.raises(SettingsError, match=r"^the empty room was not captured: somebody is in the picture"):
        captures.capture(0)
    assert session.watched == 0
    refused = "the empty room was not captured: somebody is in the picture: leave it, and try again"
    assert captures.status() == RoomStatus("not known yet", refused=refused)
    session.room = RoomState(time.time() + 1)
    assert captures.status().refused == ""


@pytest.mark.parametrize("why", ["away", "off", "end"])
def test_a_countdown_ends_as_soon_as_it_is_in_vain(why: str) -> None:
    session, gone = Running(), threading.Event()
    told: list[int] = []

    def tell(left: int) -> None:
        told.append(left)
        if left > 4:
            return
        if why == "off":
            session.parts = cast(SessionParts, SimpleNamespace(room=None, room_unused=ROOM_OFF))
        else:
            (gone if why == "away" else session.stop_event).set()

    with pytest.raises(SettingsError, match=r"you are away|it is off|the session has ended"):
        RoomCaptures(session, gone).capture(5, tell)
    assert told == [5, 4]


def test_the_end_of_the_session_ends_the_wait() -> None:
    for countdown_s in (0, 5):
        session = Running(None)
        captures = captures_of(session)
        ended = threading.Timer(0.03, session.stop_event.set)
        ended.start()
        with pytest.raises(SettingsError, match="not captured: the session has ended"):
            captures.capture(countdown_s)
        assert captures.status().starts_in is None
        ended.join()


def test_a_camera_without_pictures_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room_capture, "PATIENCE_S", 0.0)
    with pytest.raises(SettingsError, match="no picture came"):
        captures_of(Running(None)).capture(0)


@pytest.mark.parametrize("countdown_s", [-1, 61])
def test_a_countdown_has_bounds(countdown_s: int) -> None:
    with pytest.raises(SettingsError, match="from 0 to 60"):
        captures_of(Running()).capture(countdown_s)


@pytest.mark.parametrize(
    ("state", "more", "words"),
    [
        (RoomState(), {}, "not known yet"),
        (RoomState(0.0), {}, "known since {:%H:%M}"),
        (
            RoomState(0.0, used=False),
            {},
            "known since {:%H:%M}; not used now: the camera has moved or is out of focus, or the light has changed",
        ),
        (RoomState(0.0), {"gone": True}, "forgotten: you are away"),
        (RoomState(0.0), {"idle": True}, "forgotten: the camera is off while nobody watches"),
        (RoomState(), {"idle": True}, "not known yet"),
        (RoomState(lost=OTHER_SCENE), {"idle": True}, "forgotten: the picture shows another scene"),
        (RoomState(0.0), {"unused": ROOM_OFF}, "off"),
        (
            RoomState(0.0),
            {"unused": "rvm finds finer outlines without it"},
            "not used: rvm finds finer outlines without it",
        ),
    ],
)
def test_what_is_known_is_said_in_words(state: RoomState, more: dict[str, Any], words: str) -> None:
    session, gone = Running(), threading.Event()
    session.room, session.idle = state, more.get("idle", False)
    if unused := more.get("unused"):
        session.parts = cast(SessionParts, SimpleNamespace(room=None, room_unused=unused))
    if more.get("gone"):
        gone.set()
    status = RoomCaptures(session, gone).status()
    assert status.words == words.format(datetime.fromtimestamp(0))
    assert status.since == (0.0 if words.startswith("known") else None)


def test_a_live_session_tells_how_its_capture_went(monkeypatch: pytest.MonkeyPatch) -> None:
    stop = threading.Event()
    told: list[str] = []

    def tell(text: str) -> None:
        told.append(text)
        if "not captured" in text or "is known" in text:
            stop.set()

    monkeypatch.setattr(live, "STATUS_S", 0.05)
    settings = Settings(source="demo", to=("null",), capture=CaptureSettings(size_wh=(160, 90)), duration_s=20)
    run_live(replace(settings, matting=MattingSettings(room="capture")), stop=stop, tell=tell)
    assert told[0] == "leave the picture: the empty room is captured in 5 s"
    assert told[-1] == (
        "the empty room was not captured: somebody is in the picture: leave it, and try again (cyclorama ctl room)"
    )


@pytest.fixture
def empty(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[LiveStage, Controls]]:
    """A session whose camera shows nobody; it learns the room when it is told to alone, in a fifth of a second."""
    monkeypatch.setattr(capture, "CAPTURE_S", 0.2)
    with controlled(monkeypatch) as (stage, controls):
        controls.change(room="capture")
        stage.open_cameras[0].box = EMPTY
        stage.wait(lambda: (moment := stage.session.moment()) is not None and not true_alpha(moment.frame).any())
        yield stage, controls
        stage.open_cameras[0].box = LEFT
        controls.change(background="color:#101018")
        stage.wait(lambda: stage.shows((24, 16, 16)))


def room_of(controls: Controls) -> RoomStatus:
    return controls.state().status.room


def words_of(controls: Controls) -> str:
    return room_of(controls).words


class Fine(CountedModel):
    """A matting network."""

    def __init__(self) -> None:
        super().__init__()
        self._fine = True


class Capturing:
    """A capture in a thread of its own, as a page or ``ctl`` asks for it. ``error``: what it was refused with."""

    def __init__(self, controls: Controls, countdown_s: int = 0) -> None:
        self.error = ""
        self._controls = controls
        self._thread = threading.Thread(target=self._run, args=(countdown_s,))
        self._thread.start()

    def _run(self, countdown_s: int) -> None:
        try:
            self._controls.capture_room(countdown_s)
        except SettingsError as error:
            self.error = str(error)

    def at(self, starts_in: int) -> Capturing:
        """Wait until so many seconds are left, or less: on a busy machine a short one passes unseen."""
        wait(lambda: (left := room_of(self._controls).starts_in) is not None and left <= starts_in)
        return self

    def end(self) -> str:
        self._thread.join(10)
        return self.error


def test_the_room_is_captured_in_a_session_and_forgotten_with_the_view(empty: tuple[LiveStage, Controls]) -> None:
    stage, controls = empty
    assert words_of(controls) == "not known yet"
    controls.capture_room(1)
    assert words_of(controls) == f"known since {datetime.now():%H:%M}"
    controls.change(background="color:teal", smooth=0.4)
    stage.more()
    assert words_of(controls).startswith("known since")
    controls.change(mirror=True)
    wait(lambda: words_of(controls).startswith("forgotten: the picture was interrupted, or comes from another"))
    controls.change(room="off")
    assert words_of(controls) == "off"
    with pytest.raises(SettingsError, match=r"^the empty room is not used: it is off: set room to auto first$"):
        controls.capture_room(0)
    controls.change(room="capture")
    controls.capture_room(0)
    assert words_of(controls).startswith("known since"), "no frame has to come in between"
    stage.models = {"other": CountedModel}
    controls.change(model="other")
    assert words_of(controls) == "forgotten: the network is another one"


def test_two_at_once_are_one_capture(empty: tuple[LiveStage, Controls]) -> None:
    _, controls = empty
    first = Capturing(controls, 20).at(15)
    with pytest.raises(SettingsError, match="is being captured: wait for it"):
        controls.capture_room(0)
    assert first.end() == "" and words_of(controls).startswith("known since")


@pytest.mark.parametrize("starts_in", [55, 0])
@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"room": "off"}, "it is off: set room to auto first"),
        ({"background": "none"}, "the room is sent as it is: choose another background first"),
        ({"model": "fine"}, "null finds finer outlines without it"),
        ({"model": "other"}, "the network is another one now; try again"),
        ({"mirror": True}, "the picture was interrupted, or comes from another camera or view: try again"),
        ({"source": "other"}, "the picture was interrupted, or comes from another camera or view: try again"),
        ({"background": "color:teal"}, ""),
    ],
)
def test_a_change_meanwhile_ends_a_capture_that_it_makes_impossible(
    empty: tuple[LiveStage, Controls],
    monkeypatch: pytest.MonkeyPatch,
    change: dict[str, Any],
    says: str,
    starts_in: int,
) -> None:
    stage, controls = empty
    stage.models = {"fine": Fine, "other": CountedModel}
    stage.cameras = {"other": lambda: Camera(EMPTY)}
    monkeypatch.setattr(capture, "CAPTURE_S", 0.2 if starts_in else 1.0)
    asked = Capturing(controls, 60 if starts_in else 0).at(starts_in)
    if not starts_in:
        stage.more()
    controls.change(**change)
    if starts_in and "none" not in change.values() and says.endswith("try again"):
        assert asked.end() == "", "the capture begins after the change"
    else:
        assert asked.end().endswith(says) and bool(asked.error) is bool(says)


@pytest.mark.parametrize("starts_in", [55, 0])
def test_who_goes_away_meanwhile_ends_the_capture(
    empty: tuple[LiveStage, Controls], monkeypatch: pytest.MonkeyPatch, starts_in: int
) -> None:
    stage, controls = empty
    monkeypatch.setattr(capture, "CAPTURE_S", 5.0)
    asked = Capturing(controls, 60 if starts_in else 0).at(starts_in)
    controls.away(True)
    assert asked.end() == "you are away: come back to capture the room"
    assert room_of(controls) == RoomStatus("not known yet", refused=asked.error)
    with pytest.raises(SettingsError, match="you are away"):
        controls.capture_room(0)
    controls.away(False)
    monkeypatch.setattr(capture, "CAPTURE_S", 0.2)
    controls.capture_room(0)
    assert words_of(controls).startswith("known since") and room_of(controls).refused == ""
    controls.away(True)
    assert words_of(controls) == "forgotten: you are away"
    stage.wait(lambda: stage.sink.kinds[-1] is CompositeKind.CARD)
    stage.more()
    controls.away(False)
    wait(lambda: words_of(controls).startswith("forgotten: the picture was interrupted"))


def test_somebody_in_the_picture_is_told_and_what_was_known_stays(empty: tuple[LiveStage, Controls]) -> None:
    stage, controls = empty
    controls.capture_room(0)
    stage.open_cameras[0].box = LEFT
    stage.wait(lambda: stage.shows((24, 16, 16)))
    with pytest.raises(SettingsError, match="somebody is in the picture"):
        controls.capture_room(0)
    room = room_of(controls)
    assert room.words.startswith("known since") and "somebody is in the picture: leave it" in room.refused


def test_a_recording_runs_on(empty: tuple[LiveStage, Controls], tmp_path: Path) -> None:
    _, controls = empty
    controls.record(tmp_path / "a.mp4")
    controls.capture_room(0)
    assert controls.recording and words_of(controls).startswith("known since")
    controls.finish_recording()
    assert (tmp_path / "a.mp4").stat().st_size > 0


def test_the_camera_runs_for_a_capture_that_nobody_watches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(capture, "CAPTURE_S", 0.2)
    monkeypatch.setattr(on_demand, "LINGER_S", 0.3)
    monkeypatch.setattr(Watching, "knows_viewers", "by a test")
    with controlled(monkeypatch, on_demand=True) as (stage, controls):
        stage.open_cameras[0].box = EMPTY
        stage.sink.viewers = False
        wait(lambda: stage.session.idle)
        controls.capture_room(0)
        wait(lambda: stage.session.idle)
        assert words_of(controls) == "forgotten: the camera is off while nobody watches"
        stage.open_cameras[0].box = LEFT
        stage.sink.viewers = True
        stage.wait(lambda: stage.shows((24, 16, 16)))
