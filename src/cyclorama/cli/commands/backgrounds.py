"""``cyclorama backgrounds``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from typer import Option

from cyclorama.cli.errors import complain
from cyclorama.cli.options import JsonOption, OverwriteOption

if TYPE_CHECKING:
    from cyclorama.background.gallery import GalleryEntry

EXAMPLES = """\b
Examples:
  cyclorama backgrounds
  cyclorama backgrounds --sheet backgrounds.jpg
  cyclorama live --background bookshelf
"""
KINDS = {"effect": "Your own room:", "builtin": "Pictures that come with cyclorama:", "folder": "Yours:"}


def backgrounds(
    sheet: Annotated[
        Path | None, Option("--sheet", metavar="FILE", help="Show them all in one picture: .jpg, .png, .webp or .tiff.")
    ] = None,
    overwrite: OverwriteOption = False,
    json: JsonOption = False,
) -> int:
    """List the backgrounds to choose from: ours, and the pictures and clips in your folder."""
    from cyclorama.background.gallery import list_gallery, user_folder
    from cyclorama.cli.report import print_json

    entries = list_gallery()
    if sheet is not None:
        _draw(sheet, entries, overwrite=overwrite)
    if json:
        print_json(
            {
                "backgrounds": [
                    {"background": entry.spec, "name": entry.name, "kind": entry.kind, "moving": entry.moving}
                    for entry in entries
                ],
                "folder": str(user_folder()),
                "sheet": sheet and str(sheet),
            }
        )
        return 0
    print(text(entries, user_folder()))
    if sheet is not None:
        print(f"The sheet: {sheet}")
    return 0


def text(entries: list[GalleryEntry], folder: Path) -> str:
    """The backgrounds by where they come from, and how to use one. ``folder``: of the user's own."""
    lines = []
    for kind, title in KINDS.items():
        specs = [f"{entry.spec}{' (moving)' if entry.moving else ''}" for entry in entries if entry.kind == kind]
        lines += [title, *(f"  {spec}" for spec in specs), ""] if specs else []
    return "\n".join(
        [
            *lines,
            "A colour, a gradient and any picture or clip of yours work too.",
            f"What you put into {folder} is listed here.",
            f"Next: cyclorama live --background {next(e.spec for e in entries if e.kind == 'builtin')}",
        ]
    )


def _draw(sheet: Path, entries: list[GalleryEntry], *, overwrite: bool) -> None:
    """Write the sheet; what cannot be opened is told and left out."""
    from cyclorama.cli.progress import progress
    from cyclorama.compose.background_sheet import background_sheet
    from cyclorama.files.targets import check_not_input, check_target
    from cyclorama.pictures.encode import check_suffix, save_picture

    check_suffix("--sheet", sheet)
    check_not_input(sheet, *(entry.file for entry in entries if entry.file is not None))
    check_target(sheet, overwrite=overwrite)
    with progress("backgrounds", "backgrounds") as on_progress:
        pixels, errors = background_sheet(entries, on_progress)
    for error in errors:
        complain(f"{error}; it is left out", "warning")
    save_picture(sheet, pixels, overwrite=overwrite)
