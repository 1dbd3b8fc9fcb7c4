"""Encode a picture and write it to a file, whole or not at all."""

from __future__ import annotations

import io
from contextlib import suppress
from dataclasses import dataclass
from io import BufferedWriter
from pathlib import Path
from typing import IO, Any, Self

import cv2
import numpy as np
from PIL import Image

from cyclorama.core.errors import SettingsError, SinkError
from cyclorama.core.frames import U8
from cyclorama.files.names import create_first, numbered
from cyclorama.files.part_file import to_disk
from cyclorama.files.targets import check_free, write_failure
from cyclorama.pictures.exif import EXIF_IFD, GPS_IFD, rewritable, set_resolution
from cyclorama.pictures.tiff import append_tags

FORMATS: dict[str, dict[str, Any]] = {
    ".png": {"format": "PNG", "compress_level": 4},  # half the time of the usual 6, for files a twentieth larger
    ".webp": {"format": "WEBP", "quality": 92, "exact": True},  # exact: the colours under full transparency stay
    ".tif": {"format": "TIFF", "compression": "tiff_adobe_deflate"},
    ".tiff": {"format": "TIFF", "compression": "tiff_adobe_deflate"},
    ".jpg": {"format": "JPEG", "quality": 95, "subsampling": 0},
    ".jpeg": {"format": "JPEG", "quality": 95, "subsampling": 0},
}
"""Pillow's encoder options for each extension."""
SUFFIXES = tuple(FORMATS)
OPAQUE = (".jpg", ".jpeg")
"""Extensions of formats without transparency."""
TIFF = (".tif", ".tiff")
LOSSY = (".webp", *OPAQUE)
"""Extensions of formats with a quality setting."""
RAW = {2: ("L", "L"), 3: ("RGB", "BGR"), 4: ("RGBA", "BGRA")}
"""Pillow's mode, and what the pixels are in: by dimensions, or by channels."""


@dataclass(frozen=True, slots=True)
class Tags:
    """The metadata of a picture file.

    ``icc``: profile of the colours; None: sRGB. ``dpi``: across and down. ``exif``: a block as Pillow writes it,
    without orientation or thumbnail; empty: none.
    """

    icc: bytes | None = None
    dpi: tuple[float, float] | None = None
    exif: bytes = b""

    @classmethod
    def at(cls, dpi: float | None) -> Self:
        """Nothing but the same resolution across and down; None: none."""
        return cls(dpi=None if dpi is None else (dpi, dpi))


NO_TAGS = Tags()


def save_picture(
    path: Path,
    pixels: U8,
    *,
    overwrite: bool,
    tags: Tags = NO_TAGS,
    quality: int | None = None,
    durable: bool = True,
) -> None:
    """Write BGR (H, W, 3), straight BGRA (H, W, 4) or grey (H, W) uint8 ``pixels``, whole or not at all.

    The format follows the extension. ``quality``: 1 to 100, of JPEG and WebP. ``durable``: the bytes are on the disk
    before the file gets its name, so that a power cut leaves the old file or the new one. Raises SinkError: the file
    exists and may not be replaced, or it cannot be written.
    """
    check_free(path, overwrite=overwrite)
    try:
        data = encoded_picture(pixels, path.suffix, tags=tags, quality=quality)
    except SinkError as error:
        raise SinkError(f"cannot write {path}: {error}") from error
    try:
        aside, file = _create_aside(path)
        try:
            with file:
                file.write(data)
            if durable:
                to_disk(aside)
            check_free(path, overwrite=overwrite)  # another program may have made it meanwhile
            aside.replace(path)
        finally:
            with suppress(OSError):
                aside.unlink(missing_ok=True)
    except SinkError:
        raise
    except OSError as error:
        raise write_failure(path, error) from error


def _create_aside(path: Path) -> tuple[Path, BufferedWriter]:
    """A new hidden file beside ``path`` that no other program writes to, also not another cyclorama."""
    names = numbered(path.parent, f".{path.stem}.part", path.suffix)
    return create_first(names, lambda name: name.open("xb"))


def encoded_picture(pixels: U8, suffix: str, *, tags: Tags = NO_TAGS, quality: int | None = None) -> bytes:
    """What :func:`save_picture` writes to a file with the extension ``suffix``. Raises SinkError.

    In memory, because encoders that meet a full disk report no more than a failure.
    """
    file = io.BytesIO()
    try:
        _encode(file, suffix, pixels, tags, quality)
    except (OSError, ValueError) as error:  # a size or layout that the format cannot have
        raise SinkError(f"it cannot be {suffix or 'without extension'}: {error}; choose another format") from error
    return file.getvalue()


def check_suffix(option: str, path: Path) -> None:
    """Raise SettingsError where ``path``, the value of ``option``, has no extension of a picture."""
    if path.suffix.lower() not in SUFFIXES:
        raise SettingsError(f"{option} {path}: write a name ending in {', '.join(SUFFIXES)}")


def quick_jpeg(pixels: U8, quality: int) -> bytes:
    """A JPEG of BGR uint8 (H, W, 3) or grey ``pixels`` with half the chroma's resolution, by OpenCV: for pictures that
    are looked at once, in a third of the time of :func:`encoded_picture`."""
    return cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes()


def as_image(pixels: U8) -> Image.Image:
    """BGR (H, W, 3), straight BGRA (H, W, 4) or grey (H, W) uint8 ``pixels`` as a picture of Pillow. A grey one shares
    the memory of ``pixels``."""
    mode, raw = RAW[pixels.ndim if pixels.ndim == 2 else pixels.shape[2]]
    size_wh = pixels.shape[1], pixels.shape[0]
    return Image.frombuffer(mode, size_wh, np.ascontiguousarray(pixels), "raw", raw, 0, 1)


def _encode(file: IO[bytes], suffix: str, pixels: U8, tags: Tags, quality: int | None) -> None:
    suffix = suffix.lower()
    if suffix not in FORMATS:
        raise ValueError(f"the extension is none of {', '.join(SUFFIXES)}")
    options = dict(FORMATS[suffix])
    if quality is not None and suffix in LOSSY:
        options["quality"] = quality
    if tags.icc and pixels.ndim == 3:  # it is of RGB colours
        options["icc_profile"] = tags.icc
    if tags.dpi:
        options["dpi"] = tags.dpi
    exif = rewritable(tags.exif)
    if tags.dpi:
        set_resolution(exif, tags.dpi)
    further = {tag: exif.get_ifd(tag) for tag in (EXIF_IFD, GPS_IFD) if tag in exif}
    if suffix in TIFF:  # whose encoder, libtiff, takes no lists of tags among the tags
        for tag in further:
            del exif[tag]
    if tags.exif or suffix == ".webp":  # which has no other place for the resolution
        options["exif"] = exif
    as_image(pixels).save(file, **options)
    if suffix in TIFF and further:
        append_tags(file, further)
