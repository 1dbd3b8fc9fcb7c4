"""The statistics file of a live session."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

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
