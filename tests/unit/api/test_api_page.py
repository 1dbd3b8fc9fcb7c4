"""``docs/api.md`` against the code: every public name, its signature, its members, its errors; and nothing else."""

from __future__ import annotations

import dataclasses
import inspect
import re
from pathlib import Path
from typing import Any

import pytest

import cyclorama

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "api.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^### `(.*?)`\n(.*?)(?=^##|\Z)", PAGE, re.MULTILINE | re.DOTALL))
"""What stands under each heading that is code, by that code."""
NAMES = {re.split(r"\W", heading, maxsplit=1)[0]: heading for heading in SECTIONS}
ERRORS = re.findall(r"^\| `(\w+Error)` \| `(\w+)` \| .* \| (\d) \|$", PAGE, re.MULTILINE)
SETTINGS = [name for name in cyclorama.__all__ if name.endswith("Settings")]


def written(function: Any, *, method: bool = False) -> str:
    """A signature as the page has it: without types, and without ``self``."""
    signature = inspect.signature(function)
    parameters = [each.replace(annotation=inspect.Parameter.empty) for each in signature.parameters.values()]
    bare = signature.replace(parameters=parameters[method:], return_annotation=inspect.Signature.empty)
    return str(bare)


def members_of(kind: type) -> set[str]:
    """The fields, properties and methods of a class, methods with their signatures."""
    names = {name for name in dir(kind) if not name.startswith("_")} | set(inspect.get_annotations(kind))
    if dataclasses.is_dataclass(kind):
        names |= {field.name for field in dataclasses.fields(kind)}
    if "__call__" in vars(kind):
        names.add("__call__")
    members = set()
    for name in names:
        member = inspect.getattr_static(kind, name, None)
        members.add(name + written(member, method=True) if inspect.isfunction(member) else name)
    return members


def is_data(name: str) -> bool:
    thing = getattr(cyclorama, name)
    return inspect.isclass(thing) and not issubclass(thing, Exception) and name not in SETTINGS


def test_the_page_has_every_public_name_and_no_other() -> None:
    errors = {name for name, _, _ in ERRORS}
    assert set(NAMES) | errors == set(cyclorama.__all__) and not set(NAMES) & errors


@pytest.mark.parametrize("name", [name for name in cyclorama.__all__ if inspect.isroutine(getattr(cyclorama, name))])
def test_signatures(name: str) -> None:
    assert NAMES[name] == name + written(getattr(cyclorama, name))


def test_the_class_that_is_called_to_open_it() -> None:
    assert NAMES["VirtualBackground"] == "VirtualBackground" + written(cyclorama.VirtualBackground)


@pytest.mark.parametrize("name", [name for name in cyclorama.__all__ if is_data(name)])
def test_members(name: str) -> None:
    rows = re.findall(r"^\| (`.*?`) \|", SECTIONS[NAMES[name]], re.MULTILINE)
    told = [member for row in rows for member in re.findall(r"`(.*?)`", row)]
    assert len(told) == len(set(told))
    assert set(told) == members_of(getattr(cyclorama, name))


@pytest.mark.parametrize("name", SETTINGS)
def test_settings(name: str) -> None:
    fields = [field.name for field in dataclasses.fields(getattr(cyclorama, name))]
    assert re.findall(r"`(.*?)`", SECTIONS[name]) == fields


@pytest.mark.parametrize(("name", "base", "code"), ERRORS)
def test_errors(name: str, base: str, code: str) -> None:
    error = getattr(cyclorama, name)
    assert base in {each.__name__ for each in error.__mro__} and error.exit_code == int(code)
