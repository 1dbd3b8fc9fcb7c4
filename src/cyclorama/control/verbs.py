"""The table of control commands: what ``cyclorama ctl`` offers and the control socket takes.

Imports nothing of the pipeline, so that the command line can list them fast.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from cyclorama.core.errors import SettingsError
from cyclorama.core.suggest import did_you_mean
from cyclorama.settings.kinds import Flag, Whole

if TYPE_CHECKING:
    from cyclorama.control.controls import Controls

Answer = dict[str, Any]
"""What a command did, as JSON: the settings now in force, or what else it says."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """An argument of a command. ``file``: whether it is a file name, which is relative to the sender's folder.
    ``words``: those that are none."""

    name: str
    help: str
    required: bool = False
    file: Literal["never", "always", "if it exists"] = "never"
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Verb:
    """One command. ``run`` gets the session and the arguments that were given, as texts."""

    name: str
    help: str
    run: Callable[..., Answer]
    parameters: tuple[Parameter, ...] = ()

    def __call__(self, controls: Controls, arguments: list[str]) -> Answer:
        """Run it. Raises CycloramaError; SettingsError for a wrong number of arguments."""
        least = sum(parameter.required for parameter in self.parameters)
        if not least <= len(arguments) <= len(self.parameters):
            form = " ".join(p.name if p.required else f"[{p.name}]" for p in self.parameters)
            raise SettingsError(f"{self.name} takes {form or 'no argument'}")
        return self.run(controls, *arguments)


def find_verb(name: str) -> Verb:
    """The command ``name``. Raises SettingsError for an unknown one."""
    if name not in VERBS:
        raise SettingsError(f"there is no control command {name!r}: {did_you_mean(name, VERBS)}")
    return VERBS[name]


def _switch(text: str | None) -> bool | None:
    """``on`` or ``off``; None for the other way."""
    if text is None or text.strip().lower() == "toggle":
        return None
    try:
        return Flag().read(text)
    except ValueError:
        raise SettingsError(f"{text!r} is none of on, off, toggle") from None


def _status(controls: Controls) -> Answer:
    return controls.state().plain()


def _set(key: str) -> Callable[..., Answer]:
    return lambda controls, value: controls.change(**{key: value})


def _blur(controls: Controls, strength: str | None = None) -> Answer:
    return controls.change(background="blur" if strength is None else f"blur:{strength}")


def _record(controls: Controls, what: str | None = None) -> Answer:
    if what == "stop" or (what is None and controls.recording):
        return {"recording": False, "file": controls.finish_recording()}
    target = None if what in (None, "start") else Path(what)
    return {"recording": True, "file": controls.record(target)}


def _snapshot(controls: Controls, file: str | None = None) -> Answer:
    return {"file": controls.snapshot(None if file is None else Path(file))}


def _headshot(
    controls: Controls, file: str | None = None, preset: str = "square", behind: str = "studio-grey"
) -> Answer:
    return {"file": controls.headshot(None if file is None else Path(file), preset=preset, background=behind)}


def _room(controls: Controls, seconds: str | None = None) -> Answer:
    controls.capture_room(*() if seconds is None else (_countdown(seconds),))
    return {"room": "known"}


def _countdown(seconds: str) -> int:
    from cyclorama.pipeline.runtime.room_capture import LONGEST_S

    try:
        return Whole(0, LONGEST_S).read(seconds)
    except ValueError:
        raise SettingsError(f"{seconds!r} is not a whole number from 0 to {LONGEST_S}") from None


def _stop(controls: Controls) -> Answer:
    controls.stop()
    return {"stopping": True}


SWITCH = (Parameter("on|off", "Without it, switch."),)
_ALL = (
    Verb("status", "What is in force now, and how it runs.", _status),
    Verb(
        "background",
        "Change the background.",
        lambda controls, what: controls.background(what),
        (
            Parameter(
                "WHAT",
                "As for live --background: blur, office, photo.jpg, color:navy, none; or next, previous.",
                required=True,
                file="if it exists",
            ),
        ),
    ),
    Verb("blur", "Blur the room behind you.", _blur, (Parameter("STRENGTH", "0 to 1; without it, as usual."),)),
    Verb(
        "model",
        "Use another network.",
        _set("model"),
        (Parameter("NAME", "auto, or a name of `cyclorama models list`.", required=True),),
    ),
    Verb(
        "quality",
        "How finely the network looks.",
        _set("quality"),
        (Parameter("QUALITY", "auto, fast, balanced or best.", required=True),),
    ),
    Verb("mirror", "Mirror the picture, or no longer.", lambda c, on=None: c.mirror(_switch(on)), SWITCH),
    Verb(
        "frame",
        "Keep faces in the picture, at the same size.",
        _set("frame"),
        (Parameter("auto|off", "Whether it follows them.", required=True),),
    ),
    Verb(
        "zoom",
        "Enlarge a part of the picture.",
        _set("zoom"),
        (Parameter("FACTOR", "1 to 4; 1 is the whole picture.", required=True),),
    ),
    Verb("away", "Show the away picture, or you again.", lambda c, on=None: {"away": c.away(_switch(on))}, SWITCH),
    Verb(
        "record",
        "Record to a clip, or finish the recording.",
        _record,
        (
            Parameter(
                "FILE|start|stop",
                "FILE: a new .mp4, .mov, .mkv, .webm or .gif; start: one in your folder for videos, named after the "
                "time. Without it, start or stop.",
                file="always",
                words=("start", "stop"),
            ),
        ),
    ),
    Verb("pause", "Pause the recording, or go on.", lambda c, on=None: {"paused": c.pause(_switch(on))}, SWITCH),
    Verb(
        "snapshot",
        "Save the picture that others see now.",
        _snapshot,
        (
            Parameter(
                "FILE",
                "A new .png or .jpg; without it, one in your folder for pictures, named after the time.",
                file="always",
            ),
        ),
    ),
    Verb(
        "headshot",
        "Save a portrait of the best of the next two seconds.",
        _headshot,
        (
            Parameter("FILE", "Without it, in your folder for pictures.", file="always"),
            Parameter("PRESET", "As for headshot --preset."),
            Parameter("BACKDROP", "As for headshot --background."),
        ),
    ),
    Verb(
        "room",
        "Learn the empty room: leave the picture first.",
        _room,
        (Parameter("SECONDS", "To leave the picture in; 5 without it."),),
    ),
    Verb(
        "profile",
        "Use the settings of a profile.",
        lambda c, name: c.use_profile(name),
        (Parameter("NAME", "Of a table [profile.NAME] in cyclorama.toml.", required=True),),
    ),
    Verb(
        "set",
        "Change any setting that can change while it runs.",
        lambda c, key, value: c.change(**{key.replace("-", "_"): value}),
        (
            Parameter("KEY", "As in cyclorama.toml: light_wrap, edge, pan, ...", required=True),
            Parameter("VALUE", "As for the option of that name.", required=True, file="if it exists"),
        ),
    ),
    Verb("stop", "End the session; its recordings are finished.", _stop),
)
VERBS: Mapping[str, Verb] = {verb.name: verb for verb in _ALL}
"""All commands by name. A new one is one row here."""
WATCH = "watch"
"""Asks for the state again and again; not a command, because it has more than one answer."""
