"""A product's picture as a file, and what that file holds once it is decoded again: the shop sees nothing else.

JPEG works in blocks of eight pixels, so what is not white in a block moves the white beside it by a few levels. Whole
colour resolution keeps that inside the block; with colours at half the resolution it would reach twice as far, as it
does in WebP.
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
"""Of JPEG, tried in this order until the shop's limit on bytes and the white both hold: up, then down."""
BLOCK = 8
"""Pixels around what is not white that JPEG may change."""
SEEN = 10
"""Levels off white from which a pixel is seen as product."""
CENTRED = 0.01
"""Share of the side by which the product may be off the centre."""


@dataclass(frozen=True, slots=True)
class ProductCheck:
    """One rule: what was ``found`` in the file and what the shop ``wanted``, for people to read."""

    name: str
    passed: bool
    found: str
    wanted: str


def choose_quality(picture: U8, suffix: str, shop: ShopSpec) -> int:
    """The first of ``QUALITIES`` at which ``picture``, straight BGRA or BGR uint8 (S, S, 4 or 3), keeps its plain
    background and ``shop``'s limit on bytes; the last where none does, and :func:`examine` says so."""
    for quality in QUALITIES if suffix in LOSSY else QUALITIES[:1]:
        data = encoded_picture(picture, suffix, quality=quality)
        fits = shop.max_bytes is None or len(data) <= shop.max_bytes
        if fits and _background(stored_pixels(data), picture).passed:
            break
    return quality


def examine(data: bytes, suffix: str, picture: U8, layout: ProductLayout, shop: ShopSpec) -> list[ProductCheck]:
    """Every rule of ``shop``, checked on the file's bytes. ``picture``: what was to be encoded."""
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
        _border(decoded, kind),
        _background(decoded, picture),
        *_placed(decoded, layout, shop),
        ProductCheck(
            "whole",
            not layout.cut,
            f"cut off by the photo: {', '.join(layout.cut)}" if layout.cut else "all of the product",
            "all of the product",
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
        checks.append(ProductCheck("resolution", layout.scale <= 1, found, "not enlarged"))
    return checks


def _border(decoded: U8, kind: str) -> ProductCheck:
    plain = _plain(decoded)
    edge = np.concatenate([plain[0], plain[-1], plain[:, 0], plain[:, -1]])
    off = int((~edge).sum())
    wanted = "255,255,255" if kind == "white" else "transparent"
    return ProductCheck("border", off == 0, f"{off} pixels are not" if off else f"all {wanted}", f"all {wanted}")


def _background(decoded: U8, picture: U8) -> ProductCheck:
    """Whether what was to be plain is, but for the blocks that hold something else."""
    meant = _plain(picture)
    if decoded.shape != picture.shape:
        return ProductCheck("background", False, "another size", "pure")
    near = np.ones((2 * BLOCK + 1, 2 * BLOCK + 1), np.uint8)
    sure = cv2.erode(meant.view(np.uint8), near, borderType=cv2.BORDER_CONSTANT, borderValue=(1,)) > 0
    plain = _plain(decoded)
    off = int((sure & ~plain).sum())
    share = 1.0 if not meant.any() else float((meant & plain).sum() / meant.sum())
    found = f"{off} pixels are not pure" if off else f"pure; {share:.2%} of it up to the product's very edge"
    return ProductCheck("background", off == 0, found, "pure beyond the edge")


def _placed(decoded: U8, layout: ProductLayout, shop: ShopSpec) -> list[ProductCheck]:
    """The share that the product fills and how far off the centre it is, as it can be seen in the file."""
    margin = 2
    left, top, right, bottom = (
        layout.scale * at + layout.placing.offset[index % 2] for index, at in enumerate(layout.box)
    )
    first_x, first_y = max(0, round(left) - margin), max(0, round(top) - margin)
    seen = _seen(decoded)[first_y : round(bottom) + margin, first_x : round(right) + margin]
    x, y, width, height = cv2.boundingRect(np.asarray(seen, np.uint8))
    fill = max(width, height) / layout.side
    least, most = shop.fill
    middle = first_x + x + width / 2, first_y + y + height / 2
    away = max(abs(at - layout.side / 2) for at in middle) / layout.side
    return [
        ProductCheck("fill", least <= fill <= most, f"{fill:.1%} of the side", f"{least:.0%} to {most:.0%}"),
        ProductCheck("centre", away <= CENTRED, f"{away:.1%} off", f"{CENTRED:.0%} at most"),
    ]


def _plain(picture: U8) -> NDArray[np.bool_]:
    """Where a picture is pure white, or wholly transparent."""
    if picture.shape[2] == 4:
        return np.asarray(picture[..., 3] == 0)
    return np.asarray(cv2.inRange(picture, (255, 255, 255), (255, 255, 255)) > 0)


def _seen(picture: U8) -> NDArray[np.bool_]:
    if picture.shape[2] == 4:
        return np.asarray(picture[..., 3] >= SOLID)
    level = 255 - SEEN
    return np.asarray(cv2.inRange(picture, (level, level, level), (255, 255, 255)) == 0)


def _list(formats: tuple[str, ...]) -> str:
    return ", ".join(suffix[1:] for suffix in formats)
