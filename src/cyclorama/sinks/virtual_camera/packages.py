"""The command that installs a package on this system, by family of distributions."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

OS_RELEASE = Path("/etc/os-release")


def install_command(commands: Mapping[str, str], otherwise: str) -> str:
    """One of ``commands``, by family: ``debian``, ``fedora``, ``arch``, ``suse``; ``otherwise`` for other systems."""
    try:
        about = OS_RELEASE.read_text()
    except OSError:
        about = ""
    kin = [line.partition("=")[2].strip('"') for line in about.splitlines() if line.startswith(("ID=", "ID_LIKE="))]
    return next((command for family, command in commands.items() if any(family in names for names in kin)), otherwise)
