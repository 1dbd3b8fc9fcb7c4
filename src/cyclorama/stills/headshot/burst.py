"""A headshot of the best moment among frames of a running session."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass

from cyclorama.core.errors import SettingsError
from cyclorama.core.frames import U8, Frame
from cyclorama.matting.open import open_model
from cyclorama.settings.stills import HeadshotSettings
from cyclorama.stills.cut_out.choice import best_model_for_people, chosen_model
from cyclorama.stills.headshot.best_frame import best_of
from cyclorama.stills.headshot.headshot import open_backdrop
from cyclorama.stills.headshot.person import cut_out_person, framed
from cyclorama.stills.headshot.picture import finished
from cyclorama.stills.headshot.preset import find_presets
from cyclorama.stills.portrait.face import FaceFinder


@dataclass(frozen=True, slots=True, eq=False)
class BurstHeadshot:
    """``pixels``: BGR uint8 (H, W, 3), or BGRA without a backdrop. ``suffix``: of the file that suits it. ``dpi``: of
    the preset; None = none."""

    pixels: U8
    suffix: str
    dpi: float | None


def headshot_of(frames: Iterable[Frame], settings: HeadshotSettings) -> BurstHeadshot:
    """Make one headshot of the best of ``frames``. Raises SettingsError for several presets or backgrounds,
    CaptureError if no frame shows a face, ModelError."""
    presets = find_presets(settings.preset)
    if len(presets) * len(settings.background) > 1:
        raise SettingsError("name one preset and one background for each headshot")
    preset, behind = presets[0], settings.background[0]
    with ExitStack() as opened:
        backdrop = open_backdrop(behind, opened)
        network = opened.enter_context(open_model(chosen_model(settings.model, best_model_for_people)))
        best = best_of(frames, "the camera", opened.enter_context(FaceFinder()), threading.Event())
        assert best is not None, "without a face it raises"
        shot = framed(cut_out_person(best.pixels, best.face, network, [preset]), preset)
        pixels = finished(shot, backdrop, settings.light_wrap)
    return BurstHeadshot(pixels, preset.suffix(transparent=backdrop is None), preset.dpi)
