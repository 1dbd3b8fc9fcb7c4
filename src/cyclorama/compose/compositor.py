"""Frame, matte and background to composite, or a privacy card where anything is wrong.

Every picture that leaves the engine is made here. Fails closed: whatever is wrong with a matte or a background, the
output contains no pixel of the room.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from cyclorama.background.opening import BackgroundChoice, OutputMode
from cyclorama.compose.blend import Block, Outline, blend, lay, owned
from cyclorama.compose.card import plain_card
from cyclorama.compose.decontaminate import EdgeColors, edge_colors, foreground_colors
from cyclorama.compose.light_wrap import LightWrap
from cyclorama.compose.low_res import SHRINK, add_spread, around_person, enlarge, shrink, shrink_part, small_block
from cyclorama.compose.rims import Rim, find_rim
from cyclorama.core.frames import F32, U8, Composite, CompositeKind, Frame, Layout, Matte, SizeWH
from cyclorama.settings.values import ComposeSettings

log = logging.getLogger(__name__)

T = TypeVar("T", np.uint8, np.float32)
Timer = Callable[[str], AbstractContextManager[None]]

LAYOUTS = {
    OutputMode.REPLACE: Layout.BGR,
    OutputMode.TRANSPARENT: Layout.BGRA,
    OutputMode.MATTE: Layout.GRAY,
    OutputMode.RAW: Layout.BGR,
}
MAX_MATTE_AGE = 15
"""Frames: half a second at 30 fps."""
MARGIN = 16
"""Margin around the person for the estimate of the room's colours, in pixels of a 720-line picture."""


class _RefusedError(Exception):
    """The composite cannot be made; the message is the card's reason."""


class Compositor:
    """Makes every :class:`Composite`. Used by one thread at a time.

    Each composite has its own read-only pixels, which may be passed to any thread. Cards may share their pixels.
    """

    def __init__(
        self,
        choice: BackgroundChoice,
        settings: ComposeSettings,
        size_wh: SizeWH,
        *,
        max_matte_age: int = MAX_MATTE_AGE,
        finds_rims: bool = False,
        timer: Timer = lambda stage: nullcontext(),
    ) -> None:
        """``size_wh``: of all composites; smaller frames are centred in it. Takes over the background and closes it.
        ``finds_rims``: look for places where the matte reaches too far; takes about a millisecond of a 1280x720 frame.

        ``timer`` is entered around the stages ``background``, ``decontaminate``, ``light_wrap`` and ``blend``.
        """
        self._choice = choice
        self._size_wh = size_wh
        self._max_matte_age = max_matte_age
        self._finds_rims = finds_rims
        self._timer = timer
        # the person is lit by the blurred room already
        of_room = choice.background is not None and choice.background.is_room
        self._wrap = LightWrap(0.0 if of_room else settings.light_wrap)
        self._plain: U8 | None = None
        self._warned: set[str] = set()

    @property
    def layout(self) -> Layout:
        """Of all composites."""
        return LAYOUTS[self._choice.mode]

    @property
    def size_wh(self) -> SizeWH:
        """Of all composites."""
        return self._size_wh

    def close(self) -> None:
        """Release the background; a second call does nothing."""
        if self._choice.background is not None:
            self._choice.background.close()

    def compose(self, frame: Frame, matte: Matte | None) -> Composite:
        """The composite of one frame, or a card that says why there is none. Does not raise."""
        try:
            if self._choice.mode is OutputMode.RAW:
                if frame.alpha is not None:
                    self._warn(
                        "alpha", "the clip's transparent parts become white: background none keeps no transparency"
                    )
                return self._composite(self._placed(frame.pixels), CompositeKind.RAW, frame, 0)
            alpha, foreground = self._checked(frame, matte)
            pixels = self._compose(frame, alpha, foreground)
            return self._composite(pixels, CompositeKind.COMPOSITE, frame, matte.age if matte else 0)
        except _RefusedError as refusal:
            reason = str(refusal)
        except Exception as error:
            reason = f"compositing failed ({_brief(error)})"
            self._warn("composite", reason)
        card = self.card(frame.captured_ns, reason, frame.time_s)
        return replace(card, seq=frame.seq, pts=frame.pts, time_base=frame.time_base, duration=frame.duration)

    def card(self, captured_ns: int, reason: str, time_s: float) -> Composite:
        """The privacy card: the background alone, or a plain card where it cannot stand alone. Does not raise."""
        width, height = self._size_wh
        layout = self.layout
        if layout is Layout.BGRA:
            pixels = np.zeros((height, width, 4), np.uint8)
        elif layout is Layout.GRAY:
            pixels = np.zeros((height, width), np.uint8)
        else:
            pixels = self._background_alone(time_s)
        return _sealed(Composite(pixels, layout, CompositeKind.CARD, -1, captured_ns, reason=reason))

    def _background_alone(self, time_s: float) -> U8:
        background = self._choice.background
        if background is not None:
            try:
                picture = background.card(self._size_wh, time_s)
                if picture is not None:
                    return self._checked_background(picture)
            except Exception as error:
                self._warn("background", f"the background failed ({_brief(error)}); a plain card is shown")
        if self._plain is None:
            self._plain = plain_card(self._size_wh)
        return self._plain

    def _checked(self, frame: Frame, matte: Matte | None) -> tuple[U8, U8 | None]:
        """Validate the matte; returns alpha and foreground. Raises _RefusedError for whatever could show the room."""
        if matte is None:
            raise _RefusedError("no matte yet")
        alpha, foreground = matte.alpha, matte.foreground
        if matte.seq != frame.seq:
            raise _RefusedError(f"the matte belongs to frame {matte.seq}, not {frame.seq}")
        if not 0 <= matte.age <= self._max_matte_age:
            raise _RefusedError(f"the matte is {matte.age} frames old")
        if alpha.dtype != np.uint8 or alpha.shape != frame.pixels.shape[:2]:
            raise _RefusedError(f"the matte is {alpha.dtype} {alpha.shape}, the frame {frame.pixels.shape[:2]}")
        if foreground is not None and (foreground.dtype != np.uint8 or foreground.shape != frame.pixels.shape):
            raise _RefusedError(f"the foreground is {foreground.dtype} {foreground.shape}, not like the frame")
        if frame.alpha is not None:  # what the source has transparent stays so, as in photos
            alpha = np.minimum(alpha, frame.alpha)
        return np.asarray(alpha, np.uint8), foreground

    def _compose(self, frame: Frame, alpha: U8, foreground: U8 | None) -> U8:
        alpha8 = self._placed(alpha)
        if self._choice.mode is OutputMode.MATTE:
            return alpha8
        pixels = self._placed(frame.pixels)
        foreground = None if foreground is None else self._placed(foreground)
        if self._choice.mode is OutputMode.TRANSPARENT:
            return self._cut_out(pixels, alpha8, foreground)
        background = self._rendered(frame, alpha)
        return self._replaced(pixels, alpha8, foreground, background)

    def _rendered(self, frame: Frame, alpha: U8) -> U8:
        assert self._choice.background is not None
        pixels = self._placed(frame.pixels, cv2.BORDER_REPLICATE)
        alpha = self._placed(alpha, cv2.BORDER_REPLICATE)
        with self._timer("background"):
            return self._checked_background(self._choice.background.render(pixels, alpha, frame.time_s))

    def _checked_background(self, picture: U8) -> U8:
        width, height = self._size_wh
        if picture.dtype != np.uint8 or picture.shape != (height, width, 3):
            raise ValueError(f"the background gave {picture.dtype} {picture.shape}, not uint8 {(height, width, 3)}")
        return picture

    def _replaced(self, pixels: U8, alpha8: U8, foreground: U8 | None, background: U8) -> U8:
        height = self._size_wh[1]
        block = around_person(alpha8, max(SHRINK, MARGIN * height // 720))
        if block is None:
            return owned(background)
        small, small_alpha = shrink_part(pixels, block), shrink(alpha8[block])
        with self._timer("decontaminate"):
            person = self._person(pixels, alpha8, foreground, block, edge_colors(small, small_alpha, height))
            outline = person.outline(alpha8, block)
        if self._wrap.amount > 0:
            with self._timer("light_wrap"):
                light = self._wrap.light(background)[small_block(block)]
                person = person.lit(self._wrap.spill(light, small, small_alpha, height))
        with self._timer("blend"):
            return blend(person.pixels, background, alpha8, outline, person.along(outline))

    def _cut_out(self, pixels: U8, alpha8: U8, foreground: U8 | None) -> U8:
        """BGRA, straight alpha; under full transparency lie the person's colours carried on, never the room's."""
        height, width = alpha8.shape
        whole = (slice(0, height), slice(0, width))
        with self._timer("decontaminate"):
            colors = edge_colors(shrink(pixels), shrink(alpha8), height)
            person = self._person(pixels, alpha8, foreground, whole, colors)
            outline = person.outline(alpha8, whole)
        with self._timer("blend"):
            out = np.ascontiguousarray(enlarge(colors.person, (height, width)))
            lay(pixels, alpha8, out)
            outline.put(out, person.along(outline))
            bgra = cv2.cvtColor(out, cv2.COLOR_BGR2BGRA)
            cv2.insertChannel(alpha8, bgra, 3)
            return np.asarray(bgra, np.uint8)

    def _person(self, pixels: U8, alpha8: U8, foreground: U8 | None, block: Block, colors: EdgeColors) -> _Person:
        part = pixels[block]
        if foreground is not None:
            return _Person(part, foreground[block], colors, None)
        rim = find_rim(part, alpha8[block], colors, pixels.shape[0]) if self._finds_rims else None
        return _Person(part, None, colors, rim)

    def _placed(self, picture: NDArray[T], border: int = cv2.BORDER_CONSTANT) -> NDArray[T]:
        """``picture`` centred in the composite's size, padded with zero or by replicating its border."""
        height, width = picture.shape[:2]
        if (width, height) == self._size_wh:
            return picture
        spare_x, spare_y = self._size_wh[0] - width, self._size_wh[1] - height
        if spare_x < 0 or spare_y < 0:
            raise _RefusedError(f"the frame is {width}x{height}, larger than the output")
        left, top = spare_x // 2, spare_y // 2
        placed = cv2.copyMakeBorder(picture, top, spare_y - top, left, spare_x - left, border)
        return np.asarray(placed, picture.dtype)

    def _composite(self, pixels: U8, kind: CompositeKind, frame: Frame, age: int) -> Composite:
        times = frame.pts, frame.time_base
        return _sealed(
            Composite(
                pixels, self.layout, kind, frame.seq, frame.captured_ns, *times, matte_age=age, duration=frame.duration
            )
        )

    def _warn(self, part: str, what: str) -> None:
        if part not in self._warned:  # once: a permanent fault would fill the log at the frame rate
            self._warned.add(part)
            log.warning("%s", what)


def _brief(error: Exception) -> str:
    """The message of ``error`` in one line."""
    return " ".join(str(error).split())[:200] or type(error).__name__


def _sealed(composite: Composite) -> Composite:
    composite.pixels.flags.writeable = False
    return composite


@dataclass(frozen=True, slots=True)
class _Person:
    """The person's block of the picture, BGR uint8. ``foreground``: from the network, where it estimates one."""

    pixels: U8
    foreground: U8 | None
    colors: EdgeColors
    rim: Rim | None

    def outline(self, alpha8: U8, block: Block) -> Outline:
        """Where colours are decontaminated."""
        return Outline(alpha8, block, None if self.rim is None else self.rim.points)

    def lit(self, spill: U8) -> _Person:
        """Add light, BGR uint8 at eighth size."""
        foreground = None if self.foreground is None else add_spread(self.foreground, spill)
        return _Person(add_spread(self.pixels, spill), foreground, self.colors.lit(spill), self.rim)

    def along(self, outline: Outline) -> F32:
        """Decontaminated colours along the outline, float32 (n, 3)."""
        if self.foreground is not None:
            return outline.of_block(self.foreground)
        pixels = outline.of_block(self.pixels)
        person, room = (outline.of_small(colors, SHRINK) for colors in (self.colors.person, self.colors.room))
        share = outline.alpha if self.rim is None else self.rim.share(outline, pixels, person, room)
        return foreground_colors(pixels, share, person, room)
