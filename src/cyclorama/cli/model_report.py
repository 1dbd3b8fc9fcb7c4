"""A model as text for people and as plain data for JSON."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from cyclorama.cli.report import facts

if TYPE_CHECKING:
    from cyclorama.models.catalogue import Licence, ModelEntry
    from cyclorama.models.store import InstalledModel


def plain(entry: ModelEntry, installed: InstalledModel | None) -> dict[str, Any]:
    """All fields of ``entry``, plus ``path`` and ``origin`` of its file on this machine (None if not installed)."""
    return {
        **asdict(entry),
        "installed": installed is not None,
        "origin": installed and installed.origin,
        "path": installed and str(installed.path),
    }


def state(installed: InstalledModel | None, published: ModelEntry | None) -> str:
    """Whether and how a model is installed. ``published``: the catalogue's entry of the same name."""
    if installed is None:
        return "no"
    if installed.origin == "published":
        return "yes"
    if installed.origin == "imported" and published is not None and published.sha256 != installed.entry.sha256:
        return "imported, not the published file"
    return installed.origin


def size(entry: ModelEntry) -> str:
    """The file size as ``15.0 MB``; a dash if unknown."""
    return "-" if entry.size_bytes is None else f"{entry.size_bytes / 1e6:.1f} MB"


def details(entry: ModelEntry, installed: InstalledModel | None, here: str, licence: Licence | None) -> str:
    """All facts about one model, one a line. ``here``: the result of :func:`state`."""
    return facts(
        {
            "name": entry.name,
            "what": entry.title,
            "good for": ", ".join(entry.good_for),
            "kind": entry.kind,
            "licence": f"{licence.title} ({licence.url}): {licence.summary}" if licence else entry.licence,
            "size": size(entry),
            "here": f"{here}: {installed.path}" if installed else here,
            "source": entry.url or "",
            "sha256": entry.sha256 or "",
            "takes": takes(entry),
            "gives": f"{entry.output.name or 'its first output'}, activation {entry.output.activation}",
        }
    )


def takes(entry: ModelEntry) -> str:
    """The input contract on one line: size, scale, mean and standard deviation."""
    contract = entry.input
    pixels = "{}x{}".format(*contract.size_wh) if contract.size_wh else "a size that depends on the frame"
    scale = "its maximum" if contract.scale_by_max else "255"
    mean, std = (",".join(f"{value:g}" for value in values) for values in (contract.mean, contract.std))
    return f"{pixels}, RGB divided by {scale}, mean {mean}, std {std}"
