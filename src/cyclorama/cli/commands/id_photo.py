"""``cyclorama id-photo``."""

from __future__ import annotations

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
  cyclorama id-photo --specs                               whose rules are known, from where, of when

\b
This is an unofficial check: the authority alone decides. The photo is cropped, scaled, and levelled where the head is
tilted by 8 degrees at most (--no-level: not); nothing else is changed. Expression, glasses, light and sharpness are
yours to judge. Exit code 6: the picture was made, but breaks a rule.
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
    from cyclorama.stills.id_photo.spec import find_spec, load_specs

    if specs:
        _list_specs(list(load_specs().values()), json=json)
        return 0
    chosen = given.still(IdPhotoSettings)
    if photo is None or chosen.spec is None:
        raise SettingsError("id-photo needs a PHOTO and a --spec, as in: cyclorama id-photo me.jpg --spec us")
    rules = find_spec(chosen.spec)
    paint = rules.background.paint_for(chosen.replace_background)

    from cyclorama.stills.id_photo.check import check_file, passed
    from cyclorama.stills.id_photo.id_photo import make_id_photo
    from cyclorama.stills.id_photo.output import plan_outputs, write_outputs

    outputs = plan_outputs(photo, rules, output, report, chosen.sheet or (), overwrite=overwrite)
    if paint is not None:
        complain(_who_refuses(rules), "warning")
    made = make_id_photo(photo, rules, dpi=chosen.dpi, level=chosen.level, paint=paint, model=chosen.model)
    size = write_outputs(made, outputs, overwrite=overwrite)
    checks = [*made.checks, *check_file(rules, size)]
    good = passed(checks)
    if json:
        print_json(_plain(made, checks, [str(path) for path in outputs.paths]))
    else:
        _print(rules, checks, [str(path) for path in outputs.paths])
    return 0 if good else CHECK_FAILED


def _who_refuses(rules: IdSpec) -> str:
    from cyclorama.stills.id_photo.spec import refusers

    said = f"{rules.title}: the authority {rules.refuses}" if rules.refuses else f"{rules.title}: ask the authority"
    return f"the background will be painted over. {said}; photos altered so are refused by {', '.join(refusers())}"


def _print(rules: IdSpec, checks: list[IdPhotoCheck], paths: list[str]) -> None:
    from cyclorama.cli.report import table
    from cyclorama.stills.id_photo.check import passed

    word = {True: "ok", False: "FAIL", None: "-"}
    rows = [["", "unofficial check", "found", "wanted"]]
    print(table(rows + [[word[check.passed], check.name, check.found, check.wanted] for check in checks]))
    verdict = "passes" if passed(checks) else "breaks a rule"
    print(f"{rules.title}: {verdict}, as far as can be measured. Unofficial: the authority alone decides.")
    print(f"rules of {rules.checked}: {rules.source}")
    print("\n".join(paths))


def _plain(made: IdPhoto, checks: list[IdPhotoCheck], paths: list[str]) -> dict[str, Any]:
    from dataclasses import asdict

    from cyclorama.stills.id_photo.check import passed

    width, height = made.spec.size
    return {
        "official": False,
        "spec": made.spec.name,
        "source": made.spec.source,
        "checked": str(made.spec.checked),
        "passed": passed(checks),
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
        "checks": [asdict(check) for check in checks],
    }


def _list_specs(specs: list[IdSpec], *, json: bool) -> None:
    from dataclasses import asdict

    from cyclorama.cli.report import print_json, table

    if json:
        print_json([asdict(spec) for spec in specs])
        return
    rows = [["name", "for", "mm", "checked", "source"]]
    for spec in specs:
        size = f"{spec.size[0]:g}x{spec.size[1]:g}"
        rows.append([spec.name, spec.title, size, str(spec.checked), spec.source])
    print(table(rows))
