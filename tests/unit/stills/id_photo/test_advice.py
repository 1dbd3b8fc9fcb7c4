"""What is said beside a rule that a photo breaks, and of a photo that may not be handed in."""

from __future__ import annotations

from pathlib import Path

import pytest

from cyclorama.matting.open import open_model
from cyclorama.stills.id_photo.advice import verdict, with_advice
from cyclorama.stills.id_photo.check import IdPhotoCheck, passed
from cyclorama.stills.id_photo.id_photo import find_sitter, picture_of
from cyclorama.stills.id_photo.spec import IdSpec, find_spec, load_specs

US, GERMANY = find_spec("us"), find_spec("germany")


def advice(name: str, value: float = 0.0, spec: IdSpec = US) -> str:
    (check,) = with_advice(spec, 300, [IdPhotoCheck(name, False, "", "", value)])
    return check.advice


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("background even", 20, "a metre from the wall"),
        ("background colour", 40, "white or off-white, and let more light"),
        ("background colour", 90, "without coloured lamps"),
        ("eyes above the bottom", 20, "below your chin"),
        ("eyes above the bottom", 40, "above your hair"),
        ("head, chin to hair", 40, "further away"),
        ("head, chin to hair", 20, "go nearer"),
        ("in colour", 0, "a photo in colour"),
        ("one person", 2, "nobody else"),
        ("tilt", 9, "hold your head upright"),
        ("turned to the side", 20, "straight to the camera"),
        ("centred", 0.7, "on both sides of your head"),
        ("whole head", 0, "further away, with room above your hair"),
        ("eyes", 0.1, "both eyes wide open"),
        ("unaltered", 0, "keep the photo's own background"),
        ("photo's own pixels", 0.5, "go nearer"),
        ("pixels between the eyes", 50, "go nearer"),
        ("file's pixels", 0, "resolution (dpi)"),
        ("file size", 300, "allow a larger file"),
    ],
)
def test_advice_fits_the_fault(name: str, value: float, says: str) -> None:
    assert says in advice(name, value)


def test_a_wall_can_be_too_light_too() -> None:
    assert "less light" in advice("background colour", 99, GERMANY)


def test_nobody_is_sent_nearer_and_further_away_at_once() -> None:
    pixels, near = (
        IdPhotoCheck(name, False, "", "", value)
        for name, value in (("photo's own pixels", 0.5), ("head, chin to hair", 40))
    )
    assert [check.advice[:14] for check in with_advice(US, 300, [pixels, near])] == ["set the camera", "take the photo"]
    assert with_advice(US, 300, [pixels])[0].advice.startswith("go nearer")


def test_the_resolution_is_blamed_where_a_lower_one_would_do() -> None:
    for name in ("file size", "photo's own pixels"):
        (check,) = with_advice(US, 600, [IdPhotoCheck(name, False, "", "", 0.5)])
        assert check.advice == "let the resolution (dpi) be chosen for you"
    assert advice("file size") == "allow a larger file: it cannot be smaller"


def test_what_is_kept_needs_no_advice() -> None:
    for kept in (True, None):
        (check,) = with_advice(US, 300, [IdPhotoCheck("eyes", kept, "open", "open")])
        assert check.advice == ""


def test_every_rule_that_can_be_broken_has_advice(studio_photo: Path) -> None:
    """Also those that this photo keeps."""
    sitter = find_sitter(studio_photo, lambda: open_model("selfie"))
    made = [picture_of(sitter, spec, dpi=300, level=True, paint="#eee") for spec in load_specs().values()]
    names = {check.name for photo in made for check in photo.checks if check.wanted}
    assert {"one person", "file size", "unaltered", "pixels between the eyes", "in colour", "file's pixels"} <= names
    assert all(advice(name) for name in names)


def test_nothing_passes_that_may_not_be_handed_in() -> None:
    good, bad = (IdPhotoCheck("eyes", kept, "", "open") for kept in (True, False))
    assert verdict(US, [good]) == "passes"
    assert verdict(GERMANY, [good]).startswith("not accepted from home")
    assert verdict(US, [good, bad]) == "1 of 2 rules broken"
    assert passed([good]) and not passed([good, bad])
