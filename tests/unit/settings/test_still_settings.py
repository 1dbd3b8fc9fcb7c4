"""The settings of stills: rows that agree with themselves, options, Python and what the rules of the stills name."""

from __future__ import annotations

import inspect
from operator import attrgetter
from pathlib import Path
from typing import Any

import pytest

import cyclorama
from cyclorama.core.errors import SettingsError
from cyclorama.settings.change import make_still_settings
from cyclorama.settings.picture_kinds import Length
from cyclorama.settings.sources import load_settings
from cyclorama.settings.stills import (
    PAPERS,
    PRESETS,
    SPECS,
    CutOutSettings,
    HeadshotSettings,
    IdPhotoSettings,
    ProductSettings,
    StillSettings,
)
from cyclorama.settings.table import SETTINGS, STILLS, Setting, file_keys, of_command
from cyclorama.stills.headshot.preset import load_presets
from cyclorama.stills.id_photo.sheet import PAPERS as SHEETS
from cyclorama.stills.id_photo.spec import load_specs
from cyclorama.stills.product.spec import load_shops

ROWS = [(command, row) for command in STILLS for row in of_command(command)]
EACH = pytest.mark.parametrize(("command", "row"), ROWS, ids=[f"{command} {row.option}" for command, row in ROWS])


@EACH
def test_a_default_can_be_used_and_is_read_from_its_own_text(command: str, row: Setting) -> None:
    assert row.problem(row.default) == ""
    assert attrgetter(row.path)(STILLS[command]()) == row.default
    if row.default is None:
        assert row.unset
    else:
        assert row.read(row.kind.text(row.default)) == row.default
        assert row.read(row.default) == row.default


@EACH
def test_what_is_no_value_at_all_is_refused(command: str, row: Setting) -> None:
    for value in (object(), b"x", {"a": 1}, [], [None, None]):
        with pytest.raises(ValueError):
            row.read(value)
        assert row.problem(value), command


@pytest.mark.parametrize("command", STILLS)
def test_rows_are_found_by_key_and_come_from_no_file(command: str) -> None:
    keys = [row.key for row in of_command(command)]
    assert len(set(keys)) == len(keys)
    assert file_keys(command) == frozenset()
    assert not any(command in row.commands for row in SETTINGS.values())


@pytest.mark.parametrize(
    ("kind", "values", "wanted"),
    [
        (
            CutOutSettings,
            {"background": "office", "crop": True, "margin": "40px", "keep": "largest", "format": "webp"},
            CutOutSettings(
                background="office", crop=True, margin=Length(40, relative=False), keep="largest", format="webp"
            ),
        ),
        (
            CutOutSettings,
            {"background": Path("a.png"), "scale": "80%", "position": "0%,100%", "shadow": "yes", "keep_gps": True},
            CutOutSettings(background="a.png", scale=0.8, position=(0.0, 1.0), shadow=True, keep_gps=True),
        ),
        (
            HeadshotSettings,
            {"preset": ["all", "zoom"], "background": "gradient:navy,teal", "light_wrap": "0.5", "model": "isnet"},
            HeadshotSettings(preset=("all", "zoom"), background=("gradient:navy,teal",), light_wrap=0.5, model="isnet"),
        ),
        (
            IdPhotoSettings,
            {"spec": "uk", "dpi": "600", "level": False, "replace_background": "auto", "sheet": "a4"},
            IdPhotoSettings(spec="uk", dpi=600, level=False, replace_background="auto", sheet=("a4",)),
        ),
        (
            ProductSettings,
            {"shop": "ebay", "format": "png", "transparent": True, "shadow": True, "size": "900", "keep": "largest"},
            ProductSettings(shop="ebay", format="png", transparent=True, shadow=True, size=900, keep="largest"),
        ),
    ],
)
def test_text_and_values_become_settings(kind: type[StillSettings], values: Any, wanted: StillSettings) -> None:
    assert make_still_settings(kind, values) == wanted


@pytest.mark.parametrize(
    ("kind", "values", "says"),
    [
        (CutOutSettings, {"margin": "x"}, "'x' is no margin: write a share of the subject, as 10%, or pixels, as 40"),
        (CutOutSettings, {"keep": "some"}, "'some' is not one of all, largest, original"),
        (HeadshotSettings, {"preset": ["x", "all"]}, f"'x' is not one of {', '.join(PRESETS)}"),
        (HeadshotSettings, {"background": [""]}, "it is empty"),
        (IdPhotoSettings, {"dpi": "72"}, "72 is not one of 300, 600"),
        (IdPhotoSettings, {"spec": "germny"}, f"'germny' is not one of {', '.join(SPECS)}: did you mean germany?"),
        (ProductSettings, {"keep": "original"}, "'original' is not one of all, largest"),
        (ProductSettings, {"shop": "etsy"}, "'etsy' is not one of amazon, google, ebay, square"),
        (ProductSettings, {"size": "0"}, "0 is not a number from 1 to 100000"),
    ],
)
def test_what_cannot_be_used_is_named(kind: type[StillSettings], values: dict[str, Any], says: str) -> None:
    (key,) = values
    with pytest.raises(SettingsError) as caught:
        make_still_settings(kind, values)
    assert str(caught.value) == f"the setting {key} cannot be used: {says}"
    with pytest.raises(SettingsError) as caught:
        make_still_settings(kind, values, attrgetter("option"))
    option = "--for" if key == "shop" else f"--{key}"
    assert str(caught.value) == f"{option}: {says}"


def test_an_unknown_key_gets_the_nearest_suggested() -> None:
    with pytest.raises(SettingsError, match=r"there is no setting margn: did you mean margin\?"):
        make_still_settings(CutOutSettings, {"margn": "10%"})
    with pytest.raises(SettingsError, match="there is no setting crop: known are model, spec, size_mm, kb, dpi"):
        make_still_settings(IdPhotoSettings, {"crop": True})


def test_they_check_themselves_however_they_are_made() -> None:
    for make in (
        lambda: CutOutSettings(scale=80),
        lambda: CutOutSettings(margin=Length(-1)),
        lambda: CutOutSettings(model=""),
        lambda: HeadshotSettings(light_wrap=2),
        lambda: HeadshotSettings(preset=()),
        lambda: IdPhotoSettings(dpi=72),  # type: ignore[arg-type]
        lambda: ProductSettings(size=0),
    ):
        with pytest.raises(SettingsError, match="cannot be used"):
            make()
    with pytest.raises(SettingsError, match="--matte-only writes no background: leave --background out"):
        CutOutSettings(matte_only=True, background="office")


@pytest.mark.parametrize("line", ['margin = "10%"', "crop = true", "dpi = 300", 'keep = "all"', 'shop = "ebay"'])
def test_a_file_has_no_settings_of_stills(tmp_path: Path, line: str) -> None:
    """Nobody's photos change because of a file that is meant for calls."""
    (tmp_path / "cyclorama.toml").write_text(line)
    with pytest.raises(SettingsError, match=f"there is no setting {line.partition(' ')[0]}: "):
        load_settings(environ={}, folders=[tmp_path])
    variable = f"CYCLORAMA_{line.partition(' ')[0].upper()}"
    with pytest.raises(SettingsError, match=f"there is no setting {variable}: "):
        load_settings(environ={variable: "all"}, folders=[])


def test_the_choices_are_those_that_have_rules() -> None:
    assert (*load_presets(), "all") == PRESETS
    assert sorted(load_specs()) == sorted(SPECS)
    assert tuple(SHEETS) == PAPERS
    rows = {row.key: row for row in of_command("product")}
    assert rows["shop"].choices == tuple(load_shops())
    assert all(
        rows["size"].problem(side) == "" for shop in load_shops().values() for side in (shop.min_side, shop.max_side)
    )
    formats = {suffix[1:] for shop in load_shops().values() for suffix in shop.formats}
    assert set(rows["format"].choices) == formats


@pytest.mark.parametrize(
    ("command", "function"),
    [
        ("cutout", cyclorama.cut_out),
        ("cutout", cyclorama.open_cutter),
        ("headshot", cyclorama.headshot),
        ("id-photo", cyclorama.id_photo),
        ("product", cyclorama.product),
    ],
)
def test_the_arguments_in_python_are_settings(command: str, function: Any) -> None:
    keys = {row.key for row in of_command(command)}
    assert set(inspect.signature(function).parameters) - {"photo"} <= keys
