"""Choose the quality of a product picture's file, and check the rules of the shop in the decoded file.

JPEG transforms blocks of 8x8 pixels, so a block that is partly white changes its white pixels by a few levels. Without
chroma subsampling (4:4:4) the error stays inside the block; with 4:2:0 it would reach twice as far, as it does in WebP.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from cyclorama.core.frames import U8
from cyclorama.pictures.decode import stored_pixels
from cyclorama.pictures.encode import LOSSY, encoded_picture
from cyclorama.stills.product.layout import SOLID, ProductLayout
from cyclorama.stills.product.spec import ShopSpec

QUALITIES = (98, 100, 95, 90, 85, 80, 70, 60)
"""Qualities of lossy formats in the order in which they are tried, until the file is small enough and its white is
pure."""
BLOCK = 8
"""Distance in pixels from the product within which compression may change the background."""
VISIBLE_LEVELS = 10
"""A pixel counts as product when a channel is at least this many levels below white."""
CENTRED = 0.01
"""Largest distance of the product from the centre, as a share of the side."""


@dataclass(frozen=True, slots=True)
class ProductCheck:
    """The result of one rule. ``found``: what the file has; ``wanted``: what the shop asks for; ``advice``: what to do
    where it failed; text for the user."""

    name: str
    passed: bool
    found: str
    wanted: str
    advice: str = ""


def choose_quality(picture: U8, suffix: str, shop: ShopSpec) -> int:
    """The first of ``QUALITIES`` at which the file of ``picture``, straight BGRA or BGR uint8 (S, S, 4 or 3), has a
    pure background and meets the size limit of ``shop``; the last one where none does, which :func:`examine`
    reports."""
    for quality in QUALITIES if suffix in LOSSY else QUALITIES[:1]:
        data = encoded_picture(picture, suffix, quality=quality)
        fits = shop.max_bytes is None or len(data) <= shop.max_bytes
        if fits and _check_background(stored_pixels(data), picture).passed:
            break
    return quality


def examine(data: bytes, suffix: str, picture: U8, layout: ProductLayout, shop: ShopSpec) -> list[ProductCheck]:
    """Check all rules of ``shop`` on the bytes of a file. ``picture``: the pixels that were encoded."""
    decoded = stored_pixels(data)
    side = layout.side
    kind = "transparent" if picture.shape[2] == 4 else "white"
    checks = [
        ProductCheck("format", suffix in (*shop.formats, ".jpeg"), suffix[1:], _list(shop.formats)),
        ProductCheck(
            "side",
            decoded.shape[:2] == (side, side) and shop.min_side <= side <= shop.max_side,
            f"{decoded.shape[1]}x{decoded.shape[0]} pixels",
            f"{shop.min_side} to {shop.max_side}",
        ),
        _check_border(decoded, kind),
        _check_background(decoded, picture),
        *_check_placement(decoded, layout, shop),
        ProductCheck(
            "whole",
            not layout.cut,
            f"cut off by the photo: {', '.join(layout.cut)}" if layout.cut else "all of the product",
            "all of the product",
            "" if not layout.cut else "take the photo again, with all of the product in it and room around it",
        ),
    ]
    if shop.max_bytes is not None:
        checks.append(
            ProductCheck(
                "file",
                len(data) <= shop.max_bytes,
                f"{len(data) / 1e6:.2f} MB",
                f"{shop.max_bytes / 1e6:g} MB at most",
            )
        )
    if not shop.enlarge:
        found = f"enlarged {layout.scale:.2f} times" if layout.scale > 1 else "not enlarged"
        nearer = "take the photo from nearer, or with more pixels" if layout.scale > 1 else ""
        checks.append(ProductCheck("resolution", layout.scale <= 1, found, "not enlarged", nearer))
    return checks


def _check_border(decoded: U8, kind: str) -> ProductCheck:
    """Check that the outermost pixels are pure; ``kind``: white or transparent."""
    plain = _is_plain(decoded)
    edge = np.concatenate([plain[0], plain[-1], plain[:, 0], plain[:, -1]])
    off = int((~edge).sum())
    wanted = "255,255,255" if kind == "white" else "transparent"
    return ProductCheck("border", off == 0, f"{off} pixels are not" if off else f"all {wanted}", f"all {wanted}")


def _check_background(decoded: U8, picture: U8) -> ProductCheck:
    """Check that the plain background is still pure, except within BLOCK pixels of the product."""
    meant = _is_plain(picture)
    if decoded.shape != picture.shape:
        return ProductCheck("background", False, "another size", "pure")
    near = np.ones((2 * BLOCK + 1, 2 * BLOCK + 1), np.uint8)
    sure = cv2.erode(meant.view(np.uint8), near, borderType=cv2.BORDER_CONSTANT, borderValue=(1,)) > 0
    plain = _is_plain(decoded)
    off = int((sure & ~plain).sum())
    share = 1.0 if not meant.any() else float((meant & plain).sum() / meant.sum())
    found = f"{off} pixels are not pure" if off else f"pure; {share:.2%} of it up to the product's very edge"
    return ProductCheck("background", off == 0, found, "pure beyond the edge")


def _check_placement(decoded: U8, layout: ProductLayout, shop: ShopSpec) -> list[ProductCheck]:
    """Check the share of the side that the product fills and its distance from the centre, as visible in the file."""
    margin = 2
    left, top, right, bottom = (
        layout.scale * at + layout.placing.offset[index % 2] for index, at in enumerate(layout.box)
    )
    first_x, first_y = max(0, round(left) - margin), max(0, round(top) - margin)
    seen = _is_visible(decoded)[first_y : round(bottom) + margin, first_x : round(right) + margin]
    x, y, width, height = cv2.boundingRect(np.asarray(seen, np.uint8))
    fill = max(width, height) / layout.side
    least, most = shop.fill
    middle = first_x + x + width / 2, first_y + y + height / 2
    away = max(abs(at - layout.side / 2) for at in middle) / layout.side
    return [
        ProductCheck("fill", least <= fill <= most, f"{fill:.1%} of the side", f"{least:.0%} to {most:.0%}"),
        ProductCheck("centre", away <= CENTRED, f"{away:.1%} off", f"{CENTRED:.0%} at most"),
    ]


def _is_plain(picture: U8) -> NDArray[np.bool_]:
    """Where a picture is pure white, or fully transparent: bool (H, W)."""
    if picture.shape[2] == 4:
        return np.asarray(picture[..., 3] == 0)
    return np.asarray(cv2.inRange(picture, (255, 255, 255), (255, 255, 255)) > 0)


def _is_visible(picture: U8) -> NDArray[np.bool_]:
    """Where the product is visible: bool (H, W)."""
    if picture.shape[2] == 4:
        return np.asarray(picture[..., 3] >= SOLID)
    level = 255 - VISIBLE_LEVELS
    return np.asarray(cv2.inRange(picture, (level, level, level), (255, 255, 255)) == 0)


def _list(formats: tuple[str, ...]) -> str:
    return ", ".join(suffix[1:] for suffix in formats)
