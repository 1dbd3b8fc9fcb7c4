"""Where settings come from: defaults < ``cyclorama.toml`` < ``CYCLORAMA_*`` < options.

One flat set of keys, the names of the options with underscores. A file may hold them at its top and, for
``--profile NAME``, in a table ``[profile.NAME]``, which goes over the top.
"""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import platformdirs

from cyclorama.core.errors import SettingsError
from cyclorama.settings.values import (
    CaptureSettings,
    ComposeSettings,
    EncodingSettings,
    MattingSettings,
    Settings,
    problem,
)

FILE_NAME = "cyclorama.toml"
PREFIX = "CYCLORAMA_"
RESERVED = re.compile(r"CYCLORAMA_(DEBUG|MODELS_DIR|E2E.*)")
"""Variables of this program that are no settings."""
NAMED_SIZES = {
    "480p": (854, 480),
    "720p": (1280, 720),
    "1080p": (1920, 1080),
    "1440p": (2560, 1440),
    "4k": (3840, 2160),
}
TRUE, FALSE = ("1", "true", "yes", "on"), ("0", "false", "no", "off")


@dataclass(frozen=True, slots=True)
class _Given:
    """A value as it was written, and where: ``--fps``, ``CYCLORAMA_FPS``, ``cyclorama.toml: fps``."""

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
    """Join all layers.

    ``options``: by key, None = not given; text is read as in the environment. ``config``: this file instead of the
    first ``cyclorama.toml`` in ``folders`` (the current folder, then the user's configuration folder). ``only``: keys
    that count in a file or variable; the others are checked there and left at their defaults. Raises SettingsError,
    naming the option, variable or key at fault.
    """
    given: dict[str, _Given] = {}
    given.update(_from_file(config, profile, default_folders() if folders is None else folders))
    given.update(_from_environment(os.environ if environ is None else environ))
    for key, value in (options or {}).items():
        if value is not None and value != []:
            given[key] = _Given(value, "--" + key.replace("_", "-"))
    values = {key: _read(key, item) for key, item in given.items()}
    if only is not None:
        values = {key: value for key, value in values.items() if key in only or (options or {}).get(key) is not None}
    return _settings(values, overwrite)


def default_folders() -> list[Path]:
    """Where ``cyclorama.toml`` is looked for, the first one found is read."""
    return [Path(), Path(platformdirs.user_config_dir("cyclorama", appauthor=False))]


def _settings(values: dict[str, Any], overwrite: bool) -> Settings:
    renamed = {"size": "size_wh", "duration": "duration_s", "pan": "pan_xy"}

    def pick(*keys: str) -> dict[str, Any]:
        return {renamed.get(key, key): values[key] for key in keys if key in values}

    return Settings(
        **pick("source", "to", "away", "audio", "mic", "on_demand", "duration", "stats"),
        capture=CaptureSettings(**pick("size", "fps", "mirror", "rotate", "fit", "frame", "zoom", "pan")),
        matting=MattingSettings(**pick("model", "provider", "quality", "every", "smooth", "edge", "threshold")),
        compose=ComposeSettings(**pick("background", "light_wrap")),
        encoding=EncodingSettings(**pick("codec", "crf", "hardware")),
        overwrite=overwrite,
    )


def _from_file(config: Path | None, profile: str | None, folders: Iterable[Path]) -> dict[str, _Given]:
    if config is not None:
        path = config.expanduser()
    else:
        found = next((folder / FILE_NAME for folder in folders if (folder / FILE_NAME).is_file()), None)
        if found is None:
            if profile is not None:
                raise SettingsError(
                    f"--profile {profile}: there is no {FILE_NAME} that could hold it; write one here, "
                    f"with a table [profile.{profile}], or give --config FILE"
                )
            return {}
        path = found
    table = _parse_file(path)
    profiles = table.pop("profile", {})
    _check_profiles(profiles, path)
    given = _known(table, path, "")
    if profile is not None:
        if profile not in profiles:
            raise SettingsError(f"--profile {profile}: {path} has no such profile{hint(profile, profiles)}")
        given.update(_known(profiles[profile], path, f"[profile.{profile}] "))
    return given


def _check_profiles(profiles: Any, path: Path) -> None:
    """All profiles, used or not: a typing error in one shows at once."""
    if not isinstance(profiles, dict) or not all(isinstance(table, dict) for table in profiles.values()):
        raise SettingsError(f"{path}: profile has to be a table of tables: write [profile.NAME] above its keys")
    for name, table in profiles.items():
        for key, item in _known(table, path, f"[profile.{name}] ").items():
            _read(key, item)


def _parse_file(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))  # some editors of Windows begin a file with a mark
    except OSError as error:
        raise SettingsError(
            f"cannot read the settings file {path}: {error.strerror}; check its name and rights"
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(
            f'{path} is no valid TOML: {error}; settings look like fps = 30 or background = "blur"'
        ) from error


def _known(table: dict[str, Any], path: Path, place: str) -> dict[str, _Given]:
    for key in table:
        if key not in KEYS:
            if isinstance(table[key], dict):
                raise SettingsError(f"{path}: there is no table [{place}{key}]: a profile is written [profile.{key}]")
            near = difflib.get_close_matches(key.replace("-", "_").lower(), KEYS, n=1)
            did = f"did you mean {near[0]}?" if near else f"known are {', '.join(KEYS)}"
            raise SettingsError(f"{path}: there is no setting {place}{key}: {did}")
    return {key: _Given(value, f"{path}: {place}{key}") for key, value in table.items()}


def _from_environment(environ: Mapping[str, str]) -> dict[str, _Given]:
    given = {}
    for name, value in sorted(environ.items()):
        if not name.startswith(PREFIX) or RESERVED.fullmatch(name):
            continue
        key = name.removeprefix(PREFIX).lower()
        if key not in KEYS:
            near = difflib.get_close_matches(key, KEYS, n=1)
            did = f"did you mean {PREFIX}{near[0].upper()}?" if near else f"known are {', '.join(KEYS).upper()}"
            raise SettingsError(f"there is no setting {name}: {did} (unset {name} removes it)")
        given[key] = _Given(value, name)
    return given


def hint(word: str, known: Collection[str]) -> str:
    """``: did you mean X?`` where one of ``known`` is near, else a list of all, else nothing."""
    near = difflib.get_close_matches(word, known, n=1)
    if near:
        return f": did you mean {near[0]}?"
    return f": there are {', '.join(known)}" if known else ""


def _read(key: str, given: _Given) -> Any:
    try:
        value = KEYS[key](given.value)
    except ValueError as error:
        raise SettingsError(f"{given.where}: {error}") from None
    wrong = problem(key, value)
    if wrong:
        raise SettingsError(f"{given.where}: {wrong}")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{value!r} is no text: put it in quotes")
    return value


def _source(value: Any) -> str:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else _text(value)


def _sinks(value: Any) -> tuple[str, ...]:
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(","))
    if isinstance(value, list | tuple) and all(isinstance(part, str) for part in value):
        return tuple(value)
    raise ValueError(f"{value!r} is neither a text nor a list of texts")


def _number(value: Any) -> float:
    if isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            raise ValueError(f"{value!r} is not a number") from None
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    raise ValueError(f"{value!r} is not a number")


def _whole(value: Any) -> int:
    number = _number(value)
    if not number.is_integer():
        raise ValueError(f"{value!r} is not a whole number")
    return int(number)


def _every(value: Any) -> int:
    if value == "auto":
        return 0
    try:
        return _whole(value)
    except ValueError:
        raise ValueError(f"{value!r} is neither auto nor a whole number") from None


def _flag(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in TRUE + FALSE:
        return value.lower() in TRUE
    raise ValueError(f"{value!r} is neither true nor false")


def _size(value: Any) -> tuple[int, int]:
    text = value.strip().lower() if isinstance(value, str) else ""
    if text in NAMED_SIZES:
        return NAMED_SIZES[text]
    match = re.fullmatch(r"(\d{1,6})[x×](\d{1,6})", text)
    if match is None:
        raise ValueError(
            f"{value!r} is no size: write WIDTHxHEIGHT, as in 1280x720, or one of {', '.join(NAMED_SIZES)}"
        )
    return int(match[1]), int(match[2])


def _frame(value: Any) -> str:
    return "off" if value is False else _text(value)


def _pan(value: Any) -> tuple[float, ...]:
    parts = value.split(",") if isinstance(value, str) else value
    if not isinstance(parts, list | tuple) or len(parts) != 2:
        raise ValueError(f"{value!r} is not two numbers: write X,Y, as in -0.5,0")
    return tuple(_number(part) for part in parts)


def _path(value: Any) -> Path:
    text = _text(value)
    if not text:
        raise ValueError("it is empty")
    return Path(text).expanduser()


KEYS: dict[str, Callable[[Any], Any]] = {
    "source": _source,
    "to": _sinks,
    "background": _text,
    "model": _text,
    "provider": _text,
    "quality": _text,
    "size": _size,
    "fps": _number,
    "mirror": _flag,
    "rotate": _whole,
    "fit": _text,
    "frame": _frame,
    "zoom": _number,
    "pan": _pan,
    "every": _every,
    "smooth": _number,
    "edge": _number,
    "light_wrap": _number,
    "threshold": _number,
    "codec": _text,
    "crf": _whole,
    "hardware": _flag,
    "away": _text,
    "audio": _flag,
    "mic": _source,
    "on_demand": _flag,
    "duration": _number,
    "stats": _path,
}
"""Every key and how its value is read, from text or from TOML. The readers raise ValueError."""
