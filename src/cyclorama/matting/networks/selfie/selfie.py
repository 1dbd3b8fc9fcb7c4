"""The bundled selfie networks: one of them, or several looks of both, on the whole frame and on the person.

Pooling looks by two networks, at several parts of the picture and at its mirror image, removes part of their errors:
less error and less flicker than any of them has alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import ClassVar, Self

import numpy as np
from typing_extensions import override

from cyclorama.core.frames import F32, U8, Frame, SizeWH
from cyclorama.matting.base import MattingModel, ModelInfo, Pace, Prediction
from cyclorama.matting.downscale import downscaled_to, even, part_downscaled_to
from cyclorama.matting.networks.roi import RegionTracker
from cyclorama.matting.networks.selfie.looks import SQUARE, WIDE, Look, region_looks, tile_looks
from cyclorama.matting.networks.selfie.pool import Grid, LogOddsPool, Part, log_odds
from cyclorama.matting.networks.selfie.segmenter import SegmentationNetwork, network_input, open_network
from cyclorama.matting.networks.selfie.tiles import SeenLook, TileTurns
from cyclorama.models.bundled import bundled_path
from cyclorama.settings.values import Quality

WIDE_ASPECT = 4 / 3
"""The wide network runs on the whole frame from this aspect ratio on: halfway between 1:1 and 16:9."""
REGION_SHARE = 0.9
"""A region that covers more of the frame than this counts as the whole frame."""
LONGEST, LONGEST_LIVE = 640, 320
"""Longer side of an alpha at most: finer than the networks' cells on all but the smallest person; and in a live
session, where the engine's own grid is no finer."""
COSTS: Mapping[Quality, float] = MappingProxyType({"fast": 1.0, "balanced": 1.3, "best": 4.4})
TILES_PER_RUN: Mapping[Quality, float] = MappingProxyType({"fast": 0, "balanced": 0.25, "best": 2})
"""Live, so many looks at tiles are taken with each run. What they bring falls with each, and so does what is left of
the machine: at ``balanced`` they cost a tenth of a call at 30 fps, at ``best`` as much as all else."""
PACE = Pace(slow_s=1 / 60, quick_s=1 / 90, finest="balanced")
"""A run of at most half of a frame interval at 30 fps is waited for, so that the matte is the frame's own."""


class SelfieModel(MattingModel):
    """One selfie network on the whole picture."""

    label: ClassVar[str]
    file: ClassVar[str]

    def __init__(self) -> None:
        """Load the bundled ``file``. Raises ModelError."""
        self._network = open_network(bundled_path(self.file))
        width, height = self._network.size_wh
        self._info = ModelInfo(
            self.label, self._network.provider, "float32", f"{width}x{height}", input_wh=(width, height)
        )

    @classmethod
    def opened(cls, quality: Quality, *, live: bool) -> Self:
        """Load the network, which looks once at every frame, whatever the quality. Raises ModelError."""
        return cls()

    @property
    @override
    def info(self) -> ModelInfo:
        """What runs."""
        return self._info

    @override
    def rename(self, name: str) -> None:
        """Be called ``name`` in ``info``."""
        self._info = replace(self._info, name=name)

    @override
    def predict(self, frame: Frame) -> Prediction:
        """Infer the alpha of ``frame``. Raises ModelError when the network fails."""
        return Prediction(infer(self._network, frame.pixels))

    @override
    def reset(self) -> None:
        """Nothing to reset: the network is stateless."""

    @override
    def close(self) -> None:
        """Release the network; a second call does nothing."""
        self._network.close()


class WideSelfieModel(SelfieModel):
    """The network for wide pictures."""

    label, file = "selfie-wide", WIDE


class SquareSelfieModel(SelfieModel):
    """The network for square pictures."""

    label, file = "selfie-square", SQUARE


class TrackedSelfieModel(MattingModel):
    """``selfie``: several looks at every frame, pooled.

    Most are at the tracked region of interest, so that a small person has the networks' full resolution. Beside it, a
    look at the whole frame, with the network that fits its aspect ratio, finds whoever comes in anywhere; it serves two
    frames. For files every look is taken at every frame. In a live session the tiles of the region take turns, and the
    last look at each counts on where the picture is still the same.
    """

    def __init__(self, quality: Quality = "best", *, live: bool = False) -> None:
        """Load both networks. ``quality``: how many looks. Raises ModelError."""
        self._networks = {file: open_network(bundled_path(file)) for file in (WIDE, SQUARE)}
        self._quality = quality
        self._live = live
        self._region = RegionTracker()
        self._size_wh: SizeWH = (0, 0)
        self._whole: SeenLook | None = None
        """The look at the whole frame before, where this frame may reuse it."""
        self._tiles = TileTurns()
        sizes = " + ".join("{}x{}".format(*network.size_wh) for network in self._networks.values())
        self._info = ModelInfo("selfie", self._networks[SQUARE].provider, "float32", sizes)

    @classmethod
    def opened(cls, quality: Quality, *, live: bool) -> Self:
        """Load both networks. Raises ModelError."""
        return cls(quality, live=live)

    @property
    @override
    def info(self) -> ModelInfo:
        """What runs."""
        return self._info

    @override
    def rename(self, name: str) -> None:
        """Be called ``name`` in ``info``."""
        self._info = replace(self._info, name=name)

    @property
    @override
    def costs(self) -> Mapping[Quality, float]:
        """Run times in a live session, as multiples of the lowest."""
        return COSTS

    @property
    @override
    def quality(self) -> Quality:
        """Sets how many looks are taken."""
        return self._quality

    @property
    @override
    def pace(self) -> Pace:
        """Low processor use comes first: a live session takes the most looks only where the user asks for them."""
        return PACE

    @override
    def look_at(self, quality: Quality) -> None:
        """Take another number of looks from the next frame on."""
        self._quality = quality
        self._tiles.clear()

    @override
    def predict(self, frame: Frame) -> Prediction:
        """Infer the alpha of ``frame``. Raises ModelError when a network fails."""
        if frame.size_wh != self._size_wh:
            self.reset()
            self._size_wh = frame.size_wh
        region = self._part_of_interest()
        alpha = self._alpha(frame, region)
        if region is None and not self._live and self._part_of_interest() is not None:  # a photo has no next frame
            alpha = self._alpha(frame, self._part_of_interest())
        return Prediction(alpha)

    def _part_of_interest(self) -> Part | None:
        """The tracked region in pixels; None: the whole frame."""
        box, (width, height) = self._region.box, self._size_wh
        if box is None or box.area > REGION_SHARE * width * height:
            return None
        rows, columns = box.slices()
        return even(rows, height), even(columns, width)

    def _alpha(self, frame: Frame, region: Part | None) -> F32:
        """Take all looks at ``frame``, and track the person in their pooled alpha."""
        width, height = self._size_wh
        whole = slice(0, height), slice(0, width)
        part = region or whole
        pool = LogOddsPool(Grid(self._size_wh, self._cells_wh(part)))
        fitting = WIDE if width >= WIDE_ASPECT * height else SQUARE
        now = downscaled_to(frame.pixels, self._networks[fitting].size_wh)

        def see(look: Look) -> SeenLook:
            network = self._networks[look.file]
            crop = part_downscaled_to(frame.pixels, *look.part, network.size_wh)
            odds = log_odds(infer(network, crop, mirrored=look.mirrored))
            return SeenLook(look, pool.fitted(odds, look.part), now)

        for look in region_looks(part, self._quality, is_whole=region is None):
            see(look).add_to(pool)
        before, self._whole = self._whole, None
        if region is not None and before is not None:
            before.add_to(pool, now)
        elif region is not None:
            self._whole = see(Look(fitting, whole))
            self._whole.add_to(pool)
        tiles = list(tile_looks(part, self._size_wh, self._quality))
        if tiles:
            self._tiles.add(pool, part, tiles, now, see, TILES_PER_RUN[self._quality] if self._live else None)
        alpha = pool.alpha()
        self._region.update(alpha, self._size_wh, frame.time_s)
        return alpha

    def _cells_wh(self, part: Part) -> SizeWH:
        """A grid for the whole frame as fine as the square network's look at ``part``, within bounds."""
        rows, columns = part
        longest = max(rows.stop - rows.start, columns.stop - columns.start)
        side, most = max(self._size_wh), self._networks[SQUARE].size_wh[0]
        scale = min(1.0, most / longest, (LONGEST_LIVE if self._live else LONGEST) / side)
        width, height = (max(1, round(length * scale)) for length in self._size_wh)
        return width, height

    @override
    def reset(self) -> None:
        """Forget where the person was, and all looks."""
        self._region.reset()
        self._whole = None
        self._tiles.clear()

    @override
    def close(self) -> None:
        """Release the networks; a second call does nothing."""
        for network in self._networks.values():
            network.close()


def infer(network: SegmentationNetwork, pixels: U8, *, mirrored: bool = False) -> F32:
    """Run ``network`` on a picture: alpha at the network's size, clipped to [0, 1] against rounding errors."""
    rgb = network_input(pixels, network.size_wh)
    if not mirrored:
        return np.clip(network.run(rgb), 0, 1)
    return np.clip(np.ascontiguousarray(network.run(np.ascontiguousarray(rgb[:, ::-1]))[:, ::-1]), 0, 1)
