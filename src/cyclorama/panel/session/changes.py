"""Which settings a page may change, and to what: never to a path of its choice."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from cyclorama.core.errors import SettingsError
from cyclorama.panel.backgrounds import BackgroundNames
from cyclorama.panel.errors import sayable
from cyclorama.settings.change import find_setting
from cyclorama.settings.table import SETTINGS

RESTARTING = ("size", "fps", "to", "on_demand")
"""Settings that begin a new session."""
CONFIRM = "confirm_room"
"""Has to be true with ``background: none``, which shows the room."""
ROOM = "none"
AWAY = ("card", "freeze")
DEMO = "demo"
SINK = re.compile(r"null|camera(:/dev/video\d{1,3})?", re.ASCII)
"""What a page may send to: no other device, and no file."""
SEVERAL_SINKS = "to: a page sends to a virtual camera, or to null: choose one of the list"


def changeable() -> list[str]:
    """The keys of the settings that a page may change."""
    return [key for key, row in SETTINGS.items() if "live" in row.commands and (row.live or key in RESTARTING)]


def read_changes(
    body: Mapping[str, Any], names: BackgroundNames, *, cameras: Callable[[], set[str]]
) -> dict[str, object]:
    """The changes that a page asks for, checked. ``cameras``: the sources that it may name. Raises SettingsError."""
    changes = {key: value for key, value in body.items() if key != CONFIRM}
    for key, value in changes.items():
        if find_setting(key).key not in changeable():
            raise SettingsError(f"{key} cannot be changed here: give it to cyclorama live")
        if sayable(value) != value:
            raise SettingsError(f"{key}: there is half a character in it")
    if "background" in changes:
        changes["background"] = _background(changes["background"], names, confirmed=body.get(CONFIRM) is True)
    if "away" in changes and changes["away"] not in AWAY:
        changes["away"] = names.resolve(str(changes["away"]))
    if "source" in changes and changes["source"] != DEMO and str(changes["source"]) not in cameras():
        raise SettingsError("source: there is no such camera: choose one of the list")
    if "to" in changes:
        changes["to"] = _sink(changes["to"])
    return changes


def _background(value: object, names: BackgroundNames, *, confirmed: bool) -> str:
    if value == ROOM:
        if not confirmed:
            raise SettingsError(f"background none shows your room: send {CONFIRM} as well if you want that")
        return ROOM
    return names.resolve(str(value))


def _sink(value: object) -> list[str]:
    specs = value if isinstance(value, list) else [value]
    if len(specs) != 1 or SINK.fullmatch(str(specs[0])) is None:
        raise SettingsError(SEVERAL_SINKS)
    return [str(specs[0])]
