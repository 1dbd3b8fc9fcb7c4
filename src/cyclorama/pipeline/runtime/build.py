"""From settings to the parts of a pipeline, opened in the order in which their errors help most."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from fractions import Fraction

from cyclorama.background.in_step import InStep
from cyclorama.background.opening import BackgroundChoice, OutputMode, open_background, open_in_step
from cyclorama.capture.auto_framing import AutoFraming
from cyclorama.capture.base import Source
from cyclorama.capture.geometry import Geometry
from cyclorama.capture.open import open_source
from cyclorama.compose.compositor import MAX_MATTE_AGE, Compositor
from cyclorama.core.clock import Clock
from cyclorama.core.errors import CaptureError
from cyclorama.core.frames import Frame, SizeWH
from cyclorama.core.opencv import halved, one_thread_each
from cyclorama.matting.base import ModelInfo
from cyclorama.matting.engine.engine import MattingEngine
from cyclorama.matting.engine.schedule import MAX_AGE_S
from cyclorama.matting.open import open_model
from cyclorama.pipeline.runtime.metrics import Metrics
from cyclorama.settings.table import SETTINGS
from cyclorama.settings.values import CaptureSettings, MattingSettings, Settings

LIVE_FPS = Fraction(30)
NO_MODEL = ModelInfo("none", "none", "none", "none")


@dataclass(frozen=True, slots=True)
class Parts:
    """A source, an engine and a compositor that fit together. ``engine`` is None where no matte is wanted."""

    source: Source
    geometry: Geometry
    engine: MattingEngine | None
    compositor: Compositor
    size_wh: SizeWH
    fps: Fraction

    @property
    def model(self) -> ModelInfo:
        """What runs."""
        return self.engine.info if self.engine is not None else NO_MODEL

    def prepare(self, frame: Frame) -> Frame:
        """Turn a source's frame as the settings ask: rotated, framed, mirrored, of the output's size.

        Its half is made here as well: capture has the time, and the stages that want it next have not.
        """
        pixels = self.geometry.apply(frame.pixels, frame.time_s)
        prepared = frame if pixels is frame.pixels else replace(frame, pixels=pixels)
        if self.engine is not None:
            halved(prepared.pixels)
        return prepared


@contextmanager
def open_parts(settings: Settings, metrics: Metrics, clock: Clock, *, live: bool) -> Iterator[Parts]:
    """Open what ``settings`` name and close it at the end.

    Raises SettingsError (background), CaptureError (source), ModelError (network), in this order.
    """
    one_thread_each()
    with ExitStack() as stack:
        open_it = open_in_step if settings.compose.in_step else open_background
        choice = open_it(settings.compose.background)
        if choice.background is not None:
            stack.callback(choice.background.close)
        source = stack.enter_context(open_source(settings.source, settings.capture, live=live, clock=clock))
        if isinstance(choice.background, InStep):
            choice.background.begin_s = source.info.begin_s
        fps = output_fps(settings, source, live=live)
        size_wh = settings.capture.size_wh or Geometry(settings.capture).size_for(source.info.size_wh)
        if wrong := SETTINGS["size"].problem(size_wh):
            raise CaptureError(f"{settings.source} cannot be taken in its own size: {wrong}; give --size")
        # the size stays, whatever size later frames have
        geometry = Geometry(replace(settings.capture, size_wh=size_wh), open_framing(settings.capture, stack))
        engine = open_engine(settings.matting, choice, fps, metrics, stack, live=live)
        # as many frames as the engine may reuse a matte for, at whatever rate they come
        max_age = max(MAX_MATTE_AGE, math.ceil(MAX_AGE_S * max(fps, source.info.fps or fps)) + 1)
        compositor = Compositor(choice, settings.compose, size_wh, max_matte_age=max_age, timer=metrics.timer)
        stack.callback(compositor.close)
        yield Parts(source, geometry, engine, compositor, size_wh, fps)


def open_framing(settings: CaptureSettings, stack: ExitStack) -> AutoFraming | None:
    """What moves the view, or None where it stays."""
    if settings.frame == "off":
        return None
    framing = AutoFraming()
    stack.callback(framing.close)
    return framing


def open_engine(
    settings: MattingSettings,
    choice: BackgroundChoice,
    fps: Fraction,
    metrics: Metrics,
    stack: ExitStack,
    *,
    live: bool,
) -> MattingEngine | None:
    """The matting engine, or None where the picture is to be sent unchanged."""
    if choice.mode is OutputMode.RAW:
        return None
    model = stack.enter_context(open_model(settings.model, settings.provider, settings.quality, live=live))
    engine = MattingEngine(model, settings, target_fps=float(fps) if live else None, timer=metrics.timer)
    stack.callback(engine.close)
    return engine


def output_fps(settings: Settings, source: Source, *, live: bool) -> Fraction:
    """The output's rate: what was asked for, else the source's own, else 30."""
    if settings.capture.fps is not None:
        return Fraction(settings.capture.fps).limit_denominator(1001)
    return source.info.fps or LIVE_FPS
