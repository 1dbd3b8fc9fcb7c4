"""The output of one photo: cut-out, matte, or composite, with placement and shadow."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cyclorama.core.errors import SettingsError
from cyclorama.core.frames import F32, U8, Frame
from cyclorama.pictures.photo import Photo, read_photo
from cyclorama.stills.cut_out.cutter import Cutter, Look
from cyclorama.stills.cut_out.layout import Placing
from doubles.null_model import NullModel

BOX = slice(20, 60), slice(30, 90)
INSIDE = slice(24, 56), slice(34, 86)


@pytest.fixture
def photo(tmp_path: Path) -> Iterator[Photo]:
    """A grainy red box in a blue room, 120x80."""
    rgb = np.full((80, 120, 3), (20, 30, 120), np.uint8)
    grain = np.random.default_rng(0).integers(0, 20, (40, 60, 3), np.uint8)
    rgb[BOX] = np.array([200, 20, 20], np.uint8) + grain
    Image.fromarray(rgb).save(tmp_path / "photo.png")
    yield read_photo(tmp_path / "photo.png")


def redness(frame: Frame) -> F32:
    return np.asarray(frame.pixels[:, :, 2] > 128, np.float32)


def made(look: Look, photo: Photo) -> U8:
    with Cutter(look) as cutter:
        return cutter.cut(photo, NullModel(redness))


def test_transparent_has_the_photo_s_colours_and_nothing_of_the_room(photo: Photo) -> None:
    out = made(Look(), photo)
    assert np.array_equal(out[INSIDE][..., :3], photo.pixels[INSIDE])
    assert (out[INSIDE][..., 3] == 255).all()
    hidden = out[out[..., 3] == 0]
    assert len(hidden) > 5000 and hidden[:, 0].max() < 70, "the room has 120 of blue"


def test_the_matte_alone(photo: Photo) -> None:
    out = made(Look("matte"), photo)
    assert (out[INSIDE] == 255).all()
    assert not out[:16].any() and not out[:, :26].any() and not out[64:].any() and not out[:, 94:].any()


def test_over_a_colour(photo: Photo) -> None:
    out = made(Look("color:#00ff00"), photo)
    assert (out[:16] == (0, 255, 0)).all()
    assert np.array_equal(out[INSIDE], photo.pixels[INSIDE])


def test_a_crop_over_a_colour_shows_the_subject_alone(photo: Photo) -> None:
    out = made(Look("color:#00ff00", placing=Placing(crop=True)), photo)
    height, width = out.shape[:2]
    assert abs(height - 40) <= 2 and abs(width - 60) <= 2
    top, left = (height - 40) // 2, (width - 60) // 2
    assert np.array_equal(out[top + 4 : top + 36, left + 4 : left + 56], photo.pixels[INSIDE])


def test_a_shadow_darkens_the_ground_below(photo: Photo) -> None:
    plain, shadowed = (made(Look("color:white", shadow=shadow), photo).astype(int) for shadow in (False, True))
    assert (plain[62:, 40:80] == 255).all()
    assert shadowed[61, 60].max() < 235 and shadowed[61, 60].max() < shadowed[70, 60].min()
    assert np.array_equal(shadowed[INSIDE], plain[INSIDE])
    assert np.array_equal(shadowed[:16], plain[:16])


@pytest.mark.parametrize(("background", "transparent"), [("transparent", True), ("matte", False), ("white", False)])
def test_whether_the_output_has_an_alpha_channel(background: str, transparent: bool) -> None:
    name = background if background != "white" else "color:white"
    with Cutter(Look(name)) as cutter:
        assert cutter.transparent is transparent


def test_looks_that_cannot_be() -> None:
    with pytest.raises(SettingsError, match="would change nothing"):
        Cutter(Look("none"))
    with pytest.raises(SettingsError, match="leave --shadow out"):
        Look("matte", shadow=True)


def test_an_alpha_is_rendered_again_without_the_network(photo: Photo) -> None:
    with Cutter(Look()) as cutter, Cutter(Look("color:#00ff00")) as green:
        alpha8 = cutter.matte(photo, NullModel(redness))
        assert np.array_equal(cutter.render(photo, alpha8), made(Look(), photo))
        assert np.array_equal(green.render(photo, alpha8), made(Look("color:#00ff00"), photo))
        alpha8[:, :60] = 0
        rendered = green.render(photo, alpha8)
    assert (rendered[:, :60] == (0, 255, 0)).all()
    assert np.array_equal(rendered[24:56, 64:86], photo.pixels[24:56, 64:86])


def test_what_the_file_has_transparent_cannot_be_restored(photo: Photo) -> None:
    opaque = np.full((80, 120), 255, np.uint8)
    opaque[:, 60:] = 0
    with Cutter(Look()) as cutter:
        out = cutter.render(Photo(photo.pixels, alpha8=opaque), np.full((80, 120), 255, np.uint8))
    assert np.array_equal(out[..., 3], opaque)
