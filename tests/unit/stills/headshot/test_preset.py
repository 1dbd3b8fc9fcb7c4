"""The presets and backdrops that come with the package: complete, and found by name."""

from __future__ import annotations

import pytest

from cyclorama.core.errors import SettingsError
from cyclorama.stills.headshot.preset import find_presets, load_presets, load_studio

PRESETS = load_presets()


def test_every_preset_says_where_it_stands_and_of_when() -> None:
    assert {"square", "linkedin", "zoom", "resume", "business-card"} <= set(PRESETS)
    for preset in PRESETS.values():
        assert preset.title and preset.source and preset.checked.year >= 2026
        assert 0.3 < preset.head < 0.7 and preset.headroom + preset.head < 0.8
    assert PRESETS["resume"].size[0] / PRESETS["resume"].size[1] == pytest.approx(4 / 5, abs=0.001)
    assert {"studio-grey", "studio-warm", "studio-blue", "white"} <= set(load_studio())


def test_presets_are_found_by_name() -> None:
    assert [preset.name for preset in find_presets(["zoom", "square", "zoom"])] == ["zoom", "square"]
    assert len(find_presets(["all"])) == len(PRESETS)
    with pytest.raises(SettingsError, match="linkedin"):
        find_presets(["linked-in"])
