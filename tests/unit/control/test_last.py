"""What was used last: kept for the next start, but never the room."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cyclorama.control.last import RECENT, last_settings, read_last, remember
from cyclorama.settings.change import change_settings
from cyclorama.settings.values import Settings


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "state" / "last.json"


def test_what_was_used_is_used_again(file: Path) -> None:
    used = change_settings(Settings(), background="office", mirror=True, zoom=1.5, to="camera:/dev/video7", size="480p")
    remember(used, file)
    assert last_settings(Settings(), file) == used
    assert last_settings(change_settings(Settings(), smooth=0.9), file).matting.smooth == 0.5, "of the last use"


@pytest.mark.parametrize("background", ["none", " none ", "color:teal"])
def test_the_room_is_never_kept(file: Path, background: str) -> None:
    remember(change_settings(Settings(), background="color:teal"), file)
    remember(change_settings(Settings(), background=background, away="card"), file)
    assert "none" not in file.read_text()
    assert last_settings(Settings(), file).compose.background in ("blur", "color:teal")


def test_a_file_that_somebody_wrote_cannot_bring_the_room(file: Path) -> None:
    file.parent.mkdir()
    file.write_text(json.dumps({"settings": {"background": "none\t", "away": "none", "mirror": True}, "recent": []}))
    settings = last_settings(Settings(), file)
    assert (settings.compose.background, settings.away, settings.capture.mirror) == ("blur", "card", True)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"settings": 3, "recent": []}', "\xff", '{"settings": {}}'])
def test_a_damaged_file_is_like_none(file: Path, text: str) -> None:
    file.parent.mkdir()
    file.write_text(text, encoding="latin-1")
    assert read_last(file) is None
    assert last_settings(Settings(), file) == Settings()
    remember(change_settings(Settings(), mirror=True), file)
    assert last_settings(Settings(), file).capture.mirror


def test_a_value_that_cannot_be_used_any_more_is_left_out(file: Path) -> None:
    file.parent.mkdir()
    file.write_text(json.dumps({"settings": {"zoom": 99, "quality": "superb", "nonsense": 1, "edge": 2}, "recent": []}))
    assert last_settings(Settings(), file) == change_settings(Settings(), edge=2)


def test_clips_and_windows_are_no_places_to_send_to_again(file: Path) -> None:
    remember(change_settings(Settings(), to=["camera", "call.mp4", "preview"]), file)
    assert last_settings(Settings(), file).to == ("camera",)
    remember(change_settings(Settings(), to=["call.mp4"]), file)
    assert last_settings(Settings(), file).to == Settings().to


def test_recent_backgrounds_are_the_newest_first_and_each_once(file: Path) -> None:
    for number in [*range(RECENT + 3), 5]:
        remember(change_settings(Settings(), background=f"color:#0000{number:02d}"), file)
    last = read_last(file)
    assert last is not None and len(last.recent) == RECENT == len(set(last.recent))
    assert last.recent[:2] == ["color:#000005", f"color:#0000{RECENT + 2:02d}"]


def test_where_nothing_can_be_kept_nothing_breaks(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file in the folder's place")
    remember(Settings(), tmp_path / "state" / "last.json")


def test_a_file_is_found_from_another_folder_and_left_out_once_it_is_gone(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    beach = tmp_path / "beach.jpg"
    beach.touch()
    monkeypatch.chdir(tmp_path)
    remember(change_settings(Settings(), background="beach.jpg", away="beach.jpg"), file)
    monkeypatch.chdir("/")
    settings = last_settings(Settings(), file)
    assert (settings.compose.background, settings.away) == (str(beach), str(beach))
    last = read_last(file)
    assert last is not None and last.recent == [str(beach)]
    beach.unlink()
    assert last_settings(Settings(), file).compose.background == Settings().compose.background
