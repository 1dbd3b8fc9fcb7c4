"""``cyclorama cutout``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from typer import Argument, Option

from cyclorama.cli.errors import INTERRUPTED, complain
from cyclorama.cli.options import JsonOption, OverwriteOption
from cyclorama.errors import SettingsError

if TYPE_CHECKING:
    from cyclorama.stills.batch import BatchReport, Result

EXAMPLES = """\b
Examples:
  cyclorama cutout photo.jpg                         photo-cutout.png, transparent
  cyclorama cutout *.jpg -o cut                      many, into a folder
  cyclorama cutout shoe.jpg -o shoe-white.jpg --background color:white
  cyclorama cutout photo.jpg -o alpha.png --matte-only

\b
Photos keep their size and stand upright; colours become sRGB. The networks that cut out anything are pulled once:
cyclorama models pull isnet. Without one, the bundled network cuts out people.
"""


def cutout(
    sources: Annotated[
        list[Path], Argument(metavar="IN...", help="Photos: JPEG, PNG, WebP, TIFF.", show_default=False)
    ],
    output: Annotated[
        Path | None,
        Option("--output", "-o", metavar="DIR|FILE", help="Where to: a folder, or one .png, .webp, .tiff or .jpg."),
    ] = None,
    model: Annotated[str, Option("--model", metavar="NAME", help="The network; auto is the best one here.")] = "auto",
    background: Annotated[
        str,
        Option("--background", "-b", metavar="WHAT", help="color:NAME|#rrggbb, a picture, blur, office, ..."),
    ] = "transparent",
    matte_only: Annotated[bool, Option("--matte-only", help="Write the matte itself, grey.")] = False,
    overwrite: OverwriteOption = False,
    json: JsonOption = False,
) -> int:
    """Cut out what a photo is of, at its full size. What fails is named at the end, and the rest is done."""
    from cyclorama.cli.interrupt import interruptible
    from cyclorama.cli.progress import progress
    from cyclorama.cli.report import print_json, table
    from cyclorama.stills.batch import cut_out_photos

    if matte_only and background != "transparent":
        raise SettingsError("--matte-only writes no background: leave --background out")
    with interruptible() as interrupt, progress("photos", "photos") as on_progress:
        done = 0

        def on_done(result: Result, total: int) -> None:
            nonlocal done
            done += 1
            on_progress(done, total)
            if result.error is not None:
                complain(str(result.error))

        report = cut_out_photos(
            sources,
            output,
            model=model,
            background="matte" if matte_only else background,
            overwrite=overwrite,
            stop=interrupt.stop,
            on_done=on_done,
        )
    if json:
        print_json(_plain(report))
    else:
        rows = [
            [
                str(result.source),
                f"{result.size_wh[0]}x{result.size_wh[1]}",
                f"{result.seconds:.1f} s",
                str(result.target),
            ]
            for result in report.results
            if result.size_wh is not None
        ]
        if rows:
            print(table(rows, right=(1, 2)))
        print(_summary(report, len(sources)))
    if interrupt.happened:
        return INTERRUPTED
    first = next((result.error for result in report.failed), None)
    return 0 if first is None else first.exit_code


def _summary(report: BatchReport, total: int) -> str:
    model, failed = report.model, len(report.failed)
    written = len(report.results) - failed
    return (
        f"{written} of {total} written{f', {failed} failed' if failed else ''}, in {report.seconds:.1f} s; "
        f"model {model.name} on {model.provider}, {model.precision}"
    )


def _plain(report: BatchReport) -> dict[str, Any]:
    return {
        "model": report.model.name,
        "provider": report.model.provider,
        "precision": report.model.precision,
        "background": report.background,
        "seconds": report.seconds,
        "failed": len(report.failed),
        "photos": [
            {
                "source": str(result.source),
                "target": None if result.error else str(result.target),
                "size_wh": result.size_wh,
                "seconds": result.seconds,
                "error": result.error and str(result.error),
            }
            for result in report.results
        ],
    }
