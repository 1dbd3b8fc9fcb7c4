"""``cyclorama panel``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from typer import Option

from cyclorama.cli.options import GivenSettings, JsonOption, takes_settings
from cyclorama.core.clock import wait
from cyclorama.core.errors import SettingsError

if TYPE_CHECKING:
    from cyclorama.control.host import Host
    from cyclorama.control.keeper import SessionHolder
    from cyclorama.panel.web.access import Access
    from cyclorama.settings.values import Settings

EXAMPLES = """\b
Examples:
  cyclorama panel                                    what was used last, and the page in your browser
  cyclorama panel --source demo                      no camera needed
  cyclorama panel --no-browser --json                for programs: the address and the token on one line

\b
Cut-outs over HTTP, with the address and token of --json:
  curl -H "Authorization: Bearer $TOKEN" -F file=@me.jpg $ADDRESS/api/cutouts > cut.png
  $ADDRESS/docs describes the rest, without a network.

The page is for this machine and this user alone: it binds to 127.0.0.1 and ::1, and needs the token. Ctrl-C ends it.
"""
LOOK_S = 0.2
BrowserOption = Annotated[bool, Option("--browser/--no-browser", help="Open the page in your browser.")]
PortOption = Annotated[int, Option("--port", min=0, max=65535, help="0 is a free one.", show_default=True)]


@takes_settings("live")
def panel(
    given: GivenSettings,
    browser: BrowserOption = True,
    port: PortOption = 0,
    session: Annotated[bool, Option("--session/--no-session", help="Start the camera at once.")] = True,
    json: JsonOption = False,
) -> int:
    """Calls, recordings, photos and clips on a page in your browser."""
    from cyclorama.cli.interrupt import interruptible
    from cyclorama.cli.report import print_json_line
    from cyclorama.control.keeper import Keeper
    from cyclorama.control.running_panel import claim_panel

    loaded = given.load()
    place = claim_panel()
    if isinstance(place, str):
        return _show_first(place, given, browser=browser, json=json)
    with (
        place,
        interruptible() as interrupt,
        Keeper(first_settings(given, loaded), given.source(loaded)) as keeper,
        open_page(keeper, interrupt.stop.set, port=port, config=given.config, browser=browser) as access,
    ):
        place.announce(access.url)
        if json:
            print_json_line({"url": access.url, "address": access.address, "token": access.token})
        else:
            print(f"panel: {access.url}\nCtrl-C ends it", flush=True)
        if session:
            keeper.start()
        while not wait(interrupt.stop, LOOK_S):
            pass
    return 0


def _show_first(url: str, given: GivenSettings, *, browser: bool, json: bool) -> int:
    """Show the page of the panel that runs already."""
    from cyclorama.cli.browser import show_page
    from cyclorama.cli.report import print_json_line

    address, _, token = url.partition("/#token=")
    if json:
        print_json_line({"url": url, "address": address, "token": token})
    else:
        print(f"panel: {url}\nit runs already: options that were given here do not count", flush=True)
    if browser:
        show_page(url)
    return 0


def first_settings(given: GivenSettings, loaded: Settings) -> Settings:
    """What the panel starts with: the options given, what was used last, the settings file, in this order.

    With a profile or file that was named, what was used last does not count. Raises SettingsError.
    """
    from cyclorama.control.last import last_settings
    from cyclorama.settings.change import change_settings

    settings = loaded
    if given.profile is None and given.config is None:
        options = {key: value for key, value in given.options.items() if value not in (None, [])}
        settings = change_settings(last_settings(settings), **options)
    if "preview" in settings.to:
        raise SettingsError("the page shows the picture: leave --to preview out")
    return settings


@contextmanager
def open_page(
    holder: SessionHolder,
    quit_: Callable[[], None],
    *,
    port: int = 0,
    config: Path | None = None,
    browser: bool = True,
    terminal: bool = False,
) -> Iterator[Access]:
    """Serve the panel inside the block, and show it in the browser. ``quit_``: ends the command. Raises SettingsError,
    SinkError."""
    from cyclorama.cli.browser import show_page
    from cyclorama.panel.panel import Panel
    from cyclorama.panel.session.rooms import PanelSession

    with ExitStack() as opened:
        session = opened.enter_context(PanelSession(holder, quit_, config=config, terminal=terminal))
        page = opened.enter_context(Panel(session, port=port))
        if browser:
            show_page(page.access.url)
        yield page.access


@contextmanager
def page_beside(
    host: Host, given: GivenSettings, settings: Settings, *, wanted: bool, tell: Callable[[str], None]
) -> Iterator[None]:
    """Inside the block, the page for the session of a terminal, if it is wanted. Raises SettingsError, SinkError."""
    if not wanted:
        yield
        return
    from cyclorama.control.keeper import TerminalSession

    session = TerminalSession(host, settings)
    with open_page(session, session.stop, config=given.config, terminal=True) as access:
        tell(f"panel: {access.url}")
        yield
