"""The picture for a shop: the product's own pixels on pure white or transparent, without haze."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from cyclorama.core.frames import U8
from cyclorama.stills.product.layout import ProductLayout, lay_out_product
from cyclorama.stills.product.picture import HAZE, product_picture, without_haze
from cyclorama.stills.product.spec import load_shops

SHOP = replace(load_shops()["google"], aim=0.5, side=2000, min_side=100, max_side=2000)


def box(haze: int = 0) -> tuple[U8, U8, ProductLayout]:
    """A grainy box of 100x60 before a dark wall, its alpha and a square of 200 pixels."""
    alpha8 = np.full((120, 160), haze, np.uint8)
    alpha8[30:90, 40:140] = 255
    pixels = np.full((120, 160, 3), 20, np.uint8)
    pixels[30:90, 40:140] = np.random.default_rng(0).integers(0, 200, (60, 100, 3), np.uint8)
    return pixels, alpha8, lay_out_product(alpha8, SHOP)


def test_the_product_s_pixels_are_the_photo_s_and_all_else_is_white() -> None:
    pixels, alpha8, layout = box()
    picture = product_picture(pixels, alpha8, layout, transparent=False, shadow=False)
    assert np.array_equal(picture[70:130, 50:150], pixels[30:90, 40:140])
    picture[70:130, 50:150] = 255
    assert (picture == 255).all()


def test_transparent_has_the_same_product() -> None:
    pixels, alpha8, layout = box()
    picture = product_picture(pixels, alpha8, layout, transparent=True, shadow=False)
    assert np.array_equal(picture[70:130, 50:150, :3], pixels[30:90, 40:140])
    assert (picture[70:130, 50:150, 3] == 255).all()
    picture[70:130, 50:150, 3] = 0
    assert not picture[..., 3].any()


def test_a_shadow_falls_below_the_product_and_ends_at_the_border() -> None:
    pixels, alpha8, layout = box()
    picture = product_picture(pixels, alpha8, layout, transparent=False, shadow=True)
    assert picture[131, 100].max() < 200, "dark just below the contact"
    assert (picture[:60] == 255).all(), "nothing above"
    for edge in (picture[0], picture[-1], picture[:, 0], picture[:, -1]):
        assert (edge == 255).all()
    assert np.array_equal(picture[70:128, 50:150], pixels[30:88, 40:140])


def test_a_product_that_the_photo_cuts_off_below_has_no_shadow() -> None:
    pixels, alpha8, _ = box()
    cut = np.ascontiguousarray(alpha8[:80])
    layout = lay_out_product(cut, SHOP)
    picture = product_picture(pixels[:80], cut, layout, transparent=False, shadow=True)
    assert np.array_equal(picture, product_picture(pixels[:80], cut, layout, transparent=False, shadow=False))


def test_haze_becomes_transparent_and_solid_parts_stay() -> None:
    levels = np.arange(256, dtype=np.uint8)[None]
    out = without_haze(levels)[0].astype(int)
    assert (out[: HAZE + 1] == 0).all() and (out[255 - HAZE :] == 255).all()
    assert abs(out[127] + out[128] - 255) <= 1, "symmetric about the middle"
    assert (np.diff(out[HAZE : 256 - HAZE]) > 0).all()
