"""Keyword arguments as settings."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from cyclorama._api.given import LIVE, MATTING, read_settings
from cyclorama.core.errors import SettingsError


def test_values_are_read_as_options_are() -> None:
    settings = read_settings(
        {"background": Path("a.png"), "size": (640, 360), "fps": 25, "to": ["null", "x.mp4"]}, LIVE
    )
    assert settings.compose.background == "a.png"
    assert settings.capture.size_wh == (640, 360) and settings.capture.fps == 25
    assert settings.to == ("null", "x.mp4")
    assert read_settings({"size": "720p", "pan": (0.5, -0.5), "zoom": 2}, LIVE).capture.pan_xy == (0.5, -0.5)
    assert read_settings({"fps": None}, LIVE).capture.fps is None


def test_numbers_and_lists_of_other_libraries_are_read() -> None:
    given = {"size": [np.int64(640), np.int64(360)], "zoom": np.float32(2), "every": np.int64(2), "to": [Path("x.mp4")]}
    settings = read_settings(given, LIVE)
    assert settings.capture.size_wh == (640, 360) and type(settings.capture.size_wh[0]) is int
    assert (settings.capture.zoom, settings.matting.every, settings.to) == (2.0, 2, ("x.mp4",))
    for size in ([640], [640, 360, 3], [640.5, 360], [True, 360]):
        with pytest.raises(SettingsError, match="size"):
            read_settings({"size": size}, LIVE)


def test_neither_variables_nor_a_file_that_lies_about_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "cyclorama.toml").write_text('background = "dusk"\n')
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CYCLORAMA_BACKGROUND", "office")
    assert read_settings({}, LIVE).compose.background == "blur"


def test_a_file_that_is_named_is_read_and_given_values_go_over_it(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text('background = "dusk"\nsmooth = 0.9\n[profile.work]\nbackground = "office"\n')
    assert read_settings({}, LIVE, config=file).compose.background == "dusk"
    work = read_settings({"smooth": 0.1}, LIVE, config=str(file), profile="work")
    assert (work.compose.background, work.matting.smooth) == ("office", 0.1)


def test_errors_say_what_to_do() -> None:
    with pytest.raises(SettingsError, match=r"there is no setting 'smoth' here: did you mean smooth?"):
        read_settings({"smoth": 1}, MATTING)
    with pytest.raises(SettingsError, match="there is no setting 'background' here"):
        read_settings({"background": "blur"}, MATTING)
    with pytest.raises(SettingsError, match=r"smooth.* 2 is not a number from 0 to 1"):
        read_settings({"smooth": 2}, MATTING)
    with pytest.raises(SettingsError, match="give config too"):
        read_settings({}, LIVE, profile="work")
