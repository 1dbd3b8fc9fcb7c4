"""Convert between the caller's photos and the engine's pictures."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cyclorama.core.errors import CaptureError
from cyclorama.core.frames import U8
from cyclorama.files.names import user_path
from cyclorama.pictures.encode import NO_TAGS, Tags, as_image
from cyclorama.pictures.photo import Photo, read_photo

PhotoLike = str | os.PathLike[str] | bytes | Image.Image | NDArray[Any]
"""A path, the bytes of a file, a Pillow image, or an array: uint8, (H, W, 3) RGB, (H, W, 4) RGBA or (H, W)."""


def photo_from(photo: PhotoLike, *, srgb: bool = False, keep_gps: bool = False) -> Photo:
    """Decode ``photo`` upright; options as for :func:`read_photo`. Raises CaptureError."""
    if isinstance(photo, np.ndarray):
        return read_photo(_image_from(photo), srgb=srgb, name="given as an array")
    if isinstance(photo, Image.Image):
        return read_photo(photo, srgb=srgb, keep_gps=keep_gps, name="given as a picture")
    if isinstance(photo, bytes | bytearray | memoryview):
        return read_photo(bytes(photo), srgb=srgb, keep_gps=keep_gps, name="given as bytes")
    if not isinstance(photo, str | os.PathLike):
        raise CaptureError(
            f"a photo has to be a path, bytes, a picture of Pillow or an array, and this is {type(photo).__name__}: "
            "of an open file give read()"
        )
    return read_photo(user_path(photo), srgb=srgb, keep_gps=keep_gps)


def picture_from(pixels: U8, tags: Tags = NO_TAGS) -> Image.Image:
    """Convert uint8 ``pixels``, BGR (H, W, 3), BGRA (H, W, 4) or grey (H, W), to RGB, RGBA or L. ``info`` gets the
    ``tags`` under Pillow's names: ``icc_profile``, ``dpi`` and ``exif``."""
    picture = as_image(pixels)
    picture = picture.copy() if picture.readonly else picture
    named = {"icc_profile": tags.icc if pixels.ndim == 3 else None, "dpi": tags.dpi, "exif": tags.exif}
    picture.info.update({name: value for name, value in named.items() if value})
    return picture


def _image_from(array: NDArray[Any]) -> Image.Image:
    if array.dtype != np.uint8 or 0 in array.shape or not (array.ndim == 2 or array.shape[2:] in ((3,), (4,))):
        raise CaptureError(
            f"an array given as a photo has to be uint8 (H, W, 3), (H, W, 4) or (H, W), and this is "
            f"{array.dtype} {array.shape}: convert it first"
        )
    return Image.fromarray(array)
