"""Results as aligned plain text for people, and as JSON for programs."""

from __future__ import annotations

import json
import logging
import os
import re
import shlex
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cyclorama.pipeline.runtime.metrics import StageTimes

STAGES = (
    ("capture",),
    ("prepare",),
    ("matting", "motion", "network", "temporal"),
    ("edges",),
    ("compose", "background", "decontaminate", "light_wrap", "blend"),
    ("sink",),
)
"""Stages in pipeline order, each followed by its sub-stages."""

AGAIN = "run the same again: what is made is kept, the rest is made"
MEND = "mend what failed, then run the same again: what is made is kept"
UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""Control characters, and those that turn the direction of writing: in a name they would draw over other text."""
SHORT_S = 9.95
"""Below, tenths of a second are told."""


def print_json(result: Any) -> None:
    """Print one JSON document on stdout. ``result``: a dataclass or plain data."""
    plain = result if isinstance(result, dict | list) else asdict(result)
    print(json.dumps(plain, indent=2, default=str))


def print_json_line(result: dict[str, Any]) -> None:
    """Print JSON on one line, at once: for programs that read while the command runs."""
    print(json.dumps(result), flush=True)


def shown(name: object) -> str:
    """A file's name on one line of a terminal: what would not be seen, or break the line, is escaped."""
    return UNSEEN.sub(lambda match: repr(match[0])[1:-1], str(name))


def as_typed(name: object) -> str:
    """A file's name as a part of a command that can be copied into a shell."""
    text = shown(name)
    text = os.path.join(os.curdir, text) if text.startswith("-") else text  # noqa: PTH118 (a Path has no ./)
    return subprocess.list2cmdline([text]) if os.name == "nt" else shlex.quote(text)


def table(rows: Sequence[Sequence[str]], *, right: Iterable[int] = ()) -> str:
    """Align ``rows`` in columns, two spaces apart. ``right``: indices of the right-aligned columns."""
    flush = set(right)
    rows = [[shown(cell) for cell in row] for row in rows]
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        cells = [
            cell.rjust(width) if index in flush else cell.ljust(width)
            for index, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def stage_table(stages: Mapping[str, StageTimes]) -> str:
    """Median and 95th percentile of each stage in milliseconds, in pipeline order, sub-stages below their stage."""
    order = {name: index for index, name in enumerate(word for part in STAGES for word in part)}
    parts = {name for _, *inner in STAGES for name in inner}
    rows = [["stage", "p50 ms", "p95 ms", "samples"]]
    for name in sorted(stages, key=lambda name: order.get(name, len(order))):
        times = stages[name]
        label = f"  {name}" if name in parts else name
        rows.append([label, f"{times.p50_ms:.2f}", f"{times.p95_ms:.2f}", str(times.count)])
    return table(rows, right=(1, 2, 3))


def facts(pairs: Mapping[str, str]) -> str:
    """Names and values in two columns, one pair a line; empty values are left out."""
    return table([[name, text] for name, text in pairs.items() if text])


def milliseconds(value: float | None) -> str:
    """``12.3 ms``; empty if nothing was measured."""
    return "" if value is None else f"{value:.1f} ms"


def counted(number: int, one: str) -> str:
    """``1 frame``, ``2 frames``, ``12,000 frames``."""
    return f"{number:,} {one}" if number == 1 else f"{number:,} {one}s"


def outcome(written: int, total: int, one: str, *others: tuple[int, str]) -> str:
    """``8 of 10 photos made, 1 done before and 1 failed``. ``others``: numbers with words; those of 0 are left out."""
    parts = [f"{written} of {counted(total, one)} made", *(f"{number} {what}" for number, what in others if number)]
    return listed(parts)


def duration(seconds: float) -> str:
    """A time for people: ``0.4 seconds``, ``12 seconds``, ``3 minutes 5 seconds``, ``2 hours 10 minutes``."""
    return f"{max(seconds, 0.1):.1f} seconds" if seconds < SHORT_S else whole_duration(round(seconds))


def whole_duration(seconds: int) -> str:
    """The same in whole seconds, or in minutes from an hour on."""
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    parts = [(hours, "hour"), (minutes, "minute"), (0 if hours else seconds, "second")]
    return " ".join(counted(number, word) for number, word in parts if number) or "0 seconds"


def made(*lines: str, following: str = "") -> str:
    """A summary: ``lines`` say what was made, from what and how long it took; ``following``: what to try next."""
    return "\n".join([*filter(None, lines), *([f"Next: {following}"] if following else [])])


def network_text(model: str, provider: str) -> str:
    """Which network ran, and where: on the processor, or on what else, with the reason why not on something better."""
    where = "the processor" if provider.endswith(("CPU", "CPU (XNNPACK)")) else provider
    return f"Cut out by the network {model}, on {where}."


def shows_stages(asked: bool) -> bool:
    """Whether to print the times of the stages: where ``--stages`` asks for it, and with ``--debug``."""
    return asked or logging.getLogger().isEnabledFor(logging.DEBUG)


def listed(words: Sequence[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    return " and ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))


def drops(dropped: Mapping[str, int]) -> str:
    """Dropped frames by place, as ``12 (matting 10, output 2)``; ``0`` if none."""
    places = ", ".join(f"{place} {count}" for place, count in dropped.items() if count)
    return f"{sum(dropped.values())} ({places})" if places else "0"
