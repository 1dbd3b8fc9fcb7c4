"""Facts about this machine for the setup."""

from __future__ import annotations

import os
import sys
from pathlib import Path

ROOT = Path("/")
"""Of the running system."""


def program() -> list[str]:
    """The command of this installation; absolute, because sudo and systemd do not use the user's PATH."""
    script = Path(sys.executable).parent / "cyclorama"
    return [str(script)] if script.is_file() else [sys.executable, "-m", "cyclorama"]


def program_without_terminal(platform: str) -> list[str]:
    """The same for a menu: on Windows the interpreter that opens no console. ``platform``: as ``sys.platform``."""
    if platform != "win32":
        return program()
    windowed = Path(sys.executable).with_name("pythonw.exe")
    return [str(windowed) if windowed.is_file() else sys.executable, "-m", "cyclorama"]


def under_sudo() -> bool:
    """Whether this runs under sudo: the user's own files must not be written by root."""
    return sys.platform != "win32" and os.geteuid() == 0 and "SUDO_USER" in os.environ


def other_options(root: Path) -> list[Path]:
    """Other files with options of the module: modprobe merges all of them."""
    found = []
    for path in sorted((root / "etc" / "modprobe.d").glob("*.conf")):
        try:
            lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            continue
        if path.name != "cyclorama.conf" and any(line.split()[:2] == ["options", "v4l2loopback"] for line in lines):
            found.append(path)
    return found
