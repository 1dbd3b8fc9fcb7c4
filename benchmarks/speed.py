"""How fast the engine is: stage by stage, for models, sizes, live and flat out.

    python benchmarks/speed.py                                       the bundled model, 720p and 1080p, both modes
    python benchmarks/speed.py --model rvm --quality balanced --size 1280x720 --mode live --seconds 20
    python benchmarks/speed.py --source talk.mp4 --json > speed.json
    python benchmarks/speed.py --model rvm --provider cuda --size 1920x1080 --size 3840x2160 --mode memory

--model, --quality, --size and --mode may be given several times: every combination is a run, in a process of its own,
so that each one's memory and threads are its own. Source and background are the same for all; the sink takes pictures
and drops them.

fps        frames a second of wall time that reached the sink, after a warm-up
cores      processor seconds a second, all threads of the process
latency    capture to sink, milliseconds, live only: median / 95th percentile
dropped    frames that were captured and not shown, live only
beside     median milliseconds a frame of everything from source to sink but the network
peak       largest resident memory of the process, start included, in MB
stages     wall milliseconds of each stage: median / 95th percentile. They run at the same time, each in its thread

Live: the source plays at its own rate, the newest frame wins, as in a call. Flat: as fast as it goes, every frame.
Memory: flat, with frames that begin and end in this process's memory; what a camera or decoder costs is left out.
Close everything else first: a browser in the background changes these figures more than most changes of the code.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import threading
from dataclasses import asdict
from itertools import product
from typing import Any

import psutil

from cyclorama.cli.report import STAGES, table
from cyclorama.pipeline.jobs.bench import run_bench
from cyclorama.settings.values import CaptureSettings, ComposeSettings, MattingSettings, Settings

MODES = ("live", "flat", "memory")
SPARE_S = 300
"""Beyond the measurement itself, for loading and warming up, before a run counts as hung."""


def run_here(case: dict[str, Any]) -> dict[str, Any]:
    """One run in this process: the report of ``run_bench``, and ``peak_mb``."""
    width, height = case["size"].split("x")
    settings = Settings(
        source=case["source"],
        capture=CaptureSettings(size_wh=(int(width), int(height))),
        matting=MattingSettings(model=case["model"], provider=case["provider"], quality=case["quality"]),
        compose=ComposeSettings(background=case["background"]),
    )
    mode, stop = case["mode"], threading.Event()
    report = run_bench(settings, seconds=case["seconds"], live=mode == "live", stop=stop, memory=mode == "memory")
    return {**asdict(report), "peak_mb": round(peak_bytes() / 1e6, 1)}


def peak_bytes() -> int:
    """Largest resident memory of this process so far."""
    if sys.platform == "win32":
        return int(psutil.Process().memory_info().peak_wset)
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def run_in_child(case: dict[str, Any]) -> dict[str, Any]:
    """One run in a process of its own; ``error`` holds its last words where it failed."""
    command = [sys.executable, __file__, "--child", json.dumps(case)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=case["seconds"] + SPARE_S, check=False)
    except subprocess.TimeoutExpired:
        return {**case, "error": f"it did not end within {case['seconds'] + SPARE_S:.0f} s"}
    if done.returncode:
        return {**case, "error": (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]}
    return {
        **case,
        **{f"{'ran_' if key in case else ''}{key}": value for key, value in json.loads(done.stdout).items()},
    }


def summary(results: list[dict[str, Any]]) -> str:
    """One line a run."""
    rows = [["model", "quality", "size", "mode", "fps", "cores", "latency", "dropped", "beside", "peak"]]
    for run in results:
        row = [run["model"], run["quality"], run["size"], run["mode"]]
        if "error" in run:
            rows.append([*row, "failed", *[""] * 5])
            continue
        live = run["latency_ms_p50"] is not None
        latency = f"{run['latency_ms_p50']:.1f}/{run['latency_ms_p95']:.1f}" if live else ""
        dropped = str(sum(run["dropped"].values())) if live else ""
        figures = f"{run['fps']:.1f}", f"{run['cpu_cores']:.2f}", latency, dropped
        rows.append([*row, *figures, f"{run['beside_network_ms_p50']:.2f}", f"{run['peak_mb']:.0f}"])
    return table(rows, right=range(4, 10))


def stage_lines(results: list[dict[str, Any]]) -> str:
    """One line a stage, one column a run; runs that failed are left out."""
    runs = [run for run in results if "error" not in run]
    order = [name for part in STAGES for name in part]
    measured = {name for run in runs for name in run["stages"]}
    names = sorted(measured, key=lambda name: order.index(name) if name in order else len(order))
    rows = [["stage, ms", *(f"{run['model']} {run['quality']} {run['size']} {run['mode']}" for run in runs)]]
    for name in names:
        times = [run["stages"].get(name) for run in runs]
        rows.append([name, *(f"{t['p50_ms']:.2f}/{t['p95_ms']:.2f}" if t else "" for t in times)])
    return table(rows, right=range(1, len(rows[0])))


def main() -> int:
    parser = argparse.ArgumentParser(description="Measure the engine: every combination in a process of its own.")
    parser.add_argument("--model", action="append", help="[selfie]")
    parser.add_argument("--quality", action="append", help="fast, balanced, best or auto [auto]")
    parser.add_argument("--size", action="append", help="WIDTHxHEIGHT [1280x720 and 1920x1080]")
    parser.add_argument("--mode", action="append", choices=MODES, help="[live and flat]")
    parser.add_argument("--provider", default="auto")
    parser.add_argument("--source", default="demo", help="a clip, or demo [demo]")
    parser.add_argument("--background", default="blur", help="[blur]")
    parser.add_argument("--seconds", type=float, default=10.0, help="of measuring, for each run [10]")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        print(json.dumps(run_here(json.loads(options.child))))
        return 0
    shared = {key: getattr(options, key) for key in ("provider", "source", "background", "seconds")}
    wanted = product(
        options.model or ["selfie"],
        options.quality or ["auto"],
        options.size or ["1280x720", "1920x1080"],
        options.mode or MODES[:2],
    )
    results = [
        run_in_child({"model": model, "quality": quality, "size": size, "mode": mode, **shared})
        for model, quality, size, mode in wanted
    ]
    if options.json:
        print(json.dumps(results, indent=2))
    else:
        print(summary(results), stage_lines(results), sep="\n\n")
    failed = [run for run in results if "error" in run]
    for run in failed:
        print(f"{run['model']} {run['quality']} {run['size']} {run['mode']}: {run['error']}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
