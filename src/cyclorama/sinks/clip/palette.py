"""Quantize pictures to 256 colours for GIF."""

from __future__ import annotations

from typing import Any

import av
import cv2
import numpy as np
from PIL import Image

from cyclorama.core.frames import U8, Layout

CLEAR = 255
"""The palette index that is transparent; a GIF pixel is either that or opaque."""
SPREAD = 4
"""Amplitude of the dither, in levels from its lowest to its highest step."""
MIDDLE = SPREAD // 2 - 1
"""Subtracted after dithering; one less than the mean, because Pillow looks up the lowest corner of 4-level cubes."""
BAYER = np.array([[0, 8, 2, 10], [12, 4, 14, 6], [3, 11, 1, 9], [15, 7, 13, 5]], np.float32) / 15
"""Thresholds of a 4x4 ordered dither (Bayer 1973): its pattern stands still where the picture does."""
WORSE = 1.3
"""A new palette is computed when the old one's error grows by this factor over that of the picture it was made for. A
palette that stays does not flicker, and unchanged areas need not be written again."""
SAMPLE = 8
SAMPLES = 25_000


class Indexed:
    """Converts pictures of one layout to frames of palette indices (pal8); used by one thread."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._palette: Image.Image | None = None
        self._colors = np.zeros((256, 4), np.uint8)
        self._bound = 0.0
        self._dither: U8 | None = None

    def __call__(self, pixels: U8) -> av.VideoFrame:
        """A frame from uint8 ``pixels``; alpha of a half and more is opaque. Grey is exact."""
        if self._layout is Layout.GRAY:
            return _frame(pixels, _argb(np.repeat(np.arange(256), 3)))
        clear = pixels[..., 3] < 128 if self._layout is Layout.BGRA else None
        rgb = np.asarray(cv2.cvtColor(self._dithered(pixels[..., :3]), cv2.COLOR_BGR2RGB), np.uint8)
        numbers = self._numbers(rgb, clear)
        if clear is not None:
            numbers[clear] = CLEAR
        return _frame(numbers, self._colors)

    def _dithered(self, pixels: U8) -> U8:
        if self._dither is None or self._dither.shape != pixels.shape:
            height, width = pixels.shape[:2]
            pattern = np.tile(np.rint(BAYER * SPREAD), (-(-height // 4), -(-width // 4)))[:height, :width]
            self._dither = np.repeat(pattern[..., None], 3, axis=2).astype(np.uint8)
        return np.asarray(cv2.subtract(cv2.add(pixels, self._dither), np.full_like(pixels, MIDDLE)), np.uint8)

    def _numbers(self, rgb: U8, clear: np.ndarray | None) -> U8:
        """The nearest colour of each pixel, uint8 (H, W)."""
        picture = Image.fromarray(rgb)
        if self._palette is not None:
            numbers = _nearest(picture, self._palette)
            if self._off(rgb, numbers) <= self._bound:
                return numbers
        colors = _palette_for(rgb if clear is None or clear.all() else rgb[~clear][None])
        self._palette = Image.new("P", (1, 1))
        self._palette.putpalette([*colors.ravel().tolist(), *colors[-1].tolist()])  # the last once more, where CLEAR is
        self._colors = _argb(np.append(colors, [0, 0, 0]))
        self._colors[CLEAR] = 0
        numbers = _nearest(picture, self._palette)
        self._bound = WORSE * self._off(rgb, numbers) + 0.5
        return numbers

    def _off(self, rgb: U8, numbers: U8) -> float:
        """Mean distance of the levels from the palette's, over every eighth row and column."""
        wanted = rgb[::SAMPLE, ::SAMPLE].astype(np.int16)
        return float(np.abs(wanted - self._colors[numbers[::SAMPLE, ::SAMPLE], 1:]).mean())


def _frame(numbers: U8, colors: U8) -> av.VideoFrame:
    pair: Any = numbers, colors  # as the library takes it, though not as it is typed
    return av.VideoFrame.from_ndarray(pair, format="pal8")


def _palette_for(rgb: U8) -> U8:
    """255 RGB colours, uint8 (255, 3), by k-means in L*a*b*: small areas of a colour of their own, such as lips, keep
    it; a median cut would drop it."""
    lab = cv2.cvtColor(rgb, cv2.COLOR_RGB2LAB).reshape(-1, 3)
    lab = lab[:: max(1, len(lab) // SAMPLES)].astype(np.float32)
    if len(lab) < CLEAR:
        lab = np.resize(lab, (CLEAR, 3))
    cv2.setRNGSeed(0)  # the same clip gives the same file
    ends = cv2.TERM_CRITERIA_COUNT + cv2.TERM_CRITERIA_EPS, 3, 1.0
    _, _, centres = cv2.kmeans(lab, CLEAR, np.empty(0, np.int32), ends, 1, cv2.KMEANS_PP_CENTERS)
    levels = np.clip(np.rint(centres), 0, 255).astype(np.uint8)
    return np.asarray(cv2.cvtColor(levels[None], cv2.COLOR_LAB2RGB)[0], np.uint8)


def _nearest(picture: Image.Image, palette: Image.Image) -> U8:
    return np.array(picture.quantize(palette=palette, dither=Image.Dither.NONE), np.uint8)


def _argb(levels: np.ndarray) -> U8:
    """A palette as the library wants it, uint8 (256, 4), from 256 RGB triples in a row."""
    return np.insert(levels.reshape(256, 3).astype(np.uint8), 0, 255, axis=1)
