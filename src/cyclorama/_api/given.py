"""Keyword arguments as settings: named, parsed and validated as the command line's options are."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from pathlib import Path

from cyclorama.core.errors import SettingsError
from cyclorama.core.suggest import did_you_mean
from cyclorama.settings.change import change_settings
from cyclorama.settings.setting import settings_of
from cyclorama.settings.sources import load_settings
from cyclorama.settings.table import file_keys, of_command
from cyclorama.settings.values import CaptureSettings, MattingSettings, Settings

MATTING = tuple(row.key for row in settings_of(MattingSettings))
PICTURE = tuple(row.key for row in settings_of(CaptureSettings) if row.key != "fps")
COMPOSE = ("background", "light_wrap")
LIVE, RECORD, CONVERT = (tuple(row.key for row in of_command(command)) for command in ("live", "record", "convert"))
CONVERT_FILE = file_keys("convert")
"""Keys that a settings file may set for ``convert``: its size, fps and the like are meant for the camera."""


def read_settings(
    given: Mapping[str, object],
    allowed: Collection[str],
    *,
    config: str | os.PathLike[str] | None = None,
    profile: str | None = None,
    overwrite: bool = False,
    only: Collection[str] | None = None,
) -> Settings:
    """The settings in ``given``, which override those of the file ``config``. None means "not given".

    The environment and a ``cyclorama.toml`` in the current folder are ignored: they are meant for the command line.
    ``only``: keys that the file may set. Raises SettingsError.
    """
    for key in given:
        if key not in allowed:
            raise unknown("setting", key, allowed)
    if profile is not None and config is None:
        raise SettingsError(f"profile {profile!r} is a table of a settings file: give config too")
    path = None if config is None else Path(config)
    begin = load_settings(config=path, profile=profile, overwrite=overwrite, only=only, environ={}, folders=())
    return change_settings(begin, **{key: value for key, value in given.items() if value is not None})


def unknown(kind: str, name: str, known: Collection[str]) -> SettingsError:
    """The error for an unknown ``name``; suggests the nearest of ``known``."""
    return SettingsError(f"there is no {kind} {name!r} here: {did_you_mean(name, known)}")
