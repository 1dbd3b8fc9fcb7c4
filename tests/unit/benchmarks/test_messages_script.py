"""``docs/messages.md`` says what the commands say. Where this fails: python benchmarks/messages.py docs/messages.md"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

PAGE = Path(__file__).resolve().parents[3] / "docs" / "messages.md"
pytestmark = pytest.mark.needs_linux("the page is of Linux")


@pytest.fixture(scope="module")
def messages(script: Callable[[str], ModuleType]) -> ModuleType:
    return script("messages")


def test_what_is_cheap_to_ask_is_on_the_page_as_it_is_said(messages: ModuleType) -> None:
    told = messages.entries(PAGE.read_text(encoding="utf-8"))
    asked = [asked for commands in messages.PAGE.values() for asked in commands]
    assert list(told) == list(dict.fromkeys(each.words for each in asked))
    with messages.empty_machine() as root:
        now = {each.words: messages.entry(each, root) for each in asked if each.cheap}
    assert len(now) > 40
    for words, shown in now.items():
        assert messages.masked(told[words]) == messages.masked(shown), words


def test_nothing_on_the_page_is_unexpected_or_of_one_machine(messages: ModuleType) -> None:
    text = PAGE.read_text(encoding="utf-8")
    for shown in messages.entries(text).values():
        assert "unexpected " not in shown and "Traceback" not in shown
        assert "[exit code 1]" not in shown
    assert set(re.findall(r"/(?:home|root|tmp|work|var)/\S*", text.replace("/var/lib/dkms", ""))) <= {
        f"{messages.HOME}/.local/share/cyclorama/backgrounds",
        f"{messages.HOME}/.local/share/cyclorama/models.",
        f"{messages.HOME}/.local/share/cyclorama/models:",
    }


def test_what_differs_from_run_to_run_is_masked(messages: ModuleType) -> None:
    one, other = "made: 150 frames in 5.0 seconds, 1.2 MB,  12.5 ms", "made: 149 frames in 1 seconds, 0.4 MB,   9.1 ms"
    assert messages.masked(one) == messages.masked(other) != messages.masked("made: 150 pages in 5.0 seconds")
