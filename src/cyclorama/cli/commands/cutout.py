"""``cyclorama cutout``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from typer import Argument, Option

from cyclorama.cli.errors import INTERRUPTED, complain
from cyclorama.cli.options import GivenSettings, JsonOption, OverwriteOption, takes_settings
from cyclorama.core.errors import SettingsError

if TYPE_CHECKING:
    from cyclorama.stills.batch.batch import CutOutReport, CutOutResult

EXAMPLES = """\b
Examples:
  cyclorama cutout photo.jpg                         photo-cutout.png, transparent
  cyclorama cutout photos -o cut --format webp       a folder of them; run again after a break, it goes on
  cyclorama cutout "in/*.jpg" -o out -b office       onto a background; the pattern works in any shell
  cyclorama cutout shoe.jpg -o shoe-white.jpg -b color:white --crop --margin 10% --shadow
  cyclorama cutout me.jpg -b office --scale 80% --position 30%,100%
  cyclorama cutout - < photo.jpg > cut.png           standard input and output
  cyclorama cutout photo.jpg -o alpha.png --matte-only
  cyclorama cutout --watch inbox -o done             what is there, and each new file, until Ctrl-C

\b
Photos keep size, colour profile, resolution, date and camera, and stand upright; the place where they were taken goes.
HEIC needs pip install 'cyclorama[heif]'. The networks that cut out anything are pulled once:
cyclorama models pull isnet. Without one, the bundled network cuts out people.
"""
STANDARD = Path("-")


@takes_settings("cutout")
def cutout(
    given: GivenSettings,
    sources: Annotated[
        list[Path] | None,
        Argument(
            metavar="IN...",
            help="Photos (JPEG, PNG, WebP, TIFF, HEIC), folders, patterns; - is standard input.",
            show_default=False,
        ),
    ] = None,
    output: Annotated[
        Path | None,
        Option(
            "--output",
            "-o",
            metavar="DIR|FILE",
            help="Where to: a folder, or one .png, .webp, .tiff or .jpg; - is standard output. [beside each photo]",
        ),
    ] = None,
    recursive: Annotated[bool, Option("--recursive", "-r", help="Folders with the folders in them.")] = False,
    watch: Annotated[
        Path | None, Option("--watch", metavar="DIR", help="Do the photos in a folder, then new ones as they arrive.")
    ] = None,
    jobs: Annotated[int, Option("--jobs", "-j", metavar="N", min=1, max=64, help="Photos under way at a time.")] = 2,
    overwrite: OverwriteOption = False,
    json: JsonOption = False,
) -> int:
    """Cut out what photos are of, at their full size. What fails is named at the end, and the rest is done.

    A second run of the same does only what is not done yet.
    """
    from cyclorama.cli.interrupt import interruptible
    from cyclorama.cli.progress import progress
    from cyclorama.cli.report import shown
    from cyclorama.settings.stills import CutOutSettings
    from cyclorama.stills.batch.batch import CutOutOrder, cut_out_photos
    from cyclorama.stills.batch.watch import watch_folder
    from cyclorama.stills.cut_out.cutter import look_for

    if bool(sources) == bool(watch):
        raise SettingsError("give photos or folders to cut out, or a folder to --watch: cyclorama cutout --help")
    to_stdout = output == STANDARD or (output is None and STANDARD in (sources or ()))
    if to_stdout and (json or sys.stdout.isatty()):
        raise SettingsError(
            "the picture would go to "
            + ("the same place as --json" if json else "your terminal")
            + ": give --output FILE"
        )
    chosen = given.still(CutOutSettings)
    look, suffix = look_for(chosen), chosen.format and f".{chosen.format}"
    order = CutOutOrder(output, suffix, chosen.model, overwrite, chosen.keep_gps, recursive, jobs)
    with interruptible(slow=True) as interrupt, progress("photos", "photos") as on_progress:
        done = 0

        def on_done(result: CutOutResult, total: int) -> None:
            nonlocal done
            done += 1
            if watch is None:
                on_progress(done, total)
            if result.error is not None:
                complain(str(result.error))
            elif watch is not None and not json:
                print(shown(f"{result.source} -> {result.target}"), flush=True)

        if watch is not None:
            report = watch_folder(watch, order, look, stop=interrupt.stop, on_done=on_done)
        else:
            report = cut_out_photos(sources or [], order, look, stop=interrupt.stop, on_done=on_done)
    _tell(report, as_json=json, to=sys.stderr if to_stdout else sys.stdout, rows=watch is None)
    if interrupt.happened:
        return INTERRUPTED
    first = next((result.error for result in report.failed), None)
    return 0 if first is None else first.exit_code


def _tell(report: CutOutReport, *, as_json: bool, to: Any, rows: bool) -> None:
    from cyclorama.cli.report import print_json
    from cyclorama.cli.still_report import cutout_text

    if as_json:
        print_json(_plain(report))
    elif text := cutout_text(report, rows=rows):
        print(text, file=to)


def _plain(report: CutOutReport) -> dict[str, Any]:
    return {
        "model": report.model and report.model.name,
        "provider": report.model and report.model.provider,
        "precision": report.model and report.model.precision,
        "background": report.background,
        "seconds": report.seconds,
        "written": len(report.written),
        "skipped": len(report.skipped),
        "failed": len(report.failed),
        "left": report.total - len(report.results),
        "photos": [
            {
                "source": str(result.source),
                "target": None if result.error else str(result.target),
                "size_wh": result.size_wh,
                "seconds": result.seconds,
                "skipped": result.skipped,
                "error": result.error and str(result.error),
            }
            for result in report.results
        ],
    }
