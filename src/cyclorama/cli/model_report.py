"""A model as text for people and as plain data for JSON."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from cyclorama.cli.report import counted, duration, facts, listed, made, table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cyclorama.models.catalogue import Licence, ModelEntry
    from cyclorama.models.speeds import Speed
    from cyclorama.models.store import InstalledModel
    from cyclorama.pipeline.jobs.optimize import OptimizeReport

QUALITY_WORDS = ((8.0, "fine"), (16.0, "good"))
"""Error at most, and a word for it: fine keeps hair, good has a clean outline."""
ROUGH = "rough"
HERE = {"yes": "pulled", "bundled": "comes with cyclorama"}
"""States in the words of the list."""
USES = {"live": "calls", "stills": "photos"}
SPEED_WORDS = ((15.0, "quick"), (55.0, "live"))
"""Milliseconds of a run at most, and a word for it. 55 is what a live session lowers the quality at."""
SLOW = "for files"


def plain(entry: ModelEntry, installed: InstalledModel | None, measured: Sequence[Speed] = ()) -> dict[str, Any]:
    """All fields of ``entry``, plus ``path`` and ``origin`` of its file on this machine (None if not installed), and
    the ``speeds`` that were measured here."""
    return {
        **asdict(entry),
        "speeds": [asdict(each) for each in measured if each.is_of(entry)],
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


def list_text(
    entries: Sequence[ModelEntry],
    here: Mapping[str, InstalledModel],
    known: Mapping[str, ModelEntry],
    measured: Sequence[Speed],
) -> str:
    """A line for each network. ``here``: what is installed; ``known``: the catalogue; both by name."""
    states = [(entry, state(here.get(entry.name), known.get(entry.name))) for entry in entries]
    ours = [_row(entry, HERE.get(is_here, is_here), measured) for entry, is_here in states]
    parts = []
    for title, there in (("On this machine:", True), ("To be had with cyclorama models pull NAME:", False)):
        rows = [row for row in ours if (row[-1] != "no") is there]
        parts += [title, table([row if there else row[:-1] for row in rows], right=(4,)), ""] if rows else []
    parts.append("Fine keeps hair, good has a clean outline, rough has neither; models info NAME has the numbers.")
    if not measured:
        parts.append(
            "How fast they are here: cyclorama models compare PHOTO measures it, and shows you cut out by each."
        )
    return "\n".join(parts)


def _row(entry: ModelEntry, here: str, measured: Sequence[Speed]) -> list[str]:
    looks = f"{quality(entry).partition(',')[0]} outlines" if entry.mad is not None else ""
    return [
        f"  {entry.name}",
        use(entry),
        looks,
        _known(speed(entry, measured)),
        _known(size(entry)),
        entry.licence,
        here,
    ]


def _known(text: str) -> str:
    return "" if text == "-" else text


def use(entry: ModelEntry) -> str:
    """What it is for, as ``people, in calls and photos``."""
    where = listed([word for tag, word in USES.items() if tag in entry.good_for])
    return f"{'anything' if 'anything' in entry.good_for else 'people'}, in {where}"


def quality(entry: ModelEntry) -> str:
    """A word and the measured error, as ``fine, 6.6``; a dash where it was not measured."""
    if entry.mad is None:
        return "-"
    word = next((word for most, word in QUALITY_WORDS if entry.mad <= most), ROUGH)
    return f"{word}, {entry.mad:.1f}"


def speed(entry: ModelEntry, measured: Sequence[Speed]) -> str:
    """A word and the time of a run on this machine, as ``quick, 8 ms``; a dash where nobody measured it here.

    Of a network that offers several qualities, that of the first, which calls begin with.
    """
    own = [each for each in measured if each.is_of(entry)]
    return f"{speed_word(own[0].ms)}, {own[0].ms:.0f} ms" if own else "-"


def speed_word(ms: float) -> str:
    """What a run of ``ms`` is good for: 15 runs a second are a call at 30 fps."""
    return next((word for most, word in SPEED_WORDS if ms <= most), SLOW)


def size(entry: ModelEntry) -> str:
    """The file size as ``15.0 MB``; a dash if unknown."""
    return "-" if entry.size_bytes is None else f"{entry.size_bytes / 1e6:.1f} MB"


def details(entry: ModelEntry, installed: InstalledModel | None, here: str, licence: Licence | None) -> str:
    """All facts about one model, one a line. ``here``: the result of :func:`state`."""
    return facts(
        {
            "name": entry.name,
            "what": entry.title,
            "good for": use(entry),
            "quality": quality(entry),
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


def pulled_text(model: InstalledModel, seconds: float) -> str:
    """What was downloaded, from where, and how to use it."""
    entry = model.entry
    return made(
        f"{entry.name} ({entry.title}, {size(entry)}) is on this machine: {model.path}",
        f"It came from {entry.url} in {duration(seconds)}, and every byte was checked." if entry.url else "",
        following=how_to_use(entry),
    )


def imported_text(model: InstalledModel, here: str) -> str:
    """What was taken in, as what, and how to use it. ``here``: the result of :func:`state`."""
    entry = model.entry
    return made(
        f"{entry.name} is on this machine ({here}): {model.path}",
        f"It is taken as {entry.kind}: {takes(entry)}, activation {entry.output.activation}; "
        "where that is wrong, import it again with other options."
        if model.origin == "imported"
        else "",
        following=how_to_use(entry),
    )


def how_to_use(entry: ModelEntry) -> str:
    """The command that uses a network that is here."""
    if "live" in entry.good_for:
        return f"cyclorama live --model {entry.name}"
    return f"cyclorama cutout photo.jpg --model {entry.name}"


def optimized_text(name: str, report: OptimizeReport) -> str:
    """Whether a smaller variant is kept, by what was measured."""
    sizes = f"{report.variant_bytes / 1e6:.1f} MB instead of {report.original_bytes / 1e6:.1f} MB"
    times = f"{report.variant_ms:.1f} ms a picture instead of {report.original_ms:.1f} ms, on {report.provider}"
    if report.path is None:
        verdict, following = f"{report.variant} is not kept: {listed(report.faults)}.", f"go on with --model {name}"
    else:
        verdict, following = (
            f"{report.variant} is made from {name}: {report.path}",
            f"use it with --model {report.variant}",
        )
    return made(
        verdict,
        f"It takes {sizes}, and {times}.",
        f"Its outlines differ by {report.loss:.4f} on average over {counted(report.pictures, 'picture')}; "
        f"{report.max_loss:g} is allowed.",
        following=following,
    )
