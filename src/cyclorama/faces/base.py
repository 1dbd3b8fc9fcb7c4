"""A detected face, and the port of face detectors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from cyclorama.core.frames import U8


@dataclass(frozen=True, slots=True)
class Face:
    """A square box around a face, brows to chin: centre and side in pixels of the picture.

    ``score``: confidence, 0 to 1.
    """

    x: float
    y: float
    side: float
    score: float

    def overlap(self, other: Face) -> float:
        """Intersection over union (IoU), 0 to 1."""
        reach = (self.side + other.side) / 2
        shared = 1.0
        for distance in (abs(self.x - other.x), abs(self.y - other.y)):
            shared *= max(0.0, min(reach - distance, self.side, other.side))
        return shared / (self.side**2 + other.side**2 - shared)


class FaceNetwork(Protocol):
    """Detects faces in one small picture. Used by one thread."""

    provider: str

    def find(self, rgb: U8) -> list[Face]:
        """Raw detections in ``rgb``, uint8 (SIDE, SIDE, 3), in its pixels, before non-maximum suppression.

        Raises ModelError.
        """

    def close(self) -> None:
        """Release the network; a second call does nothing."""


SIDE = 128
"""Side of the network's input, in pixels."""
MIN_SCORE = 0.5
