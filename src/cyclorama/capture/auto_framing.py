"""Auto-framing of a live picture: the face tracker, and the operator that follows the faces."""

from __future__ import annotations

from cyclorama.capture.framing import Operator
from cyclorama.capture.view import View
from cyclorama.core.frames import U8, SizeWH
from cyclorama.faces.tracker import FaceTracker

LOOK_S = 0.2
"""Between two face detections: people move little meanwhile, and five a second cost less than 2 % of a core."""


class AutoFraming:
    """Decides on the view of each frame. Used by one thread."""

    def __init__(self, tracker: FaceTracker | None = None) -> None:
        """Load the face network, unless a tracker is given; it is closed with this. Raises ModelError."""
        self._tracker = tracker or FaceTracker()
        self._operator: Operator | None = None
        self._sizes: tuple[SizeWH, SizeWH] | None = None
        self._time_s = 0.0
        self._looked_s = 0.0

    def view(self, pixels: U8, output_wh: SizeWH, time_s: float) -> View:
        """What to show of ``pixels``, BGR uint8 (H, W, 3), taken at ``time_s`` (seconds). Raises ModelError."""
        sizes = ((pixels.shape[1], pixels.shape[0]), output_wh)
        if self._operator is None or self._sizes != sizes:
            self._operator, self._sizes = Operator(*sizes), sizes
            self._looked_s, self._time_s = time_s - LOOK_S, time_s
        if time_s - self._looked_s >= LOOK_S:
            self._looked_s = time_s
            self._operator.see(self._tracker.see(pixels, time_s))
        elapsed_s, self._time_s = time_s - self._time_s, time_s
        return self._operator.move(elapsed_s)

    def close(self) -> None:
        """Release the face network; a second call does nothing."""
        self._tracker.close()
