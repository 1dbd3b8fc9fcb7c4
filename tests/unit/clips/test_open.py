"""Opening: what is said where it cannot be done, of files and of URLs."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import pytest
from PIL import Image

from cyclorama.clips.open import cause_of, check_file, name_of, open_container, read_failure
from cyclorama.core.errors import CaptureError

URL = "rtsp://user:hunter2@camera.lan:554/stream?token=hunter2"


def test_a_file_is_opened_and_says_what_it_is(make_clip: Callable[..., Path]) -> None:
    with open_container(make_clip("clip.mkv")) as container:
        assert container.format.name == "matroska,webm"
        assert [stream.codec_context.name for stream in container.streams] == ["h264"]


@pytest.mark.skipif(sys.platform == "win32", reason="names of Windows have no colon")
@pytest.mark.parametrize(
    "name", ["a:b.mkv", "http:b.mkv", "file:b.mkv", "pipe:0.mkv", "data:b.mkv", "concat:a|b.mkv", "50%d[1]?#.mkv"]
)
def test_the_name_of_a_file_is_no_address(
    name: str, make_clip: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_clip("clip.mkv").rename(tmp_path / name)
    monkeypatch.chdir(tmp_path)
    with open_container(Path(name)) as container:
        assert container.format.name == "matroska,webm"


def test_a_place_for_a_number_in_the_name_of_a_picture_is_none(tmp_path: Path) -> None:
    for name, level in (("shot%d.png", 80), ("shot0.png", 160), ("shot1.png", 240)):
        Image.new("L", (16, 16), level).save(tmp_path / name)
    with open_container(tmp_path / "shot%d.png") as container:
        assert [int(frame.to_ndarray()[8, 8]) for frame in container.decode(video=0)] == [80]


def test_notes_that_are_not_utf8_are_no_reason_to_refuse_a_file(make_clip: Callable[..., Path]) -> None:
    path = make_clip("clip.mkv", 2)
    data = path.read_bytes()
    assert data.count(b"Lavf") > 0, "the name of the program that wrote it"
    path.write_bytes(data.replace(b"Lavf", b"L\xe4vf"))
    with open_container(path) as container:
        assert len(list(container.decode(video=0))) == 2


def test_a_file_that_is_no_video_is_one_line_with_its_cause(tmp_path: Path) -> None:
    path = tmp_path / "text.mp4"
    path.write_text("no video " * 100)
    with pytest.raises(CaptureError) as caught:
        open_container(path)
    reason = "Invalid data found when processing input"
    expected = f"{path} is not a video that can be read ({reason}): does another program play it?"
    assert str(caught.value) == expected
    assert isinstance(caught.value.__cause__, av.error.InvalidDataError)


def test_a_url_that_does_not_answer_keeps_its_secrets() -> None:
    with pytest.raises(CaptureError) as caught:
        open_container("http://user:hunter2@127.0.0.1:9/path?token=hunter2")
    assert str(caught.value) == "http://127.0.0.1:9 cannot be read: Connection refused"
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


def test_a_stream_may_take_longer_to_answer_than_to_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    given: dict[str, Any] = {}
    monkeypatch.setattr(av, "open", lambda place, **options: given.update(options))
    open_container(URL)
    assert given["timeout"] == (5.0, 1.8), "first to open, then to read; silent for two seconds, it counts as stalled"


def test_of_a_stranger_only_the_file_itself_is_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    given: dict[str, Any] = {}
    monkeypatch.setattr(av, "open", lambda place, **options: given.update(options))
    open_container(tmp_path / "clip.mp4", formats=("mov", "mp4"))
    whitelists = {name: value for name, value in given["options"].items() if name.endswith("whitelist")}
    assert whitelists == {"format_whitelist": "mov,mp4", "protocol_whitelist": "file"}


def test_what_is_said_of_a_failure_while_reading() -> None:
    broken = OSError(errno.EIO, "Input/output error", URL)
    path = Path("/films/talk.mp4")
    assert str(read_failure(path, broken)) == "/films/talk.mp4 cannot be read any further: Input/output error"
    assert cause_of(path, broken) is broken
    assert str(read_failure(URL, broken)) == "rtsp://camera.lan:554 cannot be read: the connection broke off"
    assert cause_of(URL, broken) is None
    assert str(read_failure(URL, ValueError(URL))) == "rtsp://camera.lan:554 cannot be read: ValueError"
    assert (name_of(path), name_of(URL)) == ("/films/talk.mp4", "rtsp://camera.lan:554")


def test_a_file_that_may_not_be_read(make_clip: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    path = make_clip()
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.R_OK)
    with pytest.raises(CaptureError, match=r"clip\.mp4 may not be read: check its permissions$"):
        check_file(path)


def test_what_is_no_file(tmp_path: Path, make_clip: Callable[..., Path]) -> None:
    empty = tmp_path / "empty.mp4"
    empty.touch()
    for path, what in ((tmp_path / "none.mp4", "there is no file"), (tmp_path, "is a folder"), (empty, "is empty")):
        with pytest.raises(CaptureError, match=what):
            check_file(path)
    check_file(make_clip())


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no named pipes in folders")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.mp4")
    with pytest.raises(CaptureError, match=r"pipe\.mp4 is no file, but a pipe or device"):
        check_file(tmp_path / "pipe.mp4")


def test_a_clip_that_lost_the_end_without_which_it_cannot_be_read(make_clip: Callable[..., Path]) -> None:
    path = make_clip("clip.mp4")
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(CaptureError, match=r"clip\.mp4 was cut short, and without its end it cannot be read: fetch"):
        open_container(path)
