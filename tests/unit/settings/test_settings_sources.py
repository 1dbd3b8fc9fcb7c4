"""Layers, their order, and messages that name the place at fault."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from cyclorama.core.errors import SettingsError
from cyclorama.settings.sources import default_folders, load_settings
from cyclorama.settings.table import SETTINGS
from cyclorama.settings.values import (
    CaptureSettings,
    ComposeSettings,
    EncodingSettings,
    MattingSettings,
    Settings,
)


def load(tmp_path: Path, toml: str = "", environ: dict[str, str] | None = None, **more: object) -> Settings:
    if toml:
        (tmp_path / "cyclorama.toml").write_text(toml, encoding="utf-8")
    return load_settings(environ=environ or {}, folders=[tmp_path], **more)  # type: ignore[arg-type]


def refused(tmp_path: Path, toml: str = "", environ: dict[str, str] | None = None, **more: object) -> str:
    with pytest.raises(SettingsError) as caught:
        load(tmp_path, toml, environ, **more)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_without_any_layer_all_is_default(tmp_path: Path) -> None:
    assert load(tmp_path) == Settings()


def test_each_layer_goes_over_the_one_below(tmp_path: Path) -> None:
    toml = 'fps = 10\nsmooth = 0.1\nedge = 1\nmodel = "file"\n[profile.work]\nsmooth = 0.2\nedge = 2\nmodel = "profile"'
    environ = {"CYCLORAMA_EDGE": "3", "CYCLORAMA_MODEL": "environment"}
    settings = load(tmp_path, toml, environ, profile="work", options={"model": "option", "background": None, "to": []})
    assert settings.capture.fps == 10
    assert settings.matting == MattingSettings(model="option", smooth=0.2, edge=3)
    assert settings.compose.background == ComposeSettings().background
    assert settings.to == Settings().to


def test_a_profile_counts_only_when_it_is_asked_for(tmp_path: Path) -> None:
    assert load(tmp_path, "smooth = 0.1\n[profile.work]\nsmooth = 0.2").matting.smooth == 0.1


def test_the_first_folder_with_a_file_wins(tmp_path: Path) -> None:
    here, home = tmp_path / "here", tmp_path / "home"
    for folder, fps in ((here, 11), (home, 12)):
        folder.mkdir()
        (folder / "cyclorama.toml").write_text(f"fps = {fps}")
    assert load_settings(environ={}, folders=[here, home]).capture.fps == 11
    (here / "cyclorama.toml").unlink()
    assert load_settings(environ={}, folders=[here, home]).capture.fps == 12
    other = tmp_path / "other.toml"
    other.write_text("fps = 13")
    assert load_settings(environ={}, folders=[home], config=other).capture.fps == 13


def test_the_current_folder_comes_before_the_users(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "cyclorama.toml").write_text("fps = 11")
    assert default_folders()[0].resolve() == tmp_path.resolve()
    assert load_settings(environ={}).capture.fps == 11


def test_every_key_reaches_its_place_from_file_and_text(tmp_path: Path) -> None:
    toml = """
    source = 2
    to = ["camera", "call.mp4"]
    background = "office"
    model = "selfie"
    provider = "cpu"
    quality = "fast"
    size = "1280x720"
    fps = 24
    mirror = true
    rotate = 90
    fit = "contain"
    frame = "off"
    zoom = 1.5
    pan = [-0.5, 1]
    every = 3
    smooth = 0.25
    edge = -2.5
    light_wrap = 0
    threshold = 0.4
    room = "off"
    codec = "hevc"
    crf = 18
    hardware = false
    away = "freeze"
    audio = true
    mic = "usb"
    on_demand = false
    duration = 60
    stats = "s.jsonl"
    """
    wanted = Settings(
        source="2",
        to=("camera", "call.mp4"),
        capture=CaptureSettings((1280, 720), 24, True, 90, "contain", "off", 1.5, (-0.5, 1)),
        matting=MattingSettings("selfie", "cpu", "fast", 3, 0.25, -2.5, 0.4, "off"),
        compose=ComposeSettings("office", 0),
        encoding=EncodingSettings("hevc", 18, False),
        away="freeze",
        audio=True,
        mic="usb",
        on_demand=False,
        duration_s=60,
        stats=Path("s.jsonl"),
        overwrite=True,
    )
    values = tomllib.loads(toml)
    assert set(values) == set(SETTINGS)
    assert load(tmp_path, toml, overwrite=True) == wanted
    text = {
        key: ",".join(map(str, value)) if isinstance(value, list) else str(value).lower()
        for key, value in values.items()
    }
    text["to"] = "camera,call.mp4"
    assert (
        load(tmp_path / "none", environ={f"CYCLORAMA_{k.upper()}": v for k, v in text.items()}, overwrite=True)
        == wanted
    )
    assert load(tmp_path / "none", options=text, overwrite=True) == wanted


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("720p", (1280, 720)),
        ("1080P", (1920, 1080)),
        ("4k", (3840, 2160)),
        ("641x359", (641, 359)),
        ("640X360", (640, 360)),
    ],
)
def test_forms_of_a_size(tmp_path: Path, text: str, size: tuple[int, int]) -> None:
    assert load(tmp_path, options={"size": text}).capture.size_wh == size


@pytest.mark.parametrize(("key", "value"), [("provider", "gpu"), ("quality", "good")])
def test_provider_and_quality_are_one_of_a_few(tmp_path: Path, key: str, value: str) -> None:
    assert "is not one of auto, " in refused(tmp_path, f'{key} = "{value}"')


def test_every_auto_is_adaptive(tmp_path: Path) -> None:
    assert load(tmp_path, "every = 4", options={"every": "auto"}).matting.every == 0


def test_frame_auto_and_a_view_by_hand_exclude_each_other(tmp_path: Path) -> None:
    assert load(tmp_path, 'frame = "auto"').capture.frame == "auto"
    assert load(tmp_path, "frame = false").capture.frame == "off"
    message = refused(tmp_path, 'frame = "auto"', options={"zoom": "2"})
    assert "--frame off" in message
    assert load(tmp_path, 'frame = "auto"', options={"zoom": "2", "frame": "off"}).capture.zoom == 2


def test_only_lets_the_named_keys_through_and_still_checks_the_others(tmp_path: Path) -> None:
    settings = load(tmp_path, 'mirror = true\nbackground = "office"', only={"background"})
    assert settings.compose.background == "office"
    assert settings.capture.mirror is False
    assert "mirror" in refused(tmp_path, 'mirror = "left"', only={"background"})


def test_an_unknown_key_of_a_file_names_file_and_nearest(tmp_path: Path) -> None:
    message = refused(tmp_path, 'backgroud = "blur"')
    assert "cyclorama.toml" in message
    assert "did you mean background?" in message
    assert "did you mean light_wrap?" in refused(tmp_path, "light-wrap = 1")
    assert "[profile.work] smoth: did you mean smooth?" in refused(tmp_path, "[profile.work]\nsmoth = 1")
    assert "known are source" in refused(tmp_path, "zzzz = 1")


def test_a_table_that_is_no_profile_says_how_one_is_written(tmp_path: Path) -> None:
    assert "a profile is written [profile.work]" in refused(tmp_path, '[work]\nbackground = "blur"\n')


def test_a_file_may_begin_with_a_byte_order_mark(tmp_path: Path) -> None:
    assert load(tmp_path, '\ufeffbackground = "dusk"\n').compose.background == "dusk"


def test_a_variable_is_compared_without_what_all_share(tmp_path: Path) -> None:
    assert "CYCLORAMA_FOO: known are SOURCE, TO" in refused(tmp_path, environ={"CYCLORAMA_FOO": "1"})


def test_an_unknown_variable_names_the_nearest(tmp_path: Path) -> None:
    message = refused(tmp_path, environ={"CYCLORAMA_BAKGROUND": "blur"})
    assert "CYCLORAMA_BAKGROUND: did you mean CYCLORAMA_BACKGROUND?" in message


def test_variables_of_other_uses_are_left_alone(tmp_path: Path) -> None:
    environ = {
        "CYCLORAMA_DEBUG": "1",
        "CYCLORAMA_MODELS_DIR": "/m",
        "CYCLORAMA_RUNTIME_DIR": "/r",
        "CYCLORAMA_E2E_X": "1",
        "CYCLO": "x",
        "FPS": "x",
    }
    assert load(tmp_path, environ=environ) == Settings()
    assert "CYCLORAMA_DEBUGS" in refused(tmp_path, environ={"CYCLORAMA_DEBUGS": "1"})


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("fps", "fast"),
        ("fps", "0"),
        ("fps", "nan"),
        ("fps", "241"),
        ("smooth", "1.1"),
        ("smooth", "-0.1"),
        ("light_wrap", "2"),
        ("threshold", "inf"),
        ("edge", "21"),
        ("every", "0.5"),
        ("every", "-1"),
        ("every", "often"),
        ("rotate", "45"),
        ("fit", "stretch"),
        ("frame", "always"),
        ("zoom", "0.5"),
        ("zoom", "5"),
        ("pan", "left"),
        ("pan", "1"),
        ("pan", "0,2"),
        ("pan", "0,nan"),
        ("size", "1280"),
        ("size", "8x8"),
        ("size", "9000x720"),
        ("mirror", "perhaps"),
        ("duration", "0"),
        ("to", ""),
        ("source", ""),
        ("away", ""),
        ("stats", ""),
    ],
)
def test_a_wrong_value_is_refused_under_the_name_it_was_given(tmp_path: Path, key: str, value: str) -> None:
    option = "--" + key.replace("_", "-")
    assert refused(tmp_path / "none", options={key: value}).startswith(f"{option}: ")
    variable = f"CYCLORAMA_{key.upper()}"
    assert refused(tmp_path / "none", environ={variable: value}).startswith(f"{variable}: ")
    assert f"cyclorama.toml: {key}: " in refused(tmp_path, f'{key} = "{value}"')


@pytest.mark.parametrize(
    "toml", ["fps = true", "mirror = 1", "background = 3", "to = [1]", "size = [1, 2]", "source = true"]
)
def test_wrong_types_of_a_file_are_refused(tmp_path: Path, toml: str) -> None:
    assert f"cyclorama.toml: {toml.partition(' ')[0]}: " in refused(tmp_path, toml)


def test_a_mistake_in_a_profile_shows_though_it_is_not_used(tmp_path: Path) -> None:
    assert "[profile.work] fps" in refused(tmp_path, "[profile.work]\nfps = 0")
    assert "table" in refused(tmp_path, "profile = 3")


def test_an_unknown_profile_names_the_nearest(tmp_path: Path) -> None:
    assert "did you mean work?" in refused(tmp_path, "[profile.work]\nfps = 5", profile="wrk")
    assert "[profile.work]" in refused(tmp_path / "none", profile="work")


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    assert "missing.toml" in refused(tmp_path, config=tmp_path / "missing.toml")
    assert "line 1" in refused(tmp_path, "fps = = 3")
    (tmp_path / "cyclorama.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SettingsError, match="cannot be understood"):
        load(tmp_path)


def test_settings_check_themselves_however_they_are_made() -> None:
    for make in (
        lambda: CaptureSettings(size_wh=(8, 8)),
        lambda: CaptureSettings(fps=0),
        lambda: CaptureSettings(rotate=45),  # type: ignore[arg-type]
        lambda: CaptureSettings(zoom=9),
        lambda: CaptureSettings(pan_xy=(0, 2)),
        lambda: MattingSettings(smooth=float("nan")),
        lambda: MattingSettings(model=""),
        lambda: ComposeSettings(light_wrap=-1),
        lambda: Settings(to=()),
        lambda: Settings(duration_s=0),
    ):
        with pytest.raises(SettingsError, match="cannot be used"):
            make()
    assert SETTINGS["fps"].problem(None) == ""
    assert SETTINGS["fps"].problem(True)


def test_an_option_counts_also_where_only_other_keys_do(tmp_path: Path) -> None:
    """A clip is converted at the size that is asked for, not at the camera's of the settings file."""
    toml = 'size = "720p"\nfps = 24'
    settings = load(tmp_path, toml, options={"fps": "12", "size": None}, only={"background"})
    assert (settings.capture.fps, settings.capture.size_wh) == (12, None)


def test_spaces_and_capitals_of_words_do_not_count(tmp_path: Path) -> None:
    environ = {"MIRROR": " Yes ", "QUALITY": " FAST", "EVERY": " Auto ", "FPS": " 20 ", "ROTATE": " 90 "}
    settings = load(tmp_path, environ={f"CYCLORAMA_{key}": value for key, value in environ.items()})
    assert settings.capture.mirror and (settings.capture.fps, settings.capture.rotate) == (20, 90)
    assert (settings.matting.quality, settings.matting.every) == ("fast", 0)
