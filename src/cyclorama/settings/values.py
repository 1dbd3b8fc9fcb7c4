"""Every setting, its default and its meaning: the one place.

The snapshots are frozen and checked when they are made (SettingsError); a change makes a new one. How files,
environment and options fill them is in ``settings_sources``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, get_args

from cyclorama.core.errors import SettingsError
from cyclorama.core.frames import SizeWH

Fit = Literal["cover", "contain"]
Rotation = Literal[0, 90, 180, 270]
Quality = Literal["fast", "balanced", "best"]
Framing = Literal["off", "auto"]
Provider = Literal["auto", "tensorrt", "cuda", "coreml", "directml", "cpu"]
Codec = Literal["auto", "h264", "hevc", "vp9", "prores", "qtrle", "ffv1"]
SIDE = (16, 8192)
"""Smallest and largest width and height, in pixels."""
RANGES: dict[str, tuple[float, float]] = {
    "fps": (1, 240),
    "every": (0, 60),
    "smooth": (0, 1),
    "edge": (-20, 20),
    "threshold": (0.05, 0.95),
    "light_wrap": (0, 1),
    "duration": (0.1, 1e9),
    "zoom": (1, 4),
    "crf": (0, 63),
}
CHOICES: dict[str, tuple[object, ...]] = {
    "rotate": get_args(Rotation),
    "fit": get_args(Fit),
    "frame": get_args(Framing),
    "provider": get_args(Provider),
    "quality": ("auto", *get_args(Quality)),
    "codec": get_args(Codec),
}


def problem(key: str, value: object) -> str:
    """Why ``value`` cannot be the setting ``key``, as ``90.5 is not from 0 to 1``; empty where it can.

    ``key`` is the name that the option has, with underscores; None always stands for "not set".
    """
    if value is None:
        return ""
    if key in CHOICES and value not in CHOICES[key]:
        return f"{value!r} is not one of {', '.join(map(str, CHOICES[key]))}"
    if key in RANGES:
        low, high = RANGES[key]
        if not isinstance(value, int | float) or isinstance(value, bool) or not low <= value <= high:
            return f"{_plain(value)} is not a number from {low:g} to {high:g}"
    if key == "size":
        low, high = SIDE
        if not isinstance(value, tuple) or len(value) != 2 or not all(low <= side <= high for side in value):
            return f"{_plain(value)} is not a width and a height from {low} to {high} pixels"
    if key == "pan" and (not isinstance(value, tuple) or len(value) != 2 or not all(-1 <= part <= 1 for part in value)):
        return f"{value!r} is not two numbers from -1 to 1"
    if key in ("source", "background", "model", "away", "mic") and not value:
        return "it is empty"
    if key == "to" and (not isinstance(value, tuple) or not value or not all(value)):
        return "it names nothing to send to"
    return ""


def _plain(value: object) -> str:
    if isinstance(value, float):
        return f"{value:g}"
    return "x".join(map(str, value)) if isinstance(value, tuple) else repr(value)


def _check(**values: object) -> None:
    for key, value in values.items():
        wrong = problem(key, value)
        if wrong:
            raise SettingsError(f"the setting {key} cannot be used: {wrong}")


@dataclass(frozen=True, slots=True)
class Trim:
    """A part of a clip: from ``start_s``, seconds from its first frame, up to ``end_s``; None = its end."""

    start_s: float = 0.0
    end_s: float | None = None

    def __post_init__(self) -> None:
        end_s = math.inf if self.end_s is None else self.end_s
        if not 0 <= self.start_s < end_s:
            raise SettingsError(f"the setting trim cannot be used: nothing lies from {self.start_s:g} to {end_s:g} s")


WHOLE = Trim()


@dataclass(frozen=True, slots=True)
class CaptureSettings:
    """What to ask of the source, and how its picture is turned before anything else sees it."""

    size_wh: SizeWH | None = None
    """Output size; None = the source's own (cameras: 1280x720 is asked for)."""
    fps: float | None = None
    """Output frames a second; None = the source's own (cameras: 30)."""
    mirror: bool = False
    rotate: Rotation = 0
    """Clockwise degrees."""
    fit: Fit = "cover"
    """How the picture fills another shape: cover cuts, contain leaves room for the background."""
    frame: Framing = "off"
    """auto = a view that keeps the faces at a steady place and size."""
    zoom: float = 1.0
    """How much larger than the whole picture, by hand: 1 to 4."""
    pan_xy: tuple[float, float] = (0.0, 0.0)
    """Where the zoomed view lies, by hand: -1 at the left or upper border, 1 at the right or lower one."""
    trim: Trim = WHOLE
    """The part that is read of a clip that is read as a file."""

    def __post_init__(self) -> None:
        _check(size=self.size_wh, fps=self.fps, rotate=self.rotate, fit=self.fit)
        _check(frame=self.frame, zoom=self.zoom, pan=self.pan_xy)
        if self.frame == "auto" and (self.zoom, self.pan_xy) != (1.0, (0.0, 0.0)):
            raise SettingsError("frame auto moves the view by itself: give --frame off with --zoom and --pan")


@dataclass(frozen=True, slots=True)
class MattingSettings:
    """The network and everything that happens to its alpha."""

    model: str = "auto"
    provider: Provider = "auto"
    """What an ONNX network runs on; auto = the first that really runs here."""
    quality: Literal["auto"] | Quality = "auto"
    """How fine a network looks that can choose; auto = the best for files, what holds the rate in a live session."""
    every: int = 0
    """Run the network on every Nth frame, and where a part of the matte is lost; 0 = as often as the rate allows."""
    smooth: float = 0.5
    """Temporal smoothing, 0 = off, 1 = calmest."""
    edge: float = 0.0
    """Move the outline, in pixels of a 720-line picture: negative trims, positive keeps more (-20 to 20)."""
    threshold: float = 0.5
    """The probability (0.05 to 0.95) that becomes half-transparent: higher keeps less, lower keeps more."""

    def __post_init__(self) -> None:
        _check(model=self.model, provider=self.provider, quality=self.quality)
        _check(every=self.every, smooth=self.smooth, edge=self.edge, threshold=self.threshold)


@dataclass(frozen=True, slots=True)
class ComposeSettings:
    """What stands behind the person, and how they meet."""

    background: str = "blur"
    light_wrap: float = 0.3
    """How much of the new background's light spills over the person's edge, 0 to 1."""
    in_step: bool = False
    """A background that is a clip plays once, at the times of the clip in front, instead of looping at its own rate."""

    def __post_init__(self) -> None:
        _check(background=self.background, light_wrap=self.light_wrap)


@dataclass(frozen=True, slots=True)
class EncodingSettings:
    """How a clip is written."""

    codec: Codec = "auto"
    """auto = what files of the extension usually hold."""
    crf: int | None = None
    """Constant rate factor of H.264, HEVC and VP9: lower is better and larger; None = 20, 22 and 24."""
    hardware: bool = True
    """Use a hardware encoder where one works."""

    def __post_init__(self) -> None:
        _check(codec=self.codec, crf=self.crf)


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything a live session needs."""

    source: str = "0"
    to: tuple[str, ...] = ("camera",)
    capture: CaptureSettings = field(default_factory=CaptureSettings)
    matting: MattingSettings = field(default_factory=MattingSettings)
    compose: ComposeSettings = field(default_factory=ComposeSettings)
    encoding: EncodingSettings = field(default_factory=EncodingSettings)
    away: str = "card"
    """What is shown while the user is away: card, freeze, or a background that needs no person."""
    audio: bool | None = None
    """Whether clips that are recorded have sound; None = the usual: ``record`` has, ``live`` has where ``mic`` is."""
    mic: str | None = None
    """The microphone: default, demo, an index or a part of its name."""
    on_demand: bool = True
    """Release the camera while nobody watches the virtual camera, where that can be known."""
    duration_s: float | None = None
    stats: Path | None = None
    overwrite: bool = False
    """Replace an output file that exists."""

    def __post_init__(self) -> None:
        _check(source=self.source, to=self.to, away=self.away, mic=self.mic, duration=self.duration_s)
