"""The matting engine, frame by frame."""

from __future__ import annotations

import threading
from contextlib import ExitStack
from typing import Any

from numpy.typing import NDArray

from cyclorama._api.frames import Color, FrameFeed
from cyclorama._api.given import MATTING, read_settings
from cyclorama.background.opening import BackgroundChoice, OutputMode
from cyclorama.compose.compositor import Compositor
from cyclorama.core.closing import Closing
from cyclorama.core.errors import CycloramaError
from cyclorama.core.frames import U8, Frame, Matte
from cyclorama.matting.base import ModelInfo
from cyclorama.pipeline.runtime.build import open_network
from cyclorama.settings.values import ComposeSettings, MattingSettings

__all__ = ["FrameMatting", "ModelInfo", "open_matting"]
TRANSPARENT = BackgroundChoice(OutputMode.TRANSPARENT, "transparent")


class FrameMatting(Closing):
    """An open network with its engine: call it with one frame after the other. Other threads wait while it works
    for one."""

    settings: MattingSettings
    """The settings in use."""

    def __init__(self, settings: MattingSettings, fps: float | None, color: Color) -> None:
        self.settings = settings
        self._feed = FrameFeed(color, fps)
        self._newest: tuple[Frame, Matte] | None = None
        self._in_turn = threading.RLock()
        with ExitStack() as opened:
            self._engine = open_network(settings, fps, opened).engine
            self._opened: ExitStack | None = opened.pop_all()

    def __call__(self, picture: NDArray[Any], *, time_s: float | None = None) -> U8:
        """The alpha of ``picture``, uint8 (H, W, 3): uint8 (H, W), 255 = person. Does not modify ``picture``.

        ``time_s``: capture time in seconds, rising from frame to frame; None: now, or for files 1/30 s after the
        previous frame. After a gap of half a second, or a change of size, the engine is reset. Raises CaptureError for
        an invalid array, and ModelError if the network fails; the next frame may work.
        """
        with self._in_turn:
            if self._opened is None:
                raise CycloramaError("this matting is closed: open another one")
            self._newest = None
            frame = self._feed.frame(picture, time_s)
            matte = self._engine.matte(frame)
            self._newest = frame, matte
        return self._feed.given_back(matte.alpha.astype("uint8", copy=False))

    @property
    def foreground(self) -> U8:
        """Foreground colours of the newest frame, decontaminated along the outline: uint8 (H, W, 3).

        Where alpha is 0, the person's colours are extrapolated and nothing of the room is left. So ``alpha * foreground
        + (1 - alpha) * anything`` has no halo. Computed on access. Raises CycloramaError before the first frame, and
        after one that failed.
        """
        newest = self._newest
        if newest is None:
            raise CycloramaError("there is no foreground yet: call the matting with a frame first")
        frame, matte = newest
        compositor = Compositor(TRANSPARENT, ComposeSettings(), frame.size_wh, max_matte_age=max(matte.age, 1))
        return self._feed.given_back(compositor.compose(frame, matte).pixels[..., :3])

    @property
    def model_info(self) -> ModelInfo:
        """The network in use."""
        return self._engine.info

    def close(self) -> None:
        """Release the network; a second call does nothing."""
        with self._in_turn:
            if self._opened is not None:
                self._opened.close()
                self._opened = self._newest = None


def open_matting(
    model: str = "auto", fps: float | None = 30, *, color: Color = "bgr", **settings: object
) -> FrameMatting:
    """Open a network to be called frame by frame; close it, best by a ``with`` statement.

    ``fps``: the rate to hold for a live picture: the network runs as often as the rate allows, and mattes are warped
    along the motion in between. None: frames of a file; the network runs on each. ``color``: channel order, ``bgr`` as
    in OpenCV or ``rgb``. ``settings``: provider, quality, every, smooth, edge, threshold. Raises SettingsError,
    ModelError.
    """
    values = read_settings({"model": model, "fps": fps, **settings}, (*MATTING, "fps"))
    return FrameMatting(values.matting, values.capture.fps, color)
