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
    try:
        kept = json.loads((state_folder() / f"{name}.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return kept if isinstance(kept, dict) else {}


def write_state(name: str, values: dict[str, Any]) -> None:
    """Replace the note ``NAME.json``. Raises SinkError."""
    path = state_folder() / f"{name}.json"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise write_failure(path, error) from error
    write_whole(path, json.dumps(values, indent=1).encode(), overwrite=True)
