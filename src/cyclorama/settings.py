"""Every setting, its default and its meaning: the one place.

The snapshots are frozen; a change makes a new one. How files, environment and options fill them is in
``settings_sources``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from cyclorama.frames import SizeWH

Fit = Literal["cover", "contain"]
Rotation = Literal[0, 90, 180, 270]


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


@dataclass(frozen=True, slots=True)
class MattingSettings:
    """The network and everything that happens to its alpha."""

    model: str = "auto"
    every: int = 0
    """Run the network on every Nth frame; 0 = adaptive, as often as the target rate allows."""
    smooth: float = 0.5
    """Temporal smoothing, 0 = off, 1 = calmest."""
    edge: float = 0.0
    """Move the outline, in pixels of a 720-line picture: negative trims, positive keeps more (-20 to 20)."""
    threshold: float = 0.5
    """The probability (0 to 1) that becomes half-transparent: higher keeps less, lower keeps more."""


@dataclass(frozen=True, slots=True)
class ComposeSettings:
    """What stands behind the person, and how they meet."""

    background: str = "blur"
    light_wrap: float = 0.3
    """How much of the new background's light spills over the person's edge, 0 to 1."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything a live session needs."""

    source: str = "0"
    to: tuple[str, ...] = ("camera",)
    capture: CaptureSettings = field(default_factory=CaptureSettings)
    matting: MattingSettings = field(default_factory=MattingSettings)
    compose: ComposeSettings = field(default_factory=ComposeSettings)
    duration_s: float | None = None
    stats: Path | None = None
    overwrite: bool = False
    """Replace an output file that exists."""
