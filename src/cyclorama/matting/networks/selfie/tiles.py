"""The looks at tiles of the region of interest: all of them at every frame, or in turn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from cyclorama.core.frames import F32, U8
from cyclorama.matting.networks.selfie.looks import Look
from cyclorama.matting.networks.selfie.pool import Grid, LogOddsPool, Part

CHANGED = 12
"""Levels of difference above which the look at an earlier frame does not count at a place."""
LEAST_DOUBT = 0.01
"""Share of a tile that must be in doubt; a tile with less is not looked at."""
MOST_RUNS = 16
"""A look at a tile counts for so many runs at most, about a second while a live picture moves: each of four tiles has
had its turn."""


@dataclass(frozen=True, slots=True, eq=False)
class SeenLook:
    """The log odds that a look found, and the whole frame it was taken at, BGR uint8 of the size of one network."""

    look: Look
    odds: F32
    frame: U8

    def add_to(self, pool: LogOddsPool, now: U8 | None = None, doubt: F32 | None = None) -> None:
        """Add it to ``pool``.

        ``now``: a later frame, where it counts only at places that still look the same. ``doubt``: a factor for each
        cell of the pool.
        """
        look, where = self.look, None
        if doubt is not None:
            where = doubt[pool.grid.cells(look.part)]
        if now is not None:
            same = unchanged(self.frame, now, look.part, pool.grid)
            where = same if where is None else same * where
        pool.add(self.odds, look.part, look.weight, look.ramp, where)


class TileTurns:
    """Decides which tiles are looked at, and keeps the last look at each."""

    def __init__(self) -> None:
        self._kept: dict[int, tuple[int, SeenLook]] = {}
        """By the number of the tile: the number of the run, and what it saw."""
        self._run = 0
        self._due = 0.0

    def add(
        self,
        pool: LogOddsPool,
        region: Part,
        tiles: Sequence[Look],
        now: U8,
        see: Callable[[Look], SeenLook],
        per_run: float | None,
    ) -> None:
        """Add the looks at ``tiles`` of ``region`` to ``pool``, where the looks so far are in doubt.

        ``per_run``: take so many looks, at the tiles that have waited longest, and reuse the others'; None: take all.
        ``now``: the whole frame, as ``SeenLook.frame``.
        """
        self._run += 1
        doubt = pool.doubt(region)
        for number in self._next(pool.grid, tiles, doubt)[: self._count(per_run)]:
            self._kept[number] = self._run, see(tiles[number])
        for number, (run, seen) in list(self._kept.items()):
            if run == self._run:
                seen.add_to(pool, doubt=doubt)
            elif per_run is not None and self._run - run < MOST_RUNS:
                seen.add_to(pool, now, doubt)
            else:
                del self._kept[number]

    def _next(self, grid: Grid, tiles: Sequence[Look], doubt: F32) -> list[int]:
        """The numbers of the tiles that have some doubt in them, longest waiting first."""
        parts = (doubt[grid.cells(look.part)] for look in tiles)
        wanted = [number for number, part in enumerate(parts) if cv2.sumElems(part)[0] >= LEAST_DOUBT * part.size]
        return sorted(wanted, key=lambda number: self._kept[number][0] if number in self._kept else 0)

    def _count(self, per_run: float | None) -> int | None:
        if per_run is None:
            return None
        due = self._due + per_run
        self._due = due % 1
        return int(due)

    def clear(self) -> None:
        """Forget all looks."""
        self._kept.clear()


def unchanged(before: U8, now: U8, part: Part, grid: Grid) -> F32:
    """For each cell of ``part``, 1 where two pictures of the whole frame show the same, otherwise 0.

    Both are BGR uint8 of the same size.
    """
    small = Grid(grid.frame_wh, now.shape[1::-1]).cells(part)
    blue, green, red = cv2.split(cv2.blur(cv2.absdiff(before[small], now[small]), (5, 5)))
    changed = cv2.max(cv2.max(blue, green), red) > CHANGED
    rows, columns = grid.cells(part)
    cells_wh = columns.stop - columns.start, rows.stop - rows.start
    return np.asarray(
        cv2.resize(1 - np.asarray(changed, np.float32), cells_wh, interpolation=cv2.INTER_NEAREST), np.float32
    )
