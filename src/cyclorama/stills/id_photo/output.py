"""Name, check and write the files of an identity photo: the picture, its report, and sheets to print."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cyclorama.core.errors import SettingsError
from cyclorama.files.part_file import write_whole
from cyclorama.files.targets import check_not_input, check_target, make_folder
from cyclorama.pictures.encode import Tags, check_suffix, save_picture
from cyclorama.stills.id_photo.file import SUFFIXES as JPEG
from cyclorama.stills.id_photo.id_photo import IdPhoto
from cyclorama.stills.id_photo.report import draw_report
from cyclorama.stills.id_photo.sheet import draw_sheet, layout_sheet
from cyclorama.stills.id_photo.spec import IdSpec


@dataclass(frozen=True, slots=True)
class Outputs:
    """The files to write. ``sheets``: the name of the paper and the file of each sheet."""

    picture: Path
    report: Path | None
    sheets: tuple[tuple[str, Path], ...]

    @property
    def paths(self) -> list[Path]:
        """All files, the picture first."""
        return [self.picture, *([self.report] if self.report else []), *(path for _, path in self.sheets)]


def plan_outputs(
    photo: Path, spec: IdSpec, output: Path | None, report: Path | None, papers: Sequence[str], *, overwrite: bool
) -> Outputs:
    """Name and check all files before anything is computed.

    Raises SettingsError for an unknown format or paper and for one name for two files; SinkError for a target that
    cannot be written.
    """
    picture = output or photo.with_name(f"{photo.stem}-{spec.name}.jpg")
    if picture.suffix.lower() not in JPEG:
        raise SettingsError(f"--output {picture}: authorities take JPEG; write a name ending in .jpg")
    if report is not None:
        check_suffix("--report", report)
    sheets = []
    for paper in dict.fromkeys(papers):
        layout_sheet(paper, spec.size)
        sheets.append((paper, picture.with_name(f"{picture.stem}-{paper}.jpg")))
    outputs = Outputs(picture, report, tuple(sheets))
    for path in outputs.paths:
        check_not_input(path, photo)
    names = [path.resolve() for path in (photo, *outputs.paths)]
    if len(set(names)) < len(names):
        raise SettingsError(f"photo, --output {picture} and --report have to be different files")
    for path in outputs.paths:
        check_target(path, overwrite=overwrite, folders=True)
    return outputs


def write_outputs(photo: IdPhoto, outputs: Outputs, *, overwrite: bool) -> None:
    """Write all files, and make the folders that are missing. Raises SinkError."""
    for path in outputs.paths:
        make_folder(path.parent)
    write_whole(outputs.picture, photo.file, overwrite=overwrite)
    if outputs.report is not None:
        save_picture(outputs.report, draw_report(photo), overwrite=overwrite)
    for paper, path in outputs.sheets:
        sheet, _ = draw_sheet(photo.pixels, photo.spec.size, photo.dpi, paper)
        save_picture(path, sheet, overwrite=overwrite, tags=Tags.at(photo.dpi))
