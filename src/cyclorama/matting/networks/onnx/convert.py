"""Convert a network to float16 or int8 with onnxruntime's own tools, and a dynamically quantized one to float32."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from pathlib import Path
from typing import Literal, get_args

import onnx
from onnxruntime.transformers import float16

from cyclorama.core.errors import ModelError, SettingsError
from cyclorama.matting.networks.onnx.dequantize import UnknownChainError, dequantize, is_dynamic
from cyclorama.matting.networks.onnx.quantize import Feeds, quantize
from cyclorama.matting.networks.onnx.session import brief

log = logging.getLogger(__name__)

Precision = Literal["fp16", "int8"]
PRECISIONS: tuple[Precision, ...] = get_args(Precision)
KEPT_FLOAT32 = ("downsample_ratio",)
"""RVM's input: it becomes the scales of a Resize, which ONNX defines as float32."""


def write_fp16(source: Path, target: Path) -> None:
    """Write the network ``source`` with weights, inputs and outputs of float16. Raises SettingsError, ModelError."""
    try:
        model = onnx.load(str(source))
        kept = [item.name for item in model.graph.input if item.name in KEPT_FLOAT32]
        onnx.save(float16.convert_float_to_float16(model, keep_io_types=kept), str(target))
    except Exception as error:  # whatever the converter meets in a graph
        raise _failure(source, "fp16", error) from error


def write_int8(source: Path, target: Path, samples: Iterable[Feeds]) -> None:
    """Write the network ``source`` with int8 convolutions, calibrated on ``samples``.

    Raises SettingsError, ModelError.
    """
    try:
        quantize(source, target, samples)
    except SettingsError:
        raise
    except Exception as error:  # whatever the quantizer meets in a graph
        raise _failure(source, "int8", error) from error


def write_float32(source: Path, target: Path) -> bool:
    """Write the dynamically quantized network ``source`` with float32 weights; False where it is not one."""
    model = onnx.load(str(source))
    if not is_dynamic(model):
        return False
    try:
        dequantize(model)
    except UnknownChainError:
        log.debug("%s", source, exc_info=True)
        return False
    onnx.save(model, str(target))
    return True


def _failure(source: Path, precision: Precision, error: Exception) -> ModelError:
    return ModelError(f"no {precision} variant can be made of {source} ({brief(error)}): try the other --precision")
