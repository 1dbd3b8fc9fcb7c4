"""From a model's name to the model."""

from __future__ import annotations

from difflib import get_close_matches

from cyclorama.errors import SettingsError
from cyclorama.matting.base import MattingModel
from cyclorama.matting.selfie import SQUARE, WIDE, SelfieModel, TrackedSelfieModel

NAMES = ("auto", "selfie", "selfie-wide", "selfie-square")


def open_model(name: str) -> MattingModel:
    """Load the model called ``name``; ``auto`` is the best that is always there.

    Raises SettingsError for an unknown name, ModelError where the network's file is missing or damaged.
    """
    if name not in NAMES:
        nearest = get_close_matches(name, NAMES, n=1)
        hint = f"did you mean {nearest[0]}?" if nearest else f"known are {', '.join(NAMES)}"
        raise SettingsError(f"there is no model called {name!r}: {hint}")
    if name == "selfie-wide":
        return SelfieModel(name, WIDE)
    if name == "selfie-square":
        return SelfieModel(name, SQUARE)
    return TrackedSelfieModel()
