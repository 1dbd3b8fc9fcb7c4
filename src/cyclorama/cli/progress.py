"""A progress bar with rate and remaining time on a terminal; no output elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def progress(what: str, unit: str = "frames") -> Iterator[Callable[[int, int | None], None]]:
    """Show a bar on stderr inside the block. Yields a callback that takes units done and total units (None =
    unknown)."""
    if not sys.stderr.isatty():
        yield lambda done, total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, ProgressColumn, TextColumn, TimeRemainingColumn
    from rich.text import Text

    class Rate(ProgressColumn):
        """Frames per second; empty for other units."""

        def render(self, task: object) -> Text:
            """The rate as text, as ``31 fps``; empty while unknown."""
            speed = getattr(task, "speed", None)
            return Text(f"{speed:.0f} fps" if speed and unit == "frames" else "")

    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed} " + unit))
    bar = Progress(
        *columns, Rate(), TextColumn("left"), TimeRemainingColumn(), console=Console(stderr=True), transient=True
    )
    with bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
