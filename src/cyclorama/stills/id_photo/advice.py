"""What to do about each rule that a photo breaks, and what the checks come to, in words for the user."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from cyclorama.stills.id_photo.check import IdPhotoCheck
from cyclorama.stills.id_photo.spec import IdSpec

ADVICE = {
    "one person": "let nobody else into the picture, also not on a poster behind you",
    "tilt": "hold your head upright, with both eyes at the same height",
    "turned to the side": "turn your face straight to the camera, which stands at the height of your eyes",
    "centred": "leave the same room on both sides of your head",
    "whole head": "take the photo from further away, with room above your hair",
    "eyes": "look into the camera with both eyes wide open, and take several photos",
    "in colour": "take a photo in colour, without a black-and-white mode or filter",
    "background even": "stand a metre from the wall, so that your shadow does not fall on it, with nothing behind you",
    "unaltered": "keep the photo's own background, and stand in front of a plain wall",
    "photo's own pixels": "go nearer, or set the camera to its highest resolution, without digital zoom",
    "pixels between the eyes": "go nearer, or set the camera to its highest resolution, without digital zoom",
    "file's pixels": "let the resolution (dpi) be chosen for you",
    "file size": "choose a lower resolution (300 dpi), or allow a larger file",
}
"""The advice for a rule that is broken in one way only, by the name of its check."""


def with_advice(spec: IdSpec, checks: Iterable[IdPhotoCheck]) -> list[IdPhotoCheck]:
    """``checks`` with advice where they failed."""
    return [replace(check, advice=_advice(spec, check)) if check.passed is False else check for check in checks]


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
        return f"take the photo from further away, with more room {where}"
    if check.name == "background colour":
        return _background_advice(spec, value)
    if check.name.startswith("head,"):
        far = value > spec.head[1]
        return "take the photo from further away, with more room around your head" if far else "go nearer to the camera"
    return ADVICE[check.name]


def _background_advice(spec: IdSpec, lightness: float) -> str:
    plain = spec.background
    low, high = plain.lightness
    if lightness < low:
        return f"stand in front of a wall that is {plain.title}, and let more light fall on it"
    if lightness > high:
        return f"stand in front of a wall that is {plain.title}, or let less light fall on it"
    return f"stand in front of a wall that is {plain.title}, in daylight, without coloured lamps"
