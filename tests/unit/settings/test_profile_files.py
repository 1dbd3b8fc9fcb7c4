"""Profiles in a settings file that people write too."""

from __future__ import annotations

import os
import sys
import tomllib
from pathlib import Path

import pytest

from cyclorama.core.errors import SettingsError
from cyclorama.settings.profiles import save_profile

VALUES = {"mirror": True, "background": 'a"b\\c\n', "pan": [0.1, 0.2], "mic": None}
SAVED = {"mirror": True, "background": 'a"b\\c\n', "pan": [0.1, 0.2]}
POSIX = pytest.mark.skipif(sys.platform == "win32", reason="modes and links of POSIX")


@pytest.mark.parametrize(
    "text", ["", "fps = 30 # why\n[profile.work]\nfps = 20\n", "[profile]\n", "[profile.work.x]\n"]
)
def test_what_was_there_stays(tmp_path: Path, text: str) -> None:
    file = tmp_path / "new" / "cyclorama.toml"
    file.parent.mkdir()
    file.write_text(text)
    before = tomllib.loads(text)
    save_profile(file, "night", VALUES)
    after = tomllib.loads(file.read_text())
    assert after["profile"].pop("night") == SAVED
    assert after == {"profile": {}, **before}
    assert ("# why" in text) is ("# why" in file.read_text())


@pytest.mark.parametrize(
    "text", ["profile = 3", "[[profile]]\na = 1", "profile = {work = {fps = 30}}", "profile.x.fps = 3\nfps = 2"]
)
def test_a_file_that_would_mean_something_else_stays_as_it_is(tmp_path: Path, text: str) -> None:
    file = tmp_path / "cyclorama.toml"
    file.write_text(text)
    with pytest.raises(SettingsError, match="takes no new profile: write a table"):
        save_profile(file, "night", VALUES)
    assert file.read_text() == text


@POSIX
def test_a_link_stays_one_and_the_file_keeps_its_mode(tmp_path: Path) -> None:
    file, link = tmp_path / "dotfiles.toml", tmp_path / "cyclorama.toml"
    file.write_text("fps = 30\n")
    file.chmod(0o600)
    link.symlink_to(file)
    save_profile(link, "night", VALUES)
    assert link.is_symlink() and tomllib.loads(file.read_text())["profile"]["night"] == SAVED
    assert file.stat().st_mode & 0o777 == 0o600


@POSIX
def test_a_file_that_may_not_be_changed_is_not_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "cyclorama.toml"
    file.write_text("fps = 30\n")
    monkeypatch.setattr(os, "access", lambda path, mode: False)  # root may change all
    with pytest.raises(SettingsError, match=r"chmod u\+w"):
        save_profile(file, "night", VALUES)
    assert file.read_text() == "fps = 30\n"
