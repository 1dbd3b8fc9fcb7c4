"""What a command makes of its options, a file and what it says itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from cyclorama.cli.options import GivenSettings
from cyclorama.settings.picture_kinds import Length
from cyclorama.settings.stills import CutOutSettings, HeadshotSettings


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("given", [None, "office"])
def test_what_a_command_says_itself_goes_over_its_options(given: str | None) -> None:
    """``--foreground-over`` decides on the background."""
    options = GivenSettings("convert", {"background": given, "smooth": "0.25"})
    settings = options.load(background="transparent")
    assert (settings.compose.background, settings.matting.smooth) == ("transparent", 0.25)
    assert options.load().compose.background == (given or "blur")


def test_a_profile_lies_between_the_file_and_the_options(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(
        'background = "dusk"\nsmooth = 0.9\nedge = 2\n[profile.work]\nbackground = "office"\nsmooth = 0.1\n'
    )
    settings = GivenSettings("live", {"smooth": "0.2", "edge": None}, "work", file).load()
    assert (settings.compose.background, settings.matting.smooth, settings.matting.edge) == ("office", 0.2, 2)


def test_a_clip_to_convert_takes_its_size_from_the_option_alone(tmp_path: Path) -> None:
    (tmp_path / "cyclorama.toml").write_text('size = "4k"\nsmooth = 0.9\n')
    assert GivenSettings("convert", {"size": None}).load().capture.size_wh is None
    settings = GivenSettings("convert", {"size": "720p"}).load()
    assert (settings.capture.size_wh, settings.matting.smooth) == ((1280, 720), 0.9)


def test_photos_have_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "cyclorama.toml").write_text('background = "office"\nmodel = "file"\n')
    monkeypatch.setenv("CYCLORAMA_BACKGROUND", "office")
    given = {"margin": "10%", "crop": True, "keep": None}
    assert GivenSettings("cutout", given).still(CutOutSettings) == CutOutSettings(crop=True, margin=Length(0.1))
    assert GivenSettings("headshot", {"background": []}).still(HeadshotSettings).background == ("studio-grey",)
