"""Show an address in the user's browser."""

from __future__ import annotations

import os
import sys
import threading
import webbrowser
from contextlib import suppress

SHOWING = ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER")
"""Without any of these variables there is only a text browser on Linux, which would take over the terminal."""


def show_page(url: str) -> bool:
    """Open ``url`` beside what runs here, because some browsers are waited for until they are closed. Returns False
    where there is no browser to be seen."""
    if sys.platform == "linux" and not any(map(os.environ.get, SHOWING)):
        return False
    threading.Thread(target=_open, args=(url,), name="cyclorama-browser", daemon=True).start()
    return True


def _open(url: str) -> None:
    with suppress(OSError, webbrowser.Error):  # the address was printed too
        webbrowser.open(url)
