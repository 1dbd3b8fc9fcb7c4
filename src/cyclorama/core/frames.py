"""The types that travel through the engine: frame, matte, and the composite that a sink may see.

Sinks accept a :class:`Composite` and nothing else, and only the compositor makes one: a raw frame cannot reach a
sink by mistake, and the type checker holds that line.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

U8 = NDArray[np.uint8]
F32 = NDArray[np.float32]
SizeWH = tuple[int, int]


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One captured picture.

    ``pixels``: BGR uint8 (H, W, 3), C-contiguous, made read-only here. ``seq``: counts up by one for each frame of a
    source. ``captured_ns``: monotonic clock. ``pts`` in units of ``time_base`` seconds when the frame comes from a
    file that is read as a file; ``duration`` too: how long it is shown. ``alpha``: what the file itself has
    transparent, uint8 (H, W), 255 = opaque; None: the picture is opaque. ``pixels`` are then over white.
    """

    pixels: U8
    seq: int
    captured_ns: int
    pts: int | None = None
    time_base: Fraction | None = None
    duration: int | None = None
    alpha: U8 | None = None

    def __post_init__(self) -> None:
        pixels = self.pixels
        if pixels.dtype != np.uint8 or pixels.ndim != 3 or pixels.shape[2] != 3 or 0 in pixels.shape:
            raise ValueError(f"a frame is BGR uint8 (H, W, 3), not {pixels.dtype} {pixels.shape}")
        if not pixels.flags.c_contiguous:
            raise ValueError("a frame's pixels are C-contiguous")
        pixels.flags.writeable = False
        if self.alpha is not None:
            if self.alpha.dtype != np.uint8 or self.alpha.shape != pixels.shape[:2]:
                raise ValueError(
                    f"a frame's alpha is uint8 {pixels.shape[:2]}, not {self.alpha.dtype} {self.alpha.shape}"
                )
            self.alpha.flags.writeable = False

    @property
    def size_wh(self) -> SizeWH:
        """Width and height in pixels."""
        return self.pixels.shape[1], self.pixels.shape[0]

    @property
    def time_s(self) -> float:
        """The time that the picture shows, in seconds: of its file where it has one, else of the monotonic clock."""
        if self.pts is not None and self.time_base is not None:
            return float(self.pts * self.time_base)
        return self.captured_ns / 1e9


@dataclass(frozen=True, slots=True, eq=False)
class KnownOutline:
    """The alpha of a person's outline, worked out from a picture of the empty room.

    ``alpha``: uint8 (h, w), of the whole frame on a grid of any size, 255 = person. ``weight``: the same, the share
    that it has beside what was found otherwise, 255 = all; 0 away from the outline.
    """

    alpha: U8
    weight: U8


@dataclass(frozen=True, slots=True, eq=False)
class Matte:
    """The alpha of one frame.

    ``alpha``: uint8 (H, W) of the frame's own size, 255 = person; before edge refinement, float32 (h, w) in [0, 1] on a
    coarser grid. ``seq``: of the frame that it belongs to (of a carried matte, the frame it was carried to). ``age``:
    frames since the one that the network ran on, 0 = this frame. ``foreground``: the person's decontaminated colours,
    BGR uint8 (H, W, 3). ``outline``: known from a picture of the empty room, where there is one.
    """

    alpha: U8 | F32
    seq: int
    age: int = 0
    foreground: U8 | None = None
    outline: KnownOutline | None = None


class CompositeKind(Enum):
    """What a sink is shown."""

    COMPOSITE = "composite"
    CARD = "card"
    RAW = "raw"
    """The unchanged picture: only ever after ``--background none``."""


class Layout(Enum):
    """How the pixels of a composite lie in memory; all uint8."""

    BGR = "bgr"
    """(H, W, 3)"""
    BGRA = "bgra"
    """(H, W, 4), straight alpha"""
    GRAY = "gray"
    """(H, W), the matte itself, 255 = person"""


@dataclass(frozen=True, slots=True, eq=False)
class Composite:
    """A picture that may leave the engine. Made by ``cyclorama.compose`` alone.

    ``pixels``: uint8 in ``layout``. ``seq``, ``captured_ns``, ``pts``, ``time_base``, ``duration``: of the frame it was
    made from (a card has the seq -1 where there was none). ``matte_age``: as in :class:`Matte`.
    """

    pixels: U8
    layout: Layout
    kind: CompositeKind
    seq: int
    captured_ns: int
    pts: int | None = None
    time_base: Fraction | None = None
    matte_age: int = 0
    reason: str = ""
    """Why this is a card; empty for everything else."""
    duration: int | None = None

    @property
    def size_wh(self) -> SizeWH:
        """Width and height in pixels."""
        return self.pixels.shape[1], self.pixels.shape[0]
