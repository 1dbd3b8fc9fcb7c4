"""Find the picture for a headshot: a photo, or the best frame of a clip or a camera."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cyclorama.capture.base import Source
from cyclorama.capture.open import open_source
from cyclorama.core.errors import CaptureError, CycloramaError
from cyclorama.core.frames import U8
from cyclorama.files.names import as_file, user_path
from cyclorama.pictures.decode import NotAPictureError
from cyclorama.pictures.photo import Photo, read_photo
from cyclorama.settings.values import CaptureSettings
from cyclorama.stills.headshot.best_frame import Progress, Score, Wait, best_of_burst, best_of_clip
from cyclorama.stills.portrait.face import FaceFinder, FaceGeometry

CAMERA = "camera"
"""A name for the first camera."""
CAMERA_SIZE_WH = (1920, 1080)
"""The size requested from the camera; the driver chooses the nearest mode that it has."""


@dataclass(frozen=True, slots=True, eq=False)
class ChosenPicture:
    """``pixels``: BGR uint8 (H, W, 3), sRGB. ``face``: the largest in the picture. ``faces``: the number of faces in a
    photo; 1 for a clip or camera. ``time_s``, ``score``: of the chosen frame; None for a photo. ``opaque``: the alpha
    channel of the photo, uint8 (H, W); None where it has none."""

    pixels: U8
    face: FaceGeometry
    faces: int = 1
    time_s: float | None = None
    score: Score | None = None
    opaque: U8 | None = None


@contextmanager
def opened_source(text: str) -> Iterator[Photo | Source]:
    """Open what ``text`` names: a photo, decoded; a clip; or a camera, a stream or the demo, which are live.

    Raises CaptureError where it cannot be read.
    """
    path = user_path(text)
    if not path.is_file():
        with open_source("0" if text == CAMERA else text, CaptureSettings(size_wh=CAMERA_SIZE_WH), live=True) as camera:
            yield camera
        return
    try:
        photo = read_photo(path, srgb=True)
    except CaptureError as error:
        if not isinstance(error.__cause__, NotAPictureError):
            raise
    else:
        yield photo
        return
    with _clip(path) as clip:
        yield clip


def choose_picture(
    opened: Photo | Source,
    name: str,
    finder: FaceFinder,
    stop: threading.Event,
    *,
    countdown_s: float,
    on_wait: Wait,
    on_progress: Progress,
) -> ChosenPicture | None:
    """Choose the picture for a headshot of what ``name`` names; None where ``stop`` was set.

    Raises CaptureError where it breaks off or shows no face.
    """
    if isinstance(opened, Photo):
        faces = finder.find(opened.pixels)
        if not faces:
            raise CaptureError(f"no face was found in {name}: choose a photo that shows one, turned to the camera")
        return ChosenPicture(opened.pixels, faces[0], len(faces), opaque=opened.alpha8)
    if opened.info.live:
        moment = best_of_burst(opened, finder, stop, countdown_s=countdown_s, on_wait=on_wait)
    else:
        moment = best_of_clip(opened, finder, stop, on_progress)
    return None if moment is None else ChosenPicture(moment.pixels, moment.face, 1, moment.time_s, moment.score)


def output_stem(text: str) -> Path:
    """The path from which names of outputs are derived, without extension: the source file, or else ``camera``."""
    path = user_path(text)
    return path.with_suffix("") if path.is_file() else Path(CAMERA)


def _clip(path: Path) -> Source:
    try:
        return open_source(as_file(path), CaptureSettings(), live=False)
    except CycloramaError as error:
        raise CaptureError(f"{path} is neither a photo nor a video that can be read: choose another file") from error
