"""The command that installs packages on this system, by family of distributions.

``packages``: the names of one thing's packages by family: ``debian``, ``fedora``, ``arch``, ``suse``.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

OS_RELEASE = Path("/etc/os-release")
MANAGERS = {"debian": "apt install", "fedora": "dnf install", "arch": "pacman -S", "suse": "zypper install"}
UNATTENDED = {
    "debian": "apt-get install --yes",
    "fedora": "dnf install --assumeyes",
    "arch": "pacman -S --needed --noconfirm",
    "suse": "zypper --non-interactive install",
}
"""The same for a program that has asked already."""


def install_command(packages: Mapping[str, str], otherwise: str) -> str:
    """The command for people; ``otherwise`` for other systems."""
    family = find_family()
    return f"sudo {MANAGERS[family]} {packages[family]}" if family in packages else otherwise


def unattended_command(*packages: Mapping[str, str]) -> list[str] | None:
    """The words of the command that installs several things as root without a question; None on other systems."""
    family = find_family()
    if not all(family in each for each in packages):
        return None
    return [*UNATTENDED[family].split(), *(name for each in packages for name in each[family].split())]


def find_family() -> str:
    """The family of this system; empty for others."""
    try:
        about = OS_RELEASE.read_text()
    except OSError:
        return ""
    kin = [line.partition("=")[2].strip('"') for line in about.splitlines() if line.startswith(("ID=", "ID_LIKE="))]
    return next((family for family in MANAGERS if any(family in names for names in kin)), "")
