"""Models of requests, made of the table of settings: types, ranges, choices, defaults and help are the table's."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, PlainValidator, ValidationError, WithJsonSchema, create_model

from cyclorama.core.errors import SettingsError
from cyclorama.panel.errors import sentence_of
from cyclorama.settings.kinds import Choice, Flag, Kind, Number, Several, Whole
from cyclorama.settings.setting import Setting

T = TypeVar("T")

Pair = Annotated[list[T], Field(min_length=2, max_length=2)]
"""Two values, as a list: tools that read descriptions know no tuples."""


class Options(BaseModel):
    """Options of a request; those that are left out have the defaults of the table."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    def given(self) -> dict[str, Any]:
        """The options that the request names, by key."""
        return {name: value for name, value in self if name in self.model_fields_set and value is not None}


def options_model(
    name: str, rows: Iterable[Setting], command: str, *, without: Collection[str] = (), **more: Any
) -> type[Options]:
    """A model with an optional field for every one of ``rows`` but those ``without``; ``more``: further fields."""
    fields: dict[str, Any] = {row.key: _field(row, command) for row in rows if row.key not in without}
    return create_model(name, __base__=Options, __doc__=Options.__doc__, **fields, **more)


def read_options(model: type[Options], fields: Mapping[str, str]) -> dict[str, Any]:
    """The options of a form by key. Raises SettingsError."""
    try:
        return model.model_validate(dict(fields)).given()
    except ValidationError as error:
        raise SettingsError(sentence_of(error.errors())) from None


def form_schema(model: type[Options]) -> dict[str, Any]:
    """The OpenAPI request body of a form with a file and the options of ``model``."""
    schema = model.model_json_schema()
    file = {"type": "string", "format": "binary", "description": "The file; its name is a label, nothing more."}
    whole = {
        "type": "object",
        "properties": {"file": file, **schema.get("properties", {})},
        "required": ["file"],
        "additionalProperties": False,
    }
    return {"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": whole}}}}


def _field(row: Setting, command: str) -> Any:
    def read(value: object) -> Any:
        for text in value if isinstance(value, list) else [value]:
            if isinstance(text, str):
                text.encode()  # JSON can hold halves of characters, which could not be told again
        return row.read(value)

    kind = Annotated[Any, PlainValidator(read), WithJsonSchema(json_schema(row.kind))]
    return kind, Field(None, description=row.help_for(command))


def json_schema(kind: Kind) -> dict[str, Any]:
    """The JSON schema of a value type."""
    if isinstance(kind, Flag):
        return {"type": "boolean"}
    if isinstance(kind, Several):
        return {"type": "array", "items": json_schema(kind.each), "minItems": 1}
    if isinstance(kind, Choice):
        return {"enum": list(kind.choices)}
    if isinstance(kind, Number):
        low, high = kind.range
        return {"type": "integer" if isinstance(kind, Whole) else "number", "minimum": low, "maximum": high}
    return {"type": "string", "minLength": 1}
