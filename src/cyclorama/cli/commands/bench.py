"""``cyclorama bench``."""

from __future__ import annotations

from typing import Annotated

from typer import Option

from cyclorama.cli.errors import stopped
from cyclorama.cli.options import GivenSettings, JsonOption, takes_settings

SECONDS = (0.5, 3600.0)
EXAMPLES = """\b
Examples:
  cyclorama bench
  cyclorama bench --live --seconds 20 --background office
  cyclorama bench --source talk.mp4 --json
  cyclorama bench --model rvm --provider cuda --size 4k --memory
"""


@takes_settings("bench")
def bench(
    given: GivenSettings,
    source: Annotated[str, Option("--source", metavar="FILE|demo", help="What to run.")] = "demo",
    live: Annotated[bool, Option("--live", help="At the source's own rate, as in a call: latency and CPU.")] = False,
    memory: Annotated[bool, Option("--memory", help="Frames begin and end in memory: no camera, no decoder.")] = False,
    seconds: Annotated[float, Option("--seconds", metavar="S", help="How long to measure.")] = 10.0,
    json: JsonOption = False,
) -> int:
    """Measure the engine on this machine, stage by stage: a file or the demo, to nowhere."""
    from dataclasses import replace

    from cyclorama.cli.interrupt import interruptible
    from cyclorama.cli.report import drops, facts, milliseconds, print_json, stage_table
    from cyclorama.core.errors import SettingsError
    from cyclorama.pipeline.jobs.bench import run_bench

    low, high = SECONDS
    if not low <= seconds <= high:
        raise SettingsError(f"--seconds: {seconds:g} is not a number from {low:g} to {high:g}")
    settings = replace(given.load(), source=source)
    with interruptible() as interrupt:
        report = run_bench(settings, seconds=seconds, live=live, stop=interrupt.stop, memory=memory)
    if interrupt.happened:
        return stopped("the measurement was cut short, and tells nothing")
    if json:
        print_json(report)
        return 0
    print(
        facts(
            {
                "run": f"{report.source}, {report.mode}, background {report.background}",
                "machine": report.machine,
                "model": f"{report.model} on {report.provider}, {report.precision}",
                "rate": f"{report.fps:.1f} fps ({report.frames} frames in {report.seconds:.1f} s)",
                "processor": f"{report.cpu_cores:.2f} cores",
                "latency p50": milliseconds(report.latency_ms_p50),
                "latency p95": milliseconds(report.latency_ms_p95),
                "dropped": drops(report.dropped) if live else "",
                "beside network": f"{report.beside_network_ms_p50:.2f} ms a frame",
            }
        )
    )
    print()
    print(stage_table(report.stages))
    return 0
