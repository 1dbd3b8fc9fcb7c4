"""The entry in the system's menu of programs that starts `cyclorama panel` without a terminal."""

from __future__ import annotations

from pathlib import Path

import platformdirs

from cyclorama.core.errors import SinkError, reason
from cyclorama.setup.desktop_entry import desktop_files
from cyclorama.setup.files import SetupFile
from cyclorama.setup.mac_bundle import bundle_files
from cyclorama.setup.machine import program_without_terminal
from cyclorama.setup.shortcut import shortcut_files


def menu_files(platform: str, root: Path, version: str) -> list[SetupFile]:
    """The files of the entry. ``platform``: as ``sys.platform``. ``version``: of cyclorama.

    Raises SettingsError for a path that the entry cannot hold, SinkError where the installation lacks the icon.
    """
    command = [*program_without_terminal(platform), "panel"]
    applications, home = platformdirs.user_applications_path().absolute(), Path.home()
    try:
        if platform == "win32":
            return shortcut_files(root, applications, command, home)
        if platform == "darwin":
            return bundle_files(root, applications, command, home, version)
        return desktop_files(root, applications, command, home)
    except OSError as error:
        raise SinkError(f"cannot read the icon {error.filename}: {reason(error)}; install cyclorama again") from error
