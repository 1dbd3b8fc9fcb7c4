"""The table of settings: rows that agree with themselves, and one place for each."""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
import subprocess
import sys
from operator import attrgetter
from pathlib import Path
from typing import Any

import pytest

import cyclorama
from cyclorama.cli.app import app
from cyclorama.cli.reference import reference
from cyclorama.settings.table import SETTINGS, STILLS, Setting, file_keys, of_command
from cyclorama.settings.values import CaptureSettings, Settings

ROOT = Path(__file__).resolve().parents[3]
ROWS = pytest.mark.parametrize("row", SETTINGS.values(), ids=SETTINGS)


@ROWS
def test_a_default_can_be_used_and_is_read_from_its_own_text(row: Setting) -> None:
    assert row.problem(row.default) == ""
    assert attrgetter(row.path)(Settings()) == row.default
    if row.default is None:
        assert row.unset
    else:
        assert row.read(row.kind.text(row.default)) == row.default
        assert row.read(row.default) == row.default


@ROWS
def test_what_is_no_value_at_all_is_refused(row: Setting) -> None:
    for value in (object(), b"x", {"a": 1}, [], [None, None]):
        with pytest.raises(ValueError):
            row.read(value)
        assert row.problem(value)


@pytest.mark.parametrize("row", [row for row in SETTINGS.values() if row.range], ids=lambda row: row.key)
def test_both_ends_of_a_range_can_be_used_and_nothing_beyond(row: Setting) -> None:
    assert row.range is not None
    low, high = row.range
    pair = isinstance(row.default, tuple)
    for end, beyond in ((low, low - 1), (high, high + 1)):
        assert row.read((end, 0) if pair else end) == ((end, 0) if pair else end)
        for value in ((beyond, 0), (0, beyond)) if pair else (beyond,):
            with pytest.raises(ValueError):
                row.read(value)


def test_the_least_and_the_largest_size() -> None:
    row = SETTINGS["size"]
    assert (row.read("16x16"), row.read((8192, 8192))) == ((16, 16), (8192, 8192))
    for size in ("15x16", "16x15", "8193x16", (16, 8193)):
        with pytest.raises(ValueError, match="is not a width and a height from 16 to 8192 pixels"):
            row.read(size)


def test_keys_are_names_of_options_without_units() -> None:
    paths = {key: SETTINGS[key].path for key in ("size", "pan", "duration", "on_demand", "stats", "light_wrap")}
    assert paths == {
        "size": "capture.size_wh",
        "pan": "capture.pan_xy",
        "duration": "duration_s",
        "on_demand": "on_demand",
        "stats": "stats",
        "light_wrap": "compose.light_wrap",
    }
    row = SETTINGS["light_wrap"]
    assert (row.option, row.variable, row.range, row.live) == ("--light-wrap", "CYCLORAMA_LIGHT_WRAP", (0, 1), True)
    assert SETTINGS["fit"].choices == ("cover", "contain")


def test_what_is_fixed_when_a_session_starts_is_not_live() -> None:
    fixed = {key for key, row in SETTINGS.items() if not row.live}
    outputs = {"to", "size", "fps", "codec", "crf", "hardware"}
    assert fixed == outputs | {"on_demand", "duration", "stats"}


def test_settings_are_frozen_and_hashable() -> None:
    assert hash(Settings()) == hash(Settings())
    with pytest.raises(dataclasses.FrozenInstanceError):
        CaptureSettings().zoom = 2  # type: ignore[misc]


def test_a_clip_is_not_given_the_size_of_a_camera() -> None:
    assert file_keys("convert") == {row.key for row in of_command("convert")} - {"size", "fps", "fit", "codec", "crf"}
    assert file_keys("cutout") == frozenset()


def command_of(name: str) -> Any:
    import typer

    group: Any = typer.main.get_command(app)
    return group.commands[name]


@pytest.mark.parametrize("name", sorted({name for row in SETTINGS.values() for name in row.commands} | set(STILLS)))
def test_commands_have_the_options_of_their_rows(name: str) -> None:
    options = {option: item.name for item in command_of(name).params for option in item.opts}
    for row in of_command(name):
        assert options[row.option] == row.key
        assert not row.short or options[row.short] == row.key
    foreign = {row.option for row in SETTINGS.values()} - {row.option for row in of_command(name)}
    own = {"bench": {"--source"}, "convert": {"--room"}}  # of a clip: which seconds show it
    assert foreign & set(options) == own.get(name, set())


RUN_SWITCHES = {
    "cutout": {"--output", "--recursive", "--watch", "--jobs", "--overwrite", "--json"},
    "headshot": {"--output", "--sheet", "--countdown", "--overwrite", "--json"},
    "id-photo": {"--output", "--report", "--specs", "--overwrite", "--json"},
    "product": {"--output", "--recursive", "--jobs", "--shops", "--overwrite", "--json"},
}
"""The options of stills that say which files are read and written, and how a run goes on; not how a picture is made."""


@pytest.mark.parametrize("name", STILLS)
def test_every_option_that_makes_a_picture_is_in_the_table(name: str) -> None:
    parameters = [item for item in command_of(name).params if item.param_type_name == "option"]
    opposites = {option for item in parameters for option in item.secondary_opts}
    assert opposites == ({"--no-level"} if name == "id-photo" else set())
    options = {item.opts[0] for item in parameters}
    assert options == {row.option for row in of_command(name)} | RUN_SWITCHES[name]


def test_live_and_record_have_few_parameters_of_their_own() -> None:
    of_all = {"given", "overwrite", "panel", "json", "quiet", "stages"}
    for name, own in (("live", set()), ("record", {"target", "countdown", "preview"})):
        module = sys.modules[f"cyclorama.cli.commands.{name}"]
        code = getattr(module, name).__wrapped__.__code__
        assert set(code.co_varnames[: code.co_argcount]) == of_all | own


def test_the_reference_is_what_the_table_says() -> None:
    page = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    assert page == reference(), "run: python -m cyclorama.cli.reference docs/settings.md"


FIELD = """
    glow: float = setting(
        0.25, Number(0, 2), "Light around the person.", group="background", commands=MOVING, live=True
    )
"""
PROBE = """
import json, sys
from pathlib import Path
from cyclorama.cli.app import run
from cyclorama.cli.reference import reference
from cyclorama.core.errors import SettingsError
from cyclorama.settings.change import change_settings
from cyclorama.settings.sources import load_settings
from cyclorama.settings.values import ComposeSettings, Settings

def refused(make):
    try:
        make()
    except SettingsError as error:
        return str(error)

Path("cyclorama.toml").write_text("glow = 1.5")
here = [Path()]
print(json.dumps({
    "default": Settings().compose.glow,
    "file": load_settings(environ={}, folders=here).compose.glow,
    "variable": load_settings(environ={"CYCLORAMA_GLOW": "0.75"}, folders=here).compose.glow,
    "option": load_settings({"glow": "2"}, environ={}, folders=here).compose.glow,
    "change": change_settings(Settings(), glow=1).compose.glow,
    "wrong text": refused(lambda: load_settings({"glow": "3"}, environ={}, folders=())),
    "wrong value": refused(lambda: ComposeSettings(glow=-1)),
    "near": refused(lambda: change_settings(Settings(), glo=1)),
    "page": [line for line in reference().splitlines() if "`glow`" in line],
}))
run(["record", "--help"])
"""


def test_a_setting_is_added_in_one_place(tmp_path: Path) -> None:
    """One field in a copy of the package, and all that is derived from the table has it."""
    package = tmp_path / "cyclorama"
    shutil.copytree(
        Path(cyclorama.__file__).parent, package, ignore=shutil.ignore_patterns("__pycache__", "_bundled", "_assets")
    )
    sections = package / "settings" / "sections.py"
    text = sections.read_text(encoding="utf-8")
    head = '    """The background, and how the person is blended with it."""\n'
    assert text.count(head) == 1
    sections.write_text(text.replace(head, head + FIELD), encoding="utf-8")
    environ = {key: value for key, value in os.environ.items() if not key.startswith("CYCLORAMA")}
    done = subprocess.run(
        [sys.executable, "-c", PROBE],
        cwd=tmp_path,
        env=environ | {"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    first, _, help_text = done.stdout.partition("\n")
    seen = json.loads(first)
    assert {key: seen[key] for key in ("default", "file", "variable", "option", "change")} == {
        "default": 0.25,
        "file": 1.5,
        "variable": 0.75,
        "option": 2,
        "change": 1,
    }
    assert seen["wrong text"] == "--glow: 3 is not a number from 0 to 2"
    assert seen["wrong value"] == "the setting glow cannot be used: -1 is not a number from 0 to 2"
    assert seen["near"] == "there is no setting glo: did you mean glow?"
    assert seen["page"] == [
        "| `glow` | `0..2` | `0.25` | yes | live, record, convert, bench | Light around the person. |"
    ]
    assert [line.split() for line in help_text.splitlines() if "--glow" in line] == [
        ["--glow", "0..2", "Light", "around", "the", "person.", "[0.25]"]
    ]
