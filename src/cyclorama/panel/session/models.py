"""What the addresses of the session take and give."""

from typing import Annotated, Any

from fastapi import Body
from pydantic import BaseModel, Field

from cyclorama.panel.errors import Fix
from cyclorama.pipeline.runtime.room_capture import COUNTDOWN_S, LONGEST_S


class Trouble(BaseModel):
    """What is wrong, and what mends it."""

    text: str
    fixes: list[Fix] = []


class RecordingState(BaseModel):
    """A recording that runs, paused or not."""

    paused: bool
    seconds: float
    level: float = Field(description="Of the microphone, 0 to 1.")
    microphone: str | None
    target: str = Field(description="The file, or files.")
    starts_in: int | None


class EmptyRoom(BaseModel):
    """What is known of the empty room behind the user."""

    words: str = Field(description="As people say it: `known since 12:03`, `not known yet`, `off`, ...")
    since: float | None = Field(description="Unix time at which it was learned; null while it is not known.")
    starts_in: int | None = Field(description="Seconds until it is captured, 0 while it is; null: no capture runs.")
    refused: str = Field(description="Why the last capture failed, in one sentence; empty if it did not.")


class State(BaseModel):
    """What is in force now."""

    running: bool
    starting: bool
    first: bool = Field(description="Whether nothing was ever used before: the page asks its three questions.")
    terminal: bool = Field(description="Whether a terminal has started the session, and ends with it.")
    name: str | None
    problem: Trouble | None
    settings: dict[str, Any] = Field(description="By key. A background that is a file is its id.")
    status: dict[str, Any] | None = Field(description="Rate, delay, network and more, while it runs.")
    words: str = Field(description="How it runs, in one sentence.")
    busy: bool = Field(description="Whether the processor is too busy for the asked rate; live pictures are few then.")
    away: bool
    recording: RecordingState | None
    room: EmptyRoom | None = Field(description="The empty room, while a session runs.")
    last_clip: str | None = Field(description="The recording that was finished last.")


class SettingRow(BaseModel):
    """One row of the table of settings."""

    key: str
    group: str
    kind: str
    choices: list[Any]
    range: tuple[float, float] | None
    default: Any
    unset: str
    help: str
    metavar: str
    live: bool = Field(description="Whether it changes while a session runs; others begin a new one.")


class Switch(BaseModel):
    """On or off."""

    on: bool


class Countdown(BaseModel):
    """How long you have to leave the picture."""

    seconds: int = Field(default=COUNTDOWN_S, ge=0, le=LONGEST_S)


class HeadshotOrder(BaseModel):
    """Of which kind, before which backdrop."""

    preset: str = "square"
    background: str = "studio-grey"


class ProfileName(BaseModel):
    """A profile of cyclorama.toml."""

    name: str = Field(min_length=1, max_length=64)
    confirm_room: bool = Field(False, description="Has to be true for a profile that shows the room.")


Changes = Annotated[
    dict[str, Any],
    Body(description="Settings by key (GET /api/settings). With `background: none` also `confirm_room: true`."),
]
