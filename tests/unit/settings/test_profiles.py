"""Profiles that are written into a settings file."""

from __future__ import annotations

from pathlib import Path

import pytest

from cyclorama.core.errors import SettingsError
from cyclorama.settings import profiles
from cyclorama.settings.profiles import save_profile
from cyclorama.settings.sources import read_profiles

OWN = '# mine\nmirror = true # always\n\n[profile.day]\nzoom = 2.0\n\n# the end\n[profile."at night"]\nfps = 15\n'


def test_a_profile_is_added_and_replaced_and_the_rest_stays(tmp_path: Path) -> None:
    file = tmp_path / "new" / "cyclorama.toml"
    save_profile(file, "first", {"background": "color:teal"})
    assert read_profiles(file) == {"first": {"background": "color:teal"}}
    file.write_text(OWN)
    save_profile(file, "Zoë_2-b", {"mirror": False, "smooth": 0.25, "size": "640x480", "audio": None, "to": ["null"]})
    text = file.read_text()
    assert all(line in text for line in OWN.splitlines())
    save_profile(file, "day", {"background": "office"})
    assert read_profiles(file) == {
        "day": {"background": "office"},
        "at night": {"fps": 15},
        "Zoë_2-b": {"mirror": False, "smooth": 0.25, "size": (640, 480), "to": ("null",)},
    }
    assert "# mine\nmirror = true # always\n" in file.read_text() and list(file.parent.iterdir()) == [file]


@pytest.mark.parametrize("name", ["", "a b", "a.b", "../x", "day\n", "x" * 65, "a]\nmirror=1"])
def test_a_name_that_is_none_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(SettingsError, match="no name for a profile: use up to 64 letters"):
        save_profile(tmp_path / "cyclorama.toml", name, {"mirror": True})
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("data", [b"zoom = \n", b"\xff\xfe", b"[profile\n"])
def test_a_file_that_is_no_toml_is_told_and_stays(tmp_path: Path, data: bytes) -> None:
    file = tmp_path / "cyclorama.toml"
    file.write_bytes(data)
    with pytest.raises(SettingsError, match=r"is no valid TOML: .*; mend it before a profile is saved there"):
        save_profile(file, "day", {"mirror": True})
    assert file.read_bytes() == data


def test_their_number_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(profiles, "MOST", 2)
    file = tmp_path / "cyclorama.toml"
    file.write_text(OWN)
    with pytest.raises(SettingsError, match="has 2 profiles: delete one"):
        save_profile(file, "third", {"mirror": True})
    assert file.read_text() == OWN
    save_profile(file, "day", {"mirror": True})
    assert read_profiles(file)["day"] == {"mirror": True}
