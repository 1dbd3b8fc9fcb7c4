"""The files of an identity photo: their names, the faults found before any work, and what is written."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cyclorama.core.errors import SettingsError, SinkError
from cyclorama.models.bundled import bundled_path
from cyclorama.stills.id_photo.id_photo import make_id_photo
from cyclorama.stills.id_photo.output import plan_outputs, write_outputs
from cyclorama.stills.id_photo.spec import find_spec

US = find_spec("us")


def test_names_follow_the_photo_the_rules_and_the_paper(tmp_path: Path) -> None:
    outputs = plan_outputs(tmp_path / "me.png", US, None, None, ["a4", "10x15", "a4"], overwrite=False)
    assert outputs.picture == tmp_path / "me-us.jpg"
    assert outputs.sheets == (("a4", tmp_path / "me-us-a4.jpg"), ("10x15", tmp_path / "me-us-10x15.jpg"))
    assert outputs.report is None
    named = plan_outputs(tmp_path / "me.png", US, tmp_path / "id.jpeg", tmp_path / "check.png", ["a4"], overwrite=False)
    assert named.paths == [tmp_path / "id.jpeg", tmp_path / "check.png", tmp_path / "id-a4.jpg"]


@pytest.mark.parametrize(
    ("output", "report", "papers", "says"),
    [
        ("me.tif", None, [], "authorities take JPEG"),
        ("id.jpg", "check.txt", [], "--report .*check.txt: write a name ending in"),
        ("id.jpg", "id.jpg", [], "have to be different files"),
        ("me.jpg", None, [], "input"),
        ("id.jpg", "me.jpg", [], "input"),
        (None, None, ["a3"], "'a3' is not one of"),
    ],
)
def test_names_that_cannot_be(
    output: str | None, report: str | None, papers: list[str], says: str, tmp_path: Path
) -> None:
    photo = tmp_path / "me.jpg"
    photo.write_bytes(b"photo")
    with pytest.raises(SettingsError, match=says):
        plan_outputs(
            photo,
            US,
            output and tmp_path / output,
            report and tmp_path / report,
            papers,
            overwrite=True,  # type: ignore[arg-type]
        )
    assert photo.read_bytes() == b"photo"


def test_any_file_that_exists_stops_all_of_them(tmp_path: Path) -> None:
    (tmp_path / "me-us-a4.jpg").write_bytes(b"mine")
    with pytest.raises(SinkError, match="exists"):
        plan_outputs(tmp_path / "me.png", US, None, None, ["a4"], overwrite=False)
    assert plan_outputs(tmp_path / "me.png", US, None, None, ["a4"], overwrite=True).sheets


def test_all_files_are_written_at_their_resolution(tmp_path: Path) -> None:
    photo = make_id_photo(bundled_path("portrait.png"), US, dpi=None, level=True, paint=None, model="selfie")
    outputs = plan_outputs(tmp_path / "me.png", US, None, tmp_path / "check.png", ["10x15"], overwrite=False)
    write_outputs(photo, outputs, overwrite=False)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["check.png", "me-us-10x15.jpg", "me-us.jpg"]
    assert outputs.picture.read_bytes() == photo.file and len(photo.file) <= 240_000, "the limit of the rules"
    with Image.open(outputs.picture) as picture:
        assert picture.info["dpi"] == (300, 300)
        shown = np.asarray(picture.convert("RGB"))[..., ::-1].astype(int)
    assert np.abs(shown - photo.pixels).mean() < 3
    finer = replace(photo, dpi=600, pixels=photo.pixels.repeat(2, axis=0).repeat(2, axis=1))
    for dpi, each in ((300, photo), (600, finer)):
        write_outputs(each, outputs, overwrite=True)
        with Image.open(outputs.sheets[0][1]) as sheet:
            assert sheet.info["dpi"] == (dpi, dpi)
            assert sorted(side / dpi * 25.4 for side in sheet.size) == pytest.approx([100, 150], abs=0.1)
