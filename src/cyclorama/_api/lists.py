"""What there is to choose from."""

from __future__ import annotations

from dataclasses import dataclass

from cyclorama.background.builtin import list_builtin
from cyclorama.capture.devices import CameraDevice, list_cameras
from cyclorama.models import store
from cyclorama.models.catalogue import ModelEntry, load_catalogue

__all__ = ["CameraDevice", "ModelListing", "list_backgrounds", "list_cameras", "list_models"]


@dataclass(frozen=True, slots=True)
class ModelListing:
    """A network of the catalogue, or an imported one.

    ``licence``: of the weights; ``permissive``: it lets anybody use them for anything. ``size_bytes``: of the file;
    None: not known. ``good_for``: of live, stills, people, anything. ``installed``: it can be named as ``model`` now;
    otherwise ``cyclorama models pull NAME`` gets it.
    """

    name: str
    title: str
    licence: str
    permissive: bool
    size_bytes: int | None
    good_for: tuple[str, ...]
    installed: bool


def list_backgrounds() -> list[str]:
    """The names of our own backgrounds, each of which can be given as ``background``."""
    return list(list_builtin())


def list_models() -> list[ModelListing]:
    """All networks that are known here, the installed ones first. Opens none. Raises ModelError for a broken
    catalogue."""
    installed = {model.entry.name: model.entry for model in store.list_installed()}
    others = [entry for name, entry in load_catalogue().models.items() if name not in installed]
    return [_listing(entry, installed=True) for entry in installed.values()] + [
        _listing(entry, installed=False) for entry in others
    ]


def _listing(entry: ModelEntry, *, installed: bool) -> ModelListing:
    return ModelListing(
        entry.name, entry.title, entry.licence, entry.permissive, entry.size_bytes, entry.good_for, installed
    )
