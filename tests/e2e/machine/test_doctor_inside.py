"""The doctor on a real kernel: each condition with the command that mends it; and modprobe with what setup writes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

pytestmark = [pytest.mark.machine, pytest.mark.timeout(700)]

LOAD = "sudo modprobe v4l2loopback exclusive_caps=1 card_label=cyclorama"


@pytest.fixture(scope="module")
def seen(inside: Callable[[str], Any]) -> dict[str, Any]:
    found: dict[str, Any] = inside("guest_doctor.py")
    return found


@pytest.mark.parametrize(
    ("condition", "finding", "status", "what", "fix", "code"),
    [
        ("no module", "v4l2loopback", "fail", "is installed and not loaded", LOAD, 5),
        (
            "exclusive_caps=0",
            "v4l2loopback",
            "warn",
            "browsers will not list",
            f"modprobe -r v4l2loopback && {LOAD}",
            0,
        ),
        ("all well", "v4l2loopback", "ok", "with exclusive_caps", "", 0),
        ("all well", "virtual-camera", "ok", "free: /dev/video12 (cyclorama)", "", 0),
        ("all well", "camera", "ok", "free: /dev/video0 (vivid", "", 0),
        ("no permission", "permissions", "fail", "no permission for /dev/video0", "sudo usermod -aG video $USER", 3),
        ("no permission", "camera", "fail", "no camera can be used: /dev/video0", "sudo usermod -aG video $USER", 3),
        ("no permission", "virtual-camera", "fail", "no permission", "sudo usermod -aG video $USER", 3),
        ("another writer", "virtual-camera", "fail", "in use by python", "stop the program that writes to it", 5),
        ("pinned by a consumer", "virtual-camera", "warn", "still shows 320x180 to python", "--size 320x180", 0),
        ("no camera", "camera", "fail", "no camera found", "cyclorama live --source demo", 3),
    ],
)
def test_it_finds(
    seen: dict[str, Any], condition: str, finding: str, status: str, what: str, fix: str, code: int
) -> None:
    found = seen[condition][finding]
    assert found["status"] == status, seen[condition]
    assert what in found["what"]
    assert fix in found["fix"]
    assert seen[condition]["exit code"] == code


def test_what_setup_writes_modprobe_takes(seen: dict[str, Any]) -> None:
    found = seen["set up"]
    assert found["cameras"] == [["video12", "cyclorama"]]
    assert found["exclusive_caps"] == "Y"
    assert len(found["files"]) == 4


def test_setup_loads_the_module_and_reads_a_picture_back(seen: dict[str, Any]) -> None:
    found = seen["set up"]
    again = [{"command": f"modprobe {words}v4l2loopback", "exit_code": 0} for words in ("-r ", "")]
    assert (found["commands"], found["loaded"]) == (again, True), "it was loaded with other options"
    assert found["checked"] == [{"camera": "/dev/video12", "works": True, "problem": ""}]
    assert found["exit code"] == 0


def test_what_setup_wrote_it_takes_away(seen: dict[str, Any]) -> None:
    found = seen["setup removed"]
    assert (found["exit code"], found["loaded"]) == (0, False)
    assert found["files"] == []
    assert found["exclusive_caps"] == "N"
    assert [name for _, name in found["cameras"]] != ["cyclorama"]
