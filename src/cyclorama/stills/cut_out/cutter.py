"""Make the output of one photo: cut out, place, add a shadow, composite over a background."""

from __future__ import annotations

import threading
from dataclasses import dataclass

import numpy as np

from cyclorama.background.opening import OutputMode, open_background
from cyclorama.core.closing import Closing
from cyclorama.core.errors import SettingsError
from cyclorama.core.frames import U8
from cyclorama.matting.base import MattingModel
from cyclorama.pictures.photo import Photo, in_colors_of, without_transparent
from cyclorama.settings.stills import CutOutSettings, Keep
from cyclorama.stills.cut_out.alpha import photo_alpha
from cyclorama.stills.cut_out.compose import composite_over, cut_out
from cyclorama.stills.cut_out.layers import over, with_shadow
from cyclorama.stills.cut_out.layout import (
    UNCHANGED,
    Placement,
    Placing,
    crop_background,
    place_subject,
    render_placement,
)
from cyclorama.stills.cut_out.shadow import contact_shadow

BETWEEN_S = 60.0
"""Time that is said to pass between two photos: backgrounds made of the photo smooth over time, which a gap resets."""


@dataclass(frozen=True, slots=True)
class Look:
    """What to make of each photo. ``background``: as for ``--background``; also ``transparent`` or ``matte``."""

    background: str = "transparent"
    keep: Keep = "all"
    placing: Placing = UNCHANGED
    shadow: bool = False

    def __post_init__(self) -> None:
        if self.shadow and self.background == "matte":
            raise SettingsError("--matte-only writes no shadow: leave --shadow out")


def look_for(chosen: CutOutSettings) -> Look:
    """What ``chosen`` says of each photo. Raises SettingsError for settings that exclude each other."""
    placing = Placing(chosen.crop, chosen.margin, chosen.scale, chosen.position)
    return Look("matte" if chosen.matte_only else chosen.background, chosen.keep, placing, chosen.shadow)


class Cutter(Closing):
    """Makes outputs of photos. Safe to call from several threads: locks serialize the network and the background."""

    def __init__(self, look: Look) -> None:
        """Open the background. Raises SettingsError."""
        self.look = look
        self._behind = open_background(look.background)
        self._network_lock, self._background_lock = threading.Lock(), threading.Lock()
        self._time_s = 0.0
        if self._behind.mode is OutputMode.RAW:
            raise SettingsError("background none would change nothing: give transparent, matte or another background")

    @property
    def background(self) -> str:
        """The name of the background, for the user."""
        return self._behind.name

    @property
    def transparent(self) -> bool:
        """Whether the output has an alpha channel."""
        return self._behind.mode is OutputMode.TRANSPARENT

    def cut(self, photo: Photo, network: MattingModel) -> U8:
        """Make the output of one photo: uint8 BGR (H, W, 3), straight BGRA (H, W, 4), or the matte (H, W).

        Raises ModelError where the network fails or finds nothing.
        """
        return self.render(photo, self.matte(photo, network))

    def matte(self, photo: Photo, network: MattingModel) -> U8:
        """Compute the alpha of one photo at its full size, uint8 (H, W). Raises ModelError as :meth:`cut`."""
        return photo_alpha(network, photo.pixels, keep=self.look.keep, lock=self._network_lock)

    def render(self, photo: Photo, alpha8: U8) -> U8:
        """Make the output of one photo with this alpha, uint8 (H, W), as it was computed or retouched since.

        What the photo's file has transparent stays so. Runs no network; the alpha may come from a cutter with another
        look. Raises ModelError for an alpha that is empty.
        """
        look, pixels = self.look, photo.pixels
        alpha8 = without_transparent(photo, alpha8)
        layout = place_subject(alpha8, look.placing, shadow=look.shadow)
        if self._behind.mode is OutputMode.MATTE:
            return render_placement(alpha8, layout)
        if self._behind.background is not None and look.placing == UNCHANGED and not look.shadow:
            return composite_over(pixels, alpha8, self._background_for(photo, alpha8, layout))
        picture = render_placement(cut_out(pixels, alpha8), layout)
        if look.shadow and layout.stands:
            picture = with_shadow(picture, contact_shadow(np.ascontiguousarray(picture[..., 3])))
        if self._behind.background is None:
            return picture
        return over(picture, self._background_for(photo, alpha8, layout))

    def close(self) -> None:
        """Release the background; a second call does nothing."""
        if self._behind.background is not None:
            self._behind.background.close()

    def _background_for(self, photo: Photo, alpha8: U8, layout: Placement) -> U8:
        """The background of the output's size, BGR uint8: a still in the photo's colour space, or made of the photo."""
        with self._background_lock:
            background = self._behind.background
            assert background is not None
            still = background.card(layout.size_wh, 0.0)
            if still is not None:
                return in_colors_of(photo.tags, still)
            self._time_s += BETWEEN_S
            room = background.render(photo.pixels, alpha8, self._time_s)
        return np.ascontiguousarray(crop_background(room, layout)) if self.look.placing.crop else room
