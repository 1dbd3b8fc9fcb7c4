"""A virtual background for the caller's own frame loop."""

from __future__ import annotations

import os
import threading
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

from numpy.typing import NDArray

from cyclorama._api.frames import FILE_FPS, Color, FrameFeed
from cyclorama._api.given import COMPOSE, MATTING, PICTURE, read_settings
from cyclorama.background.opening import OutputMode, open_background
from cyclorama.capture.geometry import Geometry
from cyclorama.compose.compositor import Compositor
from cyclorama.core.closing import Closing
from cyclorama.core.errors import CaptureError, CycloramaError, ModelError, SettingsError
from cyclorama.core.frames import U8, Frame, Matte, SizeWH
from cyclorama.matting.base import ModelInfo
from cyclorama.matting.engine.engine import MattingEngine
from cyclorama.pipeline.runtime.build import Prepare, max_matte_age, open_framing, open_network
from cyclorama.pipeline.runtime.parts import NO_MODEL
from cyclorama.settings.values import Settings

__all__ = ["VirtualBackground"]


class VirtualBackground(Closing):
    """Replaces the background of frames, one call per frame; close it, best by a ``with`` statement. Calls from
    several threads take turns: a matte belongs to its frame.

    Fails closed: while there is no valid matte, and if the network fails, it returns the privacy card, which has no
    pixel of the frame; ``fault`` says why.
    """

    settings: Settings
    """The settings in use."""

    def __init__(
        self,
        background: str | os.PathLike[str] | None = "blur",
        size: str | SizeWH | None = None,
        *,
        model: str = "auto",
        fps: float | None = 30,
        color: Color = "bgr",
        **settings: object,
    ) -> None:
        """``background``: as everywhere, None is blur; ``transparent`` gives four channels, ``matte`` one, and ``none``
        is the one way to get the frames back as they are. ``size``: of what comes out, as ``(1280, 720)`` or ``720p``;
        None: the first frame's. It stays, whatever size later frames have. ``fps``, ``color``: as for
        :func:`open_matting`.
        ``settings``: provider, quality, every, smooth, edge, threshold, light_wrap, mirror, rotate, fit, frame, zoom,
        pan. Raises SettingsError, ModelError.
        """
        given = {"background": background, "size": size, "model": model, "fps": fps, **settings}
        self.settings = read_settings(given, (*COMPOSE, *PICTURE, *MATTING, "fps"))
        self._feed = FrameFeed(color, fps)
        self._fault: str | None = None
        self._in_turn = threading.RLock()
        self._compositor: Compositor | None = None
        self._engine: MattingEngine | None = None
        with ExitStack() as opened:
            self._choice = open_background(self.settings.compose.background)
            if self._choice.background is not None:
                opened.callback(self._choice.background.close)
            if self._choice.mode is not OutputMode.RAW:
                self._engine = open_network(self.settings.matting, self.settings.capture.fps, opened).engine
            self._framing = open_framing(self.settings.capture, opened)
            self._prepare = Prepare(Geometry(self.settings.capture, self._framing), halves=False)
            self._opened: ExitStack | None = opened.pop_all()

    def __call__(self, picture: NDArray[Any], *, time_s: float | None = None) -> U8:
        """``picture``, uint8 (H, W, 3), over the other background: uint8, of ``size``. Does not modify ``picture``.

        ``time_s``: capture time in seconds, rising from frame to frame; None: now, or for files 1/30 s after the
        previous frame. Raises CaptureError for an invalid array.
        """
        with self._in_turn:
            if self._opened is None:
                raise CycloramaError("this virtual background is closed: open another one")
            return self._shown(picture, time_s)

    def _shown(self, picture: NDArray[Any], time_s: float | None) -> U8:
        frame = self._feed.frame(picture, time_s)
        compositor = self._compositor or self._settled(frame.size_wh)
        frame = self._prepare(frame)
        self._fault = None
        composite = compositor.compose(frame, self._matte(frame))
        self._fault = self._fault or composite.reason or None
        return self._feed.given_back(composite.pixels)

    @property
    def fault(self) -> str | None:
        """Why the newest picture is the privacy card; None if it is not."""
        return self._fault

    @property
    def model_info(self) -> ModelInfo:
        """The network in use."""
        return NO_MODEL if self._engine is None else self._engine.info

    def close(self) -> None:
        """Release network and background; a second call does nothing."""
        with self._in_turn:
            if self._opened is not None:
                self._opened.close()
                self._opened = None

    def _settled(self, first_wh: SizeWH) -> Compositor:
        """The compositor; without a ``size`` the first frame sets its size."""
        capture = self.settings.capture
        size_wh = capture.size_wh or self._prepare.geometry.size_for(first_wh)
        try:
            self._prepare = Prepare(Geometry(replace(capture, size_wh=size_wh), self._framing), halves=False)
        except SettingsError as error:
            raise CaptureError(f"the frame cannot be taken in its own size: {error}; give size") from error
        self._compositor = Compositor(
            self._choice,
            self.settings.compose,
            size_wh,
            max_matte_age=max_matte_age(capture.fps or FILE_FPS),
            finds_rims=self.settings.matting.quality == "best",
        )
        return self._compositor

    def _matte(self, frame: Frame) -> Matte | None:
        if self._engine is None:
            return None
        try:
            return self._engine.matte(frame)
        except ModelError as error:
            self._fault = str(error)
            self._engine.reset()
            return None
