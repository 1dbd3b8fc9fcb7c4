"""Pre- and postprocessing on the CPU, as a network's contract says: frame to input tensor, output tensor to alpha."""

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
"""Bounds of the range that :func:`minmax_normalized` normalizes with."""


def input_tensor(pixels: U8, size_wh: SizeWH, contract: InputContract, dtype: type[np.floating[Any]]) -> NDArray[Any]:
    """``pixels``, BGR uint8 (H, W, 3), as an input tensor: RGB (1, 3, h, w), ``(rgb / scale - mean) / std``."""
    bgr = _resized(pixels, size_wh)
    scale = max(1, int(bgr.max())) if contract.scale_by_max else 255
    tensor = np.empty((1, 3, *bgr.shape[:2]), np.float32)
    for plane, levels, mean, std in zip(tensor[0], reversed(cv2.split(bgr)), contract.mean, contract.std, strict=True):
        # One multiplication and one addition a value: x / scale / std - mean / std.
        np.multiply(levels, np.float32(1 / (scale * std)), out=plane)
        plane -= np.float32(mean / std)
    return tensor.astype(dtype, copy=False)


def input_bytes(pixels: U8, size_wh: SizeWH) -> U8:
    """``pixels``, BGR uint8 (H, W, 3), for a network with fused preprocessing: BGR uint8 (1, h, w, 3)."""
    return np.ascontiguousarray(_resized(pixels, size_wh)[None])


def _resized(pixels: U8, size_wh: SizeWH) -> U8:
    """Downscale without aliasing, then upscale with bicubic: these networks take blur for distance.

    Halve as often as possible; the first half is cached. That takes a tenth of the time at 4K, a third at 1080p.
    """
    height, width = pixels.shape[:2]
    least_wh = min(width, size_wh[0]), min(height, size_wh[1])
    while pixels.shape[1] >= 2 * least_wh[0] and pixels.shape[0] >= 2 * least_wh[1]:
        pixels = halved(pixels)
    small = cv2.resize(pixels, least_wh, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(small, size_wh, interpolation=cv2.INTER_CUBIC), np.uint8)


def alpha_from_tensor(tensor: NDArray[Any], activation: Activation) -> F32:
    """A network's output, (1, 1, h, w) or with fewer leading ones, as alpha, float32 (h, w) in [0, 1].

    Raises ModelError where it is not one finite plane: clipping would turn infinity into certainty.
    """
    _check_picture(tensor)
    alpha = np.asarray(tensor.reshape(tensor.shape[-2:]), np.float32)
    if not np.isfinite(alpha).all():
        raise _not_finite()
    if activation == "sigmoid":
        alpha = np.asarray(1 / (1 + cv2.exp(-alpha)), np.float32)
    elif activation == "minmax":
        alpha = minmax_normalized(alpha)
    return np.clip(alpha, 0, 1)


def alpha_from_bytes(tensor: U8, finite: NDArray[Any]) -> F32:
    """The same for a network with fused postprocessing: uint8 levels. ``finite``: its count of finite values.

    Raises ModelError.
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


def minmax_normalized(alpha: F32) -> F32:
    """``alpha`` normalized from its own minimum and maximum to [0, 1], within bounds.

    Networks of this kind are published with min-max normalization of every output. Unbounded, that makes an object of
    faint noise in an empty scene, and a hole in the least certain part of a picture that is all object. So the minimum
    is taken as SURE_BACKGROUND at most, the maximum as SURE_OBJECT at least: where the network is sure of both, nothing
    changes; without a sure object the gain is two at most. Both bounds are continuous, so a video does not jump.
    """
    low, high = min(float(alpha.min()), SURE_BACKGROUND), max(float(alpha.max()), SURE_OBJECT)
    return (alpha - np.float32(low)) * np.float32(1 / (high - low))
