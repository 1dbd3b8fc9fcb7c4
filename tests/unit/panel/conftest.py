"""A running panel, and pictures to send to it."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from cyclorama.models.bundled import bundled_path
from cyclorama.panel.panel import Panel
from doubles.panel_client import PanelClient


@pytest.fixture
def panel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Panel]:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with Panel() as panel:
        yield panel


@pytest.fixture
def client(panel: Panel) -> PanelClient:
    return PanelClient(panel.access)


@pytest.fixture(scope="session")
def portrait() -> bytes:
    """A small picture of a person."""
    with Image.open(bundled_path("portrait.png")) as image:
        out = io.BytesIO()
        image.convert("RGB").resize((160, 160)).save(out, "PNG")
    return out.getvalue()
