"""Photos without their last bytes: made where the pixels are there, refused where they are not."""

from __future__ import annotations

import io
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from cyclorama.core.errors import SettingsError
from cyclorama.core.frames import U8
from cyclorama.pictures.decode import load_picture
from cyclorama.pictures.photo import check_photo, read_photo
from cyclorama.pictures.tail import mended

SIDE = 256


def picture() -> Image.Image:
    """Smooth, with some noise: bits for every block."""
    rows, columns = np.mgrid[:SIDE, :SIDE]
    pixels = np.stack([rows, columns, (rows + columns) // 2], axis=2) + np.random.default_rng(1).integers(
        0, 9, (1, 1, 3)
    )
    noisy = pixels + np.random.default_rng(2).integers(0, 12, pixels.shape)
    return Image.fromarray(np.clip(noisy, 0, 255).astype(np.uint8))


def saved(kind: str, **options: Any) -> bytes:
    file = io.BytesIO()
    picture().save(file, kind, **options)
    return file.getvalue()


KINDS: dict[str, tuple[str, dict[str, Any]]] = {
    "plain": ("JPEG", {"quality": 85}),
    "progressive": ("JPEG", {"progressive": True}),
    "restarts": ("JPEG", {"restart_marker_rows": 1}),
    "restart a block": ("JPEG", {"restart_marker_blocks": 1}),
    "png": ("PNG", {}),
}


@pytest.fixture(params=KINDS)
def data(request: pytest.FixtureRequest) -> bytes:
    kind, options = KINDS[request.param]
    return saved(kind, **options)


@pytest.fixture
def load(tmp_path: Path) -> Callable[[bytes], U8]:
    def load(data: bytes) -> U8:
        path = tmp_path / "photo"
        path.write_bytes(data)
        return load_picture(path, what="photo")

    return load


def test_a_missing_end_costs_no_pixel(
    data: bytes, load: Callable[[bytes], U8], caplog: pytest.LogCaptureFixture
) -> None:
    whole = load(data)
    assert not caplog.messages
    for cut in (1, 2):
        caplog.clear()
        assert np.array_equal(load(data[:-cut]), whole)
    assert len(caplog.messages) == 1
    assert "lacks its last bytes" in caplog.messages[0]


def test_the_end_of_a_thumbnail_is_not_that_of_the_photo(load: Callable[[bytes], U8]) -> None:
    """Cameras keep a small JPEG in the head of a large one, with an end of its own."""
    data = saved("JPEG", comment=b"\xff\xd8 the same, small \xff\xd9")
    whole = load(data)
    assert mended(data) is None
    assert mended(data[:-2]) == data and np.array_equal(load(data[:-2]), whole)


def test_a_few_bytes_more_cost_a_few_pixels_at_the_lower_edge(data: bytes, load: Callable[[bytes], U8]) -> None:
    whole, cut = load(data), load(data[: -(28 if data.startswith(b"\x89PNG") else 8)])
    differs = (whole != cut).any(axis=2)
    assert not differs[:-18].any()
    assert differs.mean() <= 0.02


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_what_is_truly_cut_is_refused(
    data: bytes, load: Callable[[bytes], U8], caplog: pytest.LogCaptureFixture, share: float
) -> None:
    caplog.set_level(logging.WARNING)
    with pytest.raises(SettingsError, match="is damaged"):
        load(data[: round(len(data) * share)])
    assert not caplog.messages


def test_cut_between_two_restart_intervals_it_is_refused(load: Callable[[bytes], U8]) -> None:
    """Nothing of the last piece is incomplete, and a quarter of the picture is missing all the same."""
    data = saved("JPEG", restart_marker_rows=1)
    assert mended(data) is None, "a whole file is left alone"
    markers = [at for at in range(len(data) - 1) if data[at] == 0xFF and 0xD0 <= data[at + 1] <= 0xD7]
    with pytest.raises(SettingsError, match="is damaged"):
        load(data[: markers[len(markers) * 3 // 4]])


def test_cut_between_two_scans_of_a_progressive_file_it_is_refused(load: Callable[[bytes], U8]) -> None:
    """All pixels have a value then, and none has its last bits."""
    data = saved("JPEG", progressive=True)
    scans = [at for at in range(len(data) - 1) if data[at : at + 2] == b"\xff\xda"]
    assert len(scans) > 5
    for begin in scans[1:]:
        with pytest.raises(SettingsError, match="is damaged"):
            load(data[:begin])


def rough(rows: int, kind: str) -> bytes:
    """So many rows of noise, stored as they are where the format can."""
    file = io.BytesIO()
    noise = np.random.default_rng(3).integers(0, 256, (rows, 64, 3), dtype=np.uint8)
    Image.fromarray(noise).save(file, kind, **({"compress_level": 0} if kind == "PNG" else {"subsampling": 0}))
    return file.getvalue()


@pytest.mark.parametrize(
    ("kind", "rows", "lost", "made"),
    [("PNG", 2000, 12, True), ("PNG", 2000, 30, False), ("PNG", 100, 12, False), ("JPEG", 64, 8, False)],
    ids=["few", "many rows", "large share", "one row of blocks of eight"],
)
def test_so_much_may_be_missing(
    load: Callable[[bytes], U8], caplog: pytest.LogCaptureFixture, kind: str, rows: int, lost: int, made: bool
) -> None:
    """Eighteen rows at most, and two of a hundred pixels."""
    data = rough(rows, kind)
    cut = data[: round(len(data) * (1 - lost / rows))]
    if not made:
        with pytest.raises(SettingsError, match="is damaged"):
            load(cut)
        return
    whole, shown = load(data), load(cut)
    missing = int((whole != shown).any(axis=(1, 2)).sum())
    assert 0 < missing <= lost + 1
    assert (shown[-missing:] == whole[-missing - 1]).all(), "the last row that is there is repeated"


def test_interlaced_png(load: Callable[[bytes], U8]) -> None:
    """Adam7, written by hand: only one that has all its pixels is made."""
    import struct
    import zlib

    values = np.arange(64, dtype=np.uint8).reshape(8, 8) * 4
    passes = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
    rows = b"".join(b"\0" + bytes(row) for left, top, across, down in passes for row in values[top::down, left::across])

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 8, 8, 8, 0, 0, 0, 1))
    data = b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(rows))
    assert np.array_equal(load(data)[..., 0], values)
    assert mended(data[:-12]) is None


def test_a_photo_is_looked_at_first_and_its_end_is_told_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "short.jpg"
    path.write_bytes(saved("JPEG")[:-1])
    check_photo(path)
    assert not caplog.messages
    read_photo(path)
    assert len(caplog.messages) == 1
