"""The picture that a headshot is made of: a photo, a clip's best moment, or a camera's."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path

from cyclorama.capture.base import Source
from cyclorama.capture.open import open_source
from cyclorama.core.errors import CaptureError, CycloramaError
from cyclorama.core.frames import U8
from cyclorama.pictures.decode import NotAPictureError
from cyclorama.pictures.photo import read_photo
from cyclorama.settings.values import CaptureSettings
from cyclorama.stills.headshot.best_frame import Progress, Score, Wait, best_of_burst, best_of_clip
from cyclorama.stills.portrait.face import FaceFinder, FaceGeometry

CAMERA = "camera"
"""The first one, by another name than its number."""
CAMERA_SIZE_WH = (1920, 1080)
"""What is asked for; the driver gives what comes nearest."""


@dataclass(frozen=True, slots=True, eq=False)
class ChosenPicture:
    """``pixels``: BGR uint8 (H, W, 3), sRGB. ``face``: the largest in it. ``faces``: how many there are; 1 where it was
    the best of many pictures. ``time_s`` and ``score``: of a moment; None for a photo. ``opaque``: of a photo's file,
    uint8 (H, W); None where it has nothing transparent."""

    pixels: U8
    face: FaceGeometry
    faces: int = 1
    time_s: float | None = None
    score: Score | None = None
    opaque: U8 | None = None


def find_picture(
    text: str, finder: FaceFinder, stop: threading.Event, *, countdown_s: float, on_wait: Wait, on_progress: Progress
) -> ChosenPicture | None:
    """What ``text`` names: a photo, a clip, or, as everywhere, a camera, a stream or the demo; None after ``stop``.

    Raises CaptureError: it cannot be read, or shows no face.
    """
    path = Path(text).expanduser()
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
    """What an output is called after, without an extension: a file's own name, ``camera`` for what is none."""
    path = Path(text).expanduser()
    return path.with_suffix("") if path.is_file() else Path(CAMERA)


def _clip(path: Path) -> Source:
    try:
        return open_source(str(path), CaptureSettings(), live=False)
    except CycloramaError as error:
        raise CaptureError(f"{path} is neither a photo nor a video that can be read: choose another file") from error
