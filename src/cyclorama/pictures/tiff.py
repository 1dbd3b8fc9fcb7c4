"""What Pillow leaves open of TIFF: lists of tags among the tags (TIFF 6.0, section 2) when it is written; cameras' raw
files, which begin like one, when it is read."""

from __future__ import annotations

import io
import struct
from typing import IO, Any

from PIL import Image, TiffTags
from PIL.TiffImagePlugin import ImageFileDirectory_v2, TiffImageFile

NEW_SUBFILE_TYPE, SUB_IFDS, DNG_VERSION = 0x00FE, 0x014A, 0xC612
REDUCED = 1
"""The bit of NEW_SUBFILE_TYPE for a small copy of another picture in the file."""


def is_raw(image: Image.Image) -> bool:
    """Whether an opened picture is a camera's raw file: DNG (its specification, 1.7), CR2, or as NEF and ARW a TIFF
    that begins with a small copy of the photo, which is all that Pillow would decode."""
    if not isinstance(image, TiffImageFile):
        return False
    tags = image.tag_v2
    small_copy_first = SUB_IFDS in tags and _is_reduced(tags)
    return DNG_VERSION in tags or small_copy_first or _bytes_at(image, 8, 2) == b"CR"


def second_is_reduced(image: Image.Image) -> bool:
    """Whether the second picture of an opened file is a small copy of the first one."""
    if not isinstance(image, TiffImageFile):
        return False
    image.seek(1)
    reduced = _is_reduced(image.tag_v2)
    image.seek(0)
    return reduced


def _is_reduced(tags: ImageFileDirectory_v2) -> bool:
    return bool(int(tags.get(NEW_SUBFILE_TYPE, 0)) & REDUCED)


def _bytes_at(image: TiffImageFile, place: int, size: int) -> bytes:
    file = image.fp
    assert file is not None, "nothing is decoded yet"
    before = file.tell()
    file.seek(place)
    found = file.read(size)
    file.seek(before)
    return found


def append_tags(file: IO[bytes], further: dict[int, dict[int, Any]]) -> None:
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
