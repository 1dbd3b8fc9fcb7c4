"""An onnxruntime session that reports the provider really in use, and raises ModelError alone."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from itertools import product
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from cyclorama.core.errors import ModelError
from cyclorama.core.nvidia import has_nvidia_card
from cyclorama.matting.networks.onnx.io_binding import BoundRuns, Tensor, on_host
from cyclorama.matting.networks.onnx.precision import weights_precision
from cyclorama.matting.networks.onnx.providers import PROVIDERS, REMEDIES, candidates, missing_library

log = logging.getLogger(__name__)

MOST_THREADS = 8
"""More threads do not make these networks faster."""
TYPES: dict[str, type[Any]] = {
    "tensor(float)": np.float32,
    "tensor(float16)": np.float16,
    "tensor(double)": np.float64,
    "tensor(uint8)": np.uint8,
}
DEVICES = {"tensorrt": "cuda", "cuda": "cuda"}
"""Provider to the device whose memory it uses."""
WITH_GRAPHS = {"cuda": {"enable_cuda_graph": "1"}}
"""Options of a provider that can capture CUDA graphs."""
Rewrite = Callable[[Path], bytes]
"""Takes a network's file, returns a serialized graph to load instead."""
FATAL = 4
"""onnxruntime's log level FATAL: its errors come as exceptions as well."""


class OnnxSession:
    """One network file, open. Used by one thread."""

    def __init__(
        self, path: Path, name: str, provider: str = "auto", rewrites: Mapping[str, Rewrite] = MappingProxyType({})
    ) -> None:
        """Open ``path``, the network called ``name``, on ``provider`` (``auto`` or one of PROVIDERS).

        ``auto`` takes the first that really runs here. ``rewrites``: graph rewriting by provider; where the provider
        refuses the rewritten graph, the file is loaded as it is. ``on_cpu``: whether the CPU runs it. Raises
        SettingsError for an unknown provider, ModelError where it cannot run here or the file is no network.
        """
        self._name = name
        self.watcher: Callable[[Mapping[str, NDArray[Any]]], None] | None = None
        onnxruntime.set_default_logger_severity(FATAL)
        self._session, self._provider, self.provider = _open(path, name, provider, rewrites)
        self.on_cpu = self._provider == "cpu"
        self.input_types = {item.name: TYPES.get(item.type, np.float32) for item in self._session.get_inputs()}
        self.input_shapes = {item.name: tuple(item.shape) for item in self._session.get_inputs()}
        self.outputs = [item.name for item in self._session.get_outputs()]
        floats = (kind for kind in self.input_types.values() if issubclass(kind, np.floating))
        self.precision = weights_precision(path) or np.dtype(next(floats, np.float32)).name
        device = DEVICES.get(self._provider)
        self._on_device = BoundRuns(self._session, device) if device is not None else None

    def run(
        self, outputs: Sequence[str], feeds: Mapping[str, Tensor], left: Mapping[str, str] | None = None
    ) -> tuple[list[NDArray[Any]], list[Tensor]]:
        """Run; returns the named outputs and those of ``left``. ``feeds`` must have ``input_types``. Raises ModelError.

        ``left``: input name to the output that is fed back to it. On a GPU these outputs stay in device memory; the
        run after the next may overwrite them.
        """
        left = left or {}
        if self.watcher is not None:
            self.watcher({name: on_host(value) for name, value in feeds.items()})
        if self._session is None:
            raise ModelError(f"the network {self._name} was closed: start again")
        try:
            if self._on_device is not None:
                found = self._on_device.run(outputs, feeds, left)
            else:
                found = list(self._session.run([*outputs, *left.values()], dict(feeds)))
            return [on_host(value) for value in found[: len(outputs)]], found[len(outputs) :]
        except Exception as error:  # the binding has a dozen classes, none of them public
            raise ModelError(
                f"the network {self._name} failed on {PROVIDERS[self._provider][0]} ({brief(error)}): "
                f"try {'another --model' if self.on_cpu else '--provider cpu'}"
            ) from error

    def close(self) -> None:
        """Release the network and its memory; a second call does nothing."""
        self._session = self._on_device = None


def _open(path: Path, name: str, provider: str, rewrites: Mapping[str, Rewrite]) -> tuple[Any, str, str]:
    """Return a session, its provider, and the label for users, with the reason why a better provider was skipped.

    What NVIDIA's providers lack is said on a machine with an NVIDIA card alone.
    """
    passed_over = reason = ""
    for candidate in candidates(provider):
        title, official = PROVIDERS[candidate]
        reason = missing_library(candidate)
        if not reason:
            session = _best_session(path, name, candidate, rewrites.get(candidate))
            if not isinstance(session, str) and official in session.get_providers():
                if passed_over and candidate == "cpu":
                    log.info("%s runs on the CPU: %s", name, passed_over)
                return session, candidate, _label(candidate, passed_over)
            reason = session if isinstance(session, str) else "onnxruntime found no device for it"
        if provider != "auto":
            raise ModelError(
                f"--provider {provider}: {title} cannot run here ({reason}): {REMEDIES[provider]}; "
                "--provider auto takes what runs"
            )
        if candidate not in DEVICES or has_nvidia_card():
            passed_over = f"{title} not used: {reason}"
    raise ModelError(f"the network {name} runs on no provider here ({passed_over or reason}): {REMEDIES['cpu']}")


def _best_session(path: Path, name: str, provider: str, rewrite: Rewrite | None) -> Any | str:
    """The session with the most that the provider accepts: rewritten graph, CUDA graphs; else why there is none."""
    content = _rewritten(path, name, rewrite) if rewrite is not None else None
    sources: list[Path | bytes] = [path] if content is None else [content, path]
    settings = [WITH_GRAPHS[provider], {}] if provider in WITH_GRAPHS else [{}]
    session: Any | str = ""
    for source, options in product(sources, settings):
        session = _session(source, path, name, provider, options)
        said = session if isinstance(session, str) else "opened"
        log.info("%s on %s%s%s: %s", name, provider, " as rewritten" * (source is content), _listed(options), said)
        if not isinstance(session, str):
            return session
    return session


def _listed(options: Mapping[str, str]) -> str:
    return "".join(f" with {key}={value}" for key, value in options.items())


def _rewritten(path: Path, name: str, rewrite: Rewrite) -> bytes | None:
    try:
        return rewrite(path)
    except Exception as error:  # whatever a graph may hold: the file itself still runs
        log.info("%s runs as it is in its file (%s)", name, error)
        return None


def _session(source: Path | bytes, path: Path, name: str, provider: str, settings: Mapping[str, str]) -> Any | str:
    """The session of ``source``, or why the provider refused it. Raises ModelError where the file is at fault.

    ``settings``: options of the provider.
    """
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    options.log_severity_level = FATAL
    options.intra_op_num_threads = threads()
    # Threads that wait in a busy loop would take the other stages' time.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    if provider in ("cpu", "directml"):
        # DirectML supports no memory pattern. On the CPU it would double a large network's memory from the second run
        # on (two gigabytes for ISNet) and saves no time.
        options.enable_mem_pattern = False
    if provider == "directml":
        options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    content = source if isinstance(source, bytes) else str(source)
    wanted: list[Any] = [(PROVIDERS[provider][1], dict(settings))]
    if provider == "tensorrt":  # runs the nodes that TensorRT does not support, so that they stay on the GPU
        wanted.append(PROVIDERS["cuda"][1])
    try:
        # A fallback in the middle of a session would print to stdout and go unnoticed.
        return onnxruntime.InferenceSession(content, options, providers=wanted, enable_fallback=0)
    except Exception as error:  # the binding has a dozen classes, none of them public
        if provider != "cpu" or isinstance(source, bytes):
            return brief(error)
        raise ModelError(
            f"the network {name} cannot be loaded from {path} ({brief(error)}): "
            f"cyclorama models verify {name} checks the file"
        ) from error


def _label(provider: str, passed_over: str) -> str:
    title = PROVIDERS[provider][0]
    return f"{title} ({passed_over})" if provider == "cpu" and passed_over else title


def threads() -> int:
    """Threads for one network: the CPUs that this process may use, MOST_THREADS at most."""
    if sys.platform == "linux":
        usable = len(os.sched_getaffinity(0))
    else:
        usable = os.cpu_count() or 1
    return max(1, min(MOST_THREADS, usable))


def brief(error: Exception) -> str:
    """The message of ``error`` in one line, without onnxruntime's prefix."""
    text = " ".join(str(error).split()).rpartition("[ONNXRuntimeError] : ")[2]
    return text[:200] or type(error).__name__
