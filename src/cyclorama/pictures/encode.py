"""One picture to a file."""

from __future__ import annotations

import io
import struct
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
from PIL import Image, TiffTags
from PIL.TiffImagePlugin import ImageFileDirectory_v2

from cyclorama.core.errors import SinkError, reason
from cyclorama.core.frames import U8
from cyclorama.files.part_file import ADVICE, to_disk

FORMATS: dict[str, dict[str, Any]] = {
    ".png": {"format": "PNG", "compress_level": 4},  # half the time of the usual 6, for files a twentieth larger
    ".webp": {"format": "WEBP", "quality": 92, "exact": True},  # exact: the colours under full transparency stay
    ".tif": {"format": "TIFF", "compression": "tiff_adobe_deflate"},
    ".tiff": {"format": "TIFF", "compression": "tiff_adobe_deflate"},
    ".jpg": {"format": "JPEG", "quality": 95, "subsampling": 0},
    ".jpeg": {"format": "JPEG", "quality": 95, "subsampling": 0},
}
"""How each extension is written."""
SUFFIXES = tuple(FORMATS)
OPAQUE = (".jpg", ".jpeg")
"""Extensions of formats that know no transparency."""
TIFF = (".tif", ".tiff")
LOSSY = (".webp", *OPAQUE)
"""Extensions of formats that have a quality."""
RAW = {2: ("L", "L"), 3: ("RGB", "BGR"), 4: ("RGBA", "BGRA")}
"""Pillow's mode, and what the pixels are in: by dimensions, or by channels."""
X_RESOLUTION, Y_RESOLUTION, RESOLUTION_UNIT, INCH = 0x011A, 0x011B, 0x0128, 2
"""Exif tags, and the value of the third one."""
EXIF_IFD, GPS_IFD = 0x8769, 0x8825
"""Exif tags that hold further tags."""


@dataclass(frozen=True, slots=True)
class Tags:
    """What a picture file says beside its pixels.

    ``icc``: profile of the colours; None: sRGB. ``dpi``: across and down. ``exif``: a block as Pillow writes it,
    without orientation or thumbnail; empty: none.
    """

    icc: bytes | None = None
    dpi: tuple[float, float] | None = None
    exif: bytes = b""


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
    if path.exists() and not overwrite:
        raise SinkError(f"{path} exists: give --overwrite to replace it, or another name")
    aside = path.with_name(f".{path.stem}.part{path.suffix}")
    try:
        aside.write_bytes(encoded_picture(pixels, path.suffix, tags=tags, quality=quality))
        if durable:
            to_disk(aside)
        aside.replace(path)
    except SinkError as error:
        raise SinkError(f"cannot write {path}: {error}") from error
    except OSError as error:
        advice = ADVICE.get(error.errno or 0, "choose another place")
        raise SinkError(f"cannot write {path}: {reason(error)}; {advice}") from error
    finally:
        with suppress(OSError):
            aside.unlink(missing_ok=True)


def encoded_picture(pixels: U8, suffix: str, *, tags: Tags = NO_TAGS, quality: int | None = None) -> bytes:
    """What :func:`save_picture` writes to a file with the extension ``suffix``. Raises SinkError.

    In memory, since encoders that meet a full disk say no more than that they failed.
    """
    file = io.BytesIO()
    try:
        _encode(file, suffix, pixels, tags, quality)
    except (OSError, ValueError) as error:  # a size or layout that the format cannot have
        raise SinkError(f"it cannot be {suffix or 'without extension'}: {error}; choose another format") from error
    return file.getvalue()


def rewritable(block: bytes) -> Image.Exif:
    """An Exif block, to be changed and written again without loss."""
    exif = Image.Exif()
    exif.load(block)
    exif.update({tag: as_stored(value) for tag, value in exif.items()})
    return exif


def as_stored(value: Any) -> Any:
    """An Exif value as Pillow should write it: it reads text as Latin-1, whatever it is, and writes it as ASCII."""
    return value.encode("latin-1", "replace") if isinstance(value, str) and not value.isascii() else value


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
    exif = _exif(tags)
    further = {tag: exif.get_ifd(tag) for tag in (EXIF_IFD, GPS_IFD) if tag in exif}
    if suffix in TIFF:  # whose encoder, libtiff, takes no lists of tags among the tags
        for tag in further:
            del exif[tag]
    if tags.exif or suffix == ".webp":  # which has no other place for the resolution
        options["exif"] = exif
    mode, raw = RAW[pixels.ndim if pixels.ndim == 2 else pixels.shape[2]]
    size_wh = pixels.shape[1], pixels.shape[0]
    image = Image.frombuffer(mode, size_wh, np.ascontiguousarray(pixels), "raw", raw, 0, 1)
    image.save(file, **options)
    if suffix in TIFF and further:
        _add_to_tiff(file, further)


def _exif(tags: Tags) -> Image.Exif:
    """With the resolution, which is to be found there too."""
    exif = rewritable(tags.exif)
    if tags.dpi:
        exif[X_RESOLUTION], exif[Y_RESOLUTION] = tags.dpi
        exif[RESOLUTION_UNIT] = INCH
    return exif


def _add_to_tiff(file: IO[bytes], further: dict[int, dict[int, Any]]) -> None:
    """Append lists of tags to a TIFF, and its first list once more, with the places of those."""
    file.seek(0)
    header = file.read(8)
    order = "<" if header.startswith(b"II") else ">"
    file.seek(*struct.unpack(order + "L", header[4:]))
    entries = [file.read(12) for _ in range(*struct.unpack(order + "H", file.read(2)))]
    end = file.seek(0, io.SEEK_END)
    end += file.write(b"\0" * (end % 2))  # lists begin at even places
    for tag, values in further.items():
        tags = ImageFileDirectory_v2(header, group=tag)
        tags.update(values)
        entries.append(struct.pack(order + "HHLL", tag, TiffTags.LONG, 1, end))
        end += file.write(tags.tobytes(end))
    entries.sort(key=lambda entry: struct.unpack(order + "H", entry[:2]))
    file.write(struct.pack(order + "H", len(entries)) + b"".join(entries) + bytes(4))
    file.seek(4)
    file.write(struct.pack(order + "L", end))
