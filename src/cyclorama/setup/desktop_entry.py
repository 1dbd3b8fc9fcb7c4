"""The menu entry on Linux: a desktop entry and its icon.

After the Desktop Entry Specification and the Icon Theme Specification of freedesktop.org.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from cyclorama.core.errors import SettingsError
from cyclorama.files.assets import asset_path
from cyclorama.setup.files import MARKER, SetupFile, below

RESERVED = re.compile(r"""[\s"'\\><~|&;$*?#()`]""")
"""Characters that an argument of Exec may only hold in quotes."""
ESCAPED = re.compile(r'["`$\\]')
"""Characters that take a backslash in quotes."""
IMPOSSIBLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
"""Characters that no value can hold: control characters without an escape, and bytes that are no UTF-8."""
THEME = Path("icons") / "hicolor"
ENTRY = """{marker}
[Desktop Entry]
Version=1.1
Type=Application
Name=cyclorama
GenericName=Virtual Background
Comment=Calls, recordings and photos with a background of your choice
Exec={command}
Path={folder}
Icon=cyclorama
Terminal=false
StartupNotify=false
Categories=AudioVideo;Video;
Keywords=webcam;camera;background;blur;call;meeting;portrait;
"""


def desktop_files(root: Path, applications: Path, command: Sequence[str], home: Path) -> list[SetupFile]:
    """The entry that starts ``command`` in ``home``, and its icon: at any size, and at 48 pixels as the theme requires.

    ``applications``: the user's folder of entries, absolute. Raises SettingsError for a command that no entry can hold.
    """
    data = below(root, applications.parent)
    entry = data / applications.name / "cyclorama.desktop"
    icons = data / THEME
    return [
        SetupFile(root, entry, desktop_entry(command, home)),
        _icon(root, icons / "scalable" / "apps" / "cyclorama.svg", "icon.svg", entry),
        _icon(root, icons / "48x48" / "apps" / "cyclorama.png", "icon-48.png", entry),
    ]


def desktop_entry(command: Sequence[str], home: Path) -> str:
    """The contents of the entry. Raises SettingsError."""
    return ENTRY.format(marker=MARKER, command=exec_line(command), folder=entry_value(str(home)))


def exec_line(command: Sequence[str]) -> str:
    """``command`` as the value of Exec. Raises SettingsError.

    A program may have no "=" in its path, and GLib looks for one with "%" under the escaped name: the shell starts
    those.
    """
    if re.search("[=%]", command[0]):
        command = ["sh", "-c", 'exec "$0" "$@"', *command]
    return entry_value(" ".join(exec_word(word) for word in command))


def exec_word(word: str) -> str:
    """One argument of Exec, quoted; not yet escaped as a value."""
    word = word.replace("%", "%%")
    if word and RESERVED.search(word) is None:
        return word
    return '"' + ESCAPED.sub(r"\\\g<0>", word) + '"'


def entry_value(text: str) -> str:
    """``text`` escaped as the value of a key. Raises SettingsError."""
    if IMPOSSIBLE.search(text):
        raise SettingsError(f"{text!r} holds a character that no menu entry can: install cyclorama in another folder")
    for plain, escaped in (("\\", "\\\\"), ("\n", r"\n"), ("\t", r"\t"), ("\r", r"\r")):
        text = text.replace(plain, escaped)
    return text


def refresh_icons(paths: Iterable[Path]) -> None:
    """Touch the themes among the folders of ``paths``: desktops keep a cache of icons that is older than its theme."""
    for theme in {folder for path in paths for folder in path.parents if folder.name == "hicolor"}:
        with suppress(OSError):
            os.utime(theme)


def _icon(root: Path, path: Path, asset: str, entry: Path) -> SetupFile:
    source = asset_path(asset)
    picture = source.read_bytes()
    return SetupFile(root, path, f"the icon, {len(picture)} bytes, as {source}", picture=picture, marked=entry)
