"""What is known of the empty room, for the thread that asks."""

from __future__ import annotations

from dataclasses import dataclass

OTHER_SCENE = "the picture shows another scene"
SOMEBODY_IN_IT = "somebody was in it"
BEGAN_ANEW = "the picture was interrupted, or comes from another camera or view"
TURNED_OFF = "it was turned off"
OTHER_NETWORK = "the network is another one"
"""Why a room is forgotten, for people to read."""


@dataclass(frozen=True, slots=True)
class RoomState:
    """``since_s``: Unix time at which the room was learned, None while it is not known. ``lost``: why it was forgotten
    last, empty if it never was known. ``used``: whether it fits some of the newest frame."""

    since_s: float | None = None
    lost: str = ""
    used: bool = True
