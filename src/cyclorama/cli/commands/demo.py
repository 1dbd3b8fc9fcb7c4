"""``cyclorama demo``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from typer import Option

from cyclorama.cli.errors import INTERRUPTED
from cyclorama.cli.options import JsonOption, OverwriteOption

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
) -> int:
    """See the engine at work: no camera, no network needed. Writes demo.mp4 and demo.png."""
    from cyclorama.cli.interrupt import interruptible
    from cyclorama.cli.offer import offer_finer_network
    from cyclorama.cli.progress import progress
    from cyclorama.cli.report import facts, print_json, stage_table
    from cyclorama.pipeline.jobs.demo import run_demo

    # the default folder only holds an earlier demo; a folder that the user names may hold anything
    replace = overwrite or out is None
    with interruptible() as interrupt, progress("demo") as on_progress:
        report = run_demo(out or DEFAULT_OUT, overwrite=replace, stop=interrupt.stop, on_progress=on_progress)
    if interrupt.happened:
        return INTERRUPTED
    if json:
        print_json(report)
        return 0
    print(
        facts(
            {
                "clip": report.clip,
                "pictures": report.picture,
                "model": f"{report.model} on {report.provider}, {report.precision}",
                "frames": f"{report.frames} in {report.seconds:.1f} s ({report.fps:.1f} fps, encoding included)",
            }
        )
    )
    print()
    print(stage_table(report.stages))
    print("\nNext: cyclorama doctor says whether a call can start, cyclorama live starts it.")
    offer_finer_network("demo")
    return 0
