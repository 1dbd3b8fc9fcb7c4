"""The console script: nothing comes before the signals, and nothing after them is left half done."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable

from cyclorama.cli import signals


def main() -> None:
    """Run the command line, and leave with its exit code."""
    protected(_run)


def protected(run: Callable[[], None]) -> None:
    """Call ``run``; a signal that ends it before or after the command's own work is one line and its exit code."""
    try:
        signals.guard()
        run()
    except KeyboardInterrupt:
        from cyclorama.cli.errors import INTERRUPTED

        signals.ignore_all()
        with contextlib.suppress(OSError, ValueError, AttributeError):  # no stderr, or nobody at its other end
            print("cyclorama: interrupted", file=sys.stderr, flush=True)
        raise SystemExit(INTERRUPTED) from None


def _run() -> None:
    from cyclorama.cli.app import main as run

    run()


if __name__ == "__main__":
    main()
