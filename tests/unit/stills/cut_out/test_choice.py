"""Which network cuts out a photo where the user names none."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from cyclorama.stills.cut_out import choice

GENERAL = ("stills", "anything")


def install(monkeypatch: pytest.MonkeyPatch, **good_for: tuple[str, ...]) -> None:
    models = [
        SimpleNamespace(entry=SimpleNamespace(name=name.replace("_", "-"), good_for=uses))
        for name, uses in good_for.items()
    ]
    monkeypatch.setattr(choice.store, "list_installed", lambda: models)


def test_the_bundled_network_where_nothing_else_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, selfie=("live", "people"))
    assert choice.best_model() == choice.best_model_for_people() == "selfie"


def test_the_best_general_network_for_anything(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, selfie=("live",), u2net=GENERAL, isnet=GENERAL, modnet=("stills", "people"))
    assert choice.best_model() == "isnet"
    install(monkeypatch, my_net=GENERAL, u2netp=GENERAL)
    assert choice.best_model() == "u2netp", "a network that the list does not know comes last"


def test_networks_for_people_come_first_for_people(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, isnet=GENERAL, modnet=("stills", "people"))
    assert choice.best_model_for_people() == "isnet"
    install(monkeypatch, u2net=GENERAL, modnet=("stills", "people"))
    assert choice.best_model_for_people() == "modnet"
    install(monkeypatch, u2net=GENERAL)
    assert choice.best_model_for_people() == "u2net", "the general one, where the list for people has none"
