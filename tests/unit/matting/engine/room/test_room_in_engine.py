"""When the engine learns and uses the empty room."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import cv2
import numpy as np
import pytest

from cyclorama.core.errors import ModelError
from cyclorama.core.frames import F32, Frame, Matte
from cyclorama.matting.engine.engine import GAP_S, MattingEngine
from cyclorama.matting.engine.room.capture import ENDED
from cyclorama.matting.engine.room.state import BEGAN_ANEW, OTHER_NETWORK, OTHER_SCENE, TURNED_OFF, RoomState
from cyclorama.matting.open import open_model
from cyclorama.settings.values import MattingSettings, Trim
from doubles.null_model import NullModel
from doubles.room_scene import FPS, HEIGHT, WIDTH, Scene, guessed, painted, person_at

ALPHA = person_at(200)
GUESS = guessed(ALPHA)
NOBODY = np.zeros((HEIGHT, WIDTH), np.float32)


class Watched:
    """An engine whose network sees ``ALPHA`` coarsely where somebody is."""

    def __init__(self, *, fine: bool = False, live: bool = True, **settings: Any) -> None:
        self.scene = Scene()
        self.guess: F32 = NOBODY
        model = NullModel(lambda frame: self.guess, fine=fine)
        self.settings = MattingSettings(every=1, **settings)
        self.engine = MattingEngine(model, self.settings, target_fps=FPS if live else None)

    def see(self, *, somebody: bool, frames: int = 1) -> Matte:
        self.guess = GUESS if somebody else NOBODY
        for _ in range(frames):
            matte = self.engine.coarse(self.scene.frame(ALPHA if somebody else None))
        return matte


def test_a_live_session_learns_it_by_itself() -> None:
    watched = Watched()
    watched.see(somebody=False, frames=FPS + 2)
    assert watched.see(somebody=True, frames=4).outline is not None


@pytest.mark.parametrize(
    ("settings", "kind"),
    [({"room": "off"}, {}), ({"room": "capture"}, {}), ({}, {"live": False}), ({}, {"fine": True})],
)
def test_it_does_not_where_it_is_not_wanted(settings: dict[str, Any], kind: dict[str, bool]) -> None:
    watched = Watched(**kind, **settings)
    watched.see(somebody=False, frames=FPS + 2)
    assert watched.see(somebody=True, frames=4).outline is None


@pytest.mark.parametrize("event", ["gap", "size", "reset", "failure", "off"])
def test_it_is_forgotten_with_the_source_and_the_state_says_why(event: str) -> None:
    watched = Watched()
    watched.see(somebody=False, frames=FPS + 2)
    assert watched.see(somebody=True, frames=4).outline is not None
    if event == "gap":
        watched.scene.index += round((GAP_S + 0.1) * FPS)
    elif event == "size":
        watched.engine.coarse(Frame(np.zeros((90, 120, 3), np.uint8), 0, round(watched.scene.index / FPS * 1e9)))
    elif event == "reset":
        watched.engine.reset()
    elif event == "failure":
        watched.guess = np.full_like(GUESS, np.nan)
        with pytest.raises(ModelError):
            watched.engine.coarse(watched.scene.frame(ALPHA))
    else:
        watched.engine.adjust(replace(watched.settings, room="off"))
    assert watched.see(somebody=True, frames=4).outline is None
    assert watched.engine.room == RoomState(lost=TURNED_OFF if event == "off" else BEGAN_ANEW)


def test_it_is_forgotten_with_a_cut_to_another_room() -> None:
    watched = Watched()
    watched.see(somebody=False, frames=FPS + 2)
    watched.scene.wall = 240 - np.float32(0.3) * painted(2)
    assert watched.see(somebody=True).outline is None
    assert watched.engine.room == RoomState(lost=OTHER_SCENE)


def test_another_engine_says_that_it_was_known_only_if_it_was() -> None:
    for frames, lost in ((2, ""), (FPS + 2, OTHER_NETWORK)):
        before, after = Watched(), Watched()
        before.see(somebody=False, frames=frames)
        after.engine.replaces(before.engine)
        assert after.engine.room == RoomState(lost=lost)


def test_it_is_learned_once_that_is_turned_on() -> None:
    watched = Watched(room="capture")
    watched.see(somebody=False, frames=FPS + 2)
    assert watched.engine.room == RoomState()
    watched.engine.adjust(replace(watched.settings, room="auto"))
    watched.see(somebody=False, frames=FPS + 2)
    assert watched.engine.room.since_s is not None


def test_it_stays_when_the_network_runs_more_seldom() -> None:
    watched = Watched()
    watched.see(somebody=False, frames=FPS + 2)
    known = watched.engine.room
    watched.engine.adjust(replace(watched.settings, every=3))
    assert watched.see(somebody=True).outline is not None and watched.engine.room == known


def test_a_matting_network_does_without_the_seconds_of_a_clip(caplog: pytest.LogCaptureFixture) -> None:
    watched = Watched(fine=True, live=False, empty_room=Trim(0, 1))
    watched.see(somebody=False, frames=FPS + 2)
    assert watched.see(somebody=True).outline is None
    assert "null finds finer outlines without it" in caplog.text


def test_a_clip_that_ends_before_its_empty_room_says_so(caplog: pytest.LogCaptureFixture) -> None:
    watched = Watched(live=False, empty_room=Trim(50, 60))
    watched.see(somebody=True, frames=2)
    watched.engine.close()
    assert ENDED in caplog.text


def test_a_refined_matte_follows_the_known_outline_and_is_else_as_it_was() -> None:
    watched = Watched(live=False, empty_room=Trim(0, 1))
    watched.see(somebody=False, frames=FPS)
    watched.guess = GUESS
    frame = watched.scene.frame(ALPHA)
    coarse = watched.engine.coarse(frame)
    assert coarse.outline is not None
    refined = np.asarray(watched.engine.refine(frame, coarse).alpha, np.float32)
    wh = refined.shape[1], refined.shape[0]
    known, weight = (cv2.resize(each, wh) for each in (coarse.outline.alpha, coarse.outline.weight))
    plain = np.asarray(watched.engine.refine(frame, replace(coarse, outline=None)).alpha, np.float32)
    counts = (weight > 100) & (np.abs(known.astype(np.float32) - plain) > 40)
    assert np.count_nonzero(counts) > 100
    expected = plain + (known - plain) * (weight / np.float32(255))
    np.testing.assert_allclose(refined[counts], expected[counts], atol=12)
    np.testing.assert_array_equal(refined[weight == 0], plain[weight == 0])
    assert float(np.abs(refined / 255 - ALPHA).mean()) < 0.95 * float(np.abs(plain / 255 - ALPHA).mean())


def test_a_real_clip_gets_better_mattes(shared: Path) -> None:
    """Chairs behind somebody, which the bundled network takes for a part of her."""
    import av

    clip = shared / "eval_static" / "w_s18_cafe.mp4"
    errors: dict[bool, list[float]] = {True: [], False: []}
    for known, error in errors.items():
        settings = MattingSettings(empty_room=Trim(0, 1) if known else None)
        with (
            open_model("selfie") as model,
            av.open(str(clip)) as pictures,
            av.open(str(clip.with_suffix(".alpha.mkv"))) as alphas,
        ):
            engine = MattingEngine(model, settings)
            for seq, (picture, truth) in enumerate(zip(pictures.decode(video=0), alphas.decode(video=0), strict=True)):
                if seq == FPS + 20:
                    break
                pixels = np.ascontiguousarray(picture.to_ndarray(format="bgr24"), np.uint8)
                alpha = np.asarray(engine.matte(Frame(pixels, seq, round(seq / FPS * 1e9))).alpha, np.int16)
                if seq >= FPS:
                    error.append(float(np.abs(alpha - truth.to_ndarray(format="gray")).mean()))
            engine.close()
    assert np.mean(errors[True]) < 0.7 * np.mean(errors[False])
    assert all(after <= before for after, before in zip(errors[True], errors[False], strict=True))


def test_no_block_of_a_known_room_is_shown_when_people_move(moving: ModuleType, shared: Path) -> None:
    """As in ``tests/pipeline/test_people_move.py``, after a second of the empty room."""
    people = shared / "eval" / "room_720p.mp4", shared / "eval" / "a_knit.mp4"

    def scene() -> Any:
        for _ in range(FPS + 5):
            yield moving.room(), np.zeros((moving.HEIGHT, moving.WIDTH), np.float32)
        yield from moving.scene("two", 45, *people)

    with open_model("selfie", "cpu", "fast", live=True) as model:
        shown = list(moving.show(model, scene(), 5))
    assert sum(frame.matte.outline is not None for frame in shown) > 20
    assert [index for index, frame in enumerate(shown) if frame.is_breach] == []
