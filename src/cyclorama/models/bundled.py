"""Files inside the package: the selfie and face networks, and the demo's portrait."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from cyclorama.core.errors import ModelError

DIGESTS = {
    "selfie_wide.tflite": "a77d03f4659b9f6b6c1f5106947bf40e99d7655094b6527f214ea7d451106edd",
    "selfie_square.tflite": "9ee168ec7c8f2a16c56fe8e1cfbc514974cbbb7e434051b455635f1bd1462f5c",
    "face_detection.tflite": "bbff11cebd1eb27a1e004cae0b0e63ec8c551cbf34a4451148b4908b8db3eca8",
    "face_landmark.tflite": "1055cb9d4a9ca8b8c688902a3a5194311138ba256bcc94e336d8373a5f30c814",
    "portrait.png": "88431cd9653ccd539741b555fb0a46b61558b301d4110412b5bc28b5e3ea6cb5",
}
"""Files and their sha256, as pinned by the build hook."""
NAMES = tuple(DIGESTS)


def bundled_path(name: str) -> Path:
    """Path of a bundled file (one of ``NAMES``). Raises ModelError where the installation lacks it."""
    path = Path(str(resources.files("cyclorama") / "_bundled" / name))
    if not path.is_file():
        raise ModelError(
            f"the bundled file {name} is missing from this installation: install cyclorama again (pip install "
            "--force-reinstall .); an editable install fetches it when it is installed"
        )
    return path
