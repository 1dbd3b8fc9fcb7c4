"""Parse the value of ``--background``."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from PIL import ImageColor

from cyclorama.background.builtin import list_builtin
from cyclorama.core.errors import SettingsError
from cyclorama.core.suggest import did_you_mean
from cyclorama.files.names import user_path
from cyclorama.settings.reading import as_text

DEFAULT_STRENGTH = 0.5
DEFAULT_ANGLE_DEG = 90.0

Rgb = tuple[int, int, int]


class BackgroundKind(Enum):
    """The forms that ``--background`` takes."""

    BLUR = "blur"
    COLOR = "color"
    GRADIENT = "gradient"
    FILE = "file"
    TRANSPARENT = "transparent"
    MATTE = "matte"
    NONE = "none"


KEYWORDS = tuple(kind.value for kind in BackgroundKind if kind is not BackgroundKind.FILE)


@dataclass(frozen=True, slots=True)
class BackgroundSpec:
    """A parsed ``--background``.

    ``text``: what the user wrote. ``strength``: of a blur, 0 to 1. ``colors``: RGB, one of a colour, two of a
    gradient. ``angle_deg``: where a gradient runs to, 0 = to the right, 90 = downwards. ``path``: of a picture or clip.
    """

    kind: BackgroundKind
    text: str
    strength: float = DEFAULT_STRENGTH
    colors: tuple[Rgb, ...] = ()
    angle_deg: float = DEFAULT_ANGLE_DEG
    path: Path | None = None


def forms() -> str:
    """All forms in one line, for messages and help."""
    own = ", ".join(list_builtin())
    return (
        "blur[:STRENGTH 0..1], color:NAME|#rrggbb, gradient:A,B[,ANGLE], a picture, a video or GIF, "
        + (f"one of our own ({own}), " if own else "")
        + "transparent, matte, none"
    )


def shows_room(text: object) -> bool:
    """Whether a ``--background`` value asks for the room as it is, however it is written."""
    return isinstance(text, str) and text.partition(":")[0].strip().lower() == BackgroundKind.NONE.value


def parse_background(text: str | os.PathLike[str]) -> BackgroundSpec:
    """Read one ``--background`` value; a file has to exist, but is not opened. Raises SettingsError."""
    try:
        text = as_text(text).strip()
    except ValueError as error:
        raise SettingsError(f"the background cannot be used: {error}") from None
    word, colon, rest = text.partition(":")
    word = word.strip().lower()
    if word in KEYWORDS:
        kind = BackgroundKind(word)
        if kind is BackgroundKind.BLUR:
            strength = _number(rest, text, "a strength", 0.0, 1.0) if colon else DEFAULT_STRENGTH
            return BackgroundSpec(kind, text, strength=strength)
        if kind is BackgroundKind.COLOR:
            return BackgroundSpec(kind, text, colors=(_color(rest, text),))
        if kind is BackgroundKind.GRADIENT:
            return _gradient(rest, text)
        if not colon:
            if kind is BackgroundKind.NONE and text != kind.value:  # as Python writes a value that was left out
                raise SettingsError(f"background {text!r}: write none, in small letters, to send the room as it is")
            return BackgroundSpec(kind, text)
        raise SettingsError(f"background {text!r}: {word} takes nothing after it; write {word}")
    builtin = list_builtin()
    if text in builtin:
        return BackgroundSpec(BackgroundKind.FILE, text, path=builtin[text])
    return BackgroundSpec(BackgroundKind.FILE, text, path=_file(text, (*KEYWORDS, *builtin)))


def _file(text: str, names: tuple[str, ...]) -> Path:
    path = Path()
    try:
        path = user_path(text)
        if text and path.is_file():
            return path
        folder = bool(text) and path.is_dir()
    except PermissionError as error:
        raise SettingsError(
            f"background {text!r} cannot be reached: no permission; check the folder's rights"
        ) from error
    except (OSError, RuntimeError, ValueError):  # a name too long or with a NUL, an unknown ~user: no file either way
        folder = False
    if folder:
        raise SettingsError(f"background {text!r} is a folder: name one picture or video in it")
    if _is_color(text):
        hint = f"; did you mean color:{text}?"
    else:
        near = did_you_mean(text.partition(":")[0], names, otherwise="")
        hint = f"; {near}" if near else "."
    problem = "there is no such file" if path.suffix or len(path.parts) > 1 else "this is no background and no file"
    more = f"Forms: {forms()}" if hint == "." else "cyclorama backgrounds lists them"
    raise SettingsError(f"background {text!r}: {problem}{hint} {more}")


def _number(word: str, text: str, what: str, low: float, high: float) -> float:
    try:
        value = float(word)
    except ValueError:
        value = math.nan
    if not low <= value <= high:
        raise SettingsError(f"background {text!r}: {word!r} is not {what} from {low:g} to {high:g}")
    return value


def _is_color(word: str) -> bool:
    try:
        ImageColor.getrgb(word)
    except ValueError:
        return False
    return True


def _color(word: str, text: str) -> Rgb:
    word = word.strip()
    try:
        red, green, blue = ImageColor.getrgb(word)[:3]
    except ValueError:
        near = did_you_mean(word, ImageColor.colormap, otherwise="")
        hint = f"{near} Write" if near else "write"
        raise SettingsError(
            f"background {text!r}: {word!r} is no colour; {hint} a CSS name or #rrggbb, as in color:teal or "
            "color:#1e2a38"
        ) from None
    return red, green, blue


def _gradient(rest: str, text: str) -> BackgroundSpec:
    parts = rest.split(",")
    if len(parts) not in (2, 3):
        raise SettingsError(f"background {text!r}: write gradient:A,B[,ANGLE], as in gradient:navy,#f0c8a0,90")
    angle = _number(parts[2], text, "an angle in degrees", -360.0, 360.0) if len(parts) == 3 else DEFAULT_ANGLE_DEG
    colors = (_color(parts[0], text), _color(parts[1], text))
    return BackgroundSpec(BackgroundKind.GRADIENT, text, colors=colors, angle_deg=angle)
