"""The rules of shops, checked on files: each one kept, and each one broken."""

from __future__ import annotations

import io
from dataclasses import replace

import cv2
import numpy as np
import pytest
from PIL import Image

from cyclorama.core.frames import U8
from cyclorama.pictures.decode import stored_pixels
from cyclorama.pictures.encode import encoded_picture
from cyclorama.stills.product.check import ProductCheck, choose_quality, examine
from cyclorama.stills.product.layout import lay_out_product
from cyclorama.stills.product.picture import product_picture
from cyclorama.stills.product.spec import load_shops

SHOPS = load_shops()


def thing(width: int = 900, height: int = 700, box: tuple[int, int, int, int] = (200, 150, 700, 520)) -> tuple[U8, U8]:
    """A photo of a grainy ellipse before a dark wall, and its alpha."""
    left, top, right, bottom = box
    alpha = np.zeros((height, width), np.uint8)
    centre, axes = ((left + right) // 2, (top + bottom) // 2), ((right - left) // 2, (bottom - top) // 2)
    cv2.ellipse(alpha, centre, axes, 0, 0, 360, 255, -1, cv2.LINE_AA)
    grain = np.random.default_rng(1).integers(20, 220, (height, width, 3)).astype(np.uint8)
    pixels = np.where(alpha[..., None] > 0, grain, np.uint8(30)).astype(np.uint8)
    return pixels, alpha


def named(checks: list[ProductCheck]) -> dict[str, ProductCheck]:
    return {check.name: check for check in checks}


def made(shop: str, suffix: str, *, transparent: bool = False) -> tuple[bytes, list[ProductCheck]]:
    pixels, alpha = thing()
    spec = SHOPS[shop]
    layout = lay_out_product(alpha, spec)
    picture = product_picture(pixels, alpha, layout, transparent=transparent, shadow=False)
    data = encoded_picture(picture, suffix, quality=choose_quality(picture, suffix, spec))
    return data, examine(data, suffix, picture, layout, spec)


@pytest.mark.parametrize("suffix", [".jpg", ".png"])
def test_white_is_white_in_the_file(suffix: str) -> None:
    data, checks = made("square", suffix)
    assert all(check.passed for check in checks), checks
    with Image.open(io.BytesIO(data)) as image:
        pixels = np.asarray(image.convert("RGB"))
    for edge in (pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]):
        assert (edge == 255).all()
    assert (pixels[:40] == 255).all()


def test_transparent_is_transparent_in_the_file() -> None:
    data, checks = made("google", ".png", transparent=True)
    assert all(check.passed for check in checks), checks
    assert stored_pixels(data)[..., 3].min() == 0
    assert named(checks)["border"].found == "all transparent"


def test_colours_at_half_the_resolution_would_be_found() -> None:
    """What Pillow does where nobody asks for more: white beside the product's blocks is moved."""
    pixels, alpha = thing()
    pixels[...] = (0, 0, 230)
    layout = lay_out_product(alpha, SHOPS["amazon"])
    picture = product_picture(pixels, alpha, layout, transparent=False, shadow=False)
    file = io.BytesIO()
    Image.fromarray(picture[..., ::-1]).save(file, "JPEG", quality=75, subsampling=2)
    checks = named(examine(file.getvalue(), ".jpg", picture, layout, SHOPS["amazon"]))
    assert not checks["background"].passed
    assert checks["border"].passed


def test_one_pixel_of_any_side_of_the_border_is_found() -> None:
    pixels, alpha = thing()
    shop = replace(SHOPS["google"], side=500)
    layout = lay_out_product(alpha, shop, side=500)
    for transparent in (False, True):
        picture = product_picture(pixels, alpha, layout, transparent=transparent, shadow=False)
        for row, column in ((0, 200), (-1, 3), (300, 0), (301, -1)):
            off = picture.copy()
            off[row, column] = 254
            checks = named(examine(encoded_picture(off, ".png"), ".png", picture, layout, shop))
            assert not checks["border"].passed and "1 pixels" in checks["border"].found, (row, column)


def test_a_shadow_ends_before_the_border() -> None:
    alpha = np.zeros((900, 900), np.uint8)
    alpha[100:800, 100:800] = 255
    pixels = np.full((900, 900, 3), 120, np.uint8)
    shop = SHOPS["amazon"]
    layout = lay_out_product(alpha, shop)
    picture = product_picture(pixels, alpha, layout, transparent=False, shadow=True)
    assert (picture[-30] < 250).any(), "there is one"
    checks = examine(encoded_picture(picture, ".png"), ".png", picture, layout, shop)
    assert all(check.passed for check in checks), checks


@pytest.mark.parametrize(("across", "down"), [(0.02, 0.0), (0.0, -0.02), (0.005, 0.005)])
def test_a_product_off_the_centre_in_one_direction_is_noticed(across: float, down: float) -> None:
    pixels, alpha = thing()
    layout = lay_out_product(alpha, SHOPS["google"])
    x, y = layout.placing.offset
    moved = x + round(across * layout.side), y + round(down * layout.side)
    layout = replace(layout, placing=replace(layout.placing, offset=moved))
    picture = product_picture(pixels, alpha, layout, transparent=False, shadow=False)
    checks = named(examine(encoded_picture(picture, ".png"), ".png", picture, layout, SHOPS["google"]))
    assert checks["centre"].passed is (max(abs(across), abs(down)) < 0.01)


@pytest.mark.parametrize(("fill", "kept"), [((0.8, 0.9), True), ((0.5, 0.8), False), ((0.9, 1.0), False)])
def test_a_product_may_be_too_large_or_too_small_in_its_picture(fill: tuple[float, float], kept: bool) -> None:
    pixels, alpha = thing()
    layout = lay_out_product(alpha, replace(SHOPS["google"], aim=0.85))
    picture = product_picture(pixels, alpha, layout, transparent=False, shadow=False)
    data = encoded_picture(picture, ".png")
    assert named(examine(data, ".png", picture, layout, replace(SHOPS["google"], fill=fill)))["fill"].passed is kept


def test_a_limit_on_bytes_is_met_by_encoding_or_said() -> None:
    pixels, alpha = thing()
    tight = replace(SHOPS["google"], max_bytes=150_000)
    layout = lay_out_product(alpha, tight)
    picture = product_picture(pixels, alpha, layout, transparent=False, shadow=False)
    free = encoded_picture(picture, ".jpg", quality=choose_quality(picture, ".jpg", SHOPS["google"]))
    assert len(free) > 150_000
    data = encoded_picture(picture, ".jpg", quality=choose_quality(picture, ".jpg", tight))
    assert len(data) <= 150_000
    assert named(examine(data, ".jpg", picture, layout, tight))["file"].passed
    for room, fits in ((0, True), (-1, False)):
        limit = replace(tight, max_bytes=len(data) + room)
        assert named(examine(data, ".jpg", picture, layout, limit))["file"].passed is fits
    hopeless = replace(tight, max_bytes=5_000)
    data = encoded_picture(picture, ".jpg", quality=choose_quality(picture, ".jpg", hopeless))
    assert not named(examine(data, ".jpg", picture, layout, hopeless))["file"].passed


def test_what_the_photo_cuts_off_and_what_is_enlarged_is_said() -> None:
    pixels, alpha = thing(box=(-100, 200, 180, 420))
    shop = SHOPS["google"]
    layout = lay_out_product(alpha, shop, side=1500)
    assert layout.cut == ("left",) and layout.scale > 1
    picture = product_picture(pixels, alpha, layout, transparent=False, shadow=False)
    data = encoded_picture(picture, ".jpg", quality=98)
    checks = named(examine(data, ".jpg", picture, layout, shop))
    assert not checks["whole"].passed and "left" in checks["whole"].found
    assert not checks["resolution"].passed and "enlarged" in checks["resolution"].found
