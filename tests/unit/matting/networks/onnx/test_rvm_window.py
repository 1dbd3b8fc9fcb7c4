"""RVM's window with a tiny network: what is red is a person, what is blue is wall."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from cyclorama.core.errors import ModelError
from cyclorama.core.frames import F32, Frame, SizeWH
from cyclorama.matting.networks.onnx.rvm import MOST, STRIDES, RvmModel, moved
from cyclorama.matting.networks.onnx.window import SETTLED_S, SLACK, WindowView, whole
from cyclorama.matting.networks.roi import Box
from cyclorama.settings.values import Quality

STEP_S = 0.2
PERSON = Box(500, 100, 900, 720)
FAR = Box(40, 300, 240, 720)
INSIDE = 8
"""Pixels inside a rectangle's border that no resampling reaches."""


def picture(seq: int, *people: Box, size_wh: tuple[int, int] = (1280, 720), time_s: float | None = None) -> Frame:
    pixels = np.zeros((*size_wh[::-1], 3), np.uint8)
    pixels[..., 0] = 255
    for box in people:
        pixels[box.slices()] = (0, 0, 255)
    return Frame(pixels, seq, round(1e9 * (seq * STEP_S if time_s is None else time_s)))


@pytest.fixture
def rvm(networks: ModuleType, tmp_path: Path) -> Iterator[RvmModel]:
    with RvmModel(networks.installed("rvm", tmp_path), "cpu") as model:
        yield model


def settle(model: RvmModel, *people: Box) -> int:
    """Show ``people`` until the model looks at a window around them; the number of frames."""
    frames = 1 + round(SETTLED_S / STEP_S + 0.5)
    for seq in range(frames):
        alpha = model.predict(picture(seq, *people)).alpha
    assert model._view is not None and not model._view.is_whole and all(shows(alpha, box) for box in people)
    return frames


def shows(alpha: F32, box: Box) -> bool:
    """Whether all of the box, given in pixels of a 1280x720 frame, is person."""
    sx, sy = alpha.shape[1] / 1280, alpha.shape[0] / 720
    rows = slice(round((box.y0 + INSIDE) * sy), round((box.y1 - INSIDE) * sy))
    columns = slice(round((box.x0 + INSIDE) * sx), round((box.x1 - INSIDE) * sx))
    return float(alpha[rows, columns].min()) > 0.9


def test_a_window_around_the_person_is_looked_at_and_the_alpha_covers_the_frame(rvm: RvmModel) -> None:
    first = rvm.predict(picture(0, PERSON)).alpha
    assert first.shape == (192, 352) and shows(first, PERSON)
    rvm.reset()
    settle(rvm, PERSON)
    view = rvm._view
    assert view is not None and view.on((1280, 720)).holds(PERSON)
    alpha = rvm.predict(picture(9, PERSON)).alpha
    assert alpha.shape == view.size_wh[::-1]
    outside = alpha.copy()
    outside[view.slices()] = 0
    assert not outside.any() and shows(alpha, PERSON)


def test_somebody_who_reaches_out_of_the_window_is_not_cut_off_in_any_frame(rvm: RvmModel) -> None:
    frames = settle(rvm, PERSON)
    reaching = Box(250, 400, 900, 500)
    before = rvm._view
    assert before is not None and not before.on((1280, 720)).holds(reaching)
    assert shows(rvm.predict(picture(frames, PERSON, reaching)).alpha, reaching)


def test_somebody_else_comes_in_as_soon_as_the_detector_tells(rvm: RvmModel, monkeypatch: pytest.MonkeyPatch) -> None:
    frames = settle(rvm, PERSON)
    assert not shows(rvm.predict(picture(frames, PERSON, FAR)).alpha, FAR)
    monkeypatch.setattr(rvm._newcomers, "others", lambda frame, known: None if known.holds(FAR) else FAR)
    for seq in range(frames + 1, frames + 4):
        alpha = rvm.predict(picture(seq, PERSON, FAR)).alpha
        assert shows(alpha, FAR) and shows(alpha, PERSON)


def test_an_empty_room_is_looked_at_whole_and_who_comes_back_is_there_at_once(rvm: RvmModel) -> None:
    frames = settle(rvm, PERSON)
    assert not rvm.predict(picture(frames)).alpha.any()
    alpha = rvm.predict(picture(frames + 1, FAR)).alpha
    assert rvm._view == whole((352, 192)) and shows(alpha, FAR)


def test_who_fills_the_picture_is_looked_at_less_finely_than_who_fills_half_of_it(rvm: RvmModel) -> None:
    settle(rvm, PERSON)
    half = rvm._view
    rvm.reset()
    everywhere = Box(100, 20, 1180, 720)
    for seq in range(12):
        alpha = rvm.predict(picture(20 + seq, everywhere)).alpha
    assert half is not None and half.size_wh == (384, 224)
    assert alpha.shape == (192, 352) and shows(alpha, everywhere)


@pytest.mark.parametrize(
    ("quality", "size_wh", "near", "far"),
    [("best", (512, 512), 448, 512), ("best", (1280, 720), 448, 512), ("balanced", (512, 512), 416, 416)],
)
def test_a_close_up_is_looked_at_no_finer_than_pays(
    rvm: RvmModel, quality: Quality, size_wh: SizeWH, near: int, far: int
) -> None:
    """Shares of the picture: a close-up from a half on, and until less than two fifths."""
    rvm.look_at(quality)
    width, height = size_wh
    sides = []
    for seq, share in enumerate((0.45, 0.45, 0.6, 0.45, 0.45, 0.3, 0.3)):
        left, right = Box(0, 0, width * share / 2, height), Box(width * (1 - share / 2), 0, width, height)
        alpha = rvm.predict(picture(seq, left, right, size_wh=size_wh)).alpha
        sides.append(max(alpha.shape))
    assert sides == [far, far, far, near, near, near, far]


def test_costs_are_the_pixels_of_a_run_for_the_people_who_are_there(rvm: RvmModel) -> None:
    assert rvm.costs == {"fast": 256**2, "balanced": 384**2, "best": 512**2}
    rvm.predict(picture(0))
    assert rvm.costs == {"fast": 256 * 144, "balanced": 352 * 192, "best": 512 * 288}
    for quality, most in MOST.items():
        rvm.look_at(quality)
        rvm.reset()
        settle(rvm, FAR)
        assert rvm._view is not None
        assert rvm.costs[quality] == pytest.approx(rvm._view.area, rel=SLACK - 1)
        assert rvm._view.area <= most


def test_a_reset_and_another_size_begin_with_the_whole_picture(rvm: RvmModel) -> None:
    frames = settle(rvm, PERSON)
    rvm.reset()
    assert shows(rvm.predict(picture(frames, FAR)).alpha, FAR)
    settle(rvm, PERSON)
    assert rvm.predict(picture(9, size_wh=(720, 1280))).alpha.shape == (352, 192)


def test_another_quality_keeps_the_window_over_the_same_part(rvm: RvmModel) -> None:
    frames = settle(rvm, PERSON)
    for seq, quality in enumerate(("fast", "best", "balanced"), frames):
        rvm.look_at(quality)  # type: ignore[arg-type]
        assert shows(rvm.predict(picture(seq, PERSON)).alpha, PERSON)
        assert rvm._view is not None and rvm._view.on((1280, 720)).holds(PERSON) and not rvm._view.is_whole


def test_the_same_moment_again_is_looked_at_whole(rvm: RvmModel) -> None:
    """Photos have no time: nothing may be cut out of them."""
    for seq in range(6):
        alpha = rvm.predict(picture(seq, PERSON, time_s=0.0)).alpha
        assert alpha.shape == (192, 352) and rvm._view == whole((352, 192))


def test_a_graphics_card_looks_at_the_whole_picture(networks: ModuleType, tmp_path: Path) -> None:
    with RvmModel(networks.installed("rvm", tmp_path), "cpu") as model:
        model._newcomers = None
        for seq in range(6):
            model.predict(picture(seq, PERSON))
            assert model._view == whole((384, 224))


# --- faults


class Faulty:
    """onnxruntime's session, whose alpha is spoilt in the ``at``-th run from now on."""

    def __init__(self, model: Any, at: int, spoil: Any) -> None:
        self._real, self._at, self._spoil = model._session._session, at, spoil
        model._session._session = self

    def run(self, *of: Any) -> Any:
        self._at -= 1
        found = self._real.run(*of)
        return [self._spoil(found[0]), *found[1:]] if self._at == 0 else found


def poisoned(alpha: F32) -> F32:
    alpha = alpha.copy()
    alpha[..., -1, -1] = np.nan
    return alpha


@pytest.mark.parametrize("spoil", [poisoned, lambda alpha: alpha[..., 1:], lambda alpha: np.repeat(alpha, 2, axis=2)])
@pytest.mark.parametrize("reaching", [False, True])
def test_a_window_at_fault_is_a_model_error_and_all_begins_anew(rvm: RvmModel, spoil: Any, reaching: bool) -> None:
    """Also in the second look at a frame."""
    frames = settle(rvm, PERSON)
    people = [PERSON, Box(250, 400, 900, 500)] if reaching else [PERSON]
    Faulty(rvm, 1 + reaching, spoil)
    with pytest.raises(ModelError):
        rvm.predict(picture(frames, *people))
    assert rvm._states == []
    rvm.predict(picture(frames + 1, FAR))
    assert rvm._view == whole((352, 192))


def test_a_detector_that_fails_is_a_model_error(rvm: RvmModel, monkeypatch: pytest.MonkeyPatch) -> None:
    frames = settle(rvm, PERSON)

    def fail(*of: Any) -> None:
        raise ModelError("injected")

    monkeypatch.setattr(rvm._newcomers, "others", fail)
    with pytest.raises(ModelError, match="injected"):
        rvm.predict(picture(frames, PERSON))


# --- moving the memory


@pytest.mark.parametrize("stride", STRIDES.values())
def test_states_move_exactly_on_the_same_inner_picture(stride: int) -> None:
    old, new = WindowView((384, 224), 96, 32, 320, 224), WindowView((384, 224), 160, 0, 384, 192)
    everywhere = np.random.default_rng(0).random((1, 5, 224 // stride, 384 // stride)).astype(np.float32)
    state = everywhere[(..., *old.slices(stride))]
    found = moved(state, old, new, stride)
    assert found.shape == (1, 5, 192 // stride, 224 // stride) and found.flags.c_contiguous
    shared = WindowView((384, 224), 160, 32, 320, 192)
    rows, columns = 32 // stride, 160 // stride
    assert np.array_equal(found[..., rows:, :columns], everywhere[(..., *shared.slices(stride))])
    assert np.array_equal(found[..., rows:, -1], found[..., rows:, columns - 1]), "beyond, it is like the border"


@pytest.mark.parametrize("dtype", [np.float32, np.float16])
def test_states_keep_their_place_on_another_inner_picture(dtype: Any) -> None:
    old, new = WindowView((384, 224), 96, 32, 288, 224), WindowView((640, 352), 208, 96, 432, 320)
    x = np.arange(384 // 2) / 192 + np.zeros((224 // 2, 1))
    found = moved(x[None, None][(..., *old.slices(2))].astype(dtype), old, new, 2)
    wanted = (np.arange(640 // 2) + 0.5) / 320 - 0.5 / 192 + np.zeros((352 // 2, 1))
    assert found.dtype == dtype and found.shape == (1, 1, 112, 112)
    assert found[0, 0] == pytest.approx(wanted[new.slices(2)], abs=2e-3)
