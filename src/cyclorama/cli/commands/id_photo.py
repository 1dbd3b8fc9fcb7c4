"""``cyclorama id-photo``."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from typer import Argument, Option

from cyclorama.cli.errors import CHECK_FAILED, complain
from cyclorama.cli.options import GivenSettings, JsonOption, OverwriteOption, takes_settings
from cyclorama.core.errors import SettingsError

if TYPE_CHECKING:
    from cyclorama.stills.id_photo.check import IdPhotoCheck
    from cyclorama.stills.id_photo.id_photo import IdPhoto
    from cyclorama.stills.id_photo.spec import IdSpec

EXAMPLES = """\b
Examples:
  cyclorama id-photo me.jpg --spec us                      me-us.jpg, and what was measured
  cyclorama id-photo me.jpg --spec uk --report check.png   the lines drawn on the picture
  cyclorama id-photo me.jpg --spec schengen --sheet 10x15  me-schengen-10x15.jpg, to print at 100 %
  cyclorama id-photo me.jpg --size-mm 35x45 --kb 20-100    a size that a form asks for: me-35x45mm.jpg
  cyclorama id-photo --specs                               whose rules are known, from where, of when

\b
Some authorities take no photo that was made at home: that is said first. The check is unofficial: the authority alone
decides. The photo is cropped, scaled, and levelled where the head is tilted by 8 degrees at most (--no-level: not);
nothing else is changed. Expression, glasses, hats, light and sharpness are yours to judge. Exit code 6: the picture was
made, but breaks a rule.
"""


@takes_settings("id-photo")
def id_photo(
    given: GivenSettings,
    photo: Annotated[
        Path | None, Argument(metavar="PHOTO", help="JPEG, PNG, WebP, TIFF; face to the camera.", show_default=False)
    ] = None,
    output: Annotated[
        Path | None, Option("--output", "-o", metavar="FILE", help="A .jpg. [PHOTO-SPEC.jpg beside the photo]")
    ] = None,
    report: Annotated[
        Path | None, Option("--report", metavar="FILE", help="Draw lines and measures on a picture, as in check.png.")
    ] = None,
    specs: Annotated[bool, Option("--specs", help="List the rules that are known, with source and date.")] = False,
    overwrite: OverwriteOption = False,
    json: JsonOption = False,
) -> int:
    """Crop a photo for a passport, visa or identity card and check it, unofficially, against the rules."""
    from cyclorama.cli.report import print_json
    from cyclorama.settings.stills import IdPhotoSettings
    from cyclorama.stills.id_photo.spec import load_specs, rules_for

    if specs:
        _list_specs(list(load_specs().values()), json=json)
        return 0
    chosen = given.still(IdPhotoSettings)
    if photo is None or (chosen.spec is None and chosen.size_mm is None):
        raise SettingsError("id-photo needs a PHOTO and a --spec, as in: cyclorama id-photo me.jpg --spec us")
    rules = rules_for(chosen)
    paint = rules.background.paint_for(chosen.replace_background)

    from cyclorama.stills.id_photo.check import passed
    from cyclorama.stills.id_photo.id_photo import make_id_photo
    from cyclorama.stills.id_photo.output import plan_outputs, write_outputs

    begin = time.monotonic()
    outputs = plan_outputs(photo, rules, output, report, chosen.sheet or (), overwrite=overwrite)
    made = make_id_photo(photo, rules, dpi=chosen.dpi, level=chosen.level, paint=paint, model=chosen.model)
    if paint is not None:
        complain(_who_refuses(rules), "warning")
    write_outputs(made, outputs, overwrite=overwrite)
    paths = [str(path) for path in outputs.paths]
    if json:
        print_json(_plain(made, paths))
    else:
        print(_text(rules, made.checks))
        print(_made_text(photo, paths, time.monotonic() - begin, None if chosen.sheet else chosen.spec))
    return 0 if passed(made.checks) else CHECK_FAILED


def _who_refuses(rules: IdSpec) -> str:
    from cyclorama.stills.id_photo.spec import refusers

    said = f"{rules.title}: the authority {rules.refuses}" if rules.refuses else f"{rules.title}: ask the authority"
    return f"the background is painted over. {said}; such photos are refused by {', '.join(refusers())}"


def _text(rules: IdSpec, checks: list[IdPhotoCheck]) -> str:
    from cyclorama.cli.report import table
    from cyclorama.stills.id_photo.advice import verdict

    word = {True: "ok", False: "FAIL", None: "-"}
    rows = [["", "unofficial check", "found", "wanted"]]
    rows += [[word[check.passed], check.name, check.found, check.wanted] for check in checks]
    heading, *lines = table(rows).splitlines()
    with_advice = [
        f"{line}\n      do this: {check.advice}" if check.advice else line
        for line, check in zip(lines, checks, strict=True)
    ]
    return "\n".join(
        [
            f"{rules.home_photo}.",
            "",
            heading,
            *with_advice,
            f"{rules.title}: {verdict(rules, checks)}, as far as can be measured. "
            "Unofficial: the authority alone decides.",
            f"The rules are those of {rules.source}, read on {rules.checked}.",
        ]
    )


def _made_text(photo: Path, paths: list[str], seconds: float, spec: str | None) -> str:
    """What was written. ``spec``: whose rules, where no sheet to print was asked for."""
    from cyclorama.cli.report import as_typed, duration, listed, made, shown

    following = (
        f"cyclorama id-photo {as_typed(photo)} --spec {spec} --sheet 10x15 makes a sheet to print" if spec else ""
    )
    return made(f"Made from {shown(photo)} in {duration(seconds)}: {shown(listed(paths))}.", following=following)


def _plain(made: IdPhoto, paths: list[str]) -> dict[str, Any]:
    from dataclasses import asdict

    from cyclorama.stills.id_photo.check import passed

    width, height = made.spec.size
    return {
        "official": False,
        "spec": made.spec.name,
        "source": made.spec.source,
        "checked": str(made.spec.checked),
        "home": made.spec.home,
        "home_photo": made.spec.home_photo,
        "passed": passed(made.checks),
        "files": paths,
        "dpi": made.dpi,
        "size_wh": [made.pixels.shape[1], made.pixels.shape[0]],
        "size_mm": made.spec.size,
        "levelled_deg": round(made.levelled_deg, 2),
        "corners_on_photo": [made.frame.to_photo((x, y)) for y in (0.0, height) for x in (0.0, width)],
        "mm_from_top": {
            "hair": made.lines.hair,
            "crown": made.lines.crown,
            "eyes": made.lines.eye_line,
            "chin": made.lines.chin,
        },
        "checks": [asdict(check) for check in made.checks],
    }


def _list_specs(specs: list[IdSpec], *, json: bool) -> None:
    from dataclasses import asdict

    from cyclorama.cli.report import print_json

    if json:
        print_json([{**asdict(spec), "home_photo": spec.home_photo} for spec in specs])
    else:
        print("\n\n".join(map(_rules_in_words, specs)))


def _rules_in_words(spec: IdSpec) -> str:
    """The rules of one authority as a paragraph."""
    width, height = spec.size
    parts = [
        f"{width:g} x {height:g} mm",
        f"head {spec.head[0]:g} to {spec.head[1]:g} mm from the chin to the {spec.top}",
        f"eyes {spec.eyes[0]:g} to {spec.eyes[1]:g} mm above the bottom" if spec.eyes else "",
        f"background {spec.background.title}",
        "in colour" if spec.color else "in colour or black and white",
        f"{spec.pixels_in_words} pixels" if spec.pixels else "",
        f"{spec.kilobytes_in_words}" if spec.kilobytes else "",
    ]
    lines = [
        f"{spec.name}  {spec.title}",
        f"{spec.home_photo}.",
        f"{', '.join(filter(None, parts))}.",
        f"The authority {spec.refuses}." if spec.refuses else "",
        f"Read on {spec.checked}: {spec.source}.",
    ]
    return "\n    ".join(filter(None, lines))
