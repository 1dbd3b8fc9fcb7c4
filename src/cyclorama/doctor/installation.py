"""Checks of the installation: files, networks, runtimes, OpenCV."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from platform import machine

from cyclorama.core.errors import ModelError
from cyclorama.core.nvidia import has_nvidia_card
from cyclorama.doctor.finding import CallPart, Finding, Status
from cyclorama.doctor.libraries import how_to_install
from cyclorama.doctor.system import System
from cyclorama.models.bundled import DIGESTS, bundled_path

AGAIN = "install cyclorama again: pip install --force-reinstall . in its folder"
BOTH = ("onnxruntime", "onnxruntime-gpu")
"""Two packages with the same files."""
HAS_GPU_WHEEL = ("x86_64", "AMD64")
HEAVY = "install cyclorama in a new environment, without CYCLORAMA_LIGHT"
LIVE_FILES = ("selfie_wide.tflite", "selfie_square.tflite")


def check_bundled(path_of: Callable[[str], Path] = bundled_path) -> Finding:
    """The bundled files exist and have their pinned hashes."""
    missing, damaged = [], []
    for name, digest in DIGESTS.items():
        try:
            if hashlib.sha256(path_of(name).read_bytes()).hexdigest() != digest:
                damaged.append(name)
        except (ModelError, OSError):
            missing.append(name)
    if not missing and not damaged:
        return Finding(
            "bundled-files", CallPart.NETWORK, Status.OK, f"the {len(DIGESTS)} files that come with cyclorama are whole"
        )
    needed = any(name in LIVE_FILES for name in missing + damaged)
    found = [f"{', '.join(names)} {how}" for names, how in ((missing, "missing"), (damaged, "damaged")) if names]
    return Finding(
        "bundled-files",
        CallPart.NETWORK if needed else CallPart.EXTRA,
        Status.FAIL if needed else Status.WARN,
        "; ".join(found),
        AGAIN,
    )


def check_network() -> Finding:
    """The default network runs here."""
    try:
        import numpy as np

        from cyclorama.matting.networks.selfie.segmenter import open_network

        network = open_network(bundled_path(LIVE_FILES[0]))
        width, height = network.size_wh
        alpha = network.run(np.zeros((height, width, 3), np.float32))
        network.close()
        if not bool(np.isfinite(alpha).all()):
            return Finding("network", CallPart.NETWORK, Status.FAIL, "the network gives no numbers", AGAIN)
    except (ModelError, ImportError, OSError) as error:
        return Finding("network", CallPart.NETWORK, Status.FAIL, f"the network does not run: {error}", AGAIN)
    return Finding("network", CallPart.NETWORK, Status.OK, f"the network selfie runs, on {network.provider}")


def check_opencv() -> Finding:
    """OpenCV can be imported."""
    try:
        import cv2
    except ImportError as error:
        return Finding(
            "opencv", CallPart.NETWORK, Status.FAIL, f"OpenCV does not load: {error}", _opencv_fix(str(error))
        )
    return Finding("opencv", CallPart.NETWORK, Status.OK, f"OpenCV {cv2.__version__}")


def _opencv_fix(text: str) -> str:
    library = text.partition(":")[0]
    return how_to_install(library) if ".so" in library else AGAIN


def check_display() -> Finding:
    """A preview window can be shown."""
    try:
        from cyclorama.sinks.preview import missing_display
    except ImportError:
        return Finding("display", CallPart.EXTRA, Status.WARN, "no preview window without OpenCV", "see opencv")
    missing = missing_display()
    if missing:
        fix = "needed for --to preview alone: start it in a desktop session"
        return Finding("display", CallPart.EXTRA, Status.WARN, f"no preview window: {missing}", fix)
    return Finding("display", CallPart.EXTRA, Status.OK, "a preview window can be shown")


def check_onnxruntime(system: System) -> Finding:
    """ONNX Runtime, and the provider that a session really gets, which may not be the one it lists."""
    try:
        import onnxruntime
    except ImportError as error:
        what = f"onnxruntime does not load ({error}): only the bundled network runs"
        return Finding("onnxruntime", CallPart.EXTRA, Status.WARN, what, AGAIN)
    if all(map(is_installed, BOTH)):
        what = f"{' and '.join(BOTH)} are both installed, and each overwrites files of the other"
        return Finding(
            "onnxruntime", CallPart.EXTRA, Status.WARN, what, f"pip uninstall {' '.join(BOTH)}, then {AGAIN}"
        )
    listed = onnxruntime.get_available_providers()
    name = f"onnxruntime {onnxruntime.__version__}"
    card = has_nvidia_card(system.sys, system.proc, system.platform)
    if "CUDAExecutionProvider" not in listed and card and machine() in HAS_GPU_WHEEL:
        what = f"{name} is the light one: it does not use the NVIDIA card"
        return Finding("onnxruntime", CallPart.EXTRA, Status.WARN, what, HEAVY)
    if "CUDAExecutionProvider" not in listed:
        return Finding("onnxruntime", CallPart.EXTRA, Status.OK, f"{name} on {', '.join(map(_short, listed))}")
    if not card:
        return Finding("onnxruntime", CallPart.EXTRA, Status.OK, f"{name} on CPU")
    granted = _granted(onnxruntime)
    if "CUDAExecutionProvider" in granted:
        return Finding("onnxruntime", CallPart.EXTRA, Status.OK, f"{name} on CUDA")
    what = f"{name} falls back to the CPU: NVIDIA's driver or the CUDA 13 and cuDNN 9 libraries do not load"
    return Finding("onnxruntime", CallPart.EXTRA, Status.WARN, what, "pip install '.[cuda]' in the folder of cyclorama")


def is_installed(distribution: str) -> bool:
    """Whether pip knows a package of this name here."""
    try:
        metadata.distribution(distribution)
    except metadata.PackageNotFoundError:
        return False
    return True


def _short(provider: str) -> str:
    return provider.removesuffix("ExecutionProvider")


def _granted(onnxruntime: object) -> list[str]:
    """The providers of a session that requested CUDA, for an identity graph."""
    options = onnxruntime.SessionOptions()  # type: ignore[attr-defined]
    options.log_severity_level = 4
    try:
        onnxruntime.preload_dlls()  # type: ignore[attr-defined]
        session = onnxruntime.InferenceSession(  # type: ignore[attr-defined]
            identity_graph(), options, providers=["CUDAExecutionProvider", "CPUExecutionProvider"]
        )
        return list(session.get_providers())
    except Exception:  # whatever a driver's library throws: it is not usable
        return []


def identity_graph() -> bytes:
    """The smallest ONNX model, y = x, one float, encoded by hand (onnx.proto, IR version 8)."""

    def field(number: int, data: bytes) -> bytes:
        return bytes([number << 3 | 2, len(data)]) + data

    def number(number: int, value: int) -> bytes:
        return bytes([number << 3, value])

    def value_info(name: bytes) -> bytes:
        shape = field(2, field(1, number(1, 1)))
        return field(1, name) + field(2, field(1, number(1, 1) + shape))

    node = field(1, b"x") + field(2, b"y") + field(4, b"Identity")
    graph = field(1, node) + field(2, b"identity") + field(11, value_info(b"x")) + field(12, value_info(b"y"))
    return number(1, 8) + field(7, graph) + field(8, number(2, 13))
