"""Open a matting model by name."""

from __future__ import annotations

from typing import Literal

from cyclorama.core.errors import SettingsError
from cyclorama.core.suggest import did_you_mean
from cyclorama.matting.base import MattingModel
from cyclorama.matting.choose import choose
from cyclorama.matting.networks.registry import BUNDLED, open_bundled, open_stored, starting_quality
from cyclorama.models import store
from cyclorama.models.catalogue import load_catalogue
from cyclorama.models.store import InstalledModel
from cyclorama.settings.values import Provider, Quality

NAMES = ("auto", *BUNDLED)
"""Models that are always installed."""


def open_model(
    name: str, provider: Provider = "auto", quality: Literal["auto"] | Quality = "auto", *, live: bool = False
) -> MattingModel:
    """Load the model called ``name``; ``auto`` is the best one installed that keeps up here.

    ``quality``: of networks with several input resolutions; ``auto`` is ``best`` for files, and ``balanced`` at the
    start of a ``live`` session. Raises SettingsError for an unknown name or provider, ModelError where the model is not
    installed, its file is damaged, or its provider does not run here.
    """
    if name == "auto":
        return choose(
            lambda model: open_installed(model, provider, quality, live=live),
            quality,
            live=live,
            needs_provider=provider not in ("auto", "cpu"),
        )
    if name not in BUNDLED:
        return open_installed(_found(name), provider, quality, live=live)
    if provider not in ("auto", "cpu"):
        raise SettingsError(
            f"--provider {provider}: {name} runs on the CPU alone; leave --provider out, or choose another --model"
        )
    return open_bundled(name, quality, live=live)


def _found(name: str) -> InstalledModel:
    """The model in the store. Raises SettingsError where nothing has that name, ModelError where it is not here yet."""
    known = [*NAMES, *load_catalogue().models, *(model.entry.name for model in store.list_installed())]
    if name not in known:
        raise SettingsError(f"there is no model called {name!r}: {did_you_mean(name, known)}")
    return store.find(name)


def open_installed(
    model: InstalledModel,
    provider: Provider = "auto",
    quality: Literal["auto"] | Quality = "auto",
    *,
    live: bool = False,
) -> MattingModel:
    """Load an ONNX network whose file has been verified; otherwise as :func:`open_model`."""
    return open_stored(model, provider, starting_quality(quality, live=live))
