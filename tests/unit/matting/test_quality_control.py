from __future__ import annotations

import random
from itertools import pairwise

import numpy as np

from cyclorama.core.frames import Frame
from cyclorama.matting.base import Pace
from cyclorama.matting.engine.engine import MattingEngine
from cyclorama.matting.quality import CALM_RUNS, RUNS, QualityControl
from cyclorama.settings.values import MattingSettings, Quality
from doubles.null_model import NullModel


class Network(NullModel):
    """Looks as finely as it is told."""

    costs = {"fast": 1.0, "balanced": 2.25, "best": 4.0}  # noqa: RUF012
    quality: Quality = "best"
    pace = Pace()

    def __init__(self, quality: Quality = "balanced") -> None:
        super().__init__(1.0)
        self.quality: Quality = quality

    def look_at(self, quality: Quality) -> None:
        self.quality = quality


def play(control: QualityControl, network: Network, fast_ms: float, runs: int) -> list[Quality]:
    """Runs on a machine that takes ``fast_ms`` at the coarsest look, a third more or less each time."""
    rng = random.Random(1)
    seen = []
    for _ in range(runs):
        control.took(fast_ms / 1e3 * network.costs[network.quality] * rng.uniform(0.67, 1.33))
        seen.append(network.quality)
    return seen


def changes(seen: list[Quality]) -> int:
    return sum(a != b for a, b in pairwise(seen))


def test_a_slow_machine_looks_less_finely_and_stays_there() -> None:
    network = Network()
    seen = play(QualityControl(network), network, 30.0, 3000)
    assert seen[RUNS - 2] == "balanced" and seen[RUNS - 1] == "fast"
    assert changes(seen) == 1


def test_a_quick_machine_looks_more_finely_after_a_while() -> None:
    network = Network()
    seen = play(QualityControl(network), network, 5.0, 400)
    assert seen[CALM_RUNS - 2] == "balanced" and seen[-1] == "best"


def test_a_machine_in_between_is_left_alone() -> None:
    for fast_ms in (13.0, 15.0, 18.0):
        network = Network()
        assert set(play(QualityControl(network), network, fast_ms, 3000)) == {"balanced"}


def test_one_busy_moment_changes_nothing() -> None:
    network = Network()
    control = QualityControl(network)
    play(control, network, 14.0, 100)
    play(control, network, 100.0, RUNS // 3)
    assert set(play(control, network, 14.0, 100)) == {"balanced"}


def test_what_proved_too_much_is_tried_ever_more_seldom() -> None:
    """Alone the machine is quick, but the finer look makes it slow (heat, another program): no endless taking turns."""
    network = Network("fast")
    control = QualityControl(network)
    tried = 0
    for _ in range(6000):
        control.took(0.014 if network.quality == "fast" else 0.080)
        tried += network.quality == "balanced"
    assert 0 < tried < 6 * RUNS


def test_a_network_sets_the_pace_of_its_own() -> None:
    network = Network("fast")
    network.pace = Pace(slow_s=0.02, quick_s=0.01, finest="balanced")
    assert set(play(QualityControl(network), network, 1.0, 600)[CALM_RUNS:]) == {"balanced"}
    assert play(QualityControl(network), network, 12.0, 100)[-1] == "fast"


def test_the_engine_follows_in_a_live_session_where_quality_is_left_to_it() -> None:
    assert not NullModel().costs
    frame = Frame(np.zeros((90, 160, 3), np.uint8), 0, 0)
    for settings, fps, follows in (
        (MattingSettings(), 30.0, True),
        (MattingSettings(), None, False),
        (MattingSettings(quality="best"), 30.0, False),
    ):
        engine = MattingEngine(Network(), settings, target_fps=fps)
        engine.matte(frame)
        assert (engine._quality is not None) is follows
        engine.close()
