"""The contract of an imported file: that of the most similar model in the catalogue, plus the user's options."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cyclorama.core.errors import ModelError, SettingsError
from cyclorama.models.catalogue import (
    Activation,
    Catalogue,
    InputContract,
    Kind,
    ModelEntry,
    OutputContract,
)
from cyclorama.models.inspect import Graph, check_fits, read_graph
from cyclorama.models.kinds import KINDS

if TYPE_CHECKING:
    from cyclorama.core.frames import SizeWH

IMPORTABLE: tuple[Kind, ...] = tuple(name for name, kind in KINDS.items() if kind.like)
"""The model whose contract is the default for each kind."""
LIKE_320 = "u2net"
"""The default for a salient network with a 320x320 input, U2-Net's: its normalisation differs."""


@dataclass(frozen=True, slots=True)
class Given:
    """The user's part of the contract; None: as in the similar model."""

    size_wh: SizeWH | None = None
    mean: tuple[float, float, float] | None = None
    std: tuple[float, float, float] | None = None
    scale_by_max: bool | None = None
    output: str | None = None
    activation: Activation | None = None


def describe(file: Path, digest: str, name: str, kind: Kind | None, given: Given, catalogue: Catalogue) -> ModelEntry:
    """The entry for ``file``, after inspecting its graph; ``digest``: its sha256.

    Raises ModelError where it is no network of that kind, SettingsError where the kind is missing or contradictory.
    """
    known = catalogue.models.get(name)
    if known is not None and kind not in (None, known.kind):
        raise SettingsError(
            f"{name} is of the kind {known.kind}, not {kind}: choose another --name, or leave --kind out"
        )
    kind = known.kind if known is not None else kind
    if kind is None:
        raise SettingsError(
            f"say how {name} works with --kind {'|'.join(IMPORTABLE)}: the catalogue has no model of that name"
        )
    graph = read_graph(file)
    like = known or _most_like(kind, graph, catalogue)
    output = OutputContract(given.output or like.output.name, given.activation or like.output.activation)
    check_fits(file, graph, kind, output)
    return replace(
        like,
        name=name,
        title=f"{like.title}, imported" if known else f"{file.name}, taken for one like {like.name}",
        licence=like.licence if known else "unknown",
        permissive=known is not None and like.permissive,
        url=None,
        sha256=digest,
        size_bytes=file.stat().st_size,
        input=InputContract(
            size_wh=_size(file, graph, given, like),
            mean=given.mean or like.input.mean,
            std=given.std or like.input.std,
            scale_by_max=like.input.scale_by_max if given.scale_by_max is None else given.scale_by_max,
        ),
        output=output,
        mad=None,
    )


def to_table(entry: ModelEntry) -> dict[str, Any]:
    """``entry`` as a table for ``catalogue.read_entry``."""
    table: dict[str, Any] = {
        "title": entry.title,
        "kind": entry.kind,
        "licence": entry.licence,
        "sha256": entry.sha256,
        "bytes": entry.size_bytes,
        "good_for": list(entry.good_for),
        "input": {
            "size": entry.input.size_wh and list(entry.input.size_wh),
            "mean": list(entry.input.mean),
            "std": list(entry.input.std),
            "scale_by_max": entry.input.scale_by_max,
        },
        "output": {"name": entry.output.name, "activation": entry.output.activation},
    }
    for part in (table["input"], table["output"]):
        for key in [key for key, value in part.items() if value is None]:
            del part[key]
    return table


def _most_like(kind: Kind, graph: Graph, catalogue: Catalogue) -> ModelEntry:
    small = kind == "salient" and graph.fixed_size_wh() == catalogue.models[LIKE_320].input.size_wh
    return catalogue.models[LIKE_320 if small else KINDS[kind].like]


def _size(file: Path, graph: Graph, given: Given, like: ModelEntry) -> SizeWH | None:
    fixed = graph.fixed_size_wh()
    if fixed is not None and given.size_wh not in (None, fixed):
        raise ModelError(f"{file} takes pictures of {fixed[0]}x{fixed[1]} and no others: leave --input-size out")
    return given.size_wh or fixed or like.input.size_wh
