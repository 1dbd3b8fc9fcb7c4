"""The grammar of --background."""

from __future__ import annotations

from pathlib import Path

import pytest

from cyclorama.background.builtin import list_builtin
from cyclorama.background.opening import OutputMode, open_background
from cyclorama.background.spec import BackgroundKind, forms, parse_background
from cyclorama.core.errors import SettingsError


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("blur", BackgroundKind.BLUR),
        (" Blur:0.2 ", BackgroundKind.BLUR),
        ("color:teal", BackgroundKind.COLOR),
        ("gradient:navy,#f0c8a0", BackgroundKind.GRADIENT),
        ("transparent", BackgroundKind.TRANSPARENT),
        ("matte", BackgroundKind.MATTE),
        ("none", BackgroundKind.NONE),
        ("office", BackgroundKind.FILE),
    ],
)
def test_every_form_is_recognised(text: str, kind: BackgroundKind) -> None:
    assert parse_background(text).kind is kind


def test_values_are_read() -> None:
    assert parse_background("blur:0.25").strength == 0.25
    assert parse_background("color:#1e2a38").colors == ((0x1E, 0x2A, 0x38),)
    assert parse_background("color:Teal").colors == ((0, 128, 128),)
    gradient = parse_background("gradient:black, white, 45")
    assert gradient.colors == ((0, 0, 0), (255, 255, 255))
    assert gradient.angle_deg == 45


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("blurr", "did you mean blur"),
        ("ofice", "did you mean office"),
        ("transparant", "did you mean transparent"),
        ("teal", "did you mean color:teal"),
        ("#2a9d8f", "did you mean color:#2a9d8f"),
        ("blur:2", "not a strength from 0 to 1"),
        ("blur:nan", "not a strength"),
        ("blur:", "not a strength"),
        ("color:tael", "did you mean teal"),
        ("color:", "is no colour"),
        ("color:#12", "is no colour"),
        ("gradient:red", "write gradient:A,B"),
        ("gradient:red,blu", "did you mean blue"),
        ("gradient:red,blue,up", "angle"),
        ("none:1", "takes nothing after it"),
        ("nowhere/beach.jpg", "there is no such file"),
        ("", "Forms: blur"),
        ("x" * 5000, "Forms: blur"),
        ("a\0b", "Forms: blur"),
        (".", "is a folder"),
    ],
)
def test_mistakes_are_told_in_one_line(text: str, says: str) -> None:
    with pytest.raises(SettingsError) as caught:
        parse_background(text)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)
    assert caught.value.exit_code == 2


def test_the_list_of_forms_names_our_own() -> None:
    assert "office" in forms()


def test_there_are_at_least_six_of_our_own_and_none_is_large() -> None:
    own = list_builtin()
    assert len(own) >= 6
    assert all(path.stat().st_size < 600_000 for path in own.values())
    assert sum(path.stat().st_size for path in own.values()) < 3_000_000


def test_a_file_beats_nothing_and_a_keyword_beats_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("blur").write_bytes(b"x")
    assert parse_background("blur").kind is BackgroundKind.BLUR
    assert parse_background("./blur").kind is BackgroundKind.FILE


@pytest.mark.parametrize(
    ("text", "mode"),
    [
        ("transparent", OutputMode.TRANSPARENT),
        ("matte", OutputMode.MATTE),
        ("none", OutputMode.RAW),
        ("blur", OutputMode.REPLACE),
        ("dusk", OutputMode.REPLACE),
    ],
)
def test_a_background_is_opened_exactly_where_one_is_shown(text: str, mode: OutputMode) -> None:
    choice = open_background(text)
    assert choice.mode is mode
    assert (choice.background is not None) == (mode is OutputMode.REPLACE)
    if choice.background is not None:
        choice.background.close()


def test_a_file_of_neither_kind(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("not a picture")
    with pytest.raises(SettingsError, match="neither a picture nor a video"):
        open_background(str(path))
