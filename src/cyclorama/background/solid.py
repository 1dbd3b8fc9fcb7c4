"""A background of one colour."""

from __future__ import annotations

import numpy as np

from cyclorama.background.spec import Rgb
from cyclorama.background.still import Still
from cyclorama.core.frames import U8, SizeWH


def solid(name: str, color: Rgb) -> Still:
    """A background of one sRGB colour."""

    def paint(size_wh: SizeWH) -> U8:
        return np.full((size_wh[1], size_wh[0], 3), color[::-1], np.uint8)

    return Still(name, paint)
