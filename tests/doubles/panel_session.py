"""A panel with a session of the demo, small and without a virtual camera."""

from __future__ import annotations

import io
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from websockets.sync.client import ClientConnection, connect

from cyclorama.control.host import SettingsSource
from cyclorama.control.keeper import Keeper
from cyclorama.core.frames import U8
from cyclorama.panel.panel import Panel
from cyclorama.panel.session.rooms import PanelSession
from cyclorama.settings.change import change_settings
from cyclorama.settings.sources import read_profiles, settings_file
from cyclorama.settings.values import Settings
from doubles.panel_client import Answer, PanelClient

SIZE_WH = (320, 180)
PATIENCE_S = 40.0
VIEWS = ("after", "before", "matte")


def at_home(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Keep everything that a user's folders get in ``folder``."""
    for name in ("STATE_HOME", "DATA_HOME", "CONFIG_HOME", "VIDEOS_DIR", "PICTURES_DIR"):
        monkeypatch.setenv(f"XDG_{name}", str(folder / name.lower()))
    monkeypatch.setenv("CYCLORAMA_RUNTIME_DIR", str(folder / "run"))
    monkeypatch.setattr("tempfile.tempdir", str(folder))


class SessionClient(PanelClient):
    """Asks for what concerns the session."""

    def state(self) -> Any:
        return self.get("/api/session").json()

    def change(self, **settings: object) -> Answer:
        return self.send_json("PATCH", "/api/session", settings)

    def do(self, what: str, **body: object) -> Answer:
        return self.send_json("POST", f"/api/session/{what}", body)

    def snapshot(self) -> U8:
        """RGB uint8 (H, W, 3)."""
        answer = self.do("snapshot")
        assert answer.status == 200, answer.body
        return rgb(answer.body)

    @contextmanager
    def socket(self, token: str | None = None) -> Iterator[ClientConnection]:
        origin: Any = self.access.address
        with connect(f"ws://127.0.0.1:{self.access.port}/api/live", origin=origin) as page:
            page.send(json.dumps({"token": self.access.token if token is None else token}))
            yield page


def rgb(data: bytes) -> U8:
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(image.convert("RGB"))


def look(page: ClientConnection, view: str, width: int = 320) -> U8 | None:
    """The answer to one question; None where there is nothing to show."""
    page.send(json.dumps({"view": view, "width": width}))
    while isinstance(answer := page.recv(timeout=PATIENCE_S), str):
        pass
    assert VIEWS[answer[0]] == view
    return rgb(answer[1:]) if len(answer) > 1 else None


def wait_for(ask: Callable[[], Any]) -> Any:
    """Ask until there is an answer that is not False; returns it."""
    deadline = time.monotonic() + PATIENCE_S
    while (answer := ask()) is None or answer is False:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return answer


def near(pixel: Any, color: tuple[int, int, int], tolerance: int = 6) -> bool:
    return bool((np.abs(np.asarray(pixel, int) - color) <= tolerance).all())


@contextmanager
def panel_with_session(**settings: object) -> Iterator[tuple[SessionClient, Keeper]]:
    """The session does not run yet."""
    first = change_settings(Settings(), source="demo", to="null", size=SIZE_WH, light_wrap=0, **settings)
    source = SettingsSource(first, settings_file, lambda: first, read_profiles)
    with Keeper(first, source) as keeper, PanelSession(keeper) as session, Panel(session) as panel:
        panel.stills.previews.submit(lambda stop: None).future.result(PATIENCE_S)  # its thread is nobody's leak
        yield SessionClient(panel.access), keeper
