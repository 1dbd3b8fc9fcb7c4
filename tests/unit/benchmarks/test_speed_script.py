"""Every combination in a process of its own."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from types import ModuleType

import pytest


@pytest.fixture(scope="module")
def speed(script: Callable[[str], ModuleType]) -> ModuleType:
    return script("speed")


def test_one_run_and_one_that_fails(
    speed: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["speed.py", "--model", "selfie-wide", "--model", "nobody", "--size", "320x180", "--mode", "flat"]
    monkeypatch.setattr(sys, "argv", [*words, "--seconds", "0.5", "--json"])
    assert speed.main() == 1
    said = capsys.readouterr()
    good, bad = json.loads(said.out)
    assert (good["model"], good["size"], good["mode"]) == ("selfie-wide", "320x180", "flat")
    assert good["fps"] > 0
    assert good["cpu_cores"] > 0
    assert 20 < good["peak_mb"] < 4000
    assert {"p50_ms", "p95_ms", "count"} == set(good["stages"]["network"])
    assert "nobody" in bad["error"]
    assert "nobody" in said.err


def test_the_tables(speed: ModuleType) -> None:
    case = {"model": "m", "quality": "auto", "size": "640x360"}
    stages = {"sink": {"p50_ms": 1.0, "p95_ms": 2.0}, "network": {"p50_ms": 3.0, "p95_ms": 4.0}}
    live = {
        **case, "mode": "live", "fps": 30.0, "cpu_cores": 0.5, "latency_ms_p50": 20.0, "latency_ms_p95": 40.0,
        "dropped": {"matting": 2}, "beside_network_ms_p50": 7.0, "peak_mb": 200.0, "stages": stages,
    }  # fmt: skip
    flat = {**live, "mode": "flat", "latency_ms_p50": None, "latency_ms_p95": None, "dropped": {}}
    failed = {**case, "mode": "flat", "error": "no such model"}
    lines = speed.summary([live, flat, failed]).splitlines()
    assert lines[1].split() == ["m", "auto", "640x360", "live", "30.0", "0.50", "20.0/40.0", "2", "7.00", "200"]
    assert lines[2].split() == ["m", "auto", "640x360", "flat", "30.0", "0.50", "7.00", "200"]
    assert lines[3].split()[-1] == "failed"
    stage_lines = speed.stage_lines([live, flat, failed]).splitlines()
    assert [line.split()[0] for line in stage_lines] == ["stage,", "network", "sink"], "in the pipeline's order"
    assert stage_lines[1].split() == ["network", "3.00/4.00", "3.00/4.00"]
