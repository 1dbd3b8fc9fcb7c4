"""The model catalogue: available networks, their sources, and their input and output contracts.

Read from ``models/registry.toml``, whose README explains every key. Opens no connection and no model.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Literal, cast, get_args
from urllib.parse import urlsplit

from cyclorama.core.errors import ModelError, reason
from cyclorama.models.kinds import KINDS
from cyclorama.models.table import Table

if TYPE_CHECKING:  # imports NumPy, which listing models does not need
    from cyclorama.core.frames import SizeWH

Kind = str
"""One of :data:`cyclorama.models.kinds.KINDS`."""
Activation = Literal["none", "sigmoid", "minmax"]
GOOD_FOR = ("live", "stills", "people", "anything")


@dataclass(frozen=True, slots=True)
class InputContract:
    """The input of a network: ``(rgb / scale - mean) / std``, RGB, float, NCHW (selfie: NHWC).

    ``size_wh``: width and height in pixels; None: from the frame, by the rule of the kind. ``mean`` and ``std``: of
    the R, G and B channel, in units of the scale. The scale is 255, or with ``scale_by_max`` the picture's own maximum.
    """

    size_wh: SizeWH | None
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    scale_by_max: bool = False


@dataclass(frozen=True, slots=True)
class OutputContract:
    """The output with alpha (``name`` None: the first), and how it is mapped to [0, 1].

    ``activation``: ``none``, ``sigmoid`` (for logits), ``minmax`` (min-max normalization).
    """

    name: str | None
    activation: Activation


@dataclass(frozen=True, slots=True)
class ModelEntry:
    """One network.

    ``licence``: of the weights, a key of ``Catalogue.licences``, or free text for an imported file. ``url``: of the
    published file; None: bundled or imported. ``sha256`` in lower-case hex digits and
    ``size_bytes``: of that file, None = not known. ``good_for``: of ``GOOD_FOR``. ``mad``: mean absolute difference of
    alpha, times 1000, over our evaluation clips; None: not measured.
    """

    name: str
    title: str
    kind: Kind
    licence: str
    permissive: bool
    url: str | None
    sha256: str | None
    size_bytes: int | None
    good_for: tuple[str, ...]
    input: InputContract
    output: OutputContract
    mad: float | None = None


@dataclass(frozen=True, slots=True)
class Licence:
    """Licence of weights. ``name``: SPDX identifier where there is one; ``url``: the text; ``summary``: a line."""

    name: str
    title: str
    url: str
    permissive: bool
    summary: str


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The whole registry, by name, in its order."""

    models: Mapping[str, ModelEntry]
    licences: Mapping[str, Licence]


def registry_path() -> Path:
    """``registry.toml``: inside an installed wheel, beside ``src/`` in an editable install."""
    package = Path(str(resources.files("cyclorama")))
    installed = package / "_assets" / "models" / "registry.toml"
    return installed if installed.is_file() else package.parents[1] / "models" / "registry.toml"


def load_catalogue() -> Catalogue:
    """Read the registry. Raises ModelError, naming entry and key, where it is missing or wrong."""
    path = registry_path()
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ModelError(f"cannot read the model catalogue {path}: {reason(error)}; install cyclorama again") from error
    try:
        tables = Table(tomllib.loads(text), str(path))
    except tomllib.TOMLDecodeError as error:
        raise ModelError(f"the model catalogue {path} is no valid TOML: {error}") from error
    tables.allow("licences", "models")
    licences = {name: _read_licence(name, table) for name, table in tables.tables("licences").items()}
    models = {name: _read_published(name, table, licences) for name, table in tables.tables("models").items()}
    return Catalogue(models, licences)


def _read_licence(name: str, table: Table) -> Licence:
    table.allow("title", "url", "permissive", "summary")
    return Licence(name, table.text("title"), table.text("url"), table.flag("permissive"), table.text("summary"))


def _read_published(name: str, table: Table, licences: Mapping[str, Licence]) -> ModelEntry:
    entry = read_entry(name, table, licences)
    if entry.licence not in licences:
        raise table.wrong("licence", f"{entry.licence!r} is not under [licences]")
    if entry.url is not None and not is_safe(entry.url):
        raise table.wrong("url", f"{entry.url!r} does not begin with https://")
    if entry.url is not None and entry.sha256 is None:
        raise table.wrong("sha256", "it is missing: without it nobody knows what was downloaded")
    if entry.url is None and entry.kind != "selfie":
        raise table.wrong("url", "it is missing: only the selfie networks come with the package")
    return entry


def read_entry(name: str, table: Table, licences: Mapping[str, Licence]) -> ModelEntry:
    """Read one model, from the registry or from the note beside an imported file. Raises ModelError."""
    table.allow("title", "kind", "licence", "url", "sha256", "bytes", "good_for", "mad", "input", "output")
    wrong = name_problem(name)
    if wrong:
        raise table.wrong("name", wrong)
    digest = table.optional("sha256", table.text)
    if digest is not None and not re.fullmatch(r"[0-9a-f]{64}", digest):
        raise table.wrong("sha256", f"{digest!r} is not 64 lower-case hex digits")
    size_bytes = table.optional("bytes", table.whole)
    good_for = table.texts("good_for")
    for word in good_for:
        if word not in GOOD_FOR:
            raise table.wrong("good_for", f"{word!r} is not one of {', '.join(GOOD_FOR)}")
    licence = table.text("licence")
    return ModelEntry(
        name=name,
        title=table.text("title"),
        kind=table.choice("kind", KINDS),
        licence=licence,
        permissive=licence in licences and licences[licence].permissive,
        url=table.optional("url", table.text),
        sha256=digest,
        size_bytes=size_bytes,
        good_for=good_for,
        input=_read_input(table.table("input")),
        output=_read_output(table.table("output")),
        mad=table.optional("mad", table.positive),
    )


def is_safe(url: str) -> bool:
    """Whether the transfer cannot be tampered with: https, or a server on this machine."""
    return url.startswith("https://") or is_loopback(url)


def is_loopback(url: str) -> bool:
    """Whether ``url`` is plain http to this machine."""
    parts = urlsplit(url)
    return parts.scheme == "http" and parts.hostname in ("127.0.0.1", "::1", "localhost")


def name_problem(name: str) -> str:
    """Why ``name`` is no valid model name; empty where it is. It becomes a file name, on any file system."""
    if re.fullmatch(r"[a-z0-9][a-z0-9.-]{0,62}[a-z0-9]", name):
        return ""
    return f"{name!r} is not 2 to 64 of the characters a-z, 0-9, . and -, with a letter or digit at either end"


def _read_input(table: Table) -> InputContract:
    table.allow("size", "mean", "std", "scale_by_max")
    size = table.optional("size", lambda key: table.numbers(key, 2))
    if size is not None and not all(side.is_integer() and 16 <= side <= 8192 for side in size):
        raise table.wrong("size", "it is not a width and a height from 16 to 8192 pixels")
    mean, std = table.numbers("mean", 3), table.numbers("std", 3)
    if min(std) <= 0:
        raise table.wrong("std", "it is not above 0")
    return InputContract(
        size_wh=None if size is None else (int(size[0]), int(size[1])),
        mean=(mean[0], mean[1], mean[2]),
        std=(std[0], std[1], std[2]),
        scale_by_max=table.optional("scale_by_max", table.flag) or False,
    )


def _read_output(table: Table) -> OutputContract:
    table.allow("name", "activation")
    activation = cast(Activation, table.choice("activation", get_args(Activation)))
    return OutputContract(table.optional("name", table.text), activation)
