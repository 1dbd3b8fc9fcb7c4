"""``cyclorama headshot``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

from typer import Argument, Option

from cyclorama.cli.errors import stopped
from cyclorama.cli.options import GivenSettings, JsonOption, OverwriteOption, takes_settings
from cyclorama.core.errors import SettingsError

EXAMPLES = """\b
Examples:
  cyclorama headshot me.jpg                            me-headshot.jpg: 1024x1024, before a grey backdrop
  cyclorama headshot me.jpg --preset linkedin --background studio-warm
  cyclorama headshot me.jpg --preset all -o headshots  every preset, into a folder
  cyclorama headshot me.jpg --sheet sheet.jpg          and a sheet of everything to choose from
  cyclorama headshot talk.mp4 -o me.png --background transparent
  cyclorama headshot camera                            3, 2, 1, and the best of two seconds

\b
Presets:      square 1024x1024, linkedin 800x800, zoom 720x720, resume 1134x1417 (4:5), business-card 600x800
Backgrounds:  studio-grey, studio-warm, studio-blue, studio-dark, white, or as everywhere: a picture, color:NAME, blur

\b
The largest face is turned until its eyes are level. Where the photo is too small for a preset the frame is tighter,
never with a body that ends in the air. Of a clip or camera the sharpest frame wins in which both eyes are open and the
face looks into the camera. Hair is best with a network for photos: cyclorama models pull isnet.
"""


@takes_settings("headshot")
def headshot(
    given: GivenSettings,
    source: Annotated[
        str, Argument(metavar="IN", help="A photo; a clip; camera, or a camera as for live.", show_default=False)
    ],
    output: Annotated[
        Path | None,
        Option("--output", "-o", metavar="FILE|DIR", help="Where to: a picture's name, or a folder. [beside IN]"),
    ] = None,
    sheet: Annotated[
        Path | None, Option("--sheet", metavar="FILE", help="A sheet of all presets before all backdrops too.")
    ] = None,
    countdown: Annotated[str, Option("--countdown", metavar="SECONDS", help="Before a camera's picture.")] = "3",
    overwrite: OverwriteOption = False,
    json: JsonOption = False,
) -> int:
    """Make a headshot: upright, framed, before a studio's backdrop; from a photo, a clip or the camera."""
    from cyclorama.cli.interrupt import interruptible
    from cyclorama.cli.progress import progress
    from cyclorama.cli.report import print_json
    from cyclorama.cli.still_report import headshot_text
    from cyclorama.settings.stills import HeadshotSettings
    from cyclorama.stills.headshot.headshot import HeadshotOrder, make_headshots

    chosen = given.still(HeadshotSettings)
    order = HeadshotOrder(
        presets=chosen.preset,
        backgrounds=chosen.background,
        output=output,
        sheet=sheet,
        light_wrap=chosen.light_wrap,
        model=chosen.model,
        countdown_s=_number("--countdown", countdown, 60),
        overwrite=overwrite,
    )
    with interruptible() as interrupt, progress("best moment") as on_progress:
        report = make_headshots(source, order, stop=interrupt.stop, on_wait=_count_down, on_progress=on_progress)
    if report is None:
        return stopped("the rest is not made; what was written stays")
    if json:
        print_json(report)
    else:
        print(headshot_text(report))
    return 0


def _count_down(seconds: int) -> None:
    print(f"{seconds} ..." if seconds else "look into the camera", file=sys.stderr)


def _number(option: str, text: str, high: float) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= high:
        raise SettingsError(f"{option}: {text!r} is not a number from 0 to {high:g}")
    return value
