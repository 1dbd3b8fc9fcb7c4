"""The network's probability and the plate's evidence, joined; and the alpha of the outline, worked out from both."""

from __future__ import annotations

import cv2
import numpy as np

from cyclorama.core.frames import F32, U8, KnownOutline
from cyclorama.matting.engine.edges import disc, without_veils
from cyclorama.matting.engine.room.likelihood import (
    PERSON_DEVIATION,
    SURE,
    Seen,
    log_ratio,
    person_color,
    sum_of,
)
from cyclorama.matting.engine.room.plate import NEIGHBOURS

FOR_ROOM = 3.0
"""Most that the plate's evidence counts for the room, in units of the logit: a network that is sure overrules it."""
FOR_PERSON = 2.0
"""Most that it counts for a person, and only near to what the network calls one: elsewhere what differs from the plate
is a thing, and a wrong plate shows no room."""
NEAR = 0.015
"""Distance that is near, as a share of the frame's height."""
PERSON = 0.5
LEAST = 1e-3
"""The network's probability is taken to be this far from 0 and 1."""
HOLE = 0.05
"""Side of the largest hole inside a person that is closed again, as a share of the frame's height: a shirt may have
the colour of the wall."""
INNER, OUTER = 1, 3
"""Cells of the outline's band inside and outside of it: inside, a person's colours vary more than around them."""
FADE = (5, 5)
"""Box in cells within which the band's weight fades: its edge would flicker as the band moves from cell to cell."""
CONTRAST = PERSON_DEVIATION
"""Levels between person and room at which the alpha of the band is trusted by half."""
BESIDE = 6.0
"""How much a colour that is no mixture of the two speaks against it, in units of that contrast."""
CUT = 0.05
"""Alpha of the band that counts as 0; above 1 minus it, as 1."""


def joined(probability: F32, seen: Seen, trusted: U8) -> tuple[F32, F32]:
    """The probability of a person after the plate's evidence, float32 (h, w), and that evidence.

    ``probability``: of the network; where it is in doubt over a wide area, the plate alone makes nobody of it.
    ``trusted``: 1 where the plate may be used. The evidence is the logarithm of the likelihood ratio, positive for the
    room, 0 where nothing is known.
    """
    decided = np.minimum(probability, without_veils(probability))
    sure = cv2.erode((decided > np.float32(SURE)).view(np.uint8), NEIGHBOURS)
    evidence = log_ratio(seen, person_color(seen.half, np.asarray(sure, np.uint8)))
    near = cv2.dilate((decided > np.float32(PERSON)).view(np.uint8), disc(max(1, round(NEAR * len(decided)))))
    bounded = cv2.min(cv2.max(evidence, near * np.float32(-FOR_PERSON)), FOR_ROOM)
    evidence = np.asarray(cv2.multiply(bounded, trusted, dtype=cv2.CV_32F), np.float32)
    prior = cv2.min(cv2.max(decided, LEAST), 1 - LEAST)
    after = np.asarray(prior / (prior + (1 - prior) * cv2.exp(evidence)), np.float32)
    cv2.copyTo(probability, _holes(after) | (1 - trusted), after)
    return after, evidence


def _holes(after: F32) -> U8:
    """1 in small holes inside a person, and at their rims: uint8 (h, w)."""
    present = (after > np.float32(PERSON)).view(np.uint8)
    outlines, hierarchy = cv2.findContours(present, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    largest = (HOLE * len(after)) ** 2
    inner = [
        outline
        for outline, (*_, parent) in zip(outlines, hierarchy[0] if outlines else (), strict=True)
        if parent >= 0 and cv2.contourArea(outline) <= largest
    ]
    return np.asarray(cv2.drawContours(np.zeros_like(present), inner, -1, 1, cv2.FILLED), np.uint8)


def outline_of(after: F32, seen: Seen, trusted: U8) -> KnownOutline:
    """The person's outline in ``after``, float32 (h, w), worked out from the colours where the plate is trusted."""
    present = (after > PERSON).view(np.uint8)
    core = np.asarray(cv2.erode(present, disc(INNER)), np.uint8)
    band = np.asarray(cv2.dilate(present, disc(OUTER)), np.uint8) - core
    alpha, trust = _mixture(seen, person_color(seen.half, np.asarray(cv2.erode(core, NEIGHBOURS), np.uint8)))
    weight = cv2.blur(trust * (band & trusted), FADE) * trusted
    alpha8, weight8 = (np.asarray(cv2.convertScaleAbs(each, alpha=255), np.uint8) for each in (alpha, weight))
    return KnownOutline(alpha8, weight8)


def _mixture(seen: Seen, person: F32) -> tuple[F32, F32]:
    """The alpha of each cell as a mixture of ``person`` and the room, and how far that may be trusted, 0 to 1.

    now = alpha person + (1 - alpha) room, and the room is known (Smith and Blinn 1996, "Blue Screen Matting"): alpha =
    (now - room).(person - room) / |person - room|^2. It is trusted as far as person and room differ, and as ``now``
    lies between them.
    """
    reach, apart = cv2.subtract(person, seen.room), cv2.subtract(seen.now, seen.room)
    contrast = sum_of(cv2.multiply(reach, reach))
    along = sum_of(cv2.multiply(apart, reach))
    alpha = along / (contrast + 1)
    beside = sum_of(cv2.multiply(apart, apart)) - alpha * along
    trust = contrast / (contrast + beside * np.float32(BESIDE) + np.float32(CONTRAST**2))
    alpha = np.asarray(cv2.min(cv2.max((alpha - np.float32(CUT)) * np.float32(1 / (1 - 2 * CUT)), 0), 1), np.float32)
    return alpha, np.asarray(trust, np.float32)
