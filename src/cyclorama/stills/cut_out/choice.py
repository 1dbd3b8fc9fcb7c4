"""Which network cuts out photos where the user names none."""

from __future__ import annotations

from cyclorama.models import store

PREFERRED = ("birefnet", "isnet", "birefnet-lite", "rmbg-2.0", "rmbg-1.4", "u2net", "u2netp")
"""General networks of the catalogue, best first; among equals those that anybody may use for anything."""
FOR_PEOPLE = ("birefnet-portrait", "birefnet", "isnet", "modnet", "rvm-resnet50", "rvm", "birefnet-lite", "u2net-human")
"""The same for people; RVM takes what people wear for them too, but not what they hold."""
ALWAYS_THERE = "selfie"


def best_model() -> str:
    """The name of the best installed network for photos of anything; the bundled one for people where there is none."""
    general = [
        model.entry.name for model in store.list_installed() if {"stills", "anything"} <= set(model.entry.good_for)
    ]
    return min(general, key=_rank, default=ALWAYS_THERE)


def best_model_for_people() -> str:
    """The name of the best installed network for photos of one person; the bundled one where there is none."""
    installed = {model.entry.name for model in store.list_installed()}
    return next((name for name in FOR_PEOPLE if name in installed), best_model())


def _rank(name: str) -> int:
    return PREFERRED.index(name) if name in PREFERRED else len(PREFERRED)
