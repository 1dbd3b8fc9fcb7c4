"""Where the plate may be used in a frame: nowhere it would have to guess."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from cyclorama.core.frames import F32, U8
from cyclorama.matting.engine.room.likelihood import SURE, Seen

LEAST_MATCH = 0.7
"""Share of the empty room that the plate has to explain: else the camera has moved, or the light has changed."""
LOCAL_MATCH = 0.9
"""The same share around each cell: else something has changed there."""
AROUND = 0.14
"""Side of the box around a cell, as a share of the grid's longer side."""
EVEN = 0.03
"""Most that the room around a cell may be darker or lighter than the plate, beside the gain: a lamp was switched."""
ELSEWHERE = 5.0
"""Weight of the whole picture's share, in cells, where little of the room is seen around a cell."""
CONTRADICTED = 0.5
"""Share of what the network is sure of that the plate may call room: more of it, and a person is in the plate."""
CLAIM = 2.0
"""Evidence for the room from which on the plate contradicts the network."""


@dataclass(frozen=True, slots=True, eq=False)
class Trust:
    """``match``: the share of the empty room that the plate explains, 0 to 1. ``cells``: uint8 (h, w), 1 where it may
    be used."""

    match: float
    cells: U8


def trust_in(seen: Seen, known: U8, empty: U8) -> Trust:
    """How far the plate may be used. ``known``: 1 where it knows the room; ``empty``: 1 where most likely nobody is."""
    here = known & empty
    right = seen.explained & here
    total = cv2.countNonZero(here)
    match = cv2.countNonZero(right) / total if total else 0.0
    if match < LEAST_MATCH:
        return Trust(match, np.zeros_like(known))
    side = round(AROUND * max(known.shape)) | 1
    matched, looked = (cv2.boxFilter(cells, cv2.CV_32F, (side, side), normalize=False) for cells in (right, here))
    enough = matched + np.float32(ELSEWHERE * match) > (looked + np.float32(ELSEWHERE)) * np.float32(LOCAL_MATCH)
    apart = cv2.boxFilter((seen.shade - 1) * here, cv2.CV_32F, (side, side), normalize=False)
    even = np.abs(apart) <= (looked + np.float32(ELSEWHERE)) * np.float32(EVEN)
    return Trust(match, (enough & even).view(np.uint8) & known)


def is_contradicted(probability: F32, evidence: F32) -> bool:
    """Whether the plate calls room what the network is sure is a person, for the most part."""
    sure = probability > np.float32(SURE)
    claimed = sure & (evidence > np.float32(CLAIM))
    return int(np.count_nonzero(claimed)) > CONTRADICTED * max(1, int(np.count_nonzero(sure)))
