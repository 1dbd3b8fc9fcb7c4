"""Parse the options of ``cyclorama models import``. Every error names the option and shows its format."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, TypeVar, get_args

from cyclorama.core.errors import SettingsError
from cyclorama.models.catalogue import Activation, Kind
from cyclorama.models.importing import IMPORTABLE, Given

if TYPE_CHECKING:
    from cyclorama.matting.networks.onnx.convert import Precision

T = TypeVar("T", bound=str)
Triple = tuple[float, float, float]


def read_kind(text: str | None) -> Kind | None:
    """Parse the kind of an imported file. Raises SettingsError."""
    return None if text is None else _one_of("--kind", text, IMPORTABLE)


def read_precision(text: str | None) -> Precision | None:
    """Parse the precision of a variant. Raises SettingsError."""
    from cyclorama.matting.networks.onnx.convert import (
        PRECISIONS,  # imports onnxruntime, which other commands must not
    )

    return None if text is None else _one_of("--precision", text, PRECISIONS)


def read_contract(
    *,
    input_size: str | None,
    mean: str | None,
    std: str | None,
    scale_by_max: bool | None,
    output: str | None,
    activation: str | None,
) -> Given | None:
    """The parts of the input and output contract that the user gave; None if none was given. Raises SettingsError."""
    deviation = None if std is None else _triple("--std", std)
    if deviation is not None and min(deviation) <= 0:
        raise SettingsError(f"--std: {std!r} is not above 0, and is divided by")
    known: tuple[Activation, ...] = get_args(Activation)
    given = Given(
        size_wh=None if input_size is None else _size(input_size),
        mean=None if mean is None else _triple("--mean", mean),
        std=deviation,
        scale_by_max=scale_by_max,
        output=output,
        activation=None if activation is None else _one_of("--activation", activation, known),
    )
    return None if given == Given() else given


def _one_of(option: str, text: str, choices: tuple[T, ...]) -> T:
    for choice in choices:
        if choice == text:
            return choice
    raise SettingsError(f"{option}: {text!r} is not one of {', '.join(choices)}")


def _size(text: str) -> tuple[int, int]:
    match = re.fullmatch(r"(\d{2,4})[x×](\d{2,4})", text.strip().lower())
    sides = (int(match[1]), int(match[2])) if match else (0, 0)
    if not all(16 <= side <= 8192 for side in sides):
        raise SettingsError(
            f"--input-size: {text!r} is no size: write WIDTHxHEIGHT from 16 to 8192 pixels, as in 512x512"
        )
    return sides


def _triple(option: str, text: str) -> Triple:
    try:
        values = [float(part) for part in text.split(",")]
    except ValueError:
        values = []
    if len(values) == 1:  # one number applies to all three channels
        values *= 3
    if len(values) != 3 or not all(map(math.isfinite, values)):
        raise SettingsError(f"{option}: {text!r} is not three numbers: write R,G,B, as in 0.485,0.456,0.406")
    return values[0], values[1], values[2]
