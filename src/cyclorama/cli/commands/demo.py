"""``cyclorama demo``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from typer import Option

from cyclorama.cli.errors import stopped
from cyclorama.cli.options import JsonOption, OverwriteOption, StagesOption

if TYPE_CHECKING:
    from cyclorama.pipeline.jobs.demo import DemoReport

DEFAULT_OUT = Path("cyclorama-demo")
EXAMPLES = """\b
Examples:
  cyclorama demo
  cyclorama demo --out /tmp/look --overwrite
"""


def demo(
    out: Annotated[Path | None, Option("--out", metavar="DIR", help=f"Folder for the results. [{DEFAULT_OUT}]")] = None,
    overwrite: OverwriteOption = False,
    json: JsonOption = False,
    stages: StagesOption = False,
) -> int:
    """See the engine at work: no camera, no network needed. Writes demo.mp4 and demo.png."""
    from cyclorama.cli.interrupt import interruptible
    from cyclorama.cli.offer import offer_finer_network
    from cyclorama.cli.progress import progress
    from cyclorama.cli.report import print_json, shows_stages, stage_table
    from cyclorama.pipeline.jobs.demo import run_demo

    # the default folder only holds an earlier demo; a folder that the user names may hold anything
    replace = overwrite or out is None
    with interruptible() as interrupt, progress("demo") as on_progress:
        report = run_demo(out or DEFAULT_OUT, overwrite=replace, stop=interrupt.stop, on_progress=on_progress)
    if interrupt.happened:
        return stopped("the demo is not made, and nothing of it is left")
    if json:
        print_json(report)
        return 0
    print(text(report))
    if shows_stages(stages):
        print(f"\n{stage_table(report.stages)}")
    offer_finer_network("demo")
    return 0


def text(report: DemoReport) -> str:
    """What the demo made."""
    from cyclorama.cli.report import counted, duration, made, network_text

    return made(
        f"{report.clip} is a portrait of an astronaut, moved as by a hand and put before another background.",
        f"{report.picture} shows one moment of it with six kinds of background.",
        f"Made of the portrait that comes with cyclorama: {counted(report.frames, 'frame')} "
        f"in {duration(report.seconds)}.",
        network_text(report.model, report.provider),
        following="cyclorama doctor says whether a call can start; cyclorama live starts it",
    )
