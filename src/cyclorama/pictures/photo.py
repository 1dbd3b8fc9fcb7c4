"""Read and write photos with their metadata.

A photo stays in its own colour space: one in Display P3 is processed and written in Display P3, with its profile.
Backgrounds come in sRGB and are converted by :func:`in_colors_of`.
"""

from __future__ import annotations

import logging
import math
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from PIL import Image

from cyclorama.core.errors import CaptureError, SettingsError
from cyclorama.core.frames import U8, SizeWH
from cyclorama.pictures.decode import alpha_of, decoded, further_pictures, open_picture
from cyclorama.pictures.encode import NO_TAGS, Tags, save_picture
from cyclorama.pictures.exif import exif_dpi, kept_exif
from cyclorama.pictures.icc import from_srgb

log = logging.getLogger(__name__)

STANDARD_INPUT = "from standard input"
LEAST_DPI, MOST_DPI = 10, 10_000
"""Resolutions outside this range are placeholders: JPEGs without one often say 1."""


@dataclass(frozen=True, slots=True, eq=False)
class Photo:
    """``pixels``: BGR uint8 (H, W, 3), upright, opaque, in the colours of ``tags.icc``; None there is sRGB. ``alpha8``:
    how opaque the file has them, uint8 (H, W); None: wholly."""

    pixels: U8
    tags: Tags = NO_TAGS
    alpha8: U8 | None = None

    @property
    def size_wh(self) -> SizeWH:
        """Width and height in pixels."""
        return self.pixels.shape[1], self.pixels.shape[0]


def read_photo(
    source: Path | bytes | Image.Image, *, srgb: bool = False, keep_gps: bool = False, name: str = ""
) -> Photo:
    """Decode a photo file, the bytes of one, or a picture in memory, at its full size.

    Orientation is applied, transparent parts show white, and ``alpha8`` knows them. ``srgb``: colours become sRGB;
    otherwise only those that have no sound RGB profile do, CMYK among them. ``name``: of what has no path, for
    messages. Raises CaptureError: there is none, it is damaged, too large, no picture.
    """
    what = f"photo {source if isinstance(source, Path) else name or STANDARD_INPUT}"
    try:
        with open_picture(source, what) as image:
            if others := further_pictures(image):
                log.warning("%s holds %d more picture%s: its first one is taken", what, others, "s" * (others > 1))
            dpi, exif = _dpi(image), kept_exif(image, keep_gps=keep_gps)  # first: a decoded TIFF has it no more
            pixels, icc = decoded(image, keep_profile=not srgb)
            return Photo(pixels, Tags(icc, dpi, exif), alpha_of(image))
    except SettingsError as error:  # for a background, the user's choice; here, the input
        raise CaptureError(str(error)) from error


def check_photo(path: Path) -> None:
    """Raise CaptureError where ``path`` is no photo, as :func:`read_photo` does; no pixel is decoded."""
    try:
        with open_picture(path, f"photo {path}", head_only=True):
            pass
    except SettingsError as error:
        raise CaptureError(str(error)) from error


def write_photo(
    path: Path,
    pixels: U8,
    *,
    like: Photo | None = None,
    dpi: float | None = None,
    quality: int | None = None,
    overwrite: bool = False,
) -> None:
    """Write what was made of the photo ``like``, with its profile, Exif and resolution; ``dpi``: this one instead.

    Everything else as :func:`save_picture`.
    """
    tags = NO_TAGS if like is None else like.tags
    if dpi is not None:
        tags = replace(tags, dpi=(dpi, dpi))
    save_picture(path, pixels, overwrite=overwrite, tags=tags, quality=quality)


def without_transparent(photo: Photo, alpha8: U8) -> U8:
    """``alpha8``, uint8 (H, W), of what is to be kept of ``photo``: no more of it than is there."""
    return alpha8 if photo.alpha8 is None else np.asarray(np.minimum(alpha8, photo.alpha8))


def in_colors_of(tags: Tags, pixels: U8) -> U8:
    """``pixels``, BGR uint8 (H, W, 3) in sRGB, in the colours of a photo with ``tags``."""
    return pixels if tags.icc is None else from_srgb(pixels, tags.icc)


def _dpi(image: Image.Image) -> tuple[float, float] | None:
    """The resolution that the file names, if any."""
    try:
        dpi = image.info.get("dpi") or exif_dpi(image)
        across, down = (round(float(value), 3) for value in dpi)
    except Exception:  # no resolution, or nonsense in its place
        return None
    sound = all(math.isfinite(value) and LEAST_DPI <= value <= MOST_DPI for value in (across, down))
    return (across, down) if sound else None
