"""Settings as JSON has them, and back."""

from __future__ import annotations

import json

import pytest

from cyclorama.settings.change import change_settings
from cyclorama.settings.table import SETTINGS
from cyclorama.settings.values import Settings
from cyclorama.settings.written import differences, value_of, written, written_settings

CHANGED = {
    "to": ("null", "a.mp4"),
    "size": (64, 48),
    "fps": 29.97,
    "mirror": True,
    "zoom": 1.5,
    "pan": (0.1, -0.2),
    "every": 3,
    "edge": -5.0,
    "background": "color:navy",
    "crf": 20,
    "audio": False,
}


@pytest.mark.parametrize("settings", [Settings(), change_settings(Settings(), **CHANGED)], ids=["default", "changed"])
def test_what_is_written_reads_as_it_was(settings: Settings) -> None:
    plain = json.loads(json.dumps(written_settings(settings)))
    assert plain == written_settings(settings) and list(plain) == list(SETTINGS)
    for key, row in SETTINGS.items():
        if plain[key] is not None:
            assert row.read(plain[key]) == value_of(settings, row), key


def test_values_are_plain() -> None:
    plain = written_settings(change_settings(Settings(), **CHANGED))
    assert plain["to"] == ["null", "a.mp4"] and plain["size"] == "64x48" and plain["pan"] == "0.1,-0.2"
    assert plain["mirror"] is True and plain["zoom"] == 1.5 and plain["every"] == 3 and plain["stats"] is None
    assert written(SETTINGS["every"], 0) == "auto"
    assert written_settings(Settings(), ["zoom", "mirror"]) == {"mirror": False, "zoom": 1.0}


def test_differences_are_typed() -> None:
    before = Settings()
    assert differences(before, before) == {}
    assert differences(before, change_settings(before, zoom="1.5", size="64x48")) == {"zoom": 1.5, "size": (64, 48)}
