"""All eight orientations, in three containers, in every place that shows a clip."""

from __future__ import annotations

import errno
import threading
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pytest
from av.video.frame import VideoFrame

from cyclorama.background.opening import BackgroundChoice, open_background, open_in_step
from cyclorama.capture.open import open_source
from cyclorama.clips.color import BgrConverter
from cyclorama.clips.probe import probe_clip
from cyclorama.clips.reader import ClipReader
from cyclorama.core.errors import CycloramaError
from cyclorama.core.frames import U8, SizeWH
from cyclorama.settings.values import CaptureSettings
from doubles.lying_clip import EIGHT, RED, SIZE_WH, WHITE, colors_of, lying


def of_source(path: Path, size_wh: SizeWH) -> U8:
    with open_source(str(path), CaptureSettings(), live=False) as source:
        frame = next(iter(source.frames(threading.Event())))
        assert source.info.size_wh == frame.size_wh == size_wh
        return frame.pixels


def of_upload(path: Path, size_wh: SizeWH) -> U8:
    facts, first = probe_clip(path)
    assert facts.size_wh == size_wh
    return first


def of_background(path: Path, size_wh: SizeWH, open_it: Callable[[str], BackgroundChoice] = open_background) -> U8:
    behind = open_it(str(path)).background
    assert behind is not None
    picture = behind.card(size_wh, 0.0)
    behind.close()
    assert picture is not None
    return picture


def in_step(path: Path, size_wh: SizeWH) -> U8:
    return of_background(path, size_wh, open_in_step)


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


@pytest.mark.parametrize(
    ("aspect", "size_wh", "covering_wh"),
    [(1, (40, 40), (40, 80)), (1, (40, 20), (40, 80)), (1, (20, 100), (50, 100)), (Fraction(3, 2), (32, 96), (32, 96))],
)
def test_a_background_of_another_shape_is_covered_after_it_was_turned(
    tmp_path: Path, aspect: Fraction, size_wh: SizeWH, covering_wh: SizeWH
) -> None:
    matrix, upright = EIGHT["to the left"]
    with ClipReader(lying(tmp_path / "clip.mp4", matrix, sample_aspect_ratio=aspect)) as reader:
        frame = next(reader.frames())
        covering = reader.converter(bicubic=True).covering(frame, size_wh)
    assert covering.shape == (*covering_wh[::-1], 3)
    assert colors_of(covering) == upright


@pytest.mark.parametrize("name", EIGHT)
def test_transparency_is_turned_with_the_picture(tmp_path: Path, name: str) -> None:
    """What is red is transparent."""
    matrix, upright = EIGHT[name]
    with ClipReader(lying(tmp_path / "clip.mov", matrix, codec="qtrle", pixel_format="argb")) as reader:
        pixels, alpha = reader.converter().upright_with_alpha(next(reader.frames()))
    assert alpha is not None
    assert colors_of(alpha) == [[(0,) if color == RED else (250,) for color in row] for row in upright]
    assert colors_of(pixels) == [[WHITE if color == RED else color for color in row] for row in upright]


@pytest.mark.parametrize("place", [of_source, of_upload, of_background, in_step])
def test_a_frame_that_cannot_be_converted_is_the_files_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: Callable[[Path, SizeWH], U8]
) -> None:
    """As FFmpeg refuses one whose header names colours that do not exist."""

    def refuse(*_: object) -> VideoFrame:
        raise OSError(errno.EINVAL, "Invalid argument")

    path = lying(tmp_path / "clip.mp4", EIGHT["as it lies"][0])
    monkeypatch.setattr(BgrConverter, "_reformatted", refuse)
    behind = place in (of_background, in_step)
    what = "is neither a picture nor a video" if behind else "cannot be read any further: Invalid argument"
    with pytest.raises(CycloramaError, match=rf"clip\.mp4 {what}"):
        place(path, SIZE_WH)
