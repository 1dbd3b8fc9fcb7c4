from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
import pytest

from cyclorama.core.errors import ModelError
from cyclorama.core.frames import Frame
from cyclorama.matting.networks.onnx import newcomers as module
from cyclorama.matting.networks.onnx.newcomers import EVERY_S, NewcomerDetector
from cyclorama.matting.networks.roi import Box
from cyclorama.models.bundled import bundled_path

LEFT, RIGHT = Box(0, 200, 640, 720), Box(640, 200, 1280, 720)


@pytest.fixture
def detector() -> Iterator[NewcomerDetector]:
    opened = NewcomerDetector()
    yield opened
    opened.close()
    opened.close()


def scene(time_s: float = 0.0, size_wh: tuple[int, int] = (1280, 720), *, side: int = 480) -> Frame:
    """The portrait at the right end of a plain wall."""
    pixels = np.full((*size_wh[::-1], 3), 170, np.uint8)
    if side:
        portrait = np.asarray(cv2.imread(str(bundled_path("portrait.png"))), np.uint8)
        pixels[-side:, -side:] = cv2.resize(portrait, (side, side), interpolation=cv2.INTER_AREA)
    return Frame(pixels, 0, round(time_s * 1e9))


def test_somebody_outside_what_is_known_is_found(detector: NewcomerDetector) -> None:
    found = detector.others(scene(), LEFT)
    assert found is not None and 760 < found.x0 < found.x1 <= 1280 and found.y1 > 690


def test_who_is_known_already_is_no_news(detector: NewcomerDetector) -> None:
    assert detector.others(scene(), RIGHT) is None


def test_an_empty_wall_has_nobody(detector: NewcomerDetector) -> None:
    assert detector.others(scene(side=0), LEFT) is None


def test_it_looks_now_and_then(detector: NewcomerDetector) -> None:
    assert detector.others(scene(10.0), LEFT) is not None
    assert detector.others(scene(10.0 + EVERY_S / 2), LEFT) is None
    assert detector.others(scene(10.0 + 1.01 * EVERY_S), LEFT) is not None
    assert detector.others(scene(5.0), LEFT) is not None, "a clock that goes back"
    detector.reset()
    assert detector.others(scene(5.0 + EVERY_S / 2), LEFT) is not None


def test_a_square_picture_too(detector: NewcomerDetector) -> None:
    found = detector.others(scene(size_wh=(720, 720)), Box(0, 0, 200, 720))
    assert found is not None and found.x1 <= 720


def test_a_failing_network_is_a_model_error(detector: NewcomerDetector, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*of: object) -> None:
        raise ModelError("injected")

    monkeypatch.setattr(module, "infer", fail)
    with pytest.raises(ModelError, match="injected"):
        detector.others(scene(), LEFT)
