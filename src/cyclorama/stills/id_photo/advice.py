"""What to do about each rule that a photo breaks, and what the checks come to, in words for the user."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from cyclorama.stills.id_photo.check import IdPhotoCheck
from cyclorama.stills.id_photo.spec import IdSpec

FURTHER = "take the photo from further away"
SHARPER = "set the camera to its highest resolution, without digital zoom"
OTHER_DPI = "let the resolution (dpi) be chosen for you"
OWN_PIXELS = ("photo's own pixels", "pixels between the eyes")
"""The checks that fail where the photo has too few pixels of the head."""
ADVICE = {
    "one person": "let nobody else into the picture, also not on a poster behind you",
    "tilt": "hold your head upright, with both eyes at the same height",
    "turned to the side": "turn your face straight to the camera, which stands at the height of your eyes",
    "centred": "leave the same room on both sides of your head",
    "whole head": f"{FURTHER}, with room above your hair",
    "eyes": "look into the camera with both eyes wide open, and take several photos",
    "in colour": "take a photo in colour, without a black-and-white mode or filter",
    "background even": "stand a metre from the wall, so that your shadow does not fall on it, with nothing behind you",
    "unaltered": "keep the photo's own background, and stand in front of a plain wall",
    **dict.fromkeys(OWN_PIXELS, f"go nearer, or {SHARPER}"),
    "file's pixels": OTHER_DPI,
    "file size": "allow a larger file: it cannot be smaller",
}
"""The advice for a rule that is broken in one way only, by the name of its check."""


def with_advice(spec: IdSpec, dpi: int, checks: Iterable[IdPhotoCheck]) -> list[IdPhotoCheck]:
    """``checks`` of a picture at ``dpi`` with advice where they failed."""
    given = [replace(check, advice=_advice(spec, check)) if check.passed is False else check for check in checks]
    if any(check.advice.startswith(FURTHER) for check in given):  # and not nearer at the same time
        given = [_instead(check, OWN_PIXELS, SHARPER) for check in given]
    if dpi > min(spec.resolutions(), default=dpi):
        given = [_instead(check, (*OWN_PIXELS, "file size"), OTHER_DPI) for check in given]
    return given


def _instead(check: IdPhotoCheck, names: Collection[str], advice: str) -> IdPhotoCheck:
    """``check`` with this ``advice`` where it has one and is called one of ``names``."""
    return replace(check, advice=advice) if check.advice and check.name in names else check


def verdict(spec: IdSpec, checks: Sequence[IdPhotoCheck]) -> str:
    """What the checks come to, in a few words."""
    failed = sum(check.passed is False for check in checks)
    asked = sum(check.passed is not None for check in checks)
    if failed:
        return f"{failed} of {asked} rules broken"
    return "not accepted from home, though the picture itself passes" if spec.home is False else "passes"


def _advice(spec: IdSpec, check: IdPhotoCheck) -> str:
    value = check.value or 0.0
    if check.name == "eyes above the bottom":
        low = spec.eyes is not None and value < spec.eyes[0]
        where = "below your chin, down to the shoulders" if low else "above your hair"
        return f"{FURTHER}, with more room {where}"
    if check.name == "background colour":
        return _background_advice(spec, value)
    if check.name.startswith("head,"):
        far = value > spec.head[1]
        return f"{FURTHER}, with more room around your head" if far else "go nearer to the camera"
    return ADVICE[check.name]


def _background_advice(spec: IdSpec, lightness: float) -> str:
    plain = spec.background
    low, high = plain.lightness
    if lightness < low:
        return f"stand in front of a wall that is {plain.title}, and let more light fall on it"
    if lightness > high:
        return f"stand in front of a wall that is {plain.title}, or let less light fall on it"
    return f"stand in front of a wall that is {plain.title}, in daylight, without coloured lamps"
