"""How long the rest of a conversion takes, and what a lower quality would take."""

from __future__ import annotations

import pytest

from cyclorama.cli.commands.convert import slow_note
from cyclorama.pipeline.jobs.estimate import MEASURED_S, Estimate, Estimator
from cyclorama.pipeline.runtime.metrics import Metrics
from cyclorama.settings.values import Quality
from doubles.null_model import NullModel


class Network(NullModel):
    """One with qualities."""

    costs = {"fast": 10.0, "balanced": 50.0, "best": 200.0}  # noqa: RUF012
    quality: Quality = "best"


class Work:
    """Frames that take ``frame_s`` each."""

    def __init__(self, model: NullModel | None, *, frame_s: float = 0.5, network_ms: float | None = 400.0) -> None:
        self.now_s, self.frame_s, self.done = 100.0, frame_s, 0
        self.estimates: list[Estimate] = []
        metrics = Metrics()
        if network_ms is not None:
            metrics.add("network", network_ms)
        self.estimator = Estimator(model, metrics, self.estimates.append, lambda: self.now_s)

    def frames(self, count: int, total: int | None = 10_000) -> list[Estimate]:
        for _ in range(count):
            self.done += 1
            self.estimator.frame(self.done, total)
            self.now_s += self.frame_s
        return self.estimates


def test_the_share_of_the_network_grows_smaller_with_its_cost() -> None:
    work = Work(Network(1.0))
    assert work.frames(round(MEASURED_S / 0.5)) == []
    (estimate,) = work.frames(1)
    assert estimate.quality == "best"
    assert estimate.left_s == pytest.approx(0.5 * 9979)
    assert estimate.cheaper_s == pytest.approx((0.1 + 0.4 / 4) * 9979)
    assert len(work.frames(200)) == 1, "once"


def test_a_network_that_is_no_bottleneck_saves_no_more_than_a_frame_takes() -> None:
    (estimate,) = Work(Network(1.0), network_ms=5000.0).frames(21)
    assert estimate.cheaper_s == pytest.approx(estimate.left_s / 4)
    (estimate,) = Work(Network(1.0), network_ms=None).frames(21)
    assert estimate.cheaper_s == pytest.approx(estimate.left_s)


@pytest.mark.parametrize("quality", ["fast", "balanced"])
def test_nothing_is_estimated_where_nothing_is_cheaper(quality: Quality) -> None:
    network = Network(1.0)
    network.quality = quality
    assert Work(network).frames(100) == []
    assert Work(NullModel(1.0)).frames(100) == []
    assert Work(None).frames(100) == []
    assert Work(Network(1.0)).frames(100, None) == []


def test_it_is_told_once_where_ten_minutes_are_left(capsys: pytest.CaptureFixture[str]) -> None:
    note = slow_note()
    note(Estimate("best", 599.0, 300.0))
    note(Estimate("best", 6000.0, 5900.0))
    assert capsys.readouterr().err == ""
    note(Estimate("best", 1500.0, 870.0))
    note(Estimate("best", 3000.0, 1000.0))
    told = "cyclorama: note: about 25 minutes left at --quality best; --quality balanced would take about 14\n"
    assert capsys.readouterr().err == told
