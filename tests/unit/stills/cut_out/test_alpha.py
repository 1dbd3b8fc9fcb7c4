"""The alpha of one photo: of that photo alone, whatever came before it."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from cyclorama.core.errors import ModelError
from cyclorama.core.frames import F32, U8, Frame
from cyclorama.matting.base import Prediction
from cyclorama.stills.cut_out.alpha import photo_alpha
from doubles.null_model import NullModel


def left_half(frame: Frame) -> F32:
    alpha = np.zeros((48, 64), np.float32)
    alpha[:, :32] = 1
    return alpha


class Remembering(NullModel):
    """A video network: what it finds in a frame stays in its memory until it is told to forget."""

    def __init__(self) -> None:
        super().__init__()
        self._memory = np.zeros((48, 64), np.float32)

    def predict(self, frame: Frame) -> Prediction:
        red = frame.pixels[:: frame.pixels.shape[0] // 48, :: frame.pixels.shape[1] // 64, 2]
        self._memory = np.maximum(self._memory, np.asarray(red > 128, np.float32))
        return Prediction(self._memory.copy())

    def reset(self) -> None:
        self._memory[:] = 0


def person_at(columns: slice) -> U8:
    pixels = np.full((96, 128, 3), (90, 60, 30), np.uint8)
    pixels[:, columns] = (20, 30, 220)
    return pixels


def test_earlier_photos_do_not_count() -> None:
    model = Remembering()
    first, second = person_at(slice(0, 40)), person_at(slice(88, 128))
    photo_alpha(model, first)
    alpha8 = photo_alpha(model, second)
    assert not alpha8[:, :64].any(), "of the one before"
    assert (alpha8[:, 100:] == 255).all()
    assert np.array_equal(photo_alpha(model, second), alpha8)


def test_the_network_runs_in_its_turn_and_the_rest_outside_of_it() -> None:
    turn, held = threading.Lock(), []

    class Telling(NullModel):
        def predict(self, frame: Frame) -> Prediction:
            held.append(turn.locked())
            return super().predict(frame)

        def reset(self) -> None:
            held.append(turn.locked())

    alpha8 = photo_alpha(Telling(left_half), person_at(slice(0, 64)), lock=turn)
    assert held == [True, True] and not turn.locked()
    assert (alpha8[:, :60] == 255).all() and not alpha8[:, 68:].any()


@pytest.mark.parametrize("level", [0.0, 0.04, np.nan])
def test_nothing_found_or_nonsense_is_an_error(level: float) -> None:
    with pytest.raises(ModelError):
        photo_alpha(NullModel(lambda frame: np.full((48, 64), level, np.float32)), person_at(slice(0, 64)))
