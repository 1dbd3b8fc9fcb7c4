from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

from cyclorama.core.frames import F32, U8
from cyclorama.matting.networks.selfie.looks import TILE_WEIGHT, Look, region_looks, tile_looks
from cyclorama.matting.networks.selfie.pool import SURE, Grid, LogOddsPool, Part, log_odds
from cyclorama.matting.networks.selfie.tiles import CHANGED, MOST_RUNS, SeenLook, TileTurns
from cyclorama.settings.values import Quality

FRAME_WH = 160, 120
REGION: Part = (slice(0, 120), slice(40, 160))
SURE_ODDS = math.log((1 - SURE) / SURE)
TILES = list(tile_looks(REGION, FRAME_WH, "balanced"))


def room(level: int = 100) -> U8:
    return np.full((72, 128, 3), level, np.uint8)


class Turns:
    """Runs of a region in doubt everywhere, whose tiles are sure of a person."""

    def __init__(self, per_run: float | None, base: F32 | None = None) -> None:
        self.turns, self.per_run = TileTurns(), per_run
        self.base = np.full((60, 60), 0.5, np.float32) if base is None else base
        self.seen: list[Look] = []

    def run(self, now: U8) -> F32:
        pool = LogOddsPool(Grid(FRAME_WH, (80, 60)))
        pool.add(log_odds(self.base), REGION, 1.0)
        self.turns.add(pool, REGION, TILES, now, self._see(now), self.per_run)
        return pool.alpha()

    def _see(self, now: U8) -> Callable[[Look], SeenLook]:
        def see(look: Look) -> SeenLook:
            self.seen.append(look)
            return SeenLook(look, log_odds(np.ones((8, 8), np.float32)), now)

        return see


@pytest.mark.parametrize("quality", ["balanced", "best"])
def test_the_tiles_of_a_set_cover_the_region_and_nothing_else(quality: Quality) -> None:
    covered = np.zeros(FRAME_WH[::-1], int)
    for look in tile_looks(REGION, FRAME_WH, quality):
        covered[look.part] += 1
    assert covered[REGION].min() >= (1 if quality == "balanced" else 3)
    assert covered[:, :40].max() == 0
    assert not list(tile_looks(REGION, FRAME_WH, "fast"))


def test_tiles_are_looked_at_mirrored_where_their_set_says_so() -> None:
    assert [look.mirrored for look in TILES] == [True] * 4
    assert [look.mirrored for look in tile_looks(REGION, FRAME_WH, "best")] == [True] * 4 + [False] * 8


def test_a_tile_counts_for_more_than_the_look_at_the_region() -> None:
    weighted = SURE_ODDS * TILE_WEIGHT / (1 + TILE_WEIGHT)
    expected = (1 / (1 + math.exp(-weighted)) - SURE) / (1 - 2 * SURE)
    assert Turns(None).run(room())[5, 35] == pytest.approx(expected, abs=0.001), "a cell that one tile sees"


def test_a_few_cells_in_doubt_are_not_worth_a_tile() -> None:
    pool = LogOddsPool(Grid(FRAME_WH, (640, 480)))
    base = np.zeros((480, 480), np.float32)
    base[100:104, 100:104] = 0.5
    pool.add(log_odds(base), REGION, 1.0)
    seen: list[Look] = []

    def see(look: Look) -> SeenLook:
        seen.append(look)
        return SeenLook(look, log_odds(np.ones((8, 8), np.float32)), room())

    TileTurns().add(pool, REGION, TILES, room(), see, None)
    assert seen == []


def test_looks_at_the_region_differ() -> None:
    looks = region_looks(REGION, "best", is_whole=False)
    assert len({(look.file, look.mirrored) for look in looks}) == len(looks) == 4
    [only] = region_looks(REGION, "fast", is_whole=False)
    square, wide = region_looks(REGION, "fast", is_whole=True)
    assert only.part == REGION and not only.mirrored
    assert square.file != wide.file and wide.mirrored


def test_for_a_file_every_tile_is_looked_at_in_every_frame() -> None:
    turns = Turns(None)
    for _ in range(3):
        assert turns.run(room())[30, 50] > 0.6
    assert turns.seen == TILES * 3


def test_in_a_live_session_tiles_take_turns() -> None:
    turns = Turns(0.25)
    for _ in range(32):
        turns.run(room())
    assert turns.seen == TILES * 2


def test_what_the_looks_at_the_region_are_sure_of_needs_no_tile() -> None:
    half = np.zeros((60, 60), np.float32)
    half[:, :14] = 0.5
    turns = Turns(1, half)
    for _ in range(4):
        alpha = turns.run(room())
    assert turns.seen == [look for look in TILES if look.part[1].start == REGION[1].start] * 2
    assert alpha[:, 50:].max() == 0, "a tile says nothing of a place that is surely room"
    assert alpha[30, 25] > 0.6


def test_an_earlier_look_counts_only_where_the_picture_is_the_same() -> None:
    turns = Turns(4)
    turns.run(room())
    turns.per_run = 0
    moved = room()
    moved[:, :64] = 100 + CHANGED + 1
    alpha = turns.run(moved)
    assert alpha[30, 75] > 0.6, "the same"
    assert alpha[30, 22:30] == pytest.approx(0.5, abs=0.01), "another picture"


def test_an_earlier_look_is_forgotten_in_the_end() -> None:
    turns = Turns(4)
    turns.run(room())
    turns.per_run = 0
    counted = [turns.run(room())[30, 50] > 0.6 for _ in range(MOST_RUNS + 1)]
    assert counted == [True] * (MOST_RUNS - 1) + [False] * 2


def test_nothing_is_reused_after_clearing() -> None:
    turns = Turns(4)
    turns.run(room())
    turns.turns.clear()
    turns.per_run = 0
    assert turns.run(room())[30, 50] == pytest.approx(0.5, abs=0.01)
