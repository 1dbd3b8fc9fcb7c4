"""The documentation page at /docs: the OpenAPI description as plain HTML, without script and without network."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse

HEAD = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>cyclorama: interface</title>
<link rel="stylesheet" href="/docs.css">
</head>
<body>
<main>
"""
FOOT = "</main>\n</body>\n</html>\n"
EXAMPLE = 'curl -H "Authorization: Bearer TOKEN" -F file=@photo.jpg {address}/api/cutouts -o cutout.png'


def docs_router() -> APIRouter:
    """The router of /docs."""
    router = APIRouter()

    @router.get("/docs", include_in_schema=False)
    async def docs(request: Request) -> HTMLResponse:
        return HTMLResponse(render(request.app.openapi(), f"http://{request.headers['host']}"))

    return router


def render(described: Mapping[str, Any], address: str) -> str:
    """The page for an OpenAPI description; ``address``: of this server, for the example."""
    operations = [
        (path, method, operation)
        for path, methods in described["paths"].items()
        for method, operation in methods.items()
    ]
    body = [
        f"<h1>{escape(described['info']['title'])} {escape(described['info']['version'])}</h1>",
        _paragraphs(described["info"].get("description", "")),
        f"<pre><code>{escape(EXAMPLE.format(address=address))}</code></pre>",
        '<p>For programs: <a href="/openapi.json">openapi.json</a></p>',
        _contents(operations),
        *(part for operation in operations for part in _operation(*operation, described)),
        *_schemas(described),
    ]
    return HEAD + "\n".join(body) + "\n" + FOOT


def _contents(operations: list[tuple[str, str, dict[str, Any]]]) -> str:
    rows = (
        f'<li><a href="#{_anchor(path, method)}"><code>{method.upper()} {escape(path)}</code></a> '
        f"{escape(operation.get('summary', ''))}</li>"
        for path, method, operation in operations
    )
    return f'<nav aria-label="Addresses"><ul>{"".join(rows)}</ul></nav>'


def _operation(path: str, method: str, operation: Mapping[str, Any], described: Mapping[str, Any]) -> Iterator[str]:
    yield f'<section id="{_anchor(path, method)}"><h2><code>{method.upper()} {escape(path)}</code></h2>'
    yield _paragraphs(operation.get("description", operation.get("summary", "")))
    parameters = operation.get("parameters", [])
    if parameters:
        rows = [(each["name"], each["in"], _type(each["schema"]), each.get("description", "")) for each in parameters]
        yield _table("Parameters", ("name", "in", "type", "meaning"), rows)
    for media, content in operation.get("requestBody", {}).get("content", {}).items():
        yield _table(f"Body: {media}", ("field", "type", "meaning"), _fields(content["schema"], described))
    yield _table("Answers", ("status", "content", "meaning"), list(_answers(operation)))
    yield "</section>"


def _answers(operation: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    for status, answer in operation["responses"].items():
        contents = ", ".join(
            f"{media} {_type(content.get('schema', {}))}".strip()
            for media, content in answer.get("content", {}).items()
        )
        yield status, contents, answer.get("description", "")


def _schemas(described: Mapping[str, Any]) -> Iterator[str]:
    schemas = described.get("components", {}).get("schemas", {})
    if schemas:
        yield "<h2>Objects</h2>"
    for name, schema in schemas.items():
        yield f'<section id="schema-{escape(name)}"><h3>{escape(name)}</h3>{_paragraphs(schema.get("description", ""))}'
        yield _table(name, ("field", "type", "meaning"), _fields(schema, described)) + "</section>"


def _fields(schema: Mapping[str, Any], described: Mapping[str, Any]) -> list[tuple[str, ...]]:
    choices = schema.get("oneOf") or schema.get("anyOf")
    if choices:
        return [("one of", _type(choice), "") for choice in choices]
    if "$ref" in schema:
        return [("", _type(schema), "")]
    required = schema.get("required", [])
    return [
        (name + ("" if name in required else " (optional)"), _type(each), each.get("description", ""))
        for name, each in schema.get("properties", {}).items()
    ]


def _type(schema: Mapping[str, Any]) -> str:
    """The type of a schema in words."""
    if "$ref" in schema:
        return str(schema["$ref"].rsplit("/", 1)[-1])
    if "enum" in schema:
        return ", ".join(map(str, schema["enum"]))
    if "const" in schema:
        return str(schema["const"])
    for several in ("anyOf", "oneOf"):
        if several in schema:
            return " or ".join(_type(each) for each in schema[several])
    word = str(schema.get("type", ""))
    if word == "array" and "items" in schema:
        return f"list of {_type(schema['items'])}"
    if schema.get("format") == "binary" or "contentMediaType" in schema:
        return "file"
    if "minimum" in schema and "maximum" in schema:
        return f"{word} {schema['minimum']:g} to {schema['maximum']:g}"
    return word


def _table(caption: str, heads: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    head = "".join(f'<th scope="col">{escape(each)}</th>' for each in heads)
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return (
        f"<table><caption>{escape(caption)}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
        if rows
        else ""
    )


def _paragraphs(text: str) -> str:
    return "".join(f"<p>{escape(' '.join(part.split()))}</p>" for part in text.split("\n\n") if part.strip())


def _anchor(path: str, method: str) -> str:
    return escape(method + path.replace("/", "-").replace("{", "").replace("}", ""))
