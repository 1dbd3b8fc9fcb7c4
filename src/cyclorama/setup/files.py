"""The files of a setup, and the contents of those for Linux's virtual camera and service."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from cyclorama.core.errors import SettingsError

MARKER = "# Written by `cyclorama setup`; `cyclorama setup --remove` takes it away again."
"""A line at the top of the files that setup writes: files without it are never touched."""
TOP_LINES = 3
"""Lines among which the marker is: a script begins with its interpreter."""
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
    """The contents; of a picture what is shown in their place."""
    is_link: bool = False
    picture: bytes | None = None
    """Contents that are not for reading."""
    marked: Path | None = None
    """Of a file that cannot hold the marker: the file with the marker that it belongs to."""
    mode: int = 0o644

    def ours(self) -> bool:
        """Whether the file at ``path`` was written by setup; False where there is none."""
        try:
            if self.path.is_symlink():
                return self.is_link and self._target(self.path.readlink()) == self._target(self.text)
            if self.is_link or not self.path.is_file():
                return False
            return has_marker(self.marked or self.path) or self.path.read_bytes() == self._contents()
        except OSError:
            return False

    def there(self) -> bool:
        """Whether ``path`` exists."""
        return os.path.lexists(self.path)

    def right(self) -> bool:
        """Whether ``path`` is up to date."""
        return self.ours() and (self.is_link or self.path.read_bytes() == self._contents())

    def create(self, path: Path) -> None:
        """Write it to ``path``, a name that is free. Raises OSError."""
        if self.is_link:
            path.symlink_to(self.text)
            return
        with path.open("wb") as out:
            out.write(self._contents())
            out.flush()
            os.fsync(out.fileno())
        path.chmod(self.mode)

    def _contents(self) -> bytes:
        return self.text.encode() if self.picture is None else self.picture

    def _target(self, link: str | Path) -> str:
        return os.path.normpath(self.path.parent / link)


def has_marker(path: Path) -> bool:
    """Whether setup wrote the text file ``path``; False where there is none. Raises OSError."""
    if not path.is_file():
        return False
    with path.open(encoding="utf-8", errors="replace") as file:
        return any(line.rstrip("\n") == MARKER for line in islice(file, TOP_LINES))


def below(root: Path, folder: Path) -> Path:
    """The absolute ``folder`` of the system whose root is ``root``."""
    return folder if root == Path(root.anchor) else root / folder.relative_to(folder.anchor)


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
    folder = below(root, config) / "systemd" / "user"
    line = " ".join(unit_word(word) for word in command)
    return [
        SetupFile(root, folder / SERVICE, UNIT.format(marker=MARKER, command=line)),
        SetupFile(root, folder / "default.target.wants" / SERVICE, f"../{SERVICE}", is_link=True),
    ]


def live_command(program: Sequence[str], device: int | None, options: Sequence[str], *, module: bool) -> list[str]:
    """The command line of the service: `cyclorama live` with ``options``, and the virtual camera by default.

    ``module``: whether it is that of v4l2loopback.
    """
    to = any(word in ("-t", "--to") or word.startswith("--to=") for word in options)
    place = LABEL if device is None else f"/dev/video{device}"
    camera = [] if to else ["--to", f"camera:{place}" if module else "camera"]
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
