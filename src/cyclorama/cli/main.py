"""The console script: install the signal handlers before any other import, and keep them until the process exits."""

from __future__ import annotations

from cyclorama.cli.signals import protected


def main() -> None:
    """Run the command line and exit with its code."""
    protected(_run)


def _run() -> None:
    from cyclorama.cli.app import main as run

    run()


if __name__ == "__main__":
    main()
