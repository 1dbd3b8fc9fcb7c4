"""What is done of all, and how long the rest takes, on a terminal; no output elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from cyclorama.cli.report import whole_duration

PERCENT = "%"
COUNTS, FULL_COUNTS = 25, 55
"""Columns of a terminal for the numbers with the gaps around them, without and with the time left."""
BAR, LEAST_BAR = 40, 8
"""Columns of the bar, and the least for which there is one."""
SHORTEST = 8
"""Columns that the description has at least."""


class Progress:
    """Called with units done and of all (None = unknown). ``describe`` says what is under way."""

    def __init__(self, show: Callable[..., None]) -> None:
        self._show = show

    def __call__(self, done: int, total: int | None) -> None:
        """Show how far it is."""
        self._show(completed=done, total=total)

    def describe(self, what: str) -> None:
        """Show ``what`` before the bar from now on."""
        self._show(description=what)


@contextmanager
def progress(what: str, unit: str = "frames") -> Iterator[Progress]:
    """Show a bar on stderr inside the block, with ``unit`` behind the numbers: frames, photos, or % of the whole."""
    if not sys.stderr.isatty():
        yield Progress(lambda **values: None)
        return
    from rich.console import Console
    from rich.progress import BarColumn, ProgressColumn
    from rich.progress import Progress as Bars
    from rich.table import Column
    from rich.text import Text

    console = Console(stderr=True)
    longest = max(SHORTEST, console.width - COUNTS)
    bar = min(BAR, console.width - min(longest, len(what)) - FULL_COUNTS)

    class What(ProgressColumn):
        """What is under way, as much of it as there is room for."""

        def render(self, task: Any) -> Text:
            """The description, or its beginning."""
            text = Text(task.description)
            text.truncate(longest, overflow="ellipsis")
            return text

    class Counts(ProgressColumn):
        """``4 of 282 frames``, and the time left where there is room for it."""

        def render(self, task: Any) -> Text:
            """Both as one text."""
            left_s = seconds_left(task.completed, task.total, task.elapsed, task.time_remaining)
            free = console.width - min(longest, len(task.description)) - (max(bar, 0) + 2)
            texts = [progress_text(int(task.completed), task.total, unit, each) for each in (left_s, None)]
            return Text(next((text for text in texts if len(text) <= free), texts[-1]))

    columns = [What(table_column=Column(no_wrap=True)), *([BarColumn(bar)] if bar >= LEAST_BAR else [])]
    bars = Bars(*columns, Counts(table_column=Column(no_wrap=True)), console=console, transient=True)
    with bars:
        task = bars.add_task(what, total=None)
        yield Progress(lambda **values: bars.update(task, **values))


def progress_text(done: int, total: float | None, unit: str, left_s: float | None) -> str:
    """``4 of 282 frames, about 12 seconds left``."""
    of_all = f" of {total:.0f}" if total is not None and unit != PERCENT else ""
    count = f"{done}{of_all} {unit}"
    return count if left_s is None else f"{count}, about {whole_duration(max(1, round(left_s)))} left"


def seconds_left(done: float, total: float | None, elapsed_s: float | None, by_rate_s: float | None) -> float | None:
    """The time that the rest takes, from the first unit on; None before. ``by_rate_s``: by the rate of late, which
    needs a second unit."""
    if not done or total is None or done >= total:
        return None
    if by_rate_s is not None:
        return by_rate_s
    return None if elapsed_s is None else elapsed_s / done * (total - done)
