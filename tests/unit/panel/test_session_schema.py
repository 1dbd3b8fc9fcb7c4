"""Requests that schemathesis makes of the session's addresses, while a session runs."""

from __future__ import annotations

from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode

from cyclorama.matting.engine.room import capture
from cyclorama.models import store
from cyclorama.pipeline.runtime import room_capture
from doubles.panel_session import at_home, near, panel_with_session, wait_for
from unit.panel.test_schema import CHECKS

EXAMPLES = 12
SLOW = {
    "GET /api/doctor",
    "POST /api/session/headshot",
    "POST /api/session/room",
    "POST /api/session/start",
    "POST /api/fixes/{action}",
}
"""They open devices or wait for seconds: asked twice."""
STILLS = ("/api/photos", "/api/clips", "/api/cutouts")
TEAL = (0, 128, 128)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_no_request_is_a_server_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: GenerationMode) -> None:
    at_home(monkeypatch, tmp_path)
    monkeypatch.setattr(store, "pull", lambda *asked: None)
    monkeypatch.setattr(room_capture, "SECOND_S", 0.001)
    monkeypatch.setattr(capture, "CAPTURE_S", 0.1)
    asked = set()
    with panel_with_session(background="color:teal") as (client, keeper):
        keeper.start()
        schema = schemathesis.openapi.from_url(f"{client.access.address}/openapi.json")
        headers = {"Authorization": f"Bearer {client.access.token}"}
        for found in schema.get_all_operations():
            operation = found.ok()
            name = f"{operation.method.upper()} {operation.path}"
            if operation.path.startswith(STILLS) or name == "POST /api/session/stop":
                continue

            @settings(
                max_examples=2 if name in SLOW else EXAMPLES,
                derandomize=True,
                database=None,
                phases=[Phase.explicit, Phase.generate],
                suppress_health_check=list(HealthCheck),
                deadline=None,
            )
            @given(case=operation.as_strategy(generation_mode=mode))
            def ask(case: schemathesis.Case) -> None:
                asked.add(f"{case.method} {case.path}")
                case.call_and_validate(headers=headers, checks=CHECKS, timeout=60)

            try:
                ask()
            except Unsatisfiable:  # nothing about it can be wrong
                assert mode is GenerationMode.NEGATIVE
        assert "PATCH /api/session" in asked
        client.do("start", background="color:teal", away="card")
        client.do("away", on=False)
        wait_for(lambda: near(client.snapshot()[2, 2], TEAL))
