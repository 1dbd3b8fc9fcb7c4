"""Track faces over time: re-detect known faces, and search the picture for new ones in turns.

A detection costs a millisecond. Each update makes two: a close crop of the known face that was detected longest ago,
and the next crop of the search. So the cost is constant, and even a small face is found within a few seconds.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from cyclorama.core.frames import U8, SizeWH
from cyclorama.faces.base import Face, FaceNetwork
from cyclorama.faces.detect import SAME, SearchSquare, find, open_network, parts
from cyclorama.models.bundled import bundled_path

NETWORK = "face_detection.tflite"
CLOSE = 4.0
"""Side of a close crop, in sides of the face: the network is surest of faces of a quarter of its input."""
REACH = 1.5
"""How far a face may have moved since its last detection, in its sides."""
HOLD_S = 3.0
"""How long a face that turned away or is covered keeps its place."""
NEW_XY, NEW_SIDE = 0.7, 0.3
"""Smoothing weights of a new detection for position and size; sizes are noisier."""


@dataclass(slots=True)
class _Known:
    face: Face
    seen_s: float
    looked_s: float
    certain: bool = False
    """Confirmed by a second detection: the first may have been a picture on the wall, or a false alarm."""


class FaceTracker:
    """Takes a picture a few times a second. Used by one thread."""

    def __init__(self, network: FaceNetwork | None = None) -> None:
        """Load the bundled network, unless one is given; it is closed with the tracker. Raises ModelError."""
        self._network = network or open_network(bundled_path(NETWORK))
        self._known: list[_Known] = []
        self._size_wh: SizeWH = (0, 0)
        self._parts: list[SearchSquare] = []
        self._next = 0

    @property
    def provider(self) -> str:
        """What the network runs on."""
        return self._network.provider

    @property
    def faces(self) -> list[Face]:
        """The confirmed faces."""
        return [known.face for known in self._known if known.certain]

    def see(self, pixels: U8, time_s: float) -> list[Face]:
        """Update with a picture, BGR uint8 (H, W, 3), taken at ``time_s`` (seconds); returns ``faces``.

        Raises ModelError.
        """
        height, width = pixels.shape[:2]
        if (width, height) != self._size_wh:
            self._size_wh, self._parts, self._next = (width, height), parts((width, height)), 0
            self._known.clear()
        oldest = min(self._known, key=lambda known: known.looked_s, default=None)
        if oldest is None:
            self._search(pixels, time_s)
        else:
            self._look_at(oldest, pixels, time_s)
        self._search(pixels, time_s)
        self._forget(time_s)
        return self.faces

    def close(self) -> None:
        """Release the network; a second call does nothing."""
        self._network.close()

    def _look_at(self, known: _Known, pixels: U8, time_s: float) -> None:
        face = known.face
        side = max(1, round(face.side * CLOSE))
        found = find(self._network, pixels, SearchSquare(round(face.x - side / 2), round(face.y - side / 2), side))
        known.looked_s = time_s
        own = [other for other in found if self._nearest(other) is known]
        if own:
            known.certain = True
            self._saw(known, min(own, key=lambda other: _distance(face, other)), time_s)
        elif not known.certain:
            self._known.remove(known)

    def _search(self, pixels: U8, time_s: float) -> None:
        part = self._parts[self._next % len(self._parts)]
        self._next += 1
        for face in find(self._network, pixels, part):
            known = self._nearest(face)
            if known is None:
                self._known.append(_Known(face, time_s, time_s))
            else:
                known.seen_s = time_s

    def _forget(self, time_s: float) -> None:
        """Drop faces that were not seen for HOLD_S, and duplicates."""
        kept: list[_Known] = []
        for known in self._known:
            seen = time_s - known.seen_s < HOLD_S
            if seen and all(known.face.overlap(other.face) <= SAME for other in kept):
                kept.append(known)
        self._known = kept

    def _nearest(self, face: Face) -> _Known | None:
        """Match ``face`` with a known face; None where it is new."""
        known = min(self._known, key=lambda known: _distance(known.face, face), default=None)
        return known if known is not None and _distance(known.face, face) < REACH else None

    def _saw(self, known: _Known, face: Face, time_s: float) -> None:
        old = known.face
        known.face = replace(
            face,
            x=old.x + NEW_XY * (face.x - old.x),
            y=old.y + NEW_XY * (face.y - old.y),
            side=old.side + NEW_SIDE * (face.side - old.side),
        )
        known.seen_s = time_s


def _distance(known: Face, face: Face) -> float:
    """Distance of the centres in sides of the known face; infinite where the sizes do not match."""
    if not 0.5 < face.side / known.side < 2.0:
        return float("inf")
    return float(((known.x - face.x) ** 2 + (known.y - face.y) ** 2) ** 0.5) / known.side
