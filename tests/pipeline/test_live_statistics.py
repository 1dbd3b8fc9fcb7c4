"""How a live session goes: told to who listens, and written to the statistics file."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import pytest

from cyclorama.pipeline.jobs import live
from cyclorama.pipeline.jobs.live import run_live
from cyclorama.pipeline.runtime.metrics import Snapshot
from cyclorama.settings.values import CaptureSettings, Settings

FULL = Path("/dev/full")


@pytest.mark.needs_linux("a device that is always full is Linux's")
def test_a_full_disk_ends_the_statistics_and_nothing_else(caplog: pytest.LogCaptureFixture) -> None:
    told: list[Snapshot] = []
    settings = Settings(
        source="demo", to=("null",), capture=CaptureSettings(size_wh=(160, 90)), stats=FULL, duration_s=2.5
    )
    end = run_live(settings, stop=threading.Event(), on_status=told.append)
    assert len(told) >= 4, "the status is told on after the first line failed"
    assert end.frames > 0
    assert [record.message for record in caplog.records].count("the statistics end early: No space left on device") == 1


@pytest.mark.parametrize("stats", [False, True])
def test_the_status_is_computed_where_it_is_wanted_alone(
    stats: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    really, computed = live.snapshot, []

    def snapshot(*given: Any) -> Snapshot:
        computed.append(given)
        return really(*given)

    monkeypatch.setattr(live, "snapshot", snapshot)
    file = tmp_path / "stats.jsonl"
    settings = Settings(
        source="demo",
        to=("null",),
        capture=CaptureSettings(size_wh=(160, 90)),
        stats=file if stats else None,
        duration_s=1.3,
    )
    run_live(settings, stop=threading.Event())
    if stats:
        assert json.loads(file.read_text().splitlines()[0])["state"] == "running"
    else:
        assert len(computed) == 2, "once it runs, and at its end"
