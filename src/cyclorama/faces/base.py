"""A face, and the port of whatever finds it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from cyclorama.core.frames import U8


@dataclass(frozen=True, slots=True)
class Face:
    """A square around a face, from the brows to the chin: its centre and side in pixels of the picture it was found in.

    ``score``: from 0 to 1, how sure the network is.
    """

    x: float
    y: float
    side: float
    score: float

    def overlap(self, other: Face) -> float:
        """Area shared by both, as a share of the area that either covers (IoU), 0 to 1."""
        reach = (self.side + other.side) / 2
        shared = 1.0
        for distance in (abs(self.x - other.x), abs(self.y - other.y)):
            shared *= max(0.0, min(reach - distance, self.side, other.side))
        return shared / (self.side**2 + other.side**2 - shared)


class FaceNetwork(Protocol):
    """Finds the faces of one small picture. Used by one thread."""

    provider: str

    def find(self, rgb: U8) -> list[Face]:
        """Every face in ``rgb``, uint8 (SIDE, SIDE, 3), in its pixels; the same one may come several times.

        Raises ModelError.
        """

    def close(self) -> None:
        """Release the network; a second call does nothing."""


SIDE = 128
"""Of the picture that the network takes, in pixels."""
MIN_SCORE = 0.5
