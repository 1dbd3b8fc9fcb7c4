"""The two ends of every network, as its contract says: a frame to its tensor, its tensor to alpha."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from cyclorama.core.errors import ModelError
from cyclorama.core.frames import F32, U8, SizeWH
from cyclorama.core.opencv import halved
from cyclorama.models.catalogue import Activation, InputContract

SURE_BACKGROUND, SURE_OBJECT = 0.1, 0.5
"""How far the ends of a stretch may be moved inwards, see :func:`stretched`."""


def picture_tensor(pixels: U8, size_wh: SizeWH, contract: InputContract, dtype: type[np.floating[Any]]) -> NDArray[Any]:
    """``pixels``, BGR uint8 (H, W, 3), as the network wants them: RGB (1, 3, h, w), ``(rgb / scale - mean) / std``."""
    bgr = _resized(pixels, size_wh)
    scale = max(1, int(bgr.max())) if contract.scale_by_max else 255
    tensor = np.empty((1, 3, *bgr.shape[:2]), np.float32)
    for plane, levels, mean, std in zip(tensor[0], reversed(cv2.split(bgr)), contract.mean, contract.std, strict=True):
        # One multiplication and one addition a value: x / scale / std - mean / std.
        np.multiply(levels, np.float32(1 / (scale * std)), out=plane)
        plane -= np.float32(mean / std)
    return tensor.astype(dtype, copy=False)


def picture_bytes(pixels: U8, size_wh: SizeWH) -> U8:
    """``pixels``, BGR uint8 (H, W, 3), for a network that converts them itself: BGR (1, h, w, 3)."""
    return np.ascontiguousarray(_resized(pixels, size_wh)[None])


def _resized(pixels: U8, size_wh: SizeWH) -> U8:
    """Smaller without aliasing, then larger without blur: these networks take blur for distance.

    By halves as far as that goes, of which the first is there already: a tenth of the time at 4K, a third at 1080p.
    """
    height, width = pixels.shape[:2]
    least_wh = min(width, size_wh[0]), min(height, size_wh[1])
    while pixels.shape[1] >= 2 * least_wh[0] and pixels.shape[0] >= 2 * least_wh[1]:
        pixels = halved(pixels)
    small = cv2.resize(pixels, least_wh, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(small, size_wh, interpolation=cv2.INTER_CUBIC), np.uint8)


def alpha_of(tensor: NDArray[Any], activation: Activation) -> F32:
    """A network's output, (1, 1, h, w) or with fewer leading ones, as alpha, float32 (h, w) in [0, 1].

    Raises ModelError where it is not one picture of numbers: a bound would make certainty of what is infinite.
    """
    _check_picture(tensor)
    alpha = np.asarray(tensor.reshape(tensor.shape[-2:]), np.float32)
    if not np.isfinite(alpha).all():
        raise _not_finite()
    if activation == "sigmoid":
        alpha = np.asarray(1 / (1 + cv2.exp(-alpha)), np.float32)
    elif activation == "minmax":
        alpha = stretched(alpha)
    return np.clip(alpha, 0, 1)


def alpha_of_bytes(tensor: U8, finite: NDArray[Any]) -> F32:
    """The same of a network that made its output alpha itself: 255 is one. ``finite``: how many of its values were.

    Raises ModelError as well.
    """
    _check_picture(tensor)
    if finite.size != 1 or float(finite.item()) != tensor.size:
        raise _not_finite()
    return np.multiply(tensor.reshape(tensor.shape[-2:]), np.float32(1 / 255), dtype=np.float32)


def _check_picture(tensor: NDArray[Any]) -> None:
    if tensor.ndim < 2 or any(side != 1 for side in tensor.shape[:-2]) or tensor.size == 0:
        raise ModelError(
            f"the network returned {tensor.shape} and not one alpha picture: its contract names another output"
        )


def _not_finite() -> ModelError:
    return ModelError("the network returned values that are not finite: try another --provider or --model")


def stretched(alpha: F32) -> F32:
    """``alpha`` from its lowest to its highest value, where these are plausible ends.

    Networks of this kind are published with a stretch of every picture to the full range. Unbounded, it makes an
    object of the faintest noise in an empty scene, and a hole of the least certain part of a picture that is all
    object. So the low end is never taken from above SURE_BACKGROUND, nor the high end from below SURE_OBJECT: where
    the network is sure of both, nothing changes; a scene in which it is sure of no object is stretched by no more than
    two. There is no switch, so a video does not jump where it would turn.
    """
    low, high = min(float(alpha.min()), SURE_BACKGROUND), max(float(alpha.max()), SURE_OBJECT)
    return (alpha - np.float32(low)) * np.float32(1 / (high - low))
