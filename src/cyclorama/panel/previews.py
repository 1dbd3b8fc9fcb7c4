"""Pictures of pictures, small enough for a page: of a photo as it was, and of what was made of it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import cv2
import numpy as np
from fastapi import Query

from cyclorama.core.errors import CaptureError, SettingsError
from cyclorama.core.frames import U8
from cyclorama.pictures.decode import decoded, open_picture, stored_pixels
from cyclorama.pictures.encode import NO_TAGS, Tags, encoded_picture

LEAST, MOST = 16, 4096
"""The widths that can be asked for, in pixels."""
Width = Annotated[int | None, Query(ge=LEAST, le=MOST, description="In pixels; without it, the full size.")]


def original_preview(path: Path, label: str, width: int | None) -> bytes:
    """A JPEG of a photo: upright, in sRGB, transparent parts white; at most ``width`` pixels wide. Raises
    CaptureError."""
    try:
        with open_picture(path, f"photo {label}") as image:
            pixels, _ = decoded(image, kept_side=width)
    except SettingsError as error:
        raise CaptureError(str(error)) from error
    return encoded_picture(at_most(pixels, width), ".jpg")


def result_preview(data: bytes, icc: bytes | None, width: int) -> tuple[bytes, str]:
    """A result at most ``width`` pixels wide: the file's bytes and extension."""
    pixels = at_most(stored_pixels(data), width)
    suffix = ".png" if pixels.ndim == 3 and pixels.shape[2] == 4 else ".jpg"
    tags = Tags(icc=icc) if icc else NO_TAGS
    return encoded_picture(pixels, suffix, tags=tags), suffix


def at_most(pixels: U8, width: int | None) -> U8:
    """The picture at most ``width`` pixels wide."""
    height, wide = pixels.shape[:2]
    if width is None or wide <= width:
        return pixels
    size_wh = width, max(1, round(height * width / wide))
    if pixels.ndim == 3 and pixels.shape[2] == 4:  # the colours under full transparency must not show at the edge
        alpha = pixels[..., 3:].astype(np.float32) / 255
        weighted = cv2.resize(pixels[..., :3] * alpha, size_wh, interpolation=cv2.INTER_AREA)
        share = cv2.resize(alpha, size_wh, interpolation=cv2.INTER_AREA)[..., None]
        colors = weighted / np.maximum(share, 1e-6)
        return np.rint(np.dstack([np.clip(colors, 0, 255), share * 255])).astype(np.uint8)
    return np.asarray(cv2.resize(pixels, size_wh, interpolation=cv2.INTER_AREA), np.uint8)
