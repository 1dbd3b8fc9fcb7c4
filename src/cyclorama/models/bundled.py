"""The files that come inside the package: the selfie and face networks, and the demo's portrait."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from cyclorama.errors import ModelError

NAMES = (
    "selfie_wide.tflite",
    "selfie_square.tflite",
    "face_detection.tflite",
    "face_landmark.tflite",
    "portrait.png",
)


def bundled_path(name: str) -> Path:
    """Path of a bundled file (one of ``NAMES``). Raises ModelError where the installation lacks it."""
    path = Path(str(resources.files("cyclorama") / "_bundled" / name))
    if not path.is_file():
        raise ModelError(
            f"the bundled file {name} is missing from this installation: install cyclorama again (pip install "
            "--force-reinstall .); an editable install fetches it when it is installed"
        )
    return path
