"""The files of a Linux setup: contents and paths."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cyclorama.core.errors import SettingsError

MARKER = "# Written by `cyclorama setup`; `cyclorama setup --remove` takes it away again."
"""The first line of every file that setup writes: files without it are never touched."""
LABEL = "cyclorama"
SERVICE = "cyclorama.service"
PLAIN = re.compile(r"[\w@+=:,./-]+", re.ASCII)
MODPROBE = """{marker}
# exclusive_caps=1: browsers list a camera only if it shows one side at a time.
options v4l2loopback exclusive_caps=1 card_label={label}{number}
"""
MODULES_LOAD = """{marker}
v4l2loopback
"""
UNIT = """{marker}
[Unit]
Description=cyclorama, a virtual background for the webcam

[Service]
ExecStart={command}
# it leaves with 130 when it is told to stop; settings that are wrong (2) do not mend themselves
SuccessExitStatus=130
Restart=on-failure
RestartPreventExitStatus=2
RestartSec=10

[Install]
WantedBy=default.target
"""


@dataclass(frozen=True, slots=True)
class SetupFile:
    """One file below ``root``, or (``is_link``) a symbolic link whose target, relative to its folder, is ``text``."""

    root: Path
    path: Path
    text: str
    is_link: bool = False

    def ours(self) -> bool:
        """Whether the file at ``path`` was written by setup; False where there is none."""
        try:
            if self.path.is_symlink():
                return self.is_link and self._target(self.path.readlink()) == self._target(self.text)
            if self.is_link:
                return False
            with self.path.open(encoding="utf-8", errors="replace") as file:
                return file.readline().rstrip("\n") == MARKER
        except OSError:
            return False

    def _target(self, link: str | Path) -> str:
        return os.path.normpath(self.path.parent / link)

    def there(self) -> bool:
        """Whether ``path`` exists."""
        return os.path.lexists(self.path)

    def right(self) -> bool:
        """Whether ``path`` is up to date."""
        if not self.ours():
            return False
        return self.is_link or self.path.read_text(encoding="utf-8", errors="replace") == self.text


def system_files(root: Path, device: int | None) -> list[SetupFile]:
    """Kernel module options, and loading at boot. ``device``: the N of /dev/videoN."""
    number = "" if device is None else f" video_nr={device}"
    etc = root / "etc"
    options = MODPROBE.format(marker=MARKER, label=LABEL, number=number)
    return [
        SetupFile(root, etc / "modprobe.d" / "cyclorama.conf", options),
        SetupFile(root, etc / "modules-load.d" / "cyclorama.conf", MODULES_LOAD.format(marker=MARKER)),
    ]


def service_files(root: Path, config: Path, command: Sequence[str]) -> list[SetupFile]:
    """The user service that runs ``command``, and the link that `systemctl --user enable` would create.

    ``config``: the user's configuration folder, absolute. Raises SettingsError for a command that a unit cannot
    contain.
    """
    folder = root / config.relative_to(config.anchor) / "systemd" / "user"
    line = " ".join(unit_word(word) for word in command)
    return [
        SetupFile(root, folder / SERVICE, UNIT.format(marker=MARKER, command=line)),
        SetupFile(root, folder / "default.target.wants" / SERVICE, f"../{SERVICE}", is_link=True),
    ]


def live_command(program: Sequence[str], device: int | None, options: Sequence[str]) -> list[str]:
    """The command line of the service: `cyclorama live` with ``options``, and the virtual camera by default."""
    to = any(word in ("-t", "--to") or word.startswith("--to=") for word in options)
    camera = [] if to else ["--to", f"camera:{LABEL if device is None else f'/dev/video{device}'}"]
    return [*program, "live", "--quiet", *camera, *options]


def unit_word(word: str) -> str:
    """One word of an ExecStart line, quoted after systemd.service(5). Raises SettingsError."""
    if not word.isprintable():
        raise SettingsError(f"the option {word!r} holds a character that no systemd unit can: leave it out")
    word = word.replace("%", "%%").replace("$", "$$")
    if PLAIN.fullmatch(word):
        return word
    escaped = word.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
