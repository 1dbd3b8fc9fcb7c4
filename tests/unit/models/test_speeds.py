"""Measured times between two runs of the program."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from cyclorama.files.state import state_folder, write_state
from cyclorama.models.catalogue import load_catalogue
from cyclorama.models.speeds import NOTE, Speed, read_speeds, remember_speeds

RVM = Speed("rvm", "balanced", "ab" * 32, "CPU", 25.5, (1280, 720))


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    return state_folder()


def test_a_later_measurement_replaces_those_of_the_same_network_alone() -> None:
    best, selfie = replace(RVM, quality="best", ms=50.0), Speed("selfie", "", None, "LiteRT", 6.0, (640, 480))
    assert read_speeds() == []
    remember_speeds([RVM, best])
    remember_speeds([selfie])
    assert read_speeds() == [RVM, best, selfie]
    remember_speeds([replace(RVM, ms=20.0)])
    assert read_speeds() == [selfie, replace(RVM, ms=20.0)]


def test_a_speed_is_that_of_its_file() -> None:
    entry = load_catalogue().models["rvm"]
    assert not RVM.is_of(entry)
    assert replace(RVM, sha256=entry.sha256).is_of(entry)
    assert not replace(RVM, sha256=entry.sha256, name="rvm-fp16").is_of(entry)


@pytest.mark.parametrize("kept", [{"speeds": [{"name": "x"}]}, {"speeds": 5}, {"speeds": [3]}, {}])
def test_a_note_that_cannot_be_read_is_none(kept: dict[str, object]) -> None:
    write_state(NOTE, kept)
    assert read_speeds() == []


@pytest.mark.parametrize("text", ["[]", "{", "\xff"])
def test_a_damaged_file_is_none(state: Path, text: str) -> None:
    remember_speeds([RVM])
    (state / f"{NOTE}.json").write_bytes(text.encode("latin-1"))
    assert read_speeds() == []
