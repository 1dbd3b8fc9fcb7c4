"""Small notes that are kept between runs, as JSON in the user's state folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from cyclorama.files.part_file import write_whole
from cyclorama.files.targets import write_failure


def state_folder() -> Path:
    """The folder; it need not exist."""
    import platformdirs

    return Path(platformdirs.user_state_dir("cyclorama", appauthor=False))


def read_state(name: str) -> dict[str, Any]:
    """The note ``NAME.json``; empty where there is none, or it cannot be read."""
    return read_note(state_folder() / f"{name}.json")


def write_state(name: str, values: dict[str, Any]) -> None:
    """Replace the note ``NAME.json``. Raises SinkError."""
    write_note(state_folder() / f"{name}.json", values)


def read_note(path: Path) -> dict[str, Any]:
    """The same of any file."""
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return kept if isinstance(kept, dict) else {}


def write_note(path: Path, values: dict[str, Any]) -> None:
    """The same of any file. Raises SinkError."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise write_failure(path, error) from error
    write_whole(path, json.dumps(values, indent=1).encode(), overwrite=True)
