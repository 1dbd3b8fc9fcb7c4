"""A change of settings, with parts that are nothing but counted: what is closed, and which settings are in force."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from cyclorama.core.errors import CaptureError, SettingsError
from cyclorama.core.frames import Composite, CompositeKind, Layout
from cyclorama.pipeline.runtime.change import Changes
from cyclorama.pipeline.runtime.parts import SessionParts
from cyclorama.pipeline.runtime.parts_in_use import PartsInUse
from cyclorama.settings.values import Settings
from doubles.live_stage import PATIENCE_S, Camera, wait

CARD = Composite(np.zeros((4, 4, 3), np.uint8), Layout.BGR, CompositeKind.CARD, -1, 0)


class Piece:
    closed = False

    def close(self) -> None:
        self.closed = True


class Factory:
    """Keeps the first piece and, but for another ``source``, the camera; the other piece is new."""

    def __init__(self) -> None:
        self.made: list[SessionParts] = []
        self.meanwhile: Callable[[Settings], None] = lambda after: None

    def reopened(self, parts: SessionParts, before: Settings, after: Settings) -> SessionParts:
        self.meanwhile(after)
        source = parts.source if before.source == after.source else Camera()
        self.made.append(replace(parts, source=source, pieces=(parts.pieces[0], Piece())))
        return self.made[-1]


@pytest.fixture
def first() -> SessionParts:
    return SessionParts(Camera(), None, None, CARD, pieces=(Piece(), Piece()))  # type: ignore[arg-type]


def closed(parts: SessionParts) -> list[bool]:
    """Of the pieces and the source."""
    return [*(piece.closed for piece in parts.pieces), parts.source.closed.is_set()]  # type: ignore[attr-defined]


@pytest.mark.parametrize(("changes", "new_source"), [({"zoom": 2}, False), ({"source": "1", "zoom": 2}, True)])
def test_what_is_not_taken_is_closed_and_what_is_in_use_is_not(
    first: SessionParts, changes: dict[str, object], new_source: bool
) -> None:
    def refuse(parts: SessionParts) -> None:
        raise SettingsError("it has ended")

    factory, in_use = Factory(), PartsInUse(first)
    made = Changes(Settings(), factory)
    with pytest.raises(SettingsError, match="it has ended"):
        made.make(changes, in_use, refuse)
    assert made.settings == Settings()
    assert in_use.now is first and closed(first) == [False, False, False]
    assert closed(factory.made[0]) == [False, True, new_source]


def test_where_nothing_can_be_opened_the_settings_stay(first: SessionParts) -> None:
    def fail(after: Settings) -> None:
        raise CaptureError("no camera")

    factory, in_use = Factory(), PartsInUse(first)
    factory.meanwhile = fail
    made = Changes(Settings(), factory)
    with pytest.raises(CaptureError, match="no camera"):
        made.make({"source": "1"}, in_use, in_use.replace)
    assert made.settings == Settings() and in_use.now is first


def test_settings_are_in_force_once_the_parts_are_taken_and_not_before(first: SessionParts) -> None:
    factory, in_use = Factory(), PartsInUse(first)
    seen: list[float] = []
    made = Changes(Settings(), factory)
    factory.meanwhile = lambda after: seen.append(made.settings.capture.zoom)
    after = made.make({"zoom": 2}, in_use, in_use.replace)
    assert seen == [1] and after.capture.zoom == 2 and made.settings is after
    assert made.make({"zoom": "2"}, in_use, in_use.replace) is after and len(factory.made) == 1, "there is no change"


def test_a_change_waits_for_the_one_before(first: SessionParts) -> None:
    """So that it is made to what that one leaves, and not to what that one found."""
    factory, in_use = Factory(), PartsInUse(first)
    made = Changes(Settings(), factory)
    opening, go_on = threading.Event(), threading.Event()

    def hold(after: Settings) -> None:
        opening.set()
        assert go_on.wait(PATIENCE_S)

    factory.meanwhile = hold
    threads = [threading.Thread(target=made.make, args=({"zoom": 2}, in_use, in_use.replace))]
    threads[0].start()
    assert opening.wait(PATIENCE_S)
    opening.clear()
    threads.append(threading.Thread(target=made.make, args=({"mirror": True}, in_use, in_use.replace)))
    threads[1].start()
    assert not opening.wait(0.2), "nothing is opened for it meanwhile"
    go_on.set()
    for thread in threads:
        thread.join(PATIENCE_S)
    wait(lambda: made.settings.capture.mirror)
    assert made.settings.capture.zoom == 2
    assert in_use.now is factory.made[-1]


@pytest.mark.parametrize("what", ["source", "engine", "prepare"])
def test_mattes_go_on_only_with_the_same_engine_on_the_same_pictures(first: SessionParts, what: str) -> None:
    assert replace(first, card=replace(CARD, seq=1), pieces=()).continues(first)
    others = {"source": Camera(), "engine": object(), "prepare": lambda frame: frame}
    assert not replace(first, **{what: others[what]}).continues(first)  # type: ignore[arg-type]
