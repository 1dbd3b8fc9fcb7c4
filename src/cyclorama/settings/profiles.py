"""Write profiles into a settings file, which keeps its comments and its order."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import tomlkit
from tomlkit.exceptions import TOMLKitError

from cyclorama.core.errors import SettingsError, reason
from cyclorama.files.part_file import write_whole
from cyclorama.settings.written import Written

NAME = re.compile(r"[\w-]{1,64}")
MOST = 100


def save_profile(file: Path, name: str, values: Mapping[str, Written]) -> None:
    """Write ``[profile.NAME]`` with ``values`` by key into ``file``, which is made where there is none.

    An older profile of that name is replaced. Raises SettingsError for a wrong name or a file that is no TOML,
    SinkError where it cannot be written.
    """
    if NAME.fullmatch(name) is None:
        raise SettingsError(f"{name!r} is no name for a profile: use up to 64 letters, digits, - and _")
    document = _parsed(file)
    profiles = document.setdefault("profile", tomlkit.table(is_super_table=True))
    if name not in profiles and len(profiles) >= MOST:
        raise SettingsError(f"{file} has {MOST} profiles: delete one that you do not need")
    table = tomlkit.table()
    for key, value in values.items():
        if value is not None:
            table.add(key, value)
    profiles[name] = table
    file.parent.mkdir(parents=True, exist_ok=True)
    write_whole(file, tomlkit.dumps(document).encode(), overwrite=True)


def _parsed(file: Path) -> tomlkit.TOMLDocument:
    try:
        return tomlkit.parse(file.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        return tomlkit.document()
    except OSError as error:
        raise SettingsError(f"cannot read the settings file {file}: {reason(error)}; check its rights") from error
    except (TOMLKitError, UnicodeDecodeError) as error:
        raise SettingsError(f"{file} is no valid TOML: {error}; mend it before a profile is saved there") from error
