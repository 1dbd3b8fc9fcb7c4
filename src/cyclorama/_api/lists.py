"""List the available backgrounds and networks."""

from __future__ import annotations

from dataclasses import dataclass

from cyclorama.background.builtin import list_builtin
from cyclorama.capture.devices import CameraDevice, list_cameras
from cyclorama.models import store
from cyclorama.models.catalogue import ModelEntry

__all__ = ["CameraDevice", "ModelListing", "list_backgrounds", "list_cameras", "list_models"]


@dataclass(frozen=True, slots=True)
class ModelListing:
    """A network of the catalogue, or an imported one.

    ``licence``: of the weights. ``permissive``: whether it allows any use by anyone. ``size_bytes``: of the file; None
    if unknown. ``good_for``: some of live, stills, people, anything. ``installed``: whether ``model`` accepts it now;
    otherwise ``cyclorama models pull NAME`` installs it.
    """

    name: str
    title: str
    licence: str
    permissive: bool
    size_bytes: int | None
    good_for: tuple[str, ...]
    installed: bool


def list_backgrounds() -> list[str]:
    """Names of the built-in backgrounds; each is a valid ``background``."""
    return list(list_builtin())


def list_models() -> list[ModelListing]:
    """All known networks, installed ones first. Opens none. Raises ModelError for a broken catalogue."""
    return [_listing(entry, installed=here) for entry, here in store.list_known()]


def _listing(entry: ModelEntry, *, installed: bool) -> ModelListing:
    return ModelListing(
        entry.name, entry.title, entry.licence, entry.permissive, entry.size_bytes, entry.good_for, installed
    )
