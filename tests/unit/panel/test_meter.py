"""The microphone that is open while its level is asked for."""

from __future__ import annotations

from typing import Any

import pytest

from cyclorama.core.errors import CaptureError
from cyclorama.panel.session.meter import MicrophoneMeter
from doubles.live_stage import wait


class Microphones:
    """Notes which are open."""

    def __init__(self) -> None:
        self.open: list[str] = []
        self.opened: list[str] = []

    def __call__(self, name: str) -> Any:
        if name == "gone":
            raise CaptureError("there is no such microphone")
        self.open.append(name)
        self.opened.append(name)
        return OpenMicrophone(self, name)


class OpenMicrophone:
    def __init__(self, all_of_them: Microphones, name: str) -> None:
        self._all, self._name = all_of_them, name
        self.level = float(name)

    def close(self) -> None:
        self._all.open.remove(self._name)


def test_it_stays_open_while_it_is_asked_for_and_another_takes_its_place() -> None:
    microphones = Microphones()
    with MicrophoneMeter(microphones, idle_s=60) as meter:
        assert [meter.level(name) for name in ("0.1", "0.1", "0.2", "0.1")] == [0.1, 0.1, 0.2, 0.1]
        assert microphones.opened == ["0.1", "0.2", "0.1"] and microphones.open == ["0.1"]
        with pytest.raises(CaptureError):
            meter.level("gone")
        assert microphones.open == []
    assert microphones.open == []


def test_one_that_nobody_asks_for_is_released() -> None:
    microphones = Microphones()
    with MicrophoneMeter(microphones, idle_s=0.02) as meter:
        meter.level("0.5")
        wait(lambda: not microphones.open)
        assert meter.level("0.5") == 0.5 and microphones.opened == ["0.5", "0.5"]
