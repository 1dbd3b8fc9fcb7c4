"""Choose the network for photos where the user names none."""

from __future__ import annotations

from collections.abc import Callable

from cyclorama.models import store
from cyclorama.models.catalogue import load_catalogue

PREFERRED = ("birefnet", "isnet", "birefnet-lite", "rmbg-2.0", "rmbg-1.4", "u2net", "u2netp")
"""General networks of the catalogue, best first; among equals those whose licence allows any use."""
FOR_PEOPLE = ("birefnet-portrait", "birefnet", "isnet", "modnet", "rvm-resnet50", "rvm", "birefnet-lite", "u2net-human")
"""Networks for photos of people, best first; RVM includes what people wear, but not what they hold."""
ALWAYS_THERE = "selfie"
"""The bundled network, which finds people only."""


def best_model() -> str:
    """The best installed network for photos of anything; the bundled one, for people, where none is installed."""
    general = [
        model.entry.name for model in store.list_installed() if {"stills", "anything"} <= set(model.entry.good_for)
    ]
    return min(general, key=_rank, default=ALWAYS_THERE)


def best_model_for_people() -> str:
    """The best installed network for photos of one person; the bundled one where none is installed."""
    installed = {model.entry.name for model in store.list_installed()}
    return next((name for name in FOR_PEOPLE if name in installed), best_model())


def knows_people_alone(name: str) -> bool:
    """Whether the network ``name`` of the catalogue finds people and no other things; False for one of the user's."""
    entry = load_catalogue().models.get(name)
    return entry is not None and "anything" not in entry.good_for


def chosen_model(name: str, best: Callable[[], str] = best_model) -> str:
    """The network ``name``; for ``auto`` the ``best`` one."""
    return best() if name == "auto" else name


def _rank(name: str) -> int:
    return PREFERRED.index(name) if name in PREFERRED else len(PREFERRED)
