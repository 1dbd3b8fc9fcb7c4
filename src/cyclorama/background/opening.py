"""Open the background that a ``--background`` value names."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from cyclorama.background.base import Background
from cyclorama.background.blur import Blur
from cyclorama.background.gradient import gradient
from cyclorama.background.image import image
from cyclorama.background.in_step import InStep
from cyclorama.background.solid import solid
from cyclorama.background.spec import BackgroundKind, BackgroundSpec, parse_background
from cyclorama.background.video import Video
from cyclorama.clips.readers import is_animation
from cyclorama.core.errors import SettingsError
from cyclorama.core.frames import U8, SizeWH
from cyclorama.pictures.decode import NotAPictureError


class OutputMode(Enum):
    """What the composite shows instead of the room."""

    REPLACE = "replace"
    """A background; opaque BGR."""
    TRANSPARENT = "transparent"
    """Nothing: BGRA."""
    MATTE = "matte"
    """The matte itself, grey."""
    RAW = "raw"
    """The room, unchanged: the user asked for ``none``."""


@dataclass(frozen=True, slots=True)
class BackgroundChoice:
    """An opened ``--background``; ``background`` is set exactly where ``mode`` is REPLACE. ``name``: for people."""

    mode: OutputMode
    name: str
    background: Background | None = None


MODES = {
    BackgroundKind.TRANSPARENT: OutputMode.TRANSPARENT,
    BackgroundKind.MATTE: OutputMode.MATTE,
    BackgroundKind.NONE: OutputMode.RAW,
}


def open_background(text: str) -> BackgroundChoice:
    """Parse and open a ``--background`` value. Raises SettingsError where it cannot be used."""
    spec = parse_background(text)
    if spec.kind in MODES:
        return BackgroundChoice(MODES[spec.kind], spec.kind.value)
    return BackgroundChoice(OutputMode.REPLACE, spec.text, _open(spec))


def first_picture(text: str, size_wh: SizeWH) -> U8 | None:
    """The first picture of a background that is a picture, clip or colour, BGR uint8 of ``size_wh``; None for one that
    is made of the room. Raises SettingsError."""
    background = open_background(text).background
    assert background is not None, f"{text} is a mode of output"
    with closing(background):
        return background.card(size_wh, 0.0)


def open_in_step(text: str) -> BackgroundChoice:
    """Open a picture, or a clip that is to play in step with the one in front. Raises SettingsError."""
    spec = parse_background(text)
    if spec.path is None:
        raise SettingsError(f"{text!r} is no clip and no picture: what needs no file is for --background")
    return BackgroundChoice(OutputMode.REPLACE, spec.text, _open_file(spec.text, spec.path, InStep))


def _open(spec: BackgroundSpec) -> Background:
    if spec.kind is BackgroundKind.BLUR:
        return Blur(spec.text, spec.strength)
    if spec.kind is BackgroundKind.COLOR:
        return solid(spec.text, spec.colors[0])
    if spec.kind is BackgroundKind.GRADIENT:
        return gradient(spec.text, spec.colors, spec.angle_deg)
    assert spec.path is not None
    return _open_file(spec.text, spec.path, Video)


def _open_file(name: str, path: Path, video: type[Video]) -> Background:
    if is_animation(path):  # a GIF that stands still is a clip of one frame
        return video(name, path)
    try:
        return image(name, path)
    except NotAPictureError as no_picture:
        try:
            return video(name, path)
        except SettingsError as no_video:
            raise SettingsError(
                f"background {path} is neither a picture nor a video that can be read: "
                "use a JPEG, PNG, WebP, MP4 or GIF"
            ) from (no_video if no_video.__cause__ else no_picture)
