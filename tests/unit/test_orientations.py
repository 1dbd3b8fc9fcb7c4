"""All eight orientations, in three containers, in every place that shows a clip."""

from __future__ import annotations

import threading
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pytest

from cyclorama.background.opening import open_background, open_in_step
from cyclorama.capture.open import open_source
from cyclorama.clips.probe import probe_clip
from cyclorama.clips.reader import ClipReader
from cyclorama.core.frames import U8, SizeWH
from cyclorama.settings.values import CaptureSettings
from doubles.lying_clip import EIGHT, SIZE_WH, colors_of, lying


def of_source(path: Path, size_wh: SizeWH) -> U8:
    with open_source(str(path), CaptureSettings(), live=False) as source:
        frame = next(iter(source.frames(threading.Event())))
        assert source.info.size_wh == frame.size_wh == size_wh
        return frame.pixels


def of_upload(path: Path, size_wh: SizeWH) -> U8:
    facts, first = probe_clip(path)
    assert facts.size_wh == size_wh
    return first


def of_background(path: Path, size_wh: SizeWH) -> U8:
    behind = open_background(str(path)).background
    assert behind is not None
    picture = behind.card(size_wh, 0.0)
    behind.close()
    assert picture is not None
    return picture


def in_step(path: Path, size_wh: SizeWH) -> U8:
    behind = open_in_step(str(path)).background
    assert behind is not None
    picture = behind.card(size_wh, 0.0)
    behind.close()
    assert picture is not None
    return picture


@pytest.fixture(params=["mp4", "mov", "mkv"])
def container(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.mark.parametrize("aspect", [1, Fraction(3, 2)])
@pytest.mark.parametrize("name", EIGHT)
def test_it_is_upright_with_square_pixels(tmp_path: Path, container: str, name: str, aspect: Fraction) -> None:
    matrix, upright = EIGHT[name]
    path = lying(tmp_path / f"clip.{container}", matrix, sample_aspect_ratio=aspect)
    stored_wh = int(SIZE_WH[0] * aspect), SIZE_WH[1]
    size_wh = stored_wh if matrix[0] else stored_wh[::-1]
    places: list[Callable[[Path, SizeWH], U8]] = [of_source, of_upload, of_background, in_step]
    for place in places:
        pixels = place(path, size_wh)
        assert pixels.shape == (size_wh[1], size_wh[0], 3), place
        assert colors_of(pixels) == upright, place
        assert pixels.flags.c_contiguous


def test_a_background_of_another_shape_is_covered_after_it_was_turned(tmp_path: Path) -> None:
    matrix, upright = EIGHT["to the left"]
    with ClipReader(lying(tmp_path / "clip.mp4", matrix)) as reader:
        frame = next(reader.frames())
        covering = reader.converter(bicubic=True).covering(frame, (40, 40))
    assert covering.shape == (80, 40, 3)
    assert colors_of(covering) == upright
