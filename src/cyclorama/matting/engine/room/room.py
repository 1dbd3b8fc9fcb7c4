"""The empty room, remembered: learned when nobody is there, and used as evidence for the matte of later frames.

Kept in memory alone, and forgotten with the source. Where the plate does not explain what is surely room it is not
used: there the network's matte stays as it is.
"""

from __future__ import annotations

import time
from dataclasses import replace

import cv2
import numpy as np

from cyclorama.core.frames import F32, U8, Frame, KnownOutline
from cyclorama.matting.engine.room.alignment import Alignment
from cyclorama.matting.engine.room.capture import Capture, Captures, tell, tell_nobody
from cyclorama.matting.engine.room.collect import somebody
from cyclorama.matting.engine.room.evidence import joined, outline_of
from cyclorama.matting.engine.room.learner import Learner
from cyclorama.matting.engine.room.likelihood import (
    BESIDE,
    Seen,
    detail_beside,
    empty_cells,
    measured_gain,
    seen_beside,
)
from cyclorama.matting.engine.room.plate import Plate, on_grid
from cyclorama.matting.engine.room.state import BEGAN_ANEW, OTHER_SCENE, SOMEBODY_IN_IT, RoomState
from cyclorama.matting.engine.room.trust import Trust, is_contradicted, trust_in
from cyclorama.settings.values import Trim

GAIN = 0.7, 1.4
"""A gain outside this range is another light, and not the camera's exposure."""
IN_FOCUS = 0.75
"""Share of the plate's detail that the empty room has to have: out of focus, the outline is blurred as well."""
HUNTING_FRAMES = 15
"""Frames after one out of focus in which the plate is not used: a camera that hunts comes and goes."""
SAME_ROOM = 0.8
"""Share of the empty room that the plate has to explain after a cut: else it is another room."""
CONTRADICTED_FRAMES = 15
"""A plate that contradicts the network in so many frames in a row is forgotten."""


class Room:
    """Learns the plate and applies it. Used by one thread, but for ``capture`` and ``state``."""

    def __init__(self, *, by_itself: bool = False, span: Trim | None = None) -> None:
        """See :class:`Captures`."""
        self._captures = Captures(by_itself=by_itself, span=span)
        self._on_loss = tell if span is not None else tell_nobody
        self.state = RoomState()
        """What is known. For any thread."""
        self._use(None)

    def _learn(self, plate: Plate) -> None:
        """Use a new plate."""
        self._use(plate)
        self.state = RoomState(time.time())

    def _lose(self, why: str) -> None:
        """Forget the plate."""
        if self.is_known:
            self.state = RoomState(lost=why)
            self._on_loss(why)
        self._use(None)

    def _use(self, plate: Plate | None) -> None:
        self._plate = plate
        self._gain = np.ones(3, np.float32)
        self._learner, self._alignment = Learner(), Alignment()
        self._contradicted = self._hunting = 0

    @property
    def is_known(self) -> bool:
        """Whether there is a plate."""
        return self._plate is not None

    def learn_by_itself(self, on: bool) -> None:
        """Learn whenever nobody is there, or no longer."""
        self._captures.by_itself = on

    def capture(self) -> Capture:
        """Learn the room from the next frames. For any thread."""
        return self._captures.ask()

    def see(self, frame: Frame, alpha: F32, *, cut: bool) -> tuple[F32, KnownOutline | None]:
        """The alpha of ``frame`` after the plate's evidence, and its outline; ``alpha`` itself and None where there is
        no evidence.

        ``alpha``: a probability, float32 (h, w) of any size. ``cut``: whether the frame before showed another scene.
        """
        if not (self.is_known or self._captures.wanted):
            return alpha, None
        now = on_grid(frame.pixels)
        probability = np.asarray(cv2.resize(alpha, now.shape[1::-1], interpolation=cv2.INTER_LINEAR), np.float32)
        self._captures.see(now, frame.time_s, self._learn, occupied=somebody(probability))
        after = self._applied(now, probability, cut=cut)
        if self.state.used is not (after is not None) and self.is_known:
            self.state = replace(self.state, used=after is not None)
        return (alpha, None) if after is None else after

    def _applied(self, now: U8, probability: F32, *, cut: bool) -> tuple[F32, KnownOutline] | None:
        """The probability after the plate's evidence; None where that is not to be used."""
        plate, empty = self._plate, empty_cells(probability)
        if plate is None:
            return None
        beside = empty_cells(probability, BESIDE)
        found = self._compared(now, plate, empty, beside)
        if self._hunting:
            self._hunting -= 1
            return None
        match = 0.0 if found is None else found[1].match
        if cut and match < SAME_ROOM:
            self._lose(OTHER_SCENE)
            return None
        moved = self._alignment.proposed(now, plate, empty, match)
        if moved is not None and (again := self._compared(now, moved, empty, beside)) and again[1].match > match:
            self._plate, self._learner = moved, Learner()
            plate, found = moved, again
        if found is None or not cv2.hasNonZero(found[1].cells):
            return None
        return self._joined(now, plate, probability, empty, *found)

    def _compared(self, now: U8, plate: Plate, empty: U8, beside: U8) -> tuple[Seen, Trust] | None:
        """The frame beside ``plate``, and how far that may be used; None in another light."""
        levels = now.astype(np.float32)
        gain = measured_gain(levels, plate, empty)
        gain = self._gain if gain is None else gain
        if not GAIN[0] <= gain.min() <= gain.max() <= GAIN[1]:
            return None
        self._gain = gain
        if detail_beside(levels, plate, gain, empty) < IN_FOCUS:
            self._hunting = HUNTING_FRAMES
        seen = seen_beside(levels, plate, gain)
        return seen, trust_in(seen, plate.known, beside)

    def _joined(
        self, now: U8, plate: Plate, probability: F32, empty: U8, seen: Seen, trust: Trust
    ) -> tuple[F32, KnownOutline] | None:
        """The probability after the evidence of a plate that fits; None where it contradicts the network."""
        after, evidence = joined(probability, seen, trust.cells)
        if is_contradicted(probability, evidence):
            self._contradicted += 1
            if self._contradicted >= CONTRADICTED_FRAMES:
                self._lose(SOMEBODY_IN_IT)
            return None
        self._contradicted = 0
        self._plate = self._learner.follow(now, plate, self._gain, empty, trust.cells)
        return after, outline_of(after, seen, trust.cells)

    def forget(self, why: str = BEGAN_ANEW) -> None:
        """Forget the plate, and end a look at the room."""
        self._lose(why)
        self._captures.reset(why)

    def close(self) -> None:
        """No more frames come: end a look at the room, and say so where somebody waits for it."""
        self._captures.close()
        self._on_loss = tell_nobody
