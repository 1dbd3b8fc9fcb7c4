"""Execution providers: names, order of preference, and why one cannot run here.

onnxruntime lists the providers that it was built with, whether or not their libraries and devices are present, and
falls back to the CPU silently. So each provider is requested alone and the session is checked afterwards. This module
has the order, the names that users type, and the reason where the libraries of a provider do not load.
"""

from __future__ import annotations

import contextlib
import ctypes
import io
import sys
from pathlib import Path

import onnxruntime

from cyclorama.core.errors import ModelError, SettingsError

PROVIDERS = {
    "tensorrt": ("TensorRT", "TensorrtExecutionProvider"),
    "cuda": ("CUDA", "CUDAExecutionProvider"),
    "coreml": ("CoreML", "CoreMLExecutionProvider"),
    "directml": ("DirectML", "DmlExecutionProvider"),
    "cpu": ("CPU", "CPUExecutionProvider"),
}
"""User's name to title and onnxruntime's name, in the order in which ``auto`` tries them."""
OWN_LIBRARIES = {"cuda": "onnxruntime_providers_cuda", "tensorrt": "onnxruntime_providers_tensorrt"}
"""Providers in a shared library of their own, which needs the vendor's libraries."""
REMEDIES = {
    "tensorrt": "install NVIDIA's driver and TensorRT",
    "cuda": "install NVIDIA's driver and cyclorama[cuda]",
    "coreml": "update macOS",
    "directml": "update the graphics driver",
    "cpu": "install onnxruntime again",
}


def candidates(provider: str) -> list[str]:
    """The providers to try for ``provider``, best first.

    Raises SettingsError for an unknown name, ModelError where this onnxruntime was built without it.
    """
    built = set(onnxruntime.get_available_providers())
    if provider == "auto":
        return [name for name, (_, official) in PROVIDERS.items() if official in built]
    if provider not in PROVIDERS:
        raise SettingsError(f"there is no provider {provider!r}: known are auto, {', '.join(PROVIDERS)}")
    title, official = PROVIDERS[provider]
    if official not in built:
        able = ", ".join(name for name, (_, other) in PROVIDERS.items() if other in built)
        raise ModelError(
            f"--provider {provider}: the installed onnxruntime {onnxruntime.__version__} was built without {title}; "
            f"here it has {able}; --provider auto takes what runs"
        )
    return [provider]


def missing_library(provider: str) -> str:
    """Why the provider's library does not load, in the system's words; empty where it does."""
    stem = OWN_LIBRARIES.get(provider)
    if stem is None:
        return ""
    preload = getattr(onnxruntime, "preload_dlls", None)
    if preload is not None:  # CUDA and cuDNN from Python wheels, which no loader finds by itself
        with contextlib.redirect_stdout(io.StringIO()):
            preload()
    folder = Path(onnxruntime.__file__).parent / "capi"
    name = f"{stem}.dll" if sys.platform == "win32" else f"lib{stem}.so"
    try:
        ctypes.CDLL(str(folder / name.replace(stem, "onnxruntime_providers_shared")), mode=ctypes.RTLD_GLOBAL)
        ctypes.CDLL(str(folder / name))
    except OSError as error:
        library, absent, _ = str(error).partition(": cannot open shared object file")
        return f"{library} is missing" if absent else " ".join(str(error).split())[:200]
    return ""
