"""The menu entry on macOS: an application in the user's folder of applications.

It is a script, so that nothing has to be compiled or signed. The script becomes Python, so that macOS asks for the
camera in the name of this application, with the words of its Info.plist.
"""

from __future__ import annotations

import plistlib
import shlex
from collections.abc import Sequence
from pathlib import Path

from cyclorama.files.assets import asset_path
from cyclorama.setup.files import MARKER, SetupFile, below

NAME = "cyclorama"
IDENTIFIER = "io.github.cyclorama-project.cyclorama"
LAUNCHER = """#!/bin/sh
{marker}
cd {folder} || exit
exec {command}
"""


def bundle_files(root: Path, applications: Path, command: Sequence[str], home: Path, version: str) -> list[SetupFile]:
    """The application that starts ``command`` in ``home``. ``applications``: its folder, absolute.

    The script comes first, and goes last: it has the marker of them all.
    """
    folder = below(root, applications)
    contents = folder / f"{NAME}.app" / "Contents"
    launcher = contents / "MacOS" / NAME
    source = asset_path("icon.icns")
    icon = source.read_bytes()
    return [
        SetupFile(folder.parent, launcher, launcher_script(command, home), mode=0o755),
        SetupFile(folder.parent, contents / "Info.plist", info_plist(version), marked=launcher),
        SetupFile(
            folder.parent,
            contents / "Resources" / f"{NAME}.icns",
            f"the icon, {len(icon)} bytes, as {source}",
            picture=icon,
            marked=launcher,
        ),
    ]


def launcher_script(command: Sequence[str], home: Path) -> str:
    """A shell script that becomes ``command``."""
    return LAUNCHER.format(marker=MARKER, folder=shlex.quote(str(home)), command=shlex.join(command))


def info_plist(version: str) -> str:
    """What macOS is told of the application, with the sentences of its questions for camera and microphone.

    LSUIElement: no icon in the Dock, which would wait for a window.
    """
    keys = {
        "CFBundleDisplayName": NAME,
        "CFBundleExecutable": NAME,
        "CFBundleIconFile": NAME,
        "CFBundleIdentifier": IDENTIFIER,
        "CFBundleInfoDictionaryVersion": "6.0",
        "CFBundleName": NAME,
        "CFBundlePackageType": "APPL",
        "CFBundleShortVersionString": version,
        "CFBundleVersion": version,
        "LSUIElement": True,
        "NSCameraUsageDescription": "cyclorama puts another background behind you. The picture stays on this Mac.",
        "NSMicrophoneUsageDescription": "cyclorama records your voice with your clips. The sound stays on this Mac.",
    }
    return plistlib.dumps(keys).decode()
