"""Keyword arguments as settings: named, read and checked as the command line's options are."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from pathlib import Path

from cyclorama.core.errors import SettingsError
from cyclorama.settings.sources import KEYS, hint, load_settings
from cyclorama.settings.values import Settings

MATTING = ("model", "provider", "quality", "every", "smooth", "edge", "threshold")
PICTURE = ("size", "mirror", "rotate", "fit", "frame", "zoom", "pan")
COMPOSE = ("background", "light_wrap")
CLIP = ("size", "fit", "fps", "codec", "crf")
"""Settings of one clip: what a settings file says of them is meant for the camera."""
CONVERT = (*COMPOSE, *MATTING, "hardware")
LIVE = tuple(KEYS)
RECORD = tuple(key for key in KEYS if key not in ("to", "on_demand", "away"))


def read_settings(
    given: Mapping[str, object],
    allowed: Collection[str],
    *,
    config: str | os.PathLike[str] | None = None,
    profile: str | None = None,
    overwrite: bool = False,
    only: Collection[str] | None = None,
) -> Settings:
    """The settings of ``given``, over those of the file ``config`` where there is one. None stands for "not given".

    Neither the environment nor a ``cyclorama.toml`` that happens to lie about is read: that is the user's word to the
    command line. ``only``: keys that count in the file. Raises SettingsError.
    """
    for key in given:
        if key not in allowed:
            raise unknown("setting", key, allowed)
    if profile is not None and config is None:
        raise SettingsError(f"profile {profile!r} is a table of a settings file: give config too")
    return load_settings(
        {key: _as_written(value) for key, value in given.items()},
        config=None if config is None else Path(config),
        profile=profile,
        overwrite=overwrite,
        only=only,
        environ={},
        folders=(),
    )


def unknown(kind: str, name: str, known: Collection[str]) -> SettingsError:
    """The error for a ``name`` that is none of ``known``, with the nearest."""
    return SettingsError(f"there is no {kind} {name!r} here{hint(name, known)}")


def _as_written(value: object) -> object:
    """Paths, and sizes as pairs of whole numbers, in the form that files and options have."""
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if isinstance(value, list | tuple):
        if len(value) == 2 and all(type(part) is int for part in value):
            return "x".join(map(str, value))
        return [_as_written(part) for part in value]
    return value
