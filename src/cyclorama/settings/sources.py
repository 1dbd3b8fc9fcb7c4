"""Load settings from their sources: defaults < ``cyclorama.toml`` < ``CYCLORAMA_*`` < options.

Keys are flat: option names with underscores. A file has them at its top level and, for ``--profile NAME``, in the table
``[profile.NAME]``, which overrides the top level.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import platformdirs

from cyclorama.core.errors import SettingsError, reason
from cyclorama.core.suggest import did_you_mean
from cyclorama.files.names import user_path
from cyclorama.settings.change import find_setting, with_values
from cyclorama.settings.setting import PREFIX
from cyclorama.settings.table import SETTINGS
from cyclorama.settings.values import Settings

FILE_NAME = "cyclorama.toml"
RESERVED = re.compile(r"CYCLORAMA_(DEBUG|MODELS_DIR|RUNTIME_DIR|E2E.*)")
"""Environment variables of this program that are not settings."""


@dataclass(frozen=True, slots=True)
class _Given:
    """An unparsed value and its source: ``--fps``, ``CYCLORAMA_FPS``, ``cyclorama.toml: fps``."""

    value: Any
    where: str


def load_settings(
    options: Mapping[str, Any] | None = None,
    *,
    config: Path | None = None,
    profile: str | None = None,
    overwrite: bool = False,
    only: Collection[str] | None = None,
    environ: Mapping[str, str] | None = None,
    folders: Iterable[Path] | None = None,
) -> Settings:
    """Merge all sources.

    ``options``: by key, None = not given; text is parsed as in the environment. ``config``: a settings file to read
    instead of the first ``cyclorama.toml`` in ``folders`` (the current folder, then the user's configuration folder).
    ``only``: keys that a file or variable may set; others are validated there but keep their defaults. Raises
    SettingsError, which names the option, variable or key.
    """
    given: dict[str, _Given] = {}
    given.update(_from_file(config, profile, default_folders() if folders is None else folders))
    given.update(_from_environment(os.environ if environ is None else environ))
    for key, value in (options or {}).items():
        if value is not None and value not in ([], ()):
            given[key] = _Given(value, find_setting(key).option)
    values = {key: _read(key, item) for key, item in given.items()}
    if only is not None:
        values = {key: value for key, value in values.items() if key in only or (options or {}).get(key) is not None}
    return with_values(Settings(overwrite=overwrite), values)


def default_folders() -> list[Path]:
    """The folders to search for ``cyclorama.toml``, in order; the first file found is read."""
    return [Path(), Path(platformdirs.user_config_dir("cyclorama", appauthor=False))]


def settings_file(config: Path | None = None, folders: Iterable[Path] | None = None) -> Path | None:
    """The settings file that is read: ``config``, else the first one in ``folders``; None if there is none."""
    if config is not None:
        return user_path(config)
    places = default_folders() if folders is None else folders
    return next((folder / FILE_NAME for folder in places if (folder / FILE_NAME).is_file()), None)


def read_profiles(config: Path | None = None) -> dict[str, dict[str, Any]]:
    """The profiles of the settings file: typed values by key, by name. Raises SettingsError for a mistake in any."""
    path = settings_file(config)
    if path is None:
        return {}
    return _typed_profiles(_parse_file(path).get("profile", {}), path)


def _from_file(config: Path | None, profile: str | None, folders: Iterable[Path]) -> dict[str, _Given]:
    path = settings_file(config, folders)
    if path is None:
        if profile is not None:
            raise SettingsError(
                f"--profile {profile}: there is no {FILE_NAME} that could hold it; write one here, "
                f"with a table [profile.{profile}], or give --config FILE"
            )
        return {}
    table = _parse_file(path)
    profiles = table.pop("profile", {})
    _typed_profiles(profiles, path)  # all of them, used or not, so that a typing error shows at once
    given = _known(table, path, "")
    if profile is not None:
        if profile not in profiles:
            did = did_you_mean(profile, profiles) or f"write a table [profile.{profile}]"
            raise SettingsError(f"--profile {profile}: {path} has no such profile: {did}")
        given.update(_known(profiles[profile], path, f"[profile.{profile}] "))
    return given


def _typed_profiles(profiles: Any, path: Path) -> dict[str, dict[str, Any]]:
    """Typed values by key, by name. Raises SettingsError for a mistake in any."""
    if not isinstance(profiles, dict) or not all(isinstance(table, dict) for table in profiles.values()):
        raise SettingsError(f"{path}: profile has to be a table of tables: write [profile.NAME] above its keys")
    return {
        name: {key: _read(key, item) for key, item in _known(table, path, f"[profile.{name}] ").items()}
        for name, table in profiles.items()
    }


def _parse_file(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))  # some Windows editors write a byte order mark
    except OSError as error:
        raise SettingsError(
            f"cannot read the settings file {path}: {reason(error)}; check its name and rights"
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(
            f'{path} cannot be understood: {error}; settings look like fps = 30 or background = "blur"'
        ) from error


def _known(table: dict[str, Any], path: Path, place: str) -> dict[str, _Given]:
    for key in table:
        if key not in SETTINGS:
            if isinstance(table[key], dict):
                raise SettingsError(f"{path}: there is no table [{place}{key}]: a profile is written [profile.{key}]")
            raise SettingsError(f"{path}: there is no setting {place}{key}: {did_you_mean(key, SETTINGS)}")
    return {key: _Given(value, f"{path}: {place}{key}") for key, value in table.items()}


def _from_environment(environ: Mapping[str, str]) -> dict[str, _Given]:
    given = {}
    for name, value in sorted(environ.items()):
        if not name.startswith(PREFIX) or RESERVED.fullmatch(name):
            continue
        key = name.removeprefix(PREFIX).lower()
        if key not in SETTINGS:
            did = did_you_mean(key, map(str.upper, SETTINGS), prefix=PREFIX)
            raise SettingsError(f"there is no setting {name}: {did} (unset {name} removes it)")
        given[key] = _Given(value, name)
    return given


def _read(key: str, given: _Given) -> Any:
    try:
        return SETTINGS[key].read(given.value)
    except ValueError as error:
        raise SettingsError(f"{given.where}: {error}") from None
