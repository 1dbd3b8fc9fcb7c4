"""Requests that schemathesis makes of the description: none is a server error, and every answer is described."""

from __future__ import annotations

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from cyclorama.panel.panel import Panel
from doubles.panel_client import PanelClient

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
EXAMPLES = 25


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_no_request_is_a_server_error(
    panel: Panel, client: PanelClient, portrait: bytes, clip: bytes, mode: GenerationMode
) -> None:
    photo = client.upload("/api/photos", portrait).json()["id"]
    ids = {"photos": photo, "clips": client.upload("/api/clips", clip).json()["id"]}
    schema = schemathesis.openapi.from_url(f"{panel.access.address}/openapi.json")
    headers = {"Authorization": f"Bearer {panel.access.token}"}
    asked = set()
    for found in schema.get_all_operations():
        operation = found.ok()

        @settings(
            max_examples=EXAMPLES,
            derandomize=True,
            database=None,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(generation_mode=mode))
        def ask(case: schemathesis.Case) -> None:
            asked.add(f"{case.method} {case.path}")
            if case.path.count("{id}") and case.method != "DELETE":
                case.path_parameters["id"] = ids[case.path.split("/")[2]]
            case.call_and_validate(headers=headers, checks=CHECKS)

        try:
            ask()
        except Unsatisfiable:  # nothing about it can be wrong
            assert mode is GenerationMode.NEGATIVE
    assert {"POST /api/cutouts", "PUT /api/photos/{id}", "POST /api/clips/{id}/start"} <= asked


def test_every_address_is_described(client: PanelClient) -> None:
    described = client.get("/openapi.json").json()
    assert described["security"] == [{"token": []}]
    assert described["components"]["securitySchemes"]["token"]["scheme"] == "bearer"
    assert "/api/cutouts" in described["paths"]
    for path, operations in described["paths"].items():
        for method, operation in operations.items():
            where = f"{method} {path}"
            assert operation["summary"], where
            assert operation["description"], where
            assert {"400", "401", "403", "413", "503"} <= set(operation["responses"]), where
            assert "422" not in operation["responses"], where
            for status, answer in operation["responses"].items():
                assert answer["description"], f"{where} {status}"


def test_the_options_of_the_description_are_those_of_the_table(client: PanelClient) -> None:
    described = client.get("/openapi.json").json()
    form = described["paths"]["/api/cutouts"]["post"]["requestBody"]["content"]["multipart/form-data"]["schema"]
    assert form["properties"]["keep"]["enum"] == ["all", "largest", "original"]
    assert form["properties"]["file"]["format"] == "binary"
    assert form["required"] == ["file"]
    clip = described["components"]["schemas"]["ClipOrder"]["properties"]
    assert (clip["crf"]["minimum"], clip["crf"]["maximum"], clip["crf"]["type"]) == (0, 63, "integer")
    assert "every Nth frame" in clip["every"]["description"]
    identity = described["components"]["schemas"]["IdPhotoOrder"]["properties"]
    assert "us" in identity["spec"]["enum"]
    assert "sheet" not in identity
