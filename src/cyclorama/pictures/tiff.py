"""What Pillow's TIFF encoder cannot write: lists of tags among the tags (TIFF 6.0, section 2)."""

from __future__ import annotations

import io
import struct
from typing import IO, Any

from PIL import TiffTags
from PIL.TiffImagePlugin import ImageFileDirectory_v2


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
