"""What control and the page cost a session: composited frames a second and processor use, in alternation.

    python benchmarks/panel.py                      six rounds of eight seconds each
    python benchmarks/panel.py --fps 30             at a call's rate, instead of as fast as it goes
    python benchmarks/panel.py --rounds 10 --json > panel.json

nothing    the session alone
socket     a program is connected to the control socket and watches the state
hidden     the page is open in Chromium, its tab hidden
page       the page is open in Chromium, with the preview on

The page's own browser runs on the same processors. Needs Playwright for Python and Chromium.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

from processor import processor_s

from cyclorama.cli.report import table
from cyclorama.control.client import ControlClient, find_session
from cyclorama.control.keeper import Keeper
from cyclorama.panel.panel import Panel
from cyclorama.panel.session.rooms import PanelSession
from cyclorama.settings.change import change_settings
from cyclorama.settings.values import Settings

SETTLE_S = 1.5
HIDE = """hidden => {
  Object.defineProperty(document, "hidden", {value: hidden, configurable: true});
  Object.defineProperty(document, "visibilityState", {value: hidden ? "hidden" : "visible", configurable: true});
  document.dispatchEvent(new Event("visibilitychange"));
}"""
ORDER = ("nothing", "socket", "hidden", "page")


def main() -> None:
    """Measure, and print a table or JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fps", type=float, default=240, help="that the source gives; more than the machine can do")
    parser.add_argument("--size", default="720p")
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    settings = change_settings(
        Settings(), source="demo", to="null", size=given.size, fps=given.fps, background="office"
    )
    with ExitStack() as opened:
        keeper = opened.enter_context(Keeper(settings))
        session = opened.enter_context(PanelSession(keeper))
        panel = opened.enter_context(Panel(session))
        page = opened.enter_context(browser_page(panel.access.url))
        keeper.start()
        results: dict[str, list[Measured]] = {name: [] for name in ORDER}
        for _ in range(given.rounds):
            for name in ORDER:
                with mode(name, page):
                    time.sleep(SETTLE_S)
                    results[name].append(measure(keeper, given.seconds))
    report(results, as_json=given.json)


@contextmanager
def mode(name: str, page: Any) -> Iterator[None]:
    """The session as ``name`` says, inside the block."""
    page.evaluate(HIDE, name != "page")
    if name == "nothing":
        page.goto("about:blank")
    elif page.url == "about:blank":
        page.go_back()
        page.locator("canvas").first.wait_for()
        page.evaluate(HIDE, name != "page")
    with ExitStack() as opened:
        if name == "socket":
            page.goto("about:blank")
            client = opened.enter_context(ControlClient(find_session()))
            opened.callback(watching(client))
        yield


def watching(client: ControlClient) -> Callable[[], None]:
    """Watch the state in a thread; returns what ends it, before the connection is closed."""
    ended = threading.Event()

    def watch() -> None:
        for _ in client.watch():
            if ended.is_set():
                return

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()

    def end() -> None:
        ended.set()
        thread.join()

    return end


@contextmanager
def browser_page(url: str) -> Iterator[Any]:
    """A page of Chromium at ``url``."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.goto(url)
        page.keyboard.press("Escape")  # the three questions of a first start
        yield page
        browser.close()


@dataclass(frozen=True, slots=True)
class Measured:
    """Composited frames a second; processor seconds a second of this process, and of the browser."""

    fps: float
    cores: float
    browser: float


def measure(keeper: Keeper, seconds: float) -> Measured:
    """How the session runs for so many seconds."""
    controls = keeper.controls
    assert controls is not None
    frames: Callable[[], int] = lambda: controls.state().status.frames  # noqa: E731
    begin, before, used = time.monotonic(), frames(), processor_s()
    time.sleep(seconds)
    wall, composited = time.monotonic() - begin, frames() - before
    own, browser = (now - then for now, then in zip(processor_s(), used, strict=True))
    return Measured(composited / wall, own / wall, browser / wall)


def report(results: dict[str, list[Measured]], *, as_json: bool) -> None:
    """The median of each, and the median of the ratios to ``nothing`` in the same round."""
    base = results["nothing"]
    rows = {
        name: {
            "fps": round(statistics.median(each.fps for each in rounds), 2),
            "cores": round(statistics.median(each.cores for each in rounds), 3),
            "browser_cores": round(statistics.median(each.browser for each in rounds), 3),
            "fps_ratio": round(
                statistics.median(one.fps / other.fps for one, other in zip(rounds, base, strict=True)), 3
            ),
            "cores_ratio": round(
                statistics.median(one.cores / other.cores for one, other in zip(rounds, base, strict=True)), 3
            ),
        }
        for name, rounds in results.items()
    }
    if as_json:
        print(json.dumps(rows))
        return
    head = ["", "fps", "cores", "browser", "fps ratio", "cores ratio"]
    print(table([head, *([name, *map(str, row.values())] for name, row in rows.items())], right=range(1, 6)))


if __name__ == "__main__":
    main()
