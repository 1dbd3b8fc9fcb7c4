"""Numbered PNG files: all of them or, beside their place, those there are."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from cyclorama.core.errors import SettingsError, SinkError
from cyclorama.core.frames import Composite, CompositeKind, Layout, SizeWH
from cyclorama.settings.values import EncodingSettings
from cyclorama.sinks.base import FileOptions, OutputFormat
from cyclorama.sinks.open import is_made, open_file
from cyclorama.sinks.picture_sequence import PictureSequenceSink, is_sequence

Plain = Callable[..., Composite]
Noise = Callable[[SizeWH, int], Composite]
SIZE = (64, 48)
OUTPUT = OutputFormat(SIZE, Fraction(25))


def names(folder: Path) -> list[str]:
    return sorted(item.name for item in folder.iterdir())


@pytest.mark.parametrize(
    ("name", "yes"),
    [
        ("%05d.png", True),
        ("frames/talk_%d.PNG", True),
        ("a%3d.png", True),
        ("a.png", False),
        ("%05d.jpg", False),
        ("%d%d.png", False),
        ("%d/a.png", False),
    ],
)
def test_names(name: str, yes: bool) -> None:
    assert is_sequence(Path(name)) is yes


def test_numbers_begin_at_one_and_alpha_is_straight(tmp_path: Path) -> None:
    path = tmp_path / "frames" / "talk_%03d.png"
    pixels = np.random.default_rng(0).integers(0, 256, (47, 63, 4), np.uint8)
    with PictureSequenceSink(path) as sink:
        sink.open(OutputFormat((63, 47), Fraction(25), Layout.BGRA))
        for seq in range(3):
            sink.write(Composite(pixels, Layout.BGRA, CompositeKind.COMPOSITE, seq, 0))
        assert not is_made(path), "not before all is there"
    assert is_made(path)
    assert names(tmp_path / "frames") == ["talk_001.png", "talk_002.png", "talk_003.png"]
    assert np.array_equal(cv2.imread(str(tmp_path / "frames" / "talk_002.png"), cv2.IMREAD_UNCHANGED), pixels)


def test_a_sequence_is_kept_unless_told_and_then_replaced_as_a_whole(tmp_path: Path, plain: Plain) -> None:
    path = tmp_path / "%d.png"
    for number in range(1, 6):
        (tmp_path / f"{number}.png").write_bytes(b"older")
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(SinkError, match=r"1\.png exists: give --overwrite"):
        PictureSequenceSink(path).check()
    with PictureSequenceSink(path, overwrite=True) as sink:
        sink.open(OUTPUT)
        sink.write(plain(SIZE))
        sink.write(plain(SIZE))
    assert names(tmp_path) == ["1.png", "2.png", "notes.txt"]


def test_abort_leaves_nothing_and_keeps_what_was_there(tmp_path: Path, plain: Plain) -> None:
    (tmp_path / "1.png").write_bytes(b"older")
    sink = PictureSequenceSink(tmp_path / "%d.png", overwrite=True)
    sink.open(OUTPUT)
    sink.write(plain(SIZE))
    sink.abort()
    sink.close()
    assert (tmp_path / "1.png").read_bytes() == b"older"
    assert names(tmp_path) == ["1.png"]
    sink = PictureSequenceSink(tmp_path / "new" / "%d.png")
    sink.open(OUTPUT)
    sink.abort()
    assert names(tmp_path) == ["1.png"]


def test_a_file_that_appears_meanwhile_is_not_replaced(tmp_path: Path, plain: Plain) -> None:
    sink = PictureSequenceSink(tmp_path / "%d.png")
    sink.open(OUTPUT)
    for _ in range(2):
        sink.write(plain(SIZE))
    (tmp_path / "2.png").write_bytes(b"somebody else's")
    with pytest.raises(SinkError, match=r"2\.png was created meanwhile; pictures are in .*%d\.png\.part"):
        sink.close()
    assert (tmp_path / "2.png").read_bytes() == b"somebody else's"
    assert names(tmp_path / "%d.png.part") == ["2.png"]


def test_places_where_it_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("words")
    for folder, says in ((tmp_path / "no" / "where", "there is no folder"), (tmp_path / "file", "no folder|file")):
        with pytest.raises(SinkError, match=says):
            PictureSequenceSink(folder / "%d.png").check()
    with pytest.raises(SettingsError, match=r"%05d\.png"):
        PictureSequenceSink(tmp_path / "a.png")
    with pytest.raises(SettingsError, match="--codec and --crf"):
        open_file(tmp_path / "%d.png", FileOptions(encoding=EncodingSettings(crf=10)))


@pytest.mark.needs_linux("mounts a small file system")
def test_a_full_disk_leaves_whole_pictures_beside(tmp_path: Path, noise: Noise) -> None:
    command = ["mount", "-t", "tmpfs", "-o", "size=200k", "tmpfs", str(tmp_path)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("mounting a small disk needs the right to mount")
    try:
        sink = PictureSequenceSink(tmp_path / "%d.png")
        sink.open(OUTPUT)
        written = 0
        with pytest.raises(SinkError, match="No space left on device; free some space"):
            for seq in range(100):
                sink.write(noise(SIZE, seq))
                written += 1
        part = sink.leave()
        assert part == tmp_path / "%d.png.part"
        assert len(names(part)) == written > 5
        assert all(cv2.imread(str(file)) is not None for file in part.iterdir())
        assert not is_made(tmp_path / "%d.png")
    finally:
        subprocess.run(["umount", "--lazy", str(tmp_path)], check=True)
