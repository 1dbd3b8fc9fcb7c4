"""Where models lie on this machine, and which are there."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import platformdirs

from cyclorama.models.catalogue import ModelEntry

VARIABLE = "CYCLORAMA_MODELS_DIR"
Origin = Literal["bundled", "published", "imported"]


@dataclass(frozen=True, slots=True)
class InstalledModel:
    """A model on this machine: its contract, its file, and where that file came from."""

    entry: ModelEntry
    path: Path
    origin: Origin


def models_dir() -> Path:
    """The folder of pulled and imported models: ``CYCLORAMA_MODELS_DIR``, else the user's data folder."""
    own = os.environ.get(VARIABLE)
    if own:
        return Path(own).expanduser()
    return Path(platformdirs.user_data_dir("cyclorama", appauthor=False)) / "models"
