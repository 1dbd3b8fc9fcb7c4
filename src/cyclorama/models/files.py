"""Files of the model store: hashes, JSON notes, atomic writes, locks, and error messages with advice."""

from __future__ import annotations

import errno
import hashlib
import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cyclorama.core.errors import ModelError, reason
from cyclorama.files.part_file import to_disk

ADVICE = {
    errno.ENOSPC: "free some space there, or name another folder with CYCLORAMA_MODELS_DIR",
    errno.EDQUOT: "your quota is used up: free some space, or name another folder with CYCLORAMA_MODELS_DIR",
    errno.EFBIG: "files may not grow larger there: name another folder with CYCLORAMA_MODELS_DIR",
    errno.EACCES: "name a folder that you may write to with CYCLORAMA_MODELS_DIR",
    errno.EPERM: "name a folder that you may write to with CYCLORAMA_MODELS_DIR",
    errno.EROFS: "that disk is read-only: name another folder with CYCLORAMA_MODELS_DIR",
    errno.ENOTDIR: "a part of that path is no folder: name another with CYCLORAMA_MODELS_DIR",
    errno.EEXIST: "a file stands where the folder should be: name another with CYCLORAMA_MODELS_DIR",
}


def failure(doing: str, path: Path, error: OSError) -> ModelError:
    """``error`` as a ModelError: ``cannot DOING PATH: REASON; ADVICE``."""
    advice = ADVICE.get(error.errno or 0, "check that file and its folder")
    return ModelError(f"cannot {doing} {path}: {reason(error)}; {advice}")


def sha256_of(path: Path) -> str:
    """Hex digest of a file. Raises ModelError."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ModelError(f"cannot read {path}: {reason(error)}; check that it is a file that you may read") from error


def make_folder(folder: Path) -> None:
    """Create the model folder. Raises ModelError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise failure("create the folder of models", folder, error) from error


def write_json(path: Path, values: Mapping[str, Any]) -> None:
    """Write a note atomically. Raises ModelError."""
    aside = path.with_name(path.name + ".part")
    try:
        aside.write_text(json.dumps(values, indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise failure("write", path, error) from error
    publish(aside, path)


def read_json(path: Path) -> Any:
    """Read a note. Raises ModelError where it cannot be read, FileNotFoundError where there is none."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise
    except (OSError, ValueError) as error:
        raise ModelError(f"cannot read {path}: {error}; delete it, and import or pull the model again") from error


def copy_file(source: Path, target: Path, digest: str) -> None:
    """Copy a file and verify its sha256 ``digest``; leaves no target on failure. Raises ModelError."""
    try:
        shutil.copyfile(source, target)
    except OSError as error:
        target.unlink(missing_ok=True)
        raise failure(f"copy {source} to", target, error) from error
    if sha256_of(target) != digest:
        target.unlink(missing_ok=True)
        raise ModelError(f"{source} changed while it was copied: wait until it is finished, and import it again")


def publish(part: Path, target: Path) -> None:
    """Sync a finished file to disk, then rename it to ``target``. Raises ModelError."""
    try:
        to_disk(part)
        part.replace(target)
    except OSError as error:
        raise failure("write", target, error) from error


@contextmanager
def lock(folder: Path, name: str) -> Iterator[None]:
    """Lock the model ``name`` against other processes inside the block; the system releases the lock of a killed one.

    Raises ModelError where another process holds it.
    """
    from filelock import FileLock, Timeout

    make_folder(folder)
    path = folder / f".{name}.lock"
    try:
        with FileLock(path, timeout=0):
            yield
    except Timeout as error:
        raise ModelError(
            f"another cyclorama is pulling, importing or removing {name} just now: wait until it is done ({path})"
        ) from error
    except OSError as error:
        raise failure("write", path, error) from error
