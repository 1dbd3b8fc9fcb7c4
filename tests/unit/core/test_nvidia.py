"""Whether there is an NVIDIA card."""

from __future__ import annotations

from pathlib import Path

import pytest

from cyclorama.core.nvidia import has_nvidia_card


def device(sysfs: Path, vendor: str, kind: str) -> None:
    folder = sysfs / "bus" / "pci" / "devices" / "0000:01:00.0"
    folder.mkdir(parents=True)
    (folder / "vendor").write_text(f"{vendor}\n")
    (folder / "class").write_text(f"{kind}\n")


@pytest.mark.parametrize(
    ("vendor", "kind", "is_one"),
    [
        ("0x10de", "0x030000", True),
        ("0x10de", "0x030200", True),  # without a connector, as in a server
        ("0x10de", "0x040300", False),  # the sound device of a card
        ("0x1002", "0x030000", False),
    ],
)
def test_a_card_without_its_driver(tmp_path: Path, vendor: str, kind: str, is_one: bool) -> None:
    device(tmp_path / "sys", vendor, kind)
    nothing = tmp_path / "none"
    assert has_nvidia_card(tmp_path / "sys", nothing, "linux", nothing) is is_one
    assert not has_nvidia_card(tmp_path / "sys", nothing, "darwin", nothing)


def test_a_driver_and_windows_own(tmp_path: Path) -> None:
    nothing, version = tmp_path / "none", tmp_path / "driver" / "nvidia" / "version"
    assert not has_nvidia_card(nothing, tmp_path, "linux", nothing)
    version.parent.mkdir(parents=True)
    version.write_text("NVRM")
    assert has_nvidia_card(nothing, tmp_path, "linux", nothing)
    assert has_nvidia_card(nothing, nothing, "linux", wsl=version)


def test_windows_has_the_drivers_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SYSTEMROOT", str(tmp_path))
    assert not has_nvidia_card(platform="win32")
    (tmp_path / "System32").mkdir()
    (tmp_path / "System32" / "nvcuda.dll").touch()
    assert has_nvidia_card(platform="win32")
