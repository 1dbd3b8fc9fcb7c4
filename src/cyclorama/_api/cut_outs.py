"""Photos without their background: one, or many with one network. Nothing is written to a disk."""

from __future__ import annotations

import os
from contextlib import ExitStack

from PIL import Image

from cyclorama._api.photos import PhotoLike, photo_from, picture_from
from cyclorama.core.closing import Closing
from cyclorama.core.errors import CycloramaError
from cyclorama.matting.base import ModelInfo
from cyclorama.matting.open import open_model
from cyclorama.stills.cut_out.alpha import Keep, check_keep
from cyclorama.stills.cut_out.choice import best_model
from cyclorama.stills.cut_out.cutter import Cutter, Look
from cyclorama.stills.cut_out.layout import NO_LENGTH, Placing, parse_margin, parse_position, parse_scale

__all__ = ["PhotoCutter", "cut_out", "open_cutter"]


class PhotoCutter(Closing):
    """An open network that cuts out one photo after the other, or several at a time: call it from as many threads as
    you like. The network takes one at a time; everything else goes on beside it."""

    def __init__(self, model: str, look: Look, *, keep_gps: bool) -> None:
        self._keep_gps = keep_gps
        with ExitStack() as opened:
            self._cutter = opened.enter_context(Cutter(look))
            self._network = opened.enter_context(open_model(best_model() if model == "auto" else model))
            self._opened: ExitStack | None = opened.pop_all()

    def __call__(self, photo: PhotoLike) -> Image.Image:
        """What :func:`cut_out` gives. Raises CaptureError, ModelError."""
        if self._opened is None:
            raise CycloramaError("this cutter is closed: open another one")
        read = photo_from(photo, keep_gps=self._keep_gps)
        return picture_from(self._cutter.cut(read, self._network), read.tags)

    @property
    def model_info(self) -> ModelInfo:
        """What really runs."""
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
    check_keep(keep)
    placing = Placing(
        crop,
        NO_LENGTH if margin is None else parse_margin(str(margin)),
        None if scale is None else parse_scale(str(scale)),
        None if position is None else parse_position(str(position)),
    )
    behind = os.fspath(background) if isinstance(background, os.PathLike) else background
    look = Look("transparent" if behind is None else behind, keep, placing, shadow)
    return PhotoCutter(model, look, keep_gps=keep_gps)


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
    """Cut a photo out: RGBA with straight alpha; over a ``background`` RGB; with the background ``matte`` L, the alpha.

    ``photo``: a path, the bytes of a file, a picture of Pillow, or an array as Pillow has them: uint8, (H, W, 3) RGB,
    (H, W, 4) RGBA or (H, W). It is turned upright as its Exif says. Its colours stay in its own profile; the picture's
    ``info`` holds that as ``icc_profile``, with ``dpi`` and ``exif``, as far as the photo had them; where it was taken
    only with ``keep_gps``.

    ``model``: a name, or ``auto`` for the best one installed. ``keep``: every subject (``all``), the ``largest``, or
    what looks like noise too (``original``). ``crop``: end ``margin`` (``10%`` of the subject, or pixels) around it.
    ``scale`` (``80%``), ``position`` (``50%,100%``, ``center``, ``original``): of the subject in the picture.
    ``shadow``: on the ground under it. Raises SettingsError, CaptureError, ModelError.
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
