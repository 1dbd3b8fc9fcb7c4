"""The pages name only files, folders and modules that there are, and their links lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import cyclorama

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "cyclorama"
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
FILE = re.compile(r"`((?:[\w.-]+/)*[\w.-]+\.(?:py|toml))`")
PLAIN = re.compile(r"(?<![\w/.~-])((?:[\w-]+/)+[\w-]+\.py)\b")
"""The same without backticks, where a folder is named."""
FOLDER = re.compile(r"`((?:[a-z_]+/)+)`")
MODULE = re.compile(r"\bcyclorama((?:\.[a-z_0-9]+)+)")
LINK = re.compile(r"\]\((?!https?:)([^)#\s]+)")
USERS = {"cyclorama.toml"}
"""Files that a user has, and this repository does not."""
EVERYWHERE = {"base.py"}
"""Named as the file of that name in each of several rooms."""


def exists(name: str, page: Path) -> bool:
    """Whether ``name`` is a path from the package, the repository, the page's folder, or one room of the package."""
    places = (PACKAGE, ROOT, page.parent)
    return any((place / name).exists() for place in places)


def missing(text: str, page: Path) -> list[str]:
    """What ``text`` names and there is not."""
    files = {
        name
        for name in FILE.findall(text) + PLAIN.findall(text)
        if name not in USERS | EVERYWHERE and not exists(name, page)
    }
    folders = {name for name in FOLDER.findall(text) if not exists(name, page)}
    modules = {f"cyclorama{name}" for name in MODULE.findall(text) if not is_module(name)}
    links = {name for name in LINK.findall(text) if not (page.parent / name).exists()}
    return sorted(files | folders | modules | links)


def is_module(dotted: str) -> bool:
    """``.core.frames``, a name inside it, a public name, or the ending of a file such as ``cyclorama.toml``."""
    if f"cyclorama{dotted}" in USERS or dotted in (".service", ".conf", ".fish", ".sh"):
        return True
    if dotted[1:] in cyclorama.__all__:
        return True
    path = PACKAGE.joinpath(*dotted[1:].split("."))
    return path.is_dir() or path.with_suffix(".py").is_file() or path.parent.with_suffix(".py").is_file()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_a_page_names_what_there_is(page: Path) -> None:
    assert missing(page.read_text(encoding="utf-8"), page) == []


@pytest.mark.parametrize(
    "text",
    [
        "`core/no_such.py`",
        "`no_such/`",
        "`core/frames.toml`",
        "from cyclorama.core.nothing.at import all",
        "[x](no.md)",
    ],
)
def test_the_check_sees_what_is_missing(text: str) -> None:
    assert missing(text, ROOT / "docs" / "page.md") != []


def test_architecture_links_every_decision_and_names_every_room() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    records = [path.name for path in (ROOT / "docs" / "decisions").glob("*.md")]
    assert [name for name in records if f"decisions/{name}" not in text] == []
    rooms = {path.parent.relative_to(PACKAGE).parts[0] for path in PACKAGE.glob("*/*.py")}
    assert [room for room in sorted(rooms) if f"`{room}/" not in text] == []


def test_decisions_have_a_number_and_three_parts() -> None:
    for path in sorted((ROOT / "docs" / "decisions").glob("*.md")):
        text = path.read_text(encoding="utf-8")
        assert text.startswith(f"# {int(path.name[:4])}. "), path.name
        parts = [text.find(f"**{part}.**") for part in ("Context", "Decision", "Consequence")]
        assert parts == sorted(parts) and parts[0] > 0, path.name
