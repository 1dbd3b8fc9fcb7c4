"""The same network with smaller numbers: half precision, or eight-bit integers.

The conversions are onnxruntime's own; they need the package ``onnx``, which nothing else does.
"""

from __future__ import annotations

import importlib
import logging
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal, get_args

from numpy.typing import NDArray

from cyclorama.errors import ModelError, SettingsError
from cyclorama.matting.onnx.session import brief

Precision = Literal["fp16", "int8"]
PRECISIONS: tuple[Precision, ...] = get_args(Precision)
KEPT_FLOAT32 = ("downsample_ratio",)
"""RVM's: it becomes the scales of a resize, which are float32 whatever the rest is."""
QUANTIZED = ("Conv", "MatMul", "Gemm")
"""Where the time goes; all else keeps its precision."""

Feeds = Mapping[str, NDArray[Any]]


def check_package() -> None:
    """Raise SettingsError where the package that the conversions need is missing."""
    _package("onnx")


def write_fp16(source: Path, target: Path) -> None:
    """Write the network ``source`` with weights, inputs and outputs of float16. Raises SettingsError, ModelError."""
    onnx = _package("onnx")
    float16 = _package("onnxruntime.transformers.float16")
    try:
        model = onnx.load(str(source))
        kept = [item.name for item in model.graph.input if item.name in KEPT_FLOAT32]
        onnx.save(float16.convert_float_to_float16(model, keep_io_types=kept), str(target))
    except Exception as error:  # whatever the converter meets in a graph
        raise _failure(source, "fp16", error) from error


def write_int8(source: Path, target: Path, samples: Iterable[Feeds]) -> None:
    """Write the network ``source`` with eight-bit convolutions, their ranges taken from runs on ``samples``.

    Raises SettingsError, ModelError.
    """
    _package("onnx")
    quantization = _package("onnxruntime.quantization")

    class Reader(quantization.CalibrationDataReader):  # type: ignore[misc, name-defined]
        """Hands out the samples, then None."""

        def __init__(self) -> None:
            self._samples = iter(samples)

        def get_next(self) -> dict[str, NDArray[Any]] | None:
            feeds = next(self._samples, None)
            return None if feeds is None else dict(feeds)

    logging.disable(logging.WARNING)  # it recommends a preparation that neither gains nor loses anything here
    try:
        quantization.quantize_static(
            str(source),
            str(target),
            Reader(),
            quant_format=quantization.QuantFormat.QDQ,
            op_types_to_quantize=list(QUANTIZED),
            per_channel=True,
            activation_type=quantization.QuantType.QUInt8,
            weight_type=quantization.QuantType.QInt8,
        )
    except Exception as error:  # whatever the quantizer meets in a graph
        raise _failure(source, "int8", error) from error
    finally:
        logging.disable(logging.NOTSET)


def _package(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise SettingsError(
            f"models optimize needs the package {error.name or name}: pip install 'cyclorama[optimize]'"
        ) from error


def _failure(source: Path, precision: Precision, error: Exception) -> ModelError:
    return ModelError(f"no {precision} variant can be made of {source} ({brief(error)}): try the other --precision")
