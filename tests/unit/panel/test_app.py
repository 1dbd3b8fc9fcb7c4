"""The application around its rooms: the documentation page, models of the table, and what it never sends."""

from __future__ import annotations

import re
import subprocess
import sys
from html.parser import HTMLParser

import pytest
from pydantic import ValidationError

from cyclorama.core.errors import CaptureError, ModelError, NothingFoundError, SettingsError, SinkError
from cyclorama.panel.errors import RequestError, problem, status_of
from cyclorama.panel.panel import Stills
from cyclorama.panel.web.app import make_api, make_app
from cyclorama.panel.web.docs import render
from cyclorama.panel.web.options import Options, json_schema, options_model
from cyclorama.panel.web.server import PanelServer
from cyclorama.settings.table import STILLS, of_command


class Page(HTMLParser):
    """The elements of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        named = dict(attributes)
        self.tags.append(tag)
        self.ids += [named["id"] or ""] if "id" in named else []
        self.links += [named[name] or "" for name in ("href", "src") if name in named]
        assert "style" not in named
        assert not any(name.startswith("on") for name in named)


@pytest.fixture(scope="module")
def described() -> dict[str, object]:
    with Stills() as stills:
        return make_api(stills.rooms).openapi()


def test_the_documentation_page_needs_no_script_and_no_network(described: dict[str, object]) -> None:
    page = Page(render(described, "http://127.0.0.1:1234"))
    assert not {"script", "iframe", "img", "style", "form"} & set(page.tags)
    assert all(link.startswith(("/", "#")) for link in page.links)


def test_the_documentation_page_has_every_address_and_object(described: dict[str, object]) -> None:
    text = render(described, "http://127.0.0.1:1234")
    page = Page(text)
    assert len(page.ids) == len(set(page.ids))
    assert {link[1:] for link in page.links if link.startswith("#")} <= set(page.ids)
    for words in ("POST /api/cutouts", "PUT /api/photos/{id}", "all, largest, original", "schema-ClipOrder", "file"):
        assert words in text
    assert page.tags.count("h1") == 1
    assert page.tags.count("caption") == page.tags.count("table")
    assert "http://127.0.0.1:1234/api/cutouts" in text


def test_what_is_described_is_text_not_markup() -> None:
    described = {
        "info": {"title": "<b>", "version": "1", "description": "<script>alert(1)</script>"},
        "paths": {"/<i>": {"get": {"summary": "<u>", "responses": {"200": {"description": "<s>"}}}}},
    }
    assert not {"b", "script", "i", "u", "s"} & set(Page(render(described, "x")).tags)


def test_the_environment_cannot_make_it_send_telemetry(monkeypatch: pytest.MonkeyPatch) -> None:
    runtime = pytest.importorskip("fastapi.telemetry._runtime")
    configured: list[dict[str, object]] = []
    monkeypatch.setattr(runtime, "_configure_from_environment", configured.append)
    monkeypatch.setenv("FASTAPI_OTEL_AUTO_CONFIGURE", "true")
    with PanelServer(lambda access: make_app(access, [])):
        pass
    (asked,) = configured
    assert not any(asked[switch] for switch in ("auto_configure", "tracing", "metrics", "logs"))


def test_importing_the_package_imports_no_server() -> None:
    program = "import sys, cyclorama; cyclorama.cut_out; print({'fastapi', 'uvicorn', 'starlette'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


@pytest.mark.parametrize("command", [*STILLS, "convert"])
def test_a_model_has_the_defaults_of_the_table_when_nothing_is_given(command: str) -> None:
    model = options_model("Model", of_command(command), command)
    assert model().given() == {}
    assert set(model.model_fields) == {row.key for row in of_command(command)}
    for row in of_command(command):
        schema = model.model_json_schema()["properties"][row.key]
        assert schema["description"] == row.help_for(command)
        wanted = json_schema(row.kind)
        assert {key: schema.get(key) for key in wanted} == wanted


def test_a_model_reads_values_as_the_table_does() -> None:
    model = options_model("Model", of_command("convert"), "convert", without=("fps",))
    given = model.model_validate({"size": "720p", "every": "auto", "crf": None, "hardware": "no"}).given()
    assert given == {"size": (1280, 720), "every": 0, "hardware": False}
    for wrong in ({"fps": 30}, {"crf": 64}, {"model": 3}, {"model": None}):
        with pytest.raises(ValidationError):
            model.model_validate(wrong)
    assert issubclass(model, Options)


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (SettingsError("x"), 400),
        (CaptureError("x"), 400),
        (NothingFoundError("x"), 400),
        (ModelError("x"), 503),
        (SinkError("x"), 503),
        (RequestError(418, "x"), 418),
    ],
)
def test_the_status_of_an_error(error: Exception, status: int) -> None:
    assert status_of(error) == status  # type: ignore[arg-type]


def test_a_problem_is_one_line_in_the_words_of_the_interface() -> None:
    body = problem(400, "--matte-only writes\n no  shadow: leave --shadow out; a--b stays").body
    assert re.search(rb'"matte_only writes no shadow: leave shadow out; a--b stays"', bytes(body))


def test_a_problem_with_half_a_character_can_be_told() -> None:
    assert bytes(problem(400, "no \ud800 here").body) == b'{"error":"no ? here"}'
