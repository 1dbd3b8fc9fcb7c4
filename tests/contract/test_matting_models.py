"""What every matting model keeps to."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import cv2
import numpy as np
import pytest

from cyclorama.core.frames import F32, U8, Frame
from cyclorama.matting.base import MattingModel
from cyclorama.matting.engine import answers
from cyclorama.matting.engine.engine import MattingEngine
from cyclorama.matting.open import NAMES, open_model
from cyclorama.matting.quality import LEVELS
from cyclorama.models import store
from cyclorama.models.bundled import bundled_path
from cyclorama.settings.values import MattingSettings
from doubles.null_model import NullModel

SIZES = [(1280, 720), (720, 1280), (512, 512), (641, 479), (64, 48), (33, 7), (1, 1)]


def given_alpha(frame: Frame) -> F32:
    return (frame.pixels[..., 1] > 100).astype(np.float32)


NULLS = {"null": 0.5, "null-given": given_alpha}
ONNX = ("rvm", "modnet", "u2net", "isnet", "birefnet")
"""One of each kind and activation, as tiny networks."""


@pytest.fixture(params=[*NAMES, *NULLS, *ONNX])
def model(
    request: pytest.FixtureRequest, networks: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[MattingModel]:
    name = request.param
    if name in ONNX:
        monkeypatch.setattr(store, "find", lambda name: networks.installed(name, tmp_path))
    with NullModel(NULLS[name]) if name in NULLS else open_model(name, "cpu") as opened:
        yield opened


def picture(size_wh: tuple[int, int]) -> U8:
    portrait = np.asarray(cv2.imread(str(bundled_path("portrait.png"))), np.uint8)
    return np.asarray(cv2.resize(portrait, size_wh, interpolation=cv2.INTER_AREA), np.uint8)


def frame(size_wh: tuple[int, int], seq: int = 0) -> Frame:
    return Frame(picture(size_wh), seq, seq * 33_000_000)


@pytest.mark.parametrize("size_wh", SIZES)
def test_an_alpha_of_any_frame_is_valid(model: MattingModel, size_wh: tuple[int, int]) -> None:
    for seq in range(3):
        alpha = model.predict(frame(size_wh, seq)).alpha
        assert alpha.dtype == np.float32 and alpha.ndim == 2 and alpha.size > 0
        assert np.isfinite(alpha).all() and alpha.min() >= 0 and alpha.max() <= 1


def test_sizes_may_change_from_frame_to_frame(model: MattingModel) -> None:
    for seq, size_wh in enumerate(SIZES):
        model.reset()
        alpha = model.predict(frame(size_wh, seq)).alpha
        assert alpha.min() >= 0 and alpha.max() <= 1


def test_predictions_are_arrays_of_their_own(model: MattingModel) -> None:
    first = model.predict(frame((320, 240))).alpha
    kept = first.copy()
    model.predict(Frame(np.zeros((240, 320, 3), np.uint8), 1, 33_000_000))
    assert np.array_equal(first, kept)


def test_the_frame_is_not_written_to(model: MattingModel) -> None:
    shown = frame((320, 240))
    before = shown.pixels.copy()
    model.predict(shown)
    assert np.array_equal(shown.pixels, before)


def test_after_a_reset_it_says_the_same_again(model: MattingModel) -> None:
    first = model.predict(frame((640, 360))).alpha
    for seq in range(1, 4):
        model.predict(frame((640, 360), seq))
    model.reset()
    again = model.predict(frame((640, 360), 4)).alpha
    assert first.shape == again.shape
    assert np.abs(first - again).max() < 1e-4


def test_it_tells_what_runs(model: MattingModel) -> None:
    info = model.info
    assert info.name and info.provider and info.precision and info.input_size


def test_closing_twice_does_nothing(model: MattingModel) -> None:
    model.close()
    model.close()


@pytest.mark.parametrize("size_wh", SIZES)
def test_the_engine_makes_a_full_size_matte_of_it(
    model: MattingModel, size_wh: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answers, "LEAST_ROOM", 0)  # the tiny networks are never sure of any
    engine = MattingEngine(model, MattingSettings())
    for seq in range(3):
        matte = engine.matte(frame(size_wh, seq))
        assert matte.alpha.shape == (size_wh[1], size_wh[0]) and matte.alpha.dtype == np.uint8
        assert matte.seq == seq


def test_it_is_called_what_it_is_told_to_be_called(model: MattingModel) -> None:
    before = model.info
    model.rename("rvm (auto: 12 ms a run here)")
    assert model.info.name == "rvm (auto: 12 ms a run here)"
    assert (model.info.provider, model.info.precision) == (before.provider, before.precision)


def test_it_looks_as_finely_as_it_is_told_where_it_can_choose(model: MattingModel) -> None:
    seen = {}
    for quality in LEVELS:
        model.look_at(quality)
        alpha = model.predict(frame((1280, 720))).alpha
        assert alpha.min() >= 0 and alpha.max() <= 1
        assert not model.costs or model.quality == quality
        seen[quality] = alpha.size
    assert list(model.costs) in ([], list(LEVELS)), "all levels or none"
    assert list(model.costs.values()) == sorted(model.costs.values()), "finer takes longer"
    sizes = list(seen.values())
    assert sizes == sorted(sizes) if model.costs else len(set(sizes)) == 1, "finer is no smaller"
