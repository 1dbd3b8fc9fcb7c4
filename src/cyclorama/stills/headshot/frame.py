"""Where a headshot's frame lies on its photo.

The frame is upright on the face: the eyes are level in it. Everything here is in the frame's own directions, x along
the eyes' line and y down from it, in pixels of the photo; the middle between the eyes is (0, 0).

A frame may reach beyond the photo where there is only air: the backdrop fills that. Where the photo's border cuts the
person off, its line would hang in the air as the straight edge of a body that ends nowhere. So no such place may lie
inside the frame, and the body goes on down to its lower edge. Of the frames for which that holds, the one is taken that
is least far from what was asked for: tighter, with less room above the hair, or off the middle; and where there is none
with level eyes, one that is turned less.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cyclorama.core.errors import CaptureError
from cyclorama.core.frames import F32, U8
from cyclorama.stills.headshot.preset import Preset
from cyclorama.stills.portrait.face import CHEEKS, FaceGeometry
from cyclorama.stills.portrait.head import Head

CUT = 40
"""Alpha, of 255, from which the person is there."""
INSET = 1.5
"""Pixels that the frame stays within the photo where the person is cut: sampling looks a pixel further."""
SCALES = np.geomspace(1.0, 0.4, 31)
"""Of the frame, against what was asked for."""
SHIFTS = np.linspace(-0.24, 0.24, 13)
"""Of the frame to the side, in its widths."""
ROOMS = np.array([1.0, 0.75, 0.5, 0.25, 0.0, -0.3, -0.6, -1.0, -1.5])
"""Of the room above the hair, against what was asked for; less than nothing cuts into the hair."""
TIGHTER, ASIDE = 2.0, 3.0
"""What the scale's logarithm costs, and the shift."""
NO_ROOM = (-1.5, 0.0, 1.0), (2.0, 0.4, 0.0)
"""What the room above the hair costs, by how much there is of it."""
FACE_INSIDE = 0.04, 0.96
"""The cheeks lie between these shares of the width, the chin above the second one of the height."""
TURNS = (1.0, 0.5, 0.0)
"""How much of the eyes' slope is taken out, in the order in which it is tried."""
BODY = 0.4
"""Half of the strip below the face in which the body has to go on, in widths of the face."""
SOLID, STEP = 128, 3
"""Alpha of the body; of how many pixels one is looked at, across and down."""


@dataclass(frozen=True, slots=True)
class FrameBox:
    """A frame. ``roll_deg``: how far it is turned clockwise in the photo. ``tighter``: how many times smaller it is
    than asked for, 1 = as it was."""

    left: float
    top: float
    width: float
    height: float
    roll_deg: float
    tighter: float

    def holds(self, places: F32) -> bool:
        """Whether any of ``places``, (n, 2), lies inside."""
        x, y = places[:, 0] - self.left, places[:, 1] - self.top
        return bool(((x > 0) & (x < self.width) & (y > 0) & (y < self.height)).any())


def choose_frame(face: FaceGeometry, head: Head, alpha8: U8, preset: Preset) -> FrameBox:
    """The frame of ``preset`` for a face, its head, and the person's matte, uint8 (H, W); all in one photo's pixels.

    Raises CaptureError where the photo ends so near to the face that no frame is left.
    """
    upright_deg = 90 * round(face.roll_deg / 90)
    for turn in TURNS:
        roll_deg = upright_deg + turn * (face.roll_deg - upright_deg)
        box = _best_box(face, head, alpha8, preset, roll_deg)
        if box is not None:
            return box
    raise CaptureError("the photo ends too near to the face for a headshot: take one with more around the head")


def frame_axes(roll_deg: float) -> NDArray[np.float64]:
    """Unit vectors along the frame's x and y, (2, 2), a row each, in the photo."""
    roll = math.radians(roll_deg)
    return np.array([[math.cos(roll), math.sin(roll)], [-math.sin(roll), math.cos(roll)]])


def _best_box(face: FaceGeometry, head: Head, alpha8: U8, preset: Preset, roll_deg: float) -> FrameBox | None:
    def seen(places: NDArray[np.floating]) -> F32:
        return np.asarray((places - np.asarray(face.eyes)) @ frame_axes(roll_deg).T, np.float32)

    scale, room, shift = (axis.ravel() for axis in np.meshgrid(SCALES, ROOMS, SHIFTS, indexing="ij"))
    height = head.height / preset.head * scale
    width = height * preset.size[0] / preset.size[1]
    cheeks = seen(face.points[list(CHEEKS), :2])[:, 0]
    chin, hair = seen(np.array([head.chin, head.hair_top]))[:, 1]
    left = cheeks.mean() / 2 + (shift - 0.5) * width  # its middle: between the eyes' middle and the face's
    top = hair - room * preset.headroom * height
    low, high = FACE_INSIDE
    shown = (
        (cheeks.min() > left + low * width) & (cheeks.max() < left + (1 - low) * width) & (chin < top + high * height)
    )
    cost = TIGHTER * -np.log(scale) + ASIDE * np.abs(shift) + np.interp(room, *NO_ROOM)
    ends = np.concatenate([seen(_border_contacts(alpha8)), _lowest_body_point(seen(_body_points(alpha8)), cheeks)])
    for index in np.flatnonzero(shown)[np.argsort(cost[shown], kind="stable")]:
        box = FrameBox(
            left=float(left[index]),
            top=float(top[index]),
            width=float(width[index]),
            height=float(height[index]),
            roll_deg=roll_deg,
            tighter=float(1 / scale[index]),
        )
        if not box.holds(ends):
            return box
    return None


def _border_contacts(alpha8: U8) -> F32:
    """Where the photo's border cuts the person off, float32 (n, 2) in the photo."""
    height, width = alpha8.shape
    x, y = np.arange(width) + 0.5, np.arange(height) + 0.5
    sides = (
        (alpha8[0], x, np.full(width, INSET)),
        (alpha8[-1], x, np.full(width, height - INSET)),
        (alpha8[:, 0], np.full(height, INSET), y),
        (alpha8[:, -1], np.full(height, width - INSET), y),
    )
    places = [np.column_stack([at_x, at_y])[alpha > CUT] for alpha, at_x, at_y in sides]
    return np.concatenate(places).astype(np.float32)


def _body_points(alpha8: U8) -> F32:
    """Where the person is, every STEP pixels, float32 (n, 2) in the photo."""
    y, x = np.nonzero(alpha8[::STEP, ::STEP] >= SOLID)
    return np.column_stack([x, y]).astype(np.float32) * STEP


def _lowest_body_point(solid: F32, cheeks: F32) -> F32:
    """The lowest place of the body below the face, float32 (1, 2); none where there is no body."""
    middle, reach = cheeks.mean(), BODY * np.ptp(cheeks)
    below = solid[np.abs(solid[:, 0] - middle) < reach]
    return np.asarray(below[np.argsort(below[:, 1])[-1:]], np.float32)
