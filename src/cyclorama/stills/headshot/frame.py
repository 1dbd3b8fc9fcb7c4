"""Choose the frame of a headshot: the rotated rectangle of the photo that it shows.

The frame is level with the eyes. Coordinates in this module are in pixels of the photo along the axes of the frame: the
origin is the midpoint between the eyes, x runs along the line through them, y down towards the chin.

A frame may reach beyond the photo where only background is missing, since the backdrop replaces that. Where the border
of the photo cuts the person off, the cut would show as a straight edge in the headshot. Two constraints prevent this:
no point where the border cuts the person lies inside the frame, and the body reaches the lower edge of the frame. Among
the candidates that meet both, the one with the least cost is chosen: the cost grows when a frame is tighter, leaves
less headroom, or is off centre. If there is no candidate with level eyes, frames that are rotated less are tried.
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
"""Alpha (0 to 255) above which a pixel at the border counts as person."""
INSET = 1.5
"""Distance in pixels that the frame keeps from a border that cuts the person: interpolation reads one pixel further."""
SCALES = np.geomspace(1.0, 0.4, 31)
"""Candidate sizes of the frame, relative to the preset's."""
SHIFTS = np.linspace(-0.24, 0.24, 13)
"""Candidate horizontal offsets of the frame, in widths of the frame."""
HEADROOMS = np.array([1.0, 0.75, 0.5, 0.25, 0.0, -0.3, -0.6, -1.0, -1.5])
"""Candidate headrooms, relative to the preset's; a negative one cuts into the hair."""
SCALE_COST, SHIFT_COST = 2.0, 3.0
"""Cost of a unit of -log(scale), and of a unit of |shift|."""
HEADROOM_COST = (-1.5, 0.0, 1.0), (2.0, 0.4, 0.0)
"""Cost of a relative headroom, interpolated between these: headrooms, costs."""
FACE_INSIDE = 0.04, 0.96
"""The cheeks lie between these shares of the frame's width, the chin above the second share of its height."""
LEVELLING = (1.0, 0.5, 0.0)
"""Shares of the roll of the eyes that the frame follows, in the order in which they are tried; 1 is level."""
BODY_HALF_WIDTH = 0.4
"""Half the width of the strip below the face in which the body has to reach the lower edge, in face widths."""
SOLID, STEP = 128, 3
"""Alpha from which a pixel counts as body; and the step in pixels, across and down, at which the matte is sampled."""


@dataclass(frozen=True, slots=True)
class FrameBox:
    """A rotated rectangle, see the docstring of the module for its axes and origin. ``roll_deg``: clockwise rotation in
    the photo. ``tighter``: how many times smaller it is than the preset asks for; 1 is as asked."""

    left: float
    top: float
    width: float
    height: float
    roll_deg: float
    tighter: float

    def contains_any(self, points: F32) -> bool:
        """Whether any of ``points``, float32 (n, 2) along the axes of the frame, lies inside."""
        x, y = points[:, 0] - self.left, points[:, 1] - self.top
        return bool(((x > 0) & (x < self.width) & (y > 0) & (y < self.height)).any())


def choose_frame(face: FaceGeometry, head: Head, alpha8: U8, preset: Preset) -> FrameBox:
    """Choose the frame of ``preset`` around a face; ``alpha8``: the matte of the person, uint8 (H, W).

    ``face``, ``head`` and ``alpha8`` share the pixels of one photo. Raises CaptureError where the border of the photo
    is so near to the face that no candidate meets the constraints.
    """
    upright_deg = 90 * round(face.roll_deg / 90)
    for share in LEVELLING:
        roll_deg = upright_deg + share * (face.roll_deg - upright_deg)
        box = _best_box(face, head, alpha8, preset, roll_deg)
        if box is not None:
            return box
    raise CaptureError("the photo ends too near to the face for a headshot: take one with more around the head")


def frame_axes(roll_deg: float) -> NDArray[np.float64]:
    """The unit vectors of the frame's x and y axes in the photo, float64 (2, 2), one per row."""
    roll = math.radians(roll_deg)
    return np.array([[math.cos(roll), math.sin(roll)], [-math.sin(roll), math.cos(roll)]])


def _best_box(face: FaceGeometry, head: Head, alpha8: U8, preset: Preset, roll_deg: float) -> FrameBox | None:
    """The candidate of least cost with this rotation that meets all constraints; None where there is none."""

    def to_frame(points: NDArray[np.floating]) -> F32:
        return np.asarray((points - np.asarray(face.eyes)) @ frame_axes(roll_deg).T, np.float32)

    scale, headroom, shift = (axis.ravel() for axis in np.meshgrid(SCALES, HEADROOMS, SHIFTS, indexing="ij"))
    height = head.height / preset.head * scale
    width = height * preset.size[0] / preset.size[1]
    cheeks = to_frame(face.points[list(CHEEKS), :2])[:, 0]
    chin, hair = to_frame(np.array([head.chin, head.hair_top]))[:, 1]
    left = cheeks.mean() / 2 + (shift - 0.5) * width  # centred halfway between the eyes and the cheeks
    top = hair - headroom * preset.headroom * height
    low, high = FACE_INSIDE
    face_inside = (
        (cheeks.min() > left + low * width) & (cheeks.max() < left + (1 - low) * width) & (chin < top + high * height)
    )
    cost = SCALE_COST * -np.log(scale) + SHIFT_COST * np.abs(shift) + np.interp(headroom, *HEADROOM_COST)
    body_end = _lowest_body_point(to_frame(_body_points(alpha8)), cheeks)
    forbidden = np.concatenate([to_frame(_border_contacts(alpha8)), body_end])
    for index in np.flatnonzero(face_inside)[np.argsort(cost[face_inside], kind="stable")]:
        box = FrameBox(
            left=float(left[index]),
            top=float(top[index]),
            width=float(width[index]),
            height=float(height[index]),
            roll_deg=roll_deg,
            tighter=float(1 / scale[index]),
        )
        if not box.contains_any(forbidden):
            return box
    return None


def _border_contacts(alpha8: U8) -> F32:
    """The points where the border of the photo cuts the person, INSET pixels inside: float32 (n, 2), x and y."""
    height, width = alpha8.shape
    x, y = np.arange(width) + 0.5, np.arange(height) + 0.5
    sides = (
        (alpha8[0], x, np.full(width, INSET)),
        (alpha8[-1], x, np.full(width, height - INSET)),
        (alpha8[:, 0], np.full(height, INSET), y),
        (alpha8[:, -1], np.full(height, width - INSET), y),
    )
    points = [np.column_stack([at_x, at_y])[alpha > CUT] for alpha, at_x, at_y in sides]
    return np.concatenate(points).astype(np.float32)


def _body_points(alpha8: U8) -> F32:
    """The pixels of the person, sampled every STEP pixels: float32 (n, 2), x and y in the photo."""
    y, x = np.nonzero(alpha8[::STEP, ::STEP] >= SOLID)
    return np.column_stack([x, y]).astype(np.float32) * STEP


def _lowest_body_point(solid: F32, cheeks: F32) -> F32:
    """The lowest of ``solid``, the person's points, in the strip below the face: float32 (1, 2), or (0, 2)."""
    middle, reach = cheeks.mean(), BODY_HALF_WIDTH * np.ptp(cheeks)
    below = solid[np.abs(solid[:, 0] - middle) < reach]
    return np.asarray(below[np.argsort(below[:, 1])[-1:]], np.float32)
