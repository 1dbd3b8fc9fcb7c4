"""The menu entry on Windows: a shortcut in the Start menu, through the shell's own interface (IShellLinkW)."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cyclorama.files.assets import asset_path
from cyclorama.setup.files import SetupFile, below

DESCRIPTION = "Calls, recordings and photos with a background of your choice"


@dataclass(frozen=True, slots=True)
class ShellLink:
    """What a shortcut says."""

    target: str
    arguments: str
    folder: str
    icon: str
    description: str = DESCRIPTION

    def __str__(self) -> str:
        target = subprocess.list2cmdline([self.target])
        return (
            f"starts  {target} {self.arguments}\nin      {self.folder}\nicon    {self.icon}\nsays    {self.description}"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Shortcut(SetupFile):
    """A shortcut that says ``link``. It is ours if it starts the same command, of whatever installation."""

    link: ShellLink

    def ours(self) -> bool:
        """Whether there is a shortcut with our arguments."""
        found = self._read()
        return found is not None and found.arguments == self.link.arguments

    def right(self) -> bool:
        """Whether the shortcut says all that it should."""
        return self._read() == self.link

    def create(self, path: Path) -> None:
        """Let the shell write it. Raises OSError."""
        write_link(path, self.link)

    def _read(self) -> ShellLink | None:
        try:
            return read_link(self.path) if self.path.is_file() else None
        except OSError:
            return None


def shortcut_files(root: Path, programs: Path, command: Sequence[str], home: Path) -> list[SetupFile]:
    """The shortcut to ``command``, which starts in ``home``. ``programs``: the folder of the Start menu, absolute."""
    folder = below(root, programs)
    link = ShellLink(command[0], subprocess.list2cmdline(command[1:]), str(home), str(asset_path("icon.ico")))
    return [Shortcut(folder, folder / "cyclorama.lnk", str(link), link=link)]


def write_link(path: Path, link: ShellLink) -> None:
    """Write a shortcut to ``path``, on the disk. Windows only. Raises OSError."""
    from comtypes import CoCreateInstance, COMError, shelllink
    from comtypes.persist import IPersistFile

    try:
        shell = CoCreateInstance(shelllink.ShellLink._reg_clsid_, shelllink.IShellLinkW)
        shell.SetPath(link.target)
        shell.SetArguments(link.arguments)
        shell.SetWorkingDirectory(link.folder)
        shell.SetIconLocation(link.icon, 0)
        shell.SetDescription(link.description)
        shell.QueryInterface(IPersistFile).Save(str(path), True)
    except COMError as error:
        raise OSError(error.hresult, f"the shell makes no shortcut: {error.text}") from error
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def read_link(path: Path) -> ShellLink:
    """What the shortcut at ``path`` says. Windows only. Raises OSError."""
    from comtypes import CoCreateInstance, COMError, shelllink
    from comtypes.persist import IPersistFile

    try:
        shell = CoCreateInstance(shelllink.ShellLink._reg_clsid_, shelllink.IShellLinkW)
        shell.QueryInterface(IPersistFile).Load(str(path), 0)
        return ShellLink(
            shell.GetPath(0),
            shell.GetArguments(),
            shell.GetWorkingDirectory(),
            shell.GetIconLocation()[0],
            shell.GetDescription(),
        )
    except COMError as error:
        raise OSError(error.hresult, f"{path} is no shortcut: {error.text}") from error
