"""Write profiles into a settings file, which keeps its comments and its order."""

from __future__ import annotations

import logging
import os
import re
import stat
import tomllib
from collections.abc import Mapping
from pathlib import Path

import tomlkit
from tomlkit.exceptions import TOMLKitError

from cyclorama.core.errors import SettingsError, SinkError, reason
from cyclorama.files.part_file import write_whole
from cyclorama.settings.written import Written

log = logging.getLogger(__name__)

NAME = re.compile(r"[\w-]{1,64}")
MOST = 100


def save_profile(file: Path, name: str, values: Mapping[str, Written]) -> None:
    """Write ``[profile.NAME]`` with ``values`` by key into ``file``, which is made where there is none.

    An older profile of that name is replaced. A link stays one, and the file keeps its mode. Raises SettingsError for a
    wrong name or a file that is no TOML or may not be changed, SinkError where it cannot be written.
    """
    if NAME.fullmatch(name) is None:
        raise SettingsError(f"{name!r} is no name for a profile: use up to 64 letters, digits, - and _")
    file = Path(os.path.realpath(file))
    if file.exists() and not os.access(file, os.W_OK):
        raise SettingsError(f"{file} may not be changed: allow it with chmod u+w, or write the profile by hand")
    mode = stat.S_IMODE(file.stat().st_mode) if file.exists() else None
    text = _with_profile(file, name, {key: value for key, value in values.items() if value is not None})
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        write_whole(file, text.encode(), overwrite=True)
        if mode is not None:
            file.chmod(mode)
    except OSError as error:
        raise SinkError(f"the profile cannot be kept in {file}: {reason(error)}; check its folder") from error


def _with_profile(file: Path, name: str, values: dict[str, Written]) -> str:
    """The text of ``file`` with the profile; everything else in it means what it meant."""
    document = _parsed(file)
    wanted = document.unwrap()
    others = wanted.setdefault("profile", {})
    if isinstance(others, dict) and name not in others and len(others) >= MOST:
        raise SettingsError(f"{file} has {MOST} profiles: delete one that you do not need")
    try:
        others[name] = values
        profiles = document.setdefault("profile", tomlkit.table(is_super_table=True))
        table = tomlkit.table()
        for key, value in values.items():
            table.add(key, value)
        profiles[name] = table
        text = tomlkit.dumps(document)
        if tomllib.loads(text) == wanted:
            return text
    except (TOMLKitError, TypeError, ValueError, AttributeError) as error:
        log.debug("%s takes no profile", file, exc_info=error)
    raise SettingsError(f"{file} is written in a way that takes no new profile: write a table [profile.{name}] by hand")


def _parsed(file: Path) -> tomlkit.TOMLDocument:
    try:
        return tomlkit.parse(file.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        return tomlkit.document()
    except OSError as error:
        raise SettingsError(f"cannot read the settings file {file}: {reason(error)}; check its rights") from error
    except (TOMLKitError, UnicodeDecodeError) as error:
        raise SettingsError(f"{file} is no valid TOML: {error}; mend it before a profile is saved there") from error
