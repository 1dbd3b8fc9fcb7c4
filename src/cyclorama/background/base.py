"""Port of a background: a picture for every frame."""

from __future__ import annotations

from abc import abstractmethod

from cyclorama.core.closing import Closing
from cyclorama.core.frames import U8, SizeWH


class Background(Closing):
    """Renders the background of each frame. The constructor opens it. Used by one thread."""

    @property
    @abstractmethod
    def name(self) -> str:
        """Its name for the user."""

    @abstractmethod
    def render(self, pixels: U8, alpha: U8, time_s: float) -> U8:
        """The background for one frame: BGR uint8 (H, W, 3) of the frame's size.

        The array is read-only if the background keeps it for later frames; otherwise the caller may write to it.

        ``pixels``: the frame, BGR uint8 (H, W, 3). ``alpha``: uint8 (H, W), 255 = person. ``time_s``: the frame's time
        in seconds, for backgrounds that move. Raises CaptureError if a video background can no longer be read.
        """

    @abstractmethod
    def card(self, size_wh: SizeWH, time_s: float) -> U8 | None:
        """The background without a frame, BGR uint8 (H, W, 3). None if it is computed from the frame, as blur is: then
        a plain card is shown."""

    @property
    def is_room(self) -> bool:
        """Whether it is computed from the frame's room, so that the person needs no light wrap."""
        return False

    def begin(self, time_s: float) -> None:
        """Set the time of the foreground clip's first frame, in seconds. Called before the first ``render``."""
