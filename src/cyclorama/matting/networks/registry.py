"""Registry of network adapters: bundled networks by name, model files by kind."""

from __future__ import annotations

from collections.abc import Mapping
from pkgutil import resolve_name
from typing import TYPE_CHECKING, Literal, cast

from cyclorama.matting.base import MattingModel
from cyclorama.models.kinds import KINDS
from cyclorama.models.store import InstalledModel
from cyclorama.settings.values import Provider, Quality

if TYPE_CHECKING:
    from cyclorama.matting.networks.onnx.base import OnnxModel
    from cyclorama.matting.networks.selfie.selfie import SelfieModel, TrackedSelfieModel

BUNDLED: Mapping[str, str] = {
    "selfie": "cyclorama.matting.networks.selfie.selfie:TrackedSelfieModel",
    "selfie-wide": "cyclorama.matting.networks.selfie.selfie:WideSelfieModel",
    "selfie-square": "cyclorama.matting.networks.selfie.selfie:SquareSelfieModel",
}
"""Classes of the bundled networks by name."""


def open_bundled(name: str, quality: Literal["auto"] | Quality = "auto", *, live: bool = False) -> MattingModel:
    """Load the bundled network called ``name``. ``quality`` and ``live`` as in ``open_model``. Raises ModelError."""
    network = cast("type[SelfieModel | TrackedSelfieModel]", resolve_name(BUNDLED[name]))
    return network.opened(starting_quality(quality, live=live), live=live)


def starting_quality(quality: Literal["auto"] | Quality, *, live: bool) -> Quality:
    """The quality to start with: ``auto`` is ``best`` for files, and ``balanced`` in a ``live`` session."""
    if quality != "auto":
        return quality
    return "balanced" if live else "best"


def open_stored(model: InstalledModel, provider: Provider, quality: Quality) -> MattingModel:
    """Load a network from its verified file, with the adapter of its kind. Raises SettingsError, ModelError.

    Imports the adapter on call: ONNX Runtime is slow to import, and the bundled networks do not need it.
    """
    adapter = cast("type[OnnxModel]", resolve_name(KINDS[model.entry.kind].adapter))
    return adapter.opened(model, provider, quality)
