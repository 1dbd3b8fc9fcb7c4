"""Open the parts of a pipeline from settings: background, source, network, in the order of the most helpful errors."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from cyclorama.background.base import Background
from cyclorama.background.opening import BackgroundChoice, OutputMode, open_background, open_in_step
from cyclorama.capture.auto_framing import AutoFraming
from cyclorama.capture.base import Source
from cyclorama.capture.geometry import Geometry
from cyclorama.capture.open import open_source
from cyclorama.compose.compositor import LAYOUTS, MAX_MATTE_AGE, Compositor
from cyclorama.core.clock import Clock
from cyclorama.core.errors import CaptureError, CycloramaError, ModelError, SettingsError
from cyclorama.core.frames import Frame, SizeWH
from cyclorama.core.memory import keep_freed
from cyclorama.core.opencv import halved, one_thread_each
from cyclorama.matting.base import MattingModel, ModelInfo
from cyclorama.matting.engine.answers import checked
from cyclorama.matting.engine.engine import MattingEngine, no_timer
from cyclorama.matting.engine.runner import Timer
from cyclorama.matting.engine.schedule import MAX_AGE_S
from cyclorama.matting.open import open_model
from cyclorama.pipeline.runtime.metrics import Metrics
from cyclorama.pipeline.runtime.parts import NO_MODEL, Piece
from cyclorama.settings.table import SETTINGS
from cyclorama.settings.values import CaptureSettings, MattingSettings, Settings

LIVE_FPS = Fraction(30)


@dataclass(frozen=True, slots=True)
class Prepare:
    """Transforms a source's frame as the settings say: rotate, frame, mirror, resize to the output size.

    ``halves``: also compute the frame's half-size picture, because the capture thread has spare time and later stages
    need it.
    """

    geometry: Geometry
    halves: bool

    def __call__(self, frame: Frame) -> Frame:
        """The transformed frame; the same object if nothing changes."""
        pixels, alpha = self.geometry.apply_with_alpha(frame.pixels, frame.alpha, frame.time_s)
        prepared = frame if pixels is frame.pixels else replace(frame, pixels=pixels, alpha=alpha)
        if self.halves:
            halved(prepared.pixels)
        return prepared


@dataclass(frozen=True, slots=True)
class Network:
    """A matting network and the engine that runs it."""

    model: MattingModel
    engine: MattingEngine


@dataclass(frozen=True, slots=True)
class Parts:
    """A source, a network and a compositor of matching size and rate. ``network``: None if no matte is needed."""

    source: Source
    framing: AutoFraming | None
    prepare: Prepare
    choice: BackgroundChoice
    network: Network | None
    compositor: Compositor
    size_wh: SizeWH
    fps: Fraction

    @property
    def engine(self) -> MattingEngine | None:
        """The matting engine; None if no matte is needed."""
        return self.network.engine if self.network is not None else None

    @property
    def model(self) -> ModelInfo:
        """The network in use."""
        return self.network.engine.info if self.network is not None else NO_MODEL

    @property
    def pieces(self) -> tuple[Piece, ...]:
        """What has to be closed, in this order, before the source."""
        network = (self.network.engine, self.network.model) if self.network is not None else ()
        others = (piece for piece in (self.framing, self.choice.background) if piece is not None)
        return (*network, *others)

    def close(self) -> None:
        """Close all parts; a second call does nothing."""
        for piece in (*self.pieces, self.source):
            piece.close()


@contextmanager
def open_parts(settings: Settings, metrics: Metrics, clock: Clock, *, live: bool) -> Iterator[Parts]:
    """Open what ``settings`` name, and close it at the end of the block.

    Raises SettingsError (background), CaptureError (source), ModelError (network), in this order.
    """
    parts = Opener(metrics, clock, live=live).open(settings)
    try:
        yield parts
    finally:
        parts.close()


class Opener:
    """Opens parts. Used by one thread at a time; the caller closes what it opens."""

    def __init__(self, metrics: Metrics, clock: Clock, *, live: bool) -> None:
        self._metrics = metrics
        self._clock = clock
        self._live = live

    def open(self, settings: Settings) -> Parts:
        """Open everything that ``settings`` name. On SettingsError, CaptureError or ModelError nothing stays open."""
        one_thread_each()
        keep_freed()
        with ExitStack() as stack:
            choice = self._background(settings, stack)
            source = self._source(settings, stack)
            if choice.background is not None:
                choice.background.begin(source.info.begin_s)
            fps = output_fps(settings, source)
            size_wh = output_size(settings, source)
            framing = open_framing(settings.capture, stack)
            network = None if choice.mode is OutputMode.RAW else self._network(settings.matting, fps, stack)
            # the output size is fixed here, whatever size later frames have
            geometry = Geometry(replace(settings.capture, size_wh=size_wh), framing)
            prepare = Prepare(geometry, halves=network is not None)
            compositor = self._compositor(settings, choice, size_wh, max(fps, source.info.fps or fps))
            stack.pop_all()
            return Parts(source, framing, prepare, choice, network, compositor, size_wh, fps)

    def reopened(self, parts: Parts, before: Settings, after: Settings) -> Parts:
        """``parts`` with every part that differs between ``before`` and ``after`` opened anew and tested; the others
        are the same objects. Size, rate and layout stay. Raises as ``open`` does, and then nothing new stays open."""
        with ExitStack() as stack:
            choice = parts.choice
            if after.compose.background != before.compose.background:
                choice = self._background(after, stack)
                try_background(after.compose.background, choice, parts)
            other_source = after.source != before.source
            source = self._source(after, stack) if other_source else parts.source
            framing = parts.framing
            if other_source or framing_differs(before.capture, after.capture):
                framing = open_framing(after.capture, stack)
            network = self._other_network(parts, choice, before.matting, after.matting, stack)
            prepare = parts.prepare
            if other_source or after.capture != before.capture or (network is None) is not (parts.network is None):
                geometry = Geometry(replace(after.capture, size_wh=parts.size_wh), framing)
                prepare = Prepare(geometry, halves=network is not None)
            compositor = parts.compositor
            if other_source or after.compose != before.compose or self._patient(after) is not self._patient(before):
                rate = max(parts.fps, source.info.fps or parts.fps)
                compositor = self._compositor(after, choice, parts.size_wh, rate)
            stack.pop_all()
            return Parts(source, framing, prepare, choice, network, compositor, parts.size_wh, parts.fps)

    def _background(self, settings: Settings, stack: ExitStack) -> BackgroundChoice:
        open_it = open_in_step if settings.compose.in_step else open_background
        choice = open_it(settings.compose.background)
        if choice.background is not None:
            stack.callback(choice.background.close)
        return choice

    def _source(self, settings: Settings, stack: ExitStack) -> Source:
        return stack.enter_context(open_source(settings.source, settings.capture, live=self._live, clock=self._clock))

    def _network(self, settings: MattingSettings, fps: Fraction, stack: ExitStack) -> Network:
        return open_network(settings, float(fps) if self._live else None, stack, self._metrics.timer)

    def _other_network(
        self, parts: Parts, choice: BackgroundChoice, before: MattingSettings, after: MattingSettings, stack: ExitStack
    ) -> Network | None:
        """The network for ``choice`` and ``after``: the current one if it matches."""
        if choice.mode is OutputMode.RAW:
            return None
        if parts.network is not None and _names(before) == _names(after):
            return parts.network
        network = self._network(after, parts.fps, stack)
        try_model(network.model, parts.size_wh)
        return network

    def _compositor(self, settings: Settings, choice: BackgroundChoice, size_wh: SizeWH, fps: Fraction) -> Compositor:
        """``fps``: the highest frame rate."""
        return Compositor(
            choice,
            settings.compose,
            size_wh,
            max_matte_age=max_matte_age(fps),
            finds_rims=self._patient(settings),
            timer=self._metrics.timer,
        )

    def _patient(self, settings: Settings) -> bool:
        """Whether what takes time and is seldom needed is done: of files, and where the user asks for the best."""
        return not self._live or settings.matting.quality == "best"


def open_network(
    settings: MattingSettings, target_fps: float | None, stack: ExitStack, timer: Timer = no_timer
) -> Network:
    """Open a network and its engine; ``stack`` closes them. ``target_fps``: the rate to hold live; None for files.

    Raises SettingsError, ModelError.
    """
    live = target_fps is not None
    model = stack.enter_context(open_model(settings.model, settings.provider, settings.quality, live=live))
    engine = MattingEngine(model, settings, target_fps=target_fps, timer=timer)
    stack.callback(engine.close)
    return Network(model, engine)


def max_matte_age(fps: Fraction | float) -> int:
    """How many frames old a matte that the engine reuses may be at ``fps``, the highest frame rate."""
    return max(MAX_MATTE_AGE, math.ceil(MAX_AGE_S * fps) + 1)


def _names(settings: MattingSettings) -> tuple[object, ...]:
    """The settings that decide which network is opened."""
    return settings.model, settings.provider, settings.quality


def framing_differs(before: CaptureSettings, after: CaptureSettings) -> bool:
    """Whether automatic framing has to be opened anew."""
    return (before.frame, before.rotate) != (after.frame, after.rotate)


def open_framing(settings: CaptureSettings, stack: ExitStack) -> AutoFraming | None:
    """Open automatic framing; None if it is off."""
    if settings.frame == "off":
        return None
    framing = AutoFraming()
    stack.callback(framing.close)
    return framing


def try_background(text: str, choice: BackgroundChoice, parts: Parts) -> None:
    """Check that ``choice`` can replace the background in use. Raises SettingsError."""
    now, then = LAYOUTS[parts.choice.mode], LAYOUTS[choice.mode]
    if now is not then:
        raise SettingsError(
            f"the background {text} needs a restart: its pictures are {then.value}, and the outputs were opened for "
            f"{now.value}"
        )
    if choice.background is not None:
        _try_picture(text, choice.background, parts.size_wh)


def _try_picture(text: str, background: Background, size_wh: SizeWH) -> None:
    """Render the first picture, which also fills the background's caches before the first frame needs them."""
    try:
        picture = background.card(size_wh, 0.0)
    except CycloramaError:
        raise
    except Exception as error:  # a decoder may raise anything
        raise SettingsError(f"the background {text} cannot be shown ({error}): choose another one") from error
    if picture is not None and picture.shape != (size_wh[1], size_wh[0], 3):
        raise SettingsError(f"the background {text} gives pictures of another size: choose another one")


def try_model(model: MattingModel, size_wh: SizeWH) -> None:
    """Run ``model`` once on a grey frame. Raises ModelError if it fails or returns an invalid alpha."""
    frame = Frame(np.full((size_wh[1], size_wh[0], 3), 128, np.uint8), 0, 0)
    try:
        checked(model.predict(frame).alpha, model.info, size_wh)
        model.reset()
    except ModelError:
        raise
    except Exception as error:  # an adapter may raise anything
        raise ModelError(
            f"the network {model.info.name} failed on its first picture ({error}): try another --model"
        ) from error


def output_fps(settings: Settings, source: Source) -> Fraction:
    """The output rate: the setting, else the source's own rate, else 30."""
    if settings.capture.fps is not None:
        return Fraction(settings.capture.fps).limit_denominator(1001)
    return source.info.fps or LIVE_FPS


def output_size(settings: Settings, source: Source) -> SizeWH:
    """The output size: the setting, else the source's own size. Raises CaptureError if it cannot be used."""
    size_wh = settings.capture.size_wh or Geometry(settings.capture).size_for(source.info.size_wh)
    if wrong := SETTINGS["size"].problem(size_wh):
        raise CaptureError(f"{settings.source} cannot be taken in its own size: {wrong}; give --size")
    return size_wh
