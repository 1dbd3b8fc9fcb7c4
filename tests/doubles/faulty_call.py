"""A session at full speed in which everything goes wrong, while a browser watches: sources stall and break, networks
raise, settings change, calls begin and end."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
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
from doubles.live_stage import RIGHT, SIZE_WH, Camera, CountedModel
from doubles.random_commands import invalid, valid

if TYPE_CHECKING:
    from playwright.sync_api import Page

FPS, CHANGES_A_SECOND = 30, 20
CALL_S = 2.0
"""How long one call lasts."""
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


@dataclass(frozen=True)
class Watched:
    """``frames`` that the page looked at in so many ``calls``; ``worst``: the largest share of one that was room;
    ``failed``: calls that could not be opened."""

    frames: int
    calls: int
    worst: float
    failed: list[str]

    @property
    def is_private(self) -> bool:
        """Whether no frame showed more of the room than outlines do."""
        return self.worst < OUTLINES


@dataclass(frozen=True)
class FaultyCall:
    """The session, and the page that watches it."""

    controls: Controls
    page: Page
    draw: random.Random
    folder: Path

    def go_on(self, seconds: float) -> Watched:
        """Change the session at random, while calls begin and end. Gives all that was seen until now."""
        end_s, next_call_s = time.monotonic() + seconds, time.monotonic() + CALL_S
        while (now_s := time.monotonic()) < end_s:
            self._give()
            if now_s > next_call_s:
                next_call_s = now_s + CALL_S
                self._call_again()
            time.sleep(1 / CHANGES_A_SECOND)
        return Watched(**self.page.evaluate("watched"))

    def _give(self) -> None:
        verb, arguments = (valid if self.draw.random() < 0.7 else invalid)(self.draw, self.folder)
        with suppress(CycloramaError):
            find_verb(verb)(self.controls, arguments)

    def _call_again(self) -> None:
        self.page.evaluate("() => { hangUp(); watch().catch((error) => watched.failed.push(String(error))); }")


@contextmanager
def faulty_call(monkeypatch: pytest.MonkeyPatch, page: Page, folder: Path, seed: int) -> Iterator[FaultyCall]:
    """Run the session in front of the page."""
    cv2.imwrite(str(folder / "navy ü.png"), np.full((30, 40, 3), (128, 0, 0), np.uint8))
    draw = random.Random(seed)
    with controlled(monkeypatch, fps=FPS) as (stage, controls):
        stage.models["other"] = lambda: faulty_network(draw)
        stage.cameras["1"] = lambda: FaultyCamera(RIGHT)
        stage.session.add(VirtualCameraSink("pipewire"))
        call = FaultyCall(controls, page, draw, folder)
        call._call_again()
        yield call
        page.evaluate("hangUp()")
        controls.change(source="0", model="auto", background="color:teal", mirror=False, rotate=0, away="card")
        controls.away(False)
