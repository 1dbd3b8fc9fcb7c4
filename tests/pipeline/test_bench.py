"""What is measured: frames from memory."""

from __future__ import annotations

import threading
from itertools import islice

import numpy as np
import pytest

from cyclorama.core.frames import Frame
from cyclorama.pipeline.jobs.bench import HELD_FRAMES, ping_pong, run_bench
from cyclorama.settings.values import CaptureSettings, MattingSettings, Settings


def test_frames_in_memory_go_to_and_fro_and_time_only_on() -> None:
    held = [Frame(np.full((2, 2, 3), level, np.uint8), level, 0) for level in range(3)]
    seen = list(islice(ping_pong(held), 9))
    assert [int(frame.pixels[0, 0, 0]) for frame in seen] == [0, 1, 2, 1, 0, 1, 2, 1, 0]
    assert [frame.seq for frame in seen] == list(range(9))
    assert np.diff([frame.time_s for frame in seen]) == pytest.approx(1 / 30)
    assert seen[0].pixels is not seen[4].pixels
    assert [frame.seq for frame in islice(ping_pong(held[:1]), 3)] == [0, 1, 2]


def test_the_engine_sees_more_frames_than_are_held() -> None:
    settings = Settings(
        source="demo", capture=CaptureSettings(size_wh=(160, 90)), matting=MattingSettings(model="selfie-wide")
    )
    report = run_bench(settings, seconds=1.0, live=False, stop=threading.Event(), memory=True)
    assert report.mode == "flat out, frames in memory"
    assert report.frames > HELD_FRAMES and report.stages["network"].count > HELD_FRAMES
