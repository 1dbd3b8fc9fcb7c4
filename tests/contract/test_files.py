"""Every file that takes its name by a rename: its bytes are on the disk first.

A file system may write the new name before the bytes (ext4 delays them by up to half a minute): after a power cut the
name would stand for an empty file, and the one that it replaced would be gone.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from cyclorama.core.errors import SinkError
from cyclorama.core.frames import Composite, CompositeKind, Layout
from cyclorama.files.part_file import write_whole
from cyclorama.models import files as model_files
from cyclorama.pictures.encode import save_picture
from cyclorama.setup.files import SetupFile
from cyclorama.setup.plan import carry_out, plan_setup
from cyclorama.sinks.base import OutputFormat, Sink
from cyclorama.sinks.clip.clip import ClipSink
from cyclorama.sinks.picture_sequence import PictureSequenceSink
from cyclorama.sinks.timeline import Timeline

PIXELS = np.full((32, 48, 3), 90, np.uint8)


@pytest.fixture
def renames(monkeypatch: pytest.MonkeyPatch) -> dict[str, bool]:
    """Names that files were given by a rename, and whether all of their bytes were on the disk by then."""
    on_disk: dict[tuple[int, int], tuple[int, int]] = {}
    found: dict[str, bool] = {}
    sync, rename = os.fsync, os.replace

    def fsync(handle: int) -> None:
        sync(handle)
        state = os.fstat(handle)
        on_disk[state.st_dev, state.st_ino] = state.st_size, state.st_mtime_ns

    def replace(source: Path, target: Path) -> None:
        state = os.lstat(source)
        if stat.S_ISREG(state.st_mode):
            found[Path(target).name] = on_disk.get((state.st_dev, state.st_ino)) == (state.st_size, state.st_mtime_ns)
        rename(source, target)

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(os, "replace", replace)
    return found


def fill(sink: Sink) -> None:
    with sink:
        sink.open(OutputFormat((48, 32), Fraction(30)))
        for seq in range(4):
            sink.write(Composite(PIXELS, Layout.BGR, CompositeKind.COMPOSITE, seq, seq * 33_000_000))


def record(path: Path) -> None:
    timeline = Timeline()
    timeline.run(0)
    fill(ClipSink(path, timeline=timeline))


def set_up(path: Path) -> None:
    for change in plan_setup([SetupFile(path.parent, path, "text\n")], overwrite=False):
        carry_out(change)


def publish(path: Path) -> None:
    part = path.with_name("part")
    part.write_bytes(b"a network")
    model_files.publish(part, path)


WRITERS: dict[str, Callable[[Path], object]] = {
    "clip.mp4": lambda path: fill(ClipSink(path)),
    "clip.webp": lambda path: fill(ClipSink(path)),
    "talk.mkv": record,
    "%02d.png": lambda path: fill(PictureSequenceSink(path)),
    "picture.png": lambda path: save_picture(path, PIXELS, overwrite=False),
    "me-us.jpg": lambda path: write_whole(path, b"a picture", overwrite=False),
    "net.onnx": publish,
    "net.json": lambda path: model_files.write_json(path, {"kind": "rvm"}),
    "cyclorama.conf": set_up,
}


@pytest.mark.parametrize("name", WRITERS)
def test_the_bytes_are_on_the_disk_before_the_name_is_given(
    name: str, tmp_path: Path, renames: dict[str, bool]
) -> None:
    WRITERS[name](tmp_path / name)
    wanted = ["01.png", "02.png", "03.png", "04.png"] if "%" in name else [name]
    assert renames == dict.fromkeys(wanted, True)
    assert sorted(path.name for path in tmp_path.iterdir()) == wanted, "and nothing else is left"


@pytest.mark.parametrize("name", ["clip.mp4", "%02d.png", "picture.png", "me-us.jpg"])
def test_a_disk_that_fails_then_is_told_and_the_old_file_stays(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(handle: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fsync", fails)
    with pytest.raises(SinkError, match=r"cannot (write|name) .*Input/output error"):
        WRITERS[name](tmp_path / name)
    assert not (tmp_path / name.replace("%02d", "01")).exists()


@pytest.mark.parametrize("name", ["clip.mp4", "clip.webp", "talk.mkv", "%02d.png", "picture.png", "me-us.jpg"])
def test_a_file_that_exists_stays_as_it_is(name: str, tmp_path: Path) -> None:
    there = tmp_path / name.replace("%02d", "01")
    there.write_bytes(b"mine")
    with pytest.raises(SinkError, match=r"exists.*--overwrite"):
        WRITERS[name](tmp_path / name)
    assert there.read_bytes() == b"mine"
    assert list(tmp_path.iterdir()) == [there], "and nothing else is left"
