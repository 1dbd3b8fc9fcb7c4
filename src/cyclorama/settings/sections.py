"""The settings of each part of the engine, one field per setting.

A field defines its setting: default, type, help and commands. ``table`` lists all settings by key; options, files,
variables, help and the reference page are derived from it. The classes are frozen and validate themselves.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

from cyclorama.core.errors import SettingsError
from cyclorama.settings.kinds import Choice, Flag, Number, Text, Whole
from cyclorama.settings.picture_kinds import Pair, Size
from cyclorama.settings.setting import setting, settings_of

if TYPE_CHECKING:
    from cyclorama.core.frames import SizeWH  # imports numpy, which the command line's help must not

Fit = Literal["cover", "contain"]
Rotation = Literal[0, 90, 180, 270]
Quality = Literal["fast", "balanced", "best"]
Framing = Literal["off", "auto"]
RoomUse = Literal["auto", "capture", "off"]
Provider = Literal["auto", "tensorrt", "cuda", "coreml", "directml", "cpu"]
Codec = Literal["auto", "h264", "hevc", "vp9", "prores", "qtrle", "ffv1"]

SESSIONS = ("live", "record")
CLIPS = ("live", "record", "convert")
MOVING = ("live", "record", "convert", "bench")
OWN_BACKGROUNDS = "{own}"
"""Placeholder in a help text for the names of the built-in backgrounds, which a layer above knows."""


@dataclass(frozen=True, slots=True)
class Trim:
    """A part of a clip: from ``start_s`` to ``end_s``, in seconds from its first frame; ``end_s`` None = the clip's
    end."""

    start_s: float = 0.0
    end_s: float | None = None

    def __post_init__(self) -> None:
        end_s = math.inf if self.end_s is None else self.end_s
        if not 0 <= self.start_s < end_s:
            raise SettingsError(f"the setting trim cannot be used: nothing lies from {self.start_s:g} to {end_s:g} s")

    def within(self, whole: Trim) -> Trim | None:
        """This part in seconds from the start of ``whole``; None where some of it lies outside."""
        end_s = math.inf if self.end_s is None else self.end_s
        if self.start_s < whole.start_s or (whole.end_s is not None and end_s > whole.end_s):
            return None
        return Trim(self.start_s - whole.start_s, None if self.end_s is None else end_s - whole.start_s)


WHOLE = Trim()


@dataclass(frozen=True, slots=True)
class CaptureSettings:
    """What to request from the source, and how its frames are rotated, framed and scaled before any other stage."""

    size_wh: SizeWH | None = setting(
        None,
        Size(),
        "1280x720, 720p, 1080p, 4k, ...",
        group="capture",
        commands=MOVING,
        unset="the source's; cameras 720p",
        command_help={"convert": "1280x720, 720p, 4k, ... [IN's]"},
        option_only=("convert",),
    )
    """Output width and height in pixels; None = the source's own (1280x720 is requested from cameras)."""
    fps: float | None = setting(
        None,
        Number(1, 240),
        "Frames a second.",
        group="capture",
        commands=MOVING,
        unset="the source's; cameras 30",
        command_help={"convert": "So many frames a second, evenly. [IN's own times]"},
        option_only=("convert",),
    )
    """Output frames per second; None = the source's own (30 is requested from cameras)."""
    mirror: bool = setting(False, Flag(), "Swap left and right.", group="capture", commands=SESSIONS, live=True)
    rotate: Rotation = setting(
        0, Choice(get_args(Rotation)), "Turn the picture clockwise.", group="capture", commands=SESSIONS, live=True
    )
    """Degrees, clockwise."""
    fit: Fit = setting(
        "cover",
        Choice(get_args(Fit)),
        "Cut to the size, or show everything.",
        group="capture",
        commands=CLIPS,
        live=True,
        option_only=("convert",),
    )
    """How to fit another aspect ratio: cover crops, contain adds bars that show the background."""
    frame: Framing = setting(
        "off",
        Choice(get_args(Framing)),
        "auto keeps faces at a steady place and size.",
        group="capture",
        commands=SESSIONS,
        live=True,
    )
    """auto = crop so that the faces keep their position and size."""
    zoom: float = setting(
        1.0, Number(1, 4), "Show a part of the picture larger.", group="capture", commands=SESSIONS, live=True
    )
    """Manual zoom factor; 1 = the whole picture."""
    pan_xy: tuple[float, float] = setting(
        (0.0, 0.0),
        Pair(-1, 1),
        "Which part: -1 is left or top, 1 right or bottom.",
        group="capture",
        commands=SESSIONS,
        live=True,
    )
    """Position of the zoomed crop, x and y, from -1 (left, top edge) to 1 (right, bottom edge)."""
    trim: Trim = WHOLE
    """The part to read of a clip that is read as a file."""

    def __post_init__(self) -> None:
        check_settings(self)
        if self.frame == "auto" and (self.zoom, self.pan_xy) != (1.0, (0.0, 0.0)):
            raise SettingsError("frame auto moves the view by itself: give --frame off with --zoom and --pan")


@dataclass(frozen=True, slots=True)
class MattingSettings:
    """The network and the processing of its alpha."""

    model: str = setting(
        "auto",
        Text(),
        "The network, auto picks.",
        group="matting",
        commands=MOVING,
        live=True,
        form="NAME",
    )
    provider: Provider = setting(
        "auto",
        Choice(get_args(Provider)),
        "The network runs on tensorrt, cuda, coreml, directml or cpu; auto is the first that works.",
        group="matting",
        commands=MOVING,
        live=True,
    )
    """Execution provider of an ONNX network; auto = the first that works on this machine."""
    quality: Literal["auto"] | Quality = setting(
        "auto",
        Choice(("auto", *get_args(Quality))),
        "fast, balanced or best; auto holds the rate, is best for files. Live, selfie's best costs up to double.",
        group="matting",
        commands=MOVING,
        live=True,
    )
    """Detail level of a network that offers several; auto = the best for files, and in a live session the best that
    holds the rate, for selfie at about a tenth more processor time than the least."""
    every: int = setting(
        0,
        Whole(0, 60, auto=True),
        "Run the network on every Nth frame, and where a part of you is lost; auto holds the rate.",
        group="matting",
        commands=MOVING,
        live=True,
    )
    """Run the network on every Nth frame, and where motion tracking loses a part of the matte; 0 = as often as the rate
    allows."""
    smooth: float = setting(
        0.5, Number(0, 1), "Calm the outline over time; 0 is off.", group="matting", commands=MOVING, live=True
    )
    """Temporal smoothing: 0 = off, 1 = strongest."""
    edge: float = setting(
        0.0,
        Number(-20, 20),
        "Move the outline: -20 trims, 20 keeps more, at 720 lines.",
        group="matting",
        commands=MOVING,
        live=True,
        form="PIXELS",
    )
    """Shift of the outline, in pixels of a 720-line picture: negative shrinks the matte, positive grows it."""
    threshold: float = setting(
        0.5,
        Number(0.05, 0.95),
        "Higher keeps less of the picture, lower more.",
        group="matting",
        commands=MOVING,
        live=True,
    )
    """The probability that is mapped to alpha 0.5."""
    room: RoomUse = setting(
        "auto",
        Choice(get_args(RoomUse)),
        "Remember the empty room for finer mattes: auto whenever nobody is seen for a second, capture once, after a "
        "countdown. Pays with a camera that stands still, and chairs, shelves or textured walls behind you.",
        group="matting",
        commands=("live",),
        live=True,
    )
    """How a live session learns what stands behind people: by itself, after a countdown, or not at all."""
    empty_room: Trim | None = None
    """The seconds of a clip, counted from the first frame, that show the empty room."""

    def __post_init__(self) -> None:
        check_settings(self)


@dataclass(frozen=True, slots=True)
class ComposeSettings:
    """The background, and how the person is blended with it."""

    background: str = setting(
        "blur",
        Text(),
        "blur[:STRENGTH 0..1], color:NAME|#rrggbb, gradient:A,B[,ANGLE], a picture, a video or GIF, one of our own "
        f"({OWN_BACKGROUNDS}), transparent, matte or none.",
        group="background",
        commands=MOVING,
        live=True,
        short="-b",
        form="WHAT",
    )
    light_wrap: float = setting(
        0.3,
        Number(0, 1),
        "A new background's light on the person's edge.",
        group="background",
        commands=MOVING,
        live=True,
    )
    """Strength of the background's light on the person's edge, 0 to 1."""
    in_step: bool = False
    """Play a background clip once, synchronous with the foreground clip, instead of looping it at its own rate."""

    def __post_init__(self) -> None:
        check_settings(self)


@dataclass(frozen=True, slots=True)
class EncodingSettings:
    """How a clip is encoded."""

    codec: Codec = setting(
        "auto",
        Choice(get_args(Codec)),
        "h264, hevc, vp9, prores, qtrle or ffv1, as the extension allows.",
        group="encoding",
        commands=CLIPS,
        option_only=("convert",),
    )
    """auto = the usual codec of the file's extension."""
    crf: int | None = setting(
        None,
        Whole(0, 63),
        "Rate factor: lower is better and larger.",
        group="encoding",
        commands=CLIPS,
        unset="h264 20, hevc 22, vp9 24",
        option_only=("convert",),
    )
    """Constant rate factor of H.264, HEVC and VP9; None = 20, 22 and 24."""
    hardware: bool = setting(
        True, Flag(), "A hardware encoder does H.264 and HEVC where one works.", group="encoding", commands=CLIPS
    )

    def __post_init__(self) -> None:
        check_settings(self)


def check_settings(section: Any) -> None:
    """Validate the settings among the fields of ``section``. Raises SettingsError."""
    for row in settings_of(section.__class__):
        if "." not in row.path and (wrong := row.problem(getattr(section, row.path))):
            raise SettingsError(f"the setting {row.key} cannot be used: {wrong}")
