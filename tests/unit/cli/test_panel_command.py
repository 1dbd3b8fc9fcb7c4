"""What ``cyclorama panel`` starts with, and what it passes on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from cyclorama.cli.commands import panel as module
from cyclorama.control import last, running_panel
from cyclorama.core.errors import SettingsError
from cyclorama.panel import panel as panel_module
from cyclorama.panel.session import rooms as session_rooms
from cyclorama.panel.web.access import Access
from cyclorama.settings.change import change_settings
from cyclorama.settings.values import Settings

URL = "http://127.0.0.1:1/#token=secret"


@pytest.fixture(autouse=True)
def used_last(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(last, "last_file", lambda: tmp_path / "last.json")
    last.remember(change_settings(Settings(), background="dusk", zoom=2))


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The addresses that the browser was sent to."""
    urls: list[str] = []
    monkeypatch.setattr("cyclorama.cli.browser.show_page", lambda url: urls.append(url) is None)
    return urls


def given(**more: Any) -> Any:
    return SimpleNamespace(**{"profile": None, "config": None, "options": {}, **more})


def test_options_come_before_what_was_used_last_and_that_before_the_file() -> None:
    loaded = change_settings(Settings(), background="office", smooth=0.9, mirror=True)
    first = module.first_settings(given(options={"background": "office", "mirror": None, "to": []}), loaded)
    assert (first.compose.background, first.capture.zoom, first.matting.smooth) == ("office", 2, 0.5)
    assert module.first_settings(given(), loaded).compose.background == "dusk"


@pytest.mark.parametrize("named", [{"profile": "day"}, {"config": Path("my.toml")}])
def test_with_a_profile_or_file_that_was_named_the_last_use_does_not_count(named: dict[str, object]) -> None:
    loaded = change_settings(Settings(), background="office")
    assert module.first_settings(given(**named), loaded) == loaded


def test_a_window_beside_the_page_is_refused() -> None:
    with pytest.raises(SettingsError, match="leave --to preview out"):
        module.first_settings(given(options={"to": ["null", "preview"]}), Settings())


@pytest.mark.parametrize(("words", "urls"), [(["--browser"], [URL]), (["--no-browser"], [])])
def test_a_second_start_shows_the_first_ones_page(
    cyclorama: Any, opened: list[str], monkeypatch: pytest.MonkeyPatch, words: list[str], urls: list[str]
) -> None:
    monkeypatch.setattr(running_panel, "claim_panel", lambda: URL)
    code, out, _ = cyclorama("panel", "--json", *words)
    assert (code, json.loads(out)) == (0, {"url": URL, "address": "http://127.0.0.1:1", "token": "secret"})
    assert opened == urls
    code, out, _ = cyclorama("panel", *words)
    assert code == 0 and out.startswith(f"panel: {URL}\n") and "options that were given here do not count" in out


@pytest.fixture
def passed(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the panel and its session are made with."""
    passed: dict[str, Any] = {}

    @contextmanager
    def session(holder: Any, quit_: Any, **options: Any) -> Iterator[str]:
        passed.update(holder=holder, quit=quit_, **options)
        yield "the session"

    @contextmanager
    def panel(session: Any, **options: Any) -> Iterator[Any]:
        passed.update(session=session, **options)
        yield SimpleNamespace(access=Access(7, "secret"))

    monkeypatch.setattr(session_rooms, "PanelSession", session)
    monkeypatch.setattr(panel_module, "Panel", panel)
    return passed


def test_the_page_gets_its_port_and_its_settings_file(passed: dict[str, Any], opened: list[str]) -> None:
    holder: Any = object()
    options = {"port": 8123, "config": Path("my.toml")}
    with module.open_page(holder, print, **options, browser=False) as access:  # type: ignore[arg-type]
        assert access.url == "http://127.0.0.1:7/#token=secret"
    assert passed == {**options, "holder": holder, "quit": print, "session": "the session", "terminal": False}
    assert opened == []


def test_beside_a_terminal_the_page_ends_with_it(passed: dict[str, Any], opened: list[str]) -> None:
    told: list[str] = []
    stops: list[str] = []
    host: Any = SimpleNamespace(controls=None)
    with module.page_beside(host, given(config=Path("my.toml")), Settings(), wanted=False, tell=told.append):
        assert (passed, told) == ({}, [])
    with module.page_beside(host, given(config=Path("my.toml")), Settings(), wanted=True, tell=told.append):
        assert told == ["panel: http://127.0.0.1:7/#token=secret"] and opened == ["http://127.0.0.1:7/#token=secret"]
        assert (passed["config"], passed["terminal"], passed["port"]) == (Path("my.toml"), True, 0)
        passed["quit"]()
        host.controls = SimpleNamespace(stop=lambda: stops.append("now"))
        passed["quit"]()
    assert stops == ["now"]
