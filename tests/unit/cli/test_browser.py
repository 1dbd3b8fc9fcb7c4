"""The browser is asked once, and never waited for."""

from __future__ import annotations

import sys
import threading
import webbrowser

import pytest

from cyclorama.cli import browser
from cyclorama.cli.browser import show_page


@pytest.fixture(autouse=True)
def nothing_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in browser.SHOWING:
        monkeypatch.delenv(name, raising=False)


def test_a_browser_that_stays_open_holds_nothing_up(monkeypatch: pytest.MonkeyPatch) -> None:
    closed, asked = threading.Event(), threading.Event()

    def open_and_wait(url: str) -> bool:
        assert url == "http://here"
        asked.set()
        return closed.wait(20)

    monkeypatch.setattr(webbrowser, "open", open_and_wait)
    monkeypatch.setenv("BROWSER", "something")
    assert show_page("http://here")
    assert asked.wait(20) and not closed.is_set()
    closed.set()


def test_without_a_display_no_text_browser_takes_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(webbrowser, "open", lambda url: pytest.fail("it was asked"))
    assert not show_page("http://here")
