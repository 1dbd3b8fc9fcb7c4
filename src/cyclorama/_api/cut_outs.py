"""Cut out one photo, or many with one network. Nothing is written to disk."""

from __future__ import annotations

import os
from contextlib import ExitStack

from PIL import Image

from cyclorama._api.photos import PhotoLike, photo_from, picture_from
from cyclorama.core.closing import Closing
from cyclorama.core.errors import CycloramaError
from cyclorama.matting.base import ModelInfo
from cyclorama.matting.open import open_model
from cyclorama.settings.change import make_still_settings
from cyclorama.settings.stills import CutOutSettings, Keep
from cyclorama.stills.cut_out.choice import chosen_model
from cyclorama.stills.cut_out.cutter import Cutter, Look, look_for

__all__ = ["PhotoCutter", "cut_out", "open_cutter"]


class PhotoCutter(Closing):
    """An open network that cuts out photos. Thread-safe: call it from any number of threads. The network processes one
    photo at a time; all other work runs in parallel."""

    def __init__(self, model: str, look: Look, *, keep_gps: bool) -> None:
        self._keep_gps = keep_gps
        with ExitStack() as opened:
            self._cutter = opened.enter_context(Cutter(look))
            self._network = opened.enter_context(open_model(chosen_model(model)))
            self._opened: ExitStack | None = opened.pop_all()

    def __call__(self, photo: PhotoLike) -> Image.Image:
        """Cut out ``photo``, as :func:`cut_out` does. Raises CaptureError, ModelError."""
        if self._opened is None:
            raise CycloramaError("this cutter is closed: open another one")
        read = photo_from(photo, keep_gps=self._keep_gps)
        return picture_from(self._cutter.cut(read, self._network), read.tags)

    @property
    def model_info(self) -> ModelInfo:
        """The network in use."""
        return self._network.info

    def close(self) -> None:
        """Release network and background; a second call does nothing."""
        if self._opened is not None:
            self._opened.close()
            self._opened = None


def open_cutter(
    *,
    model: str = "auto",
    background: str | os.PathLike[str] | None = None,
    keep: Keep = "all",
    crop: bool = False,
    margin: str | int | None = None,
    scale: str | None = None,
    position: str | None = None,
    shadow: bool = False,
    keep_gps: bool = False,
) -> PhotoCutter:
    """Open a network for many photos; everything else as for :func:`cut_out`. To be closed, best by a ``with``
    statement. Raises SettingsError, ModelError."""
    given = {"background": background, "margin": margin, "scale": scale, "position": position}
    values = {key: value for key, value in given.items() if value is not None}
    values |= {"keep": keep, "crop": crop, "shadow": shadow, "keep_gps": keep_gps}
    chosen = make_still_settings(CutOutSettings, values)
    return PhotoCutter(model, look_for(chosen), keep_gps=chosen.keep_gps)


def cut_out(
    photo: PhotoLike,
    *,
    model: str = "auto",
    background: str | os.PathLike[str] | None = None,
    keep: Keep = "all",
    crop: bool = False,
    margin: str | int | None = None,
    scale: str | None = None,
    position: str | None = None,
    shadow: bool = False,
    keep_gps: bool = False,
) -> Image.Image:
    """Cut out a photo. Returns RGBA with straight alpha; RGB with a ``background``; L (the alpha) with background
    ``matte``.

    ``photo``: a path, the bytes of a file, a Pillow image, or an array in Pillow's channel order: uint8, (H, W, 3) RGB,
    (H, W, 4) RGBA or (H, W). It is rotated as its Exif orientation says. Its colour profile stays: the result's
    ``info`` has the photo's ``icc_profile``, ``dpi`` and ``exif``; the Exif location is removed without ``keep_gps``.

    ``model``: a name, or ``auto`` for the best one installed. ``keep``: every subject (``all``), the ``largest``, or
    the unfiltered matte with noise (``original``). ``crop``: crop to the subject with a ``margin`` (``10%`` of the
    subject, or pixels). ``scale`` (``80%``): size of the subject in the picture. ``position`` (``50%,100%``,
    ``center``, ``original``): its place. ``shadow``: draw one on the ground under it. Raises SettingsError,
    CaptureError, ModelError.
    """
    with open_cutter(
        model=model,
        background=background,
        keep=keep,
        crop=crop,
        margin=margin,
        scale=scale,
        position=position,
        shadow=shadow,
        keep_gps=keep_gps,
    ) as cutter:
        return cutter(photo)
