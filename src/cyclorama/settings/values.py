"""All settings of a session: the sections, and the settings outside of them.

To add a setting, add a field here or in ``sections``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from cyclorama.settings.kinds import File, Flag, Number, Text, Texts
from cyclorama.settings.sections import (
    SESSIONS,
    WHOLE,
    CaptureSettings,
    Codec,
    ComposeSettings,
    EncodingSettings,
    Fit,
    Framing,
    MattingSettings,
    Provider,
    Quality,
    Rotation,
    Trim,
    check_settings,
)
from cyclorama.settings.setting import setting

__all__ = [
    "WHOLE",
    "CaptureSettings",
    "Codec",
    "ComposeSettings",
    "EncodingSettings",
    "Fit",
    "Framing",
    "MattingSettings",
    "Provider",
    "Quality",
    "Rotation",
    "Settings",
    "Trim",
]


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings of a live session."""

    source: str = setting(
        "0",
        Text(index=True),
        "Camera by index, /dev path or part of its name; a video (looped); demo; an rtsp or http URL.",
        group="capture",
        commands=SESSIONS,
        live=True,
        short="-s",
        form="WHAT",
    )
    to: tuple[str, ...] = setting(
        ("camera",),
        Texts(),
        "camera[:DEVICE], preview, a clip to record or null; may be given several times. On Linux camera:pipewire "
        "needs no kernel module.",
        group="output",
        commands=("live",),
        short="-t",
        form="WHERE",
    )
    capture: CaptureSettings = field(default_factory=CaptureSettings)
    matting: MattingSettings = field(default_factory=MattingSettings)
    compose: ComposeSettings = field(default_factory=ComposeSettings)
    encoding: EncodingSettings = field(default_factory=EncodingSettings)
    away: str = setting(
        "card",
        Text(),
        "While you are away (signal USR1, again to come back): card, freeze, a picture, clip or colour.",
        group="background",
        commands=("live",),
        live=True,
        form="WHAT",
    )
    """Picture shown while the user is away: card, freeze, or a background that needs no person."""
    audio: bool | None = setting(
        None,
        Flag(),
        "Clips get the microphone's sound.",
        group="sound",
        commands=SESSIONS,
        live=True,
        unset="only with --mic",
        command_help={"record": "Record sound. [yes]"},
    )
    """Whether recorded clips have sound; None = yes for ``record``, and for ``live`` if ``mic`` is set."""
    mic: str | None = setting(  # for the next clip: one that runs keeps the clock and rate of its microphone
        None,
        Text(index=True),
        "Microphone by index or part of its name; demo beeps.",
        group="sound",
        commands=SESSIONS,
        live=True,
        unset="the system's",
        form="NAME",
    )
    """The microphone: default, demo, an index, or a part of its name."""
    on_demand: bool = setting(
        True,
        Flag(),
        "The real camera is off while nobody watches the virtual one (Linux).",
        group="output",
        commands=("live",),
    )
    """Release the camera while nobody watches the virtual camera, if viewers can be detected."""
    duration_s: float | None = setting(
        None,
        Number(0.1, 1e9),
        "Stop after this time.",
        group="output",
        commands=SESSIONS,
        unset="when told to",
        form="SECONDS",
        command_help={"record": "Stop after this much, pauses left out. [q stops]"},
    )
    stats: Path | None = setting(
        None,
        File(),
        "Append one line of measurements a second.",
        group="output",
        commands=SESSIONS,
        unset="none",
        form="FILE.jsonl",
    )
    overwrite: bool = False
    """Replace an existing output file."""

    def __post_init__(self) -> None:
        check_settings(self)
