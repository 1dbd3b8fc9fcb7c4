"""A running panel, and pictures to send to it."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from cyclorama.models.bundled import bundled_path
from cyclorama.panel.panel import Panel
from doubles.panel_client import PanelClient, clip_of


@pytest.fixture(scope="module")
def shared_panel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Panel]:
    """One for all tests of a module; its threads run before the first of them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tempfile.tempdir", str(tmp_path_factory.mktemp("panel")))
        with Panel() as panel:
            for queue in panel.stills._queues:
                queue.submit(lambda stop: None).future.result(30)
            yield panel


@pytest.fixture
def panel(shared_panel: Panel) -> Iterator[Panel]:
    """The module's panel; what a test has added is deleted."""
    yield shared_panel
    client = PanelClient(shared_panel.access)
    for path in ("/api/photos", "/api/clips"):
        for each in client.get(path).json():
            client.ask("DELETE", f"{path}/{each['id']}")
    deadline = time.monotonic() + 30
    uploads = shared_panel.stills.uploads
    while uploads.used_bytes or list(uploads.folder.iterdir()):  # work that was cancelled ends first
        assert time.monotonic() < deadline, "files were left behind, or are counted"
        time.sleep(0.005)


@pytest.fixture
def client(panel: Panel) -> PanelClient:
    return PanelClient(panel.access)


@pytest.fixture
def own_panel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Panel]:
    """A panel of the test's own."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with Panel() as panel:
        yield panel


@pytest.fixture(scope="session")
def portrait() -> bytes:
    """A small picture of a person."""
    with Image.open(bundled_path("portrait.png")) as image:
        out = io.BytesIO()
        image.convert("RGB").resize((160, 160)).save(out, "PNG")
    return out.getvalue()


@pytest.fixture(scope="session")
def clip() -> bytes:
    """A second of noise, 64x48."""
    return clip_of(10)
