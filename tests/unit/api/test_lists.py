"""What there is to choose from."""

from __future__ import annotations

from pathlib import Path

import cyclorama
from cyclorama.background.builtin import list_builtin
from cyclorama.background.spec import parse_background
from cyclorama.models.catalogue import load_catalogue


def test_every_listed_background_can_be_used() -> None:
    names = cyclorama.list_backgrounds()
    assert "office" in names and names == list(list_builtin())
    for name in names:
        path = parse_background(name).path
        assert path is not None and path.is_file() and path.stem == name


def test_models_are_the_catalogue_with_what_is_here_first() -> None:
    models = cyclorama.list_models()
    assert {model.name for model in models} == set(load_catalogue().models)
    assert [model.name for model in models if model.installed] == ["selfie", "selfie-wide", "selfie-square"]
    assert [model.installed for model in models] == sorted((model.installed for model in models), reverse=True)
    rvm = next(model for model in models if model.name == "rvm")
    assert (rvm.licence, rvm.permissive, rvm.size_bytes) == ("GPL-3.0", False, 14975696)
    assert set(rvm.good_for) >= {"live", "people"}


def test_cameras_are_those_of_the_kernel() -> None:
    nodes = {str(path) for path in Path("/dev").glob("video*")}
    assert {camera.path for camera in cyclorama.list_cameras()} <= nodes
