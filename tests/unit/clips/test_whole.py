"""Whether a file has all the bytes that it speaks of."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from cyclorama.clips.whole import is_cut_short


@pytest.mark.parametrize("name", ["clip.mp4", "clip.mov", "clip.mkv", "clip.avi"])
def test_a_file_that_lost_its_end(make_clip: Callable[..., Path], name: str) -> None:
    options = {"movflags": "faststart"} if name.endswith(("mp4", "mov")) else {}
    path = make_clip(name, 20, codec="mpeg4", options=options)
    data = path.read_bytes()
    assert not is_cut_short(path)
    path.write_bytes(data + b"\0" * 3)
    assert not is_cut_short(path), "something behind the end is no loss"
    for length in (len(data) - 1, len(data) // 2):
        path.write_bytes(data[:length])
        assert is_cut_short(path)


def box(kind: bytes, size: int, *, length: int | None = None, wide: bool = False) -> bytes:
    head = struct.pack(">I", 1) + kind + struct.pack(">Q", size) if wide else struct.pack(">I", size) + kind
    return head.ljust(size if length is None else length, b"\0")


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (box(b"ftyp", 16) + box(b"mdat", 40, wide=True), False),
        (box(b"ftyp", 16) + box(b"mdat", 40, length=30, wide=True), True),
        (box(b"ftyp", 16) + box(b"mdat", 0, length=30), False),
        (box(b"ftyp", 16) + box(b"mdat", 3, length=30), False),
        (b"\x1a\x45\xdf\xa3\x81\0\x18\x53\x80\x67\x01" + b"\xff" * 7 + b"data", False),
        (b"\x1a\x45\xdf\xa3\x81\0\x18\x53\x80\x67\x84data", False),
        (b"\x1a\x45\xdf\xa3\x81\0\x18\x53\x80\x67\x85data", True),
        (b"RIFF\xff\xff\xff\xffAVI ", False),
        (b"RIFF\x08\0\0\0AVI dataRIFF\x09\0\0\0AVIX", True),
        (b"RIFF\x05\0\0\0AVI x\0RIFF\x05\0\0\0AVIXx\0", False),
        (b"RIFF\x05\0\0\0AVI x\0RIFF\x06\0\0\0AVIXx", True),
        (b"GIF89a", False),
        (b"", False),
    ],
)
def test_sizes(tmp_path: Path, data: bytes, expected: bool) -> None:
    path = tmp_path / "clip"
    path.write_bytes(data)
    assert is_cut_short(path) is expected
    assert not is_cut_short(tmp_path / "none")
