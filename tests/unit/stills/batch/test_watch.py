"""A watched folder: photos are taken once they are complete, and again when they change."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cyclorama.core.errors import CaptureError, SettingsError
from cyclorama.core.frames import F32, Frame
from cyclorama.stills.batch import batch
from cyclorama.stills.batch.batch import CutOutOrder, CutOutResult
from cyclorama.stills.batch.watch import NewPhotos, watch_folder
from cyclorama.stills.cut_out.cutter import Look
from doubles.null_model import NullModel


def redness(frame: Frame) -> F32:
    """Keeps what is red."""
    return np.asarray(frame.pixels[:, :, 2] > 128, np.float32)


def save(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    room = np.random.default_rng(1).integers(0, 120, (4, 6, 3), np.uint8)
    image = Image.fromarray(room).resize((60, 40), Image.Resampling.NEAREST)
    image.paste((200, 30, 20), (20, 10, 40, 30))
    image.save(path)
    return path


@pytest.fixture(autouse=True)
def network(monkeypatch: pytest.MonkeyPatch) -> None:
    """A network that keeps what is red."""
    monkeypatch.setattr(batch, "open_model", lambda name: NullModel(redness))


def test_a_photo_that_is_still_written_is_waited_for(tmp_path: Path) -> None:
    arrivals = NewPhotos(tmp_path)
    assert arrivals.poll() == []
    photo = tmp_path / "a.jpg"
    photo.touch()
    assert [arrivals.poll() for _ in range(3)] == [[], [], []], "a program makes the file, and fills it later"
    for size in (100, 200):
        photo.write_bytes(b"x" * size)
        assert arrivals.poll() == []
    assert [found.path for found in arrivals.poll()] == [photo]
    assert arrivals.poll() == []
    os.utime(photo, ns=(0, 1))
    assert arrivals.poll() == []
    assert [found.path for found in arrivals.poll()] == [photo], "it is another one now"
    with pytest.raises(CaptureError, match="not there"):
        NewPhotos(tmp_path / "absent").poll()


def test_a_watched_folder(tmp_path: Path) -> None:
    inbox, done = tmp_path / "in", tmp_path / "done"
    save(inbox / "there.png")
    whole = save(tmp_path / "whole.png").read_bytes()
    stop = threading.Event()
    seen = []

    def on_done(result: CutOutResult, total: int) -> None:
        seen.append((result.source.name, result.error is None))
        if len(seen) == 1:
            (inbox / "slow.png").write_bytes(whole[:60])
        elif len(seen) == 2:
            (inbox / "slow.png").write_bytes(whole)
        else:
            stop.set()

    report = watch_folder(inbox, CutOutOrder(done), Look(), stop=stop, on_done=on_done, poll_s=0.01)
    assert seen == [("there.png", True), ("slow.png", False), ("slow.png", True)]
    assert (len(report.written), len(report.failed)) == (2, 0)
    assert sorted(path.name for path in done.iterdir()) == ["slow.png", "there.png"]


@pytest.mark.parametrize("output", [None, "in", "out/../in", "one.png"])
def test_a_watched_folder_needs_another_for_what_is_made(output: str | None, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "out").mkdir()
    order = CutOutOrder(output and tmp_path / output)  # type: ignore[arg-type]
    with pytest.raises(SettingsError, match=r"give a folder|give --output a folder other than the one"):
        watch_folder(tmp_path / "in", order, Look(), stop=threading.Event(), on_done=lambda result, total: None)


def test_subfolders_are_watched_only_if_asked_and_the_outputs_never(tmp_path: Path) -> None:
    save(tmp_path / "deep" / "a.png")
    save(tmp_path / "done" / "b.png")
    flat, deep = NewPhotos(tmp_path), NewPhotos(tmp_path, recursive=True, outside=tmp_path / "done")
    for photos in (flat, deep):
        assert photos.poll() == []
    assert flat.poll() == []
    (found,) = deep.poll()
    assert (found.path.name, found.subfolder) == ("a.png", Path("deep"))
