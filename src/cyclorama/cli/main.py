"""The console script: nothing comes before the signals, and nothing after them is left half done."""

from __future__ import annotations

from cyclorama.cli.signals import protected


def main() -> None:
    """Run the command line, and leave with its exit code."""
    protected(_run)


def _run() -> None:
    from cyclorama.cli.app import main as run

    run()


if __name__ == "__main__":
    main()
