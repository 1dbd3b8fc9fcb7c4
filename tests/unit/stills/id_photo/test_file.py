"""Files as large as they have to be, checked on the files."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cyclorama.core.errors import SinkError
from cyclorama.core.frames import U8
from cyclorama.files.part_file import write_whole
from cyclorama.stills.id_photo.file import BEST, USUAL, WORST, encode_within


def noise(side: int = 400) -> U8:
    return np.random.default_rng(0).integers(0, 256, (side, side, 3), dtype=np.uint8)


def opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def test_without_limits_the_usual_quality_and_the_exact_resolution() -> None:
    data, quality = encode_within(noise(), 600, None)
    image = opened(data)
    assert quality == USUAL
    assert image.format == "JPEG" and image.size == (400, 400) and image.mode == "RGB"
    assert image.info["dpi"] == (600, 600)
    assert not image.getexif() and "comment" not in image.info


@pytest.mark.parametrize("most", [120, 150, 190])
def test_the_best_quality_that_fits(most: int) -> None:
    data, quality = encode_within(noise(), 300, (0, most))
    assert WORST <= quality < USUAL
    assert 0.9 * most * 1000 < len(data) <= most * 1000, "it fits, and not by much"
    better = io.BytesIO()
    Image.fromarray(noise()[..., ::-1]).save(better, "JPEG", quality=quality + 1, subsampling=0, dpi=(300, 300))
    assert len(better.getvalue()) > most * 1000


def test_what_cannot_fit_is_the_least_that_is_made() -> None:
    data, quality = encode_within(noise(), 300, (0, 10))
    assert quality == WORST and len(data) > 10_000


def test_too_small_is_first_made_better_then_padded() -> None:
    pixels = noise(100)
    usual, _ = encode_within(pixels, 300, None)
    data, quality = encode_within(pixels, 300, (len(usual) / 1000 + 1, 500))
    assert quality == BEST and len(data) > len(usual) and "comment" not in opened(data).info


def test_a_narrow_range_is_met_where_the_best_quality_is_too_large_and_the_usual_one_too_small() -> None:
    pixels = noise(100)
    usual, best = (len(encode_within(pixels, 300, limits)[0]) for limits in (None, (40.0, 10_000.0)))
    data, quality = encode_within(pixels, 300, (usual / 1000 + 1, usual / 1000 + 3))
    assert usual + 1000 <= len(data) <= usual + 3000 < best
    assert USUAL < quality < BEST, "the highest that fits"


def test_a_file_between_two_qualities_is_padded() -> None:
    """No quality gives 99 to 99.5 % of the usual size here: a step of quality changes the size by more."""
    pixels = noise(100)
    usual = len(encode_within(pixels, 300, None)[0]) / 1000
    data, quality = encode_within(pixels, 300, (0.99 * usual, 0.995 * usual))
    assert 990 * usual <= len(data) <= 995 * usual and quality < USUAL


@pytest.mark.parametrize("limits", [(190, 190), (330, 331), (390, 400)])
def test_narrow_limits_are_met_from_both_sides(limits: tuple[float, float]) -> None:
    data, _ = encode_within(noise(), 300, limits)
    assert limits[0] * 1000 <= len(data) <= limits[1] * 1000


@pytest.mark.parametrize("least", [50, 140])
def test_a_padded_file_is_exactly_as_large_as_asked_and_the_same_picture(least: int) -> None:
    flat = np.full((100, 80, 3), 200, np.uint8)
    data, quality = encode_within(flat, 300, (least, 10_000))
    assert quality == BEST
    assert len(data) == least * 1000
    image = opened(data)
    assert image.info["dpi"] == (300, 300)
    assert np.abs(np.asarray(image).astype(int) - 200).max() <= 1


def test_bytes_are_written_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    write_whole(path, b"one", overwrite=False)
    with pytest.raises(SinkError, match="exists"):
        write_whole(path, b"two", overwrite=False)
    assert path.read_bytes() == b"one"
    write_whole(path, b"two", overwrite=True)
    assert path.read_bytes() == b"two"
    assert [each.name for each in tmp_path.iterdir()] == ["a.jpg"]
