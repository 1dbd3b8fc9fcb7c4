"""Find the picture for a headshot: a photo, or the best frame of a clip or a camera."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path

from cyclorama.capture.base import Source
from cyclorama.capture.open import open_source
from cyclorama.core.errors import CaptureError, CycloramaError
from cyclorama.core.frames import U8
from cyclorama.files.names import as_file, user_path
from cyclorama.pictures.decode import NotAPictureError
from cyclorama.pictures.photo import read_photo
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


def find_picture(
    text: str, finder: FaceFinder, stop: threading.Event, *, countdown_s: float, on_wait: Wait, on_progress: Progress
) -> ChosenPicture | None:
    """Find the picture in ``text``: a path of a photo or clip, or the name of a camera, a stream or the demo.

    None where ``stop`` was set. Raises CaptureError where the source cannot be read or shows no face.
    """
    path = user_path(text)
    if path.is_file():
        try:
            photo = read_photo(path, srgb=True)
        except CaptureError as error:
            if not isinstance(error.__cause__, NotAPictureError):
                raise
        else:
            faces = finder.find(photo.pixels)
            if not faces:
                raise CaptureError(f"no face was found in {path}: choose a photo that shows one, turned to the camera")
            return ChosenPicture(photo.pixels, faces[0], len(faces), opaque=photo.alpha8)
        with _clip(path) as clip:
            moment = best_of_clip(clip, finder, stop, on_progress)
    else:
        settings = CaptureSettings(size_wh=CAMERA_SIZE_WH)
        with open_source("0" if text == CAMERA else text, settings, live=True) as camera:
            moment = best_of_burst(camera, finder, stop, countdown_s=countdown_s, on_wait=on_wait)
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
