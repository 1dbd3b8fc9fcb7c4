"""Port: what stands behind the person."""

from __future__ import annotations

from abc import abstractmethod

from cyclorama.core.closing import Closing
from cyclorama.core.frames import U8, SizeWH


class Background(Closing):
    """A picture for every frame. Opened by its constructor; used by one thread."""

    @property
    @abstractmethod
    def name(self) -> str:
        """What the user would call it."""

    @abstractmethod
    def render(self, pixels: U8, alpha: U8, time_s: float) -> U8:
        """The background for one frame: BGR uint8 (H, W, 3) of the frame's size.

        Read-only where it is kept, to be shown again; otherwise the caller's, to write to.

        ``pixels``: the frame, BGR uint8 (H, W, 3). ``alpha``: uint8 (H, W), 255 = person. ``time_s``: the frame's time
        in seconds, for backgrounds that move. Raises CaptureError where a moving background cannot be read any more.
        """

    @abstractmethod
    def card(self, size_wh: SizeWH, time_s: float) -> U8 | None:
        """The background alone, BGR uint8, or None where it is made from the frame: then a plain card is shown."""

    @property
    def is_room(self) -> bool:
        """Whether it is made of the frame's own room, whose light is on the person already."""
        return False

    def begin(self, time_s: float) -> None:
        """The clip in front begins at ``time_s`` on the clock of its frames' times. Called before the first frame."""
