"""What a browser sees at thirty frames a second while everything goes wrong: never the room."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from cyclorama.control.controls import Controls
from cyclorama.control.verbs import find_verb
from cyclorama.core.errors import CaptureError, CycloramaError, ModelError
from cyclorama.core.frames import F32, Frame
from cyclorama.sinks.virtual_camera.camera import VirtualCameraSink
from doubles.controlled import controlled
from doubles.desktop import Desktop
from doubles.live_stage import RIGHT, SIZE_WH, Camera, CountedModel, LiveStage
from doubles.random_commands import invalid, valid

if TYPE_CHECKING:
    from playwright.sync_api import Page

FPS, CHANGES_A_SECOND = 30, 20
LASTS_S, CALL_S = 12.0, 2.0
OUTLINES = 0.03
"""Share of a picture that the soft outlines of a person before a green room may show of it."""


def faulty_network(draw: random.Random) -> CountedModel:
    """Raises, is late, or takes the whole picture for a person."""

    def fault(run: int) -> F32 | None:
        kind = draw.random()
        if kind < 0.05:
            raise ModelError("it failed")
        if kind < 0.08:
            time.sleep(0.4)
        return np.ones(SIZE_WH[::-1], np.float32) if 0.08 <= kind < 0.15 else None

    return CountedModel(fault)


class FaultyCamera(Camera):
    """Stalls now and then, and breaks at last."""

    def frames(self, stop: object) -> Iterator[Frame]:  # type: ignore[override]
        for frame in super().frames(stop):  # type: ignore[arg-type]
            if frame.seq % 60 == 59:
                time.sleep(1.3)
            if frame.seq == 400:
                raise CaptureError("it was unplugged")
            yield frame


def give(controls: Controls, draw: random.Random, folder: Path) -> None:
    verb, arguments = (valid if draw.random() < 0.7 else invalid)(draw, folder)
    with suppress(CycloramaError):
        find_verb(verb)(controls, arguments)


def test_no_frame_that_a_browser_sees_shows_the_room(
    session: Desktop, call: Page, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", session.environment["XDG_RUNTIME_DIR"])
    cv2.imwrite(str(tmp_path / "navy ü.png"), np.full((30, 40, 3), (128, 0, 0), np.uint8))
    draw = random.Random(14)
    with controlled(monkeypatch, fps=FPS) as (stage, controls):
        stage.models["other"] = lambda: faulty_network(draw)
        stage.cameras["1"] = lambda: FaultyCamera(RIGHT)
        stage.session.add(VirtualCameraSink("pipewire"))
        call.evaluate("() => { watch().catch((error) => watched.failed.push(String(error))); }")
        seen = changed_and_watched(stage, controls, call, draw, tmp_path)
        controls.change(source="0", model="auto", background="color:teal", mirror=False, rotate=0, away="card")
        controls.away(False)
    assert seen["failed"] == []
    assert seen["calls"] >= 3 and seen["frames"] > 60, seen
    assert seen["worst"] < OUTLINES, seen


def changed_and_watched(
    stage: LiveStage, controls: Controls, call: Page, draw: random.Random, folder: Path
) -> dict[str, float | list[str]]:
    """Change the session at random, while calls begin and end."""
    end_s, next_call_s = time.monotonic() + LASTS_S, time.monotonic() + CALL_S
    while (now_s := time.monotonic()) < end_s:
        give(controls, draw, folder)
        if now_s > next_call_s:
            next_call_s = now_s + CALL_S
            call.evaluate("() => { hangUp(); watch().catch((error) => watched.failed.push(String(error))); }")
        time.sleep(1 / CHANGES_A_SECOND)
    seen: dict[str, float | list[str]] = call.evaluate("() => { hangUp(); return watched; }")
    return seen
