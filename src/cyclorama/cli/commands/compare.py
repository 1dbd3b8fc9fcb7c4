"""``cyclorama models compare``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from typer import Argument, Option

from cyclorama.cli.errors import complain, stopped
from cyclorama.cli.options import JsonOption, OverwriteOption

if TYPE_CHECKING:
    from cyclorama.pipeline.jobs.compare import CompareReport

EXAMPLES = """\b
Examples:
  cyclorama models compare me.jpg                       me-networks.png, here
  cyclorama models compare talk.mp4 --out sheet.png     the middle of a clip
  cyclorama models compare demo --model selfie --model rvm

\b
A row for each network: you, the place where the networks differ most, the matte. The times are those of this machine;
`cyclorama models list` shows them from then on.
"""


def compare(
    source: Annotated[str, Argument(metavar="PHOTO|CLIP|demo", help="What to cut out.", show_default=False)],
    out: Annotated[
        Path | None, Option("--out", "-o", metavar="FILE", help="The sheet to write. [NAME-networks.png, here]")
    ] = None,
    model: Annotated[
        list[str] | None, Option("--model", metavar="NAME", help="Only this one; may be given several times.")
    ] = None,
    overwrite: OverwriteOption = False,
    json: JsonOption = False,
) -> int:
    """Show the same picture cut out by every installed network, with times: a sheet to choose by."""
    from cyclorama.cli.interrupt import interruptible
    from cyclorama.cli.progress import progress
    from cyclorama.cli.report import print_json
    from cyclorama.pipeline.jobs.compare import compare_models

    sheet = out or Path(f"{Path(source).stem}-networks.png")
    with interruptible() as interrupt, progress("comparing", "networks") as on_progress:
        report = compare_models(
            source, sheet, models=model or (), overwrite=overwrite, stop=interrupt.stop, on_progress=on_progress
        )
    if interrupt.happened:
        return stopped("no sheet is written; run the same again to make it")
    for network in report.networks:
        if network.error is not None:
            complain(f"{network.label}: {network.error}")
    if json:
        print_json(report)
    else:
        print(text(report, source))
    return 0


def text(report: CompareReport, source: str) -> str:
    """A line for each network that ran, fastest first, and where the sheet is."""
    from cyclorama.cli.model_report import speed_word
    from cyclorama.cli.report import counted, made, shown, table

    ran = [(network.ms, network) for network in report.networks if network.ms is not None]
    ran.sort(key=lambda each: each[0])  # not by the networks where two take the same time
    rows = [[f"  {network.label}", f"{ms:.1f} ms a picture", speed_word(ms), network.provider] for ms, network in ran]
    best = f"cyclorama live --model NAME uses one; the first, {ran[0][1].name}, is the fastest" if ran else ""
    return made(
        f"{shown(report.sheet)} shows {shown(source)} cut out by {counted(len(ran), 'network')}, the fastest first:",
        table(rows, right=(1,)) if rows else "",
        following=best,
    )
