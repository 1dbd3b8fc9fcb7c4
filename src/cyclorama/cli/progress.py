"""A progress bar with rate and remaining time where a terminal shows it, else silence."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def progress(what: str, unit: str = "frames") -> Iterator[Callable[[int, int | None], None]]:
    """Show a bar on stderr inside the block; what it yields takes units done and units in all (None = unknown)."""
    if not sys.stderr.isatty():
        yield lambda done, total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, ProgressColumn, TextColumn, TimeRemainingColumn
    from rich.text import Text

    class Rate(ProgressColumn):
        """Frames a second."""

        def render(self, task: object) -> Text:
            """The rate as far as it is known."""
            speed = getattr(task, "speed", None)
            return Text(f"{speed:.0f} fps" if speed and unit == "frames" else "")

    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed} " + unit))
    bar = Progress(
        *columns, Rate(), TextColumn("left"), TimeRemainingColumn(), console=Console(stderr=True), transient=True
    )
    with bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
