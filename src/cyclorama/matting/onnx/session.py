"""An onnxruntime session that is what it says: the provider that was really got, and one kind of error."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from cyclorama.errors import ModelError
from cyclorama.matting.onnx.graph import weights_precision
from cyclorama.matting.onnx.providers import PROVIDERS, REMEDIES, candidates, missing_library
from cyclorama.matting.onnx.regroup import regrouped

log = logging.getLogger(__name__)

MOST_THREADS = 8
"""More do not make these networks faster."""
TYPES: dict[str, type[np.floating[Any]]] = {
    "tensor(float)": np.float32,
    "tensor(float16)": np.float16,
    "tensor(double)": np.float64,
}
DEVICES = {"tensorrt": "cuda", "cuda": "cuda"}
"""The memory of its own that a provider works in."""
Tensor: TypeAlias = "NDArray[Any] | onnxruntime.OrtValue"
"""In this process's memory, or left where the network runs."""
FATAL = 4
"""onnxruntime's log level; its errors come as exceptions as well."""


class OnnxSession:
    """One network file, open. Used by one thread."""

    def __init__(self, path: Path, name: str, provider: str = "auto") -> None:
        """Open ``path``, the network that people know as ``name``, on ``provider`` (``auto`` or one of PROVIDERS).

        ``auto`` takes the first that really runs here. Raises SettingsError for what is no provider's
        name, ModelError where the provider cannot run here or the file is no network.
        """
        self._name = name
        self.watcher: Callable[[Mapping[str, NDArray[Any]]], None] | None = None
        onnxruntime.set_default_logger_severity(FATAL)
        self._session, self._provider, self.provider = _open(path, name, provider)
        self.input_types = {item.name: TYPES.get(item.type, np.float32) for item in self._session.get_inputs()}
        self.input_shapes = {item.name: tuple(item.shape) for item in self._session.get_inputs()}
        self.outputs = [item.name for item in self._session.get_outputs()]
        first = np.dtype(next(iter(self.input_types.values()), np.float32)).name
        self.precision = weights_precision(path) or first
        self._device = DEVICES.get(self._provider)

    def run(
        self, outputs: Sequence[str], feeds: Mapping[str, Tensor], left: Sequence[str] = ()
    ) -> tuple[list[NDArray[Any]], list[Tensor]]:
        """The named outputs for ``feeds``, which have to have ``input_types``. Raises ModelError.

        ``left``: outputs that are only there to be fed again. On a graphics card they stay in its memory.
        """
        if self.watcher is not None:
            self.watcher({name: on_host(value) for name, value in feeds.items()})
        if self._session is None:
            raise ModelError(f"the network {self._name} was closed: start again")
        try:
            if self._device is not None:
                found = self._bound(self._device, outputs, feeds, left)
            else:
                found = list(self._session.run([*outputs, *left], dict(feeds)))
            return [on_host(value) for value in found[: len(outputs)]], found[len(outputs) :]
        except Exception as error:  # the binding has a dozen classes, none of them public
            raise ModelError(
                f"the network {self._name} failed on {PROVIDERS[self._provider][0]} ({brief(error)}): "
                f"try {'another --model' if self._provider == 'cpu' else '--provider cpu'}"
            ) from error

    def _bound(
        self, device: str, outputs: Sequence[str], feeds: Mapping[str, Tensor], left: Sequence[str]
    ) -> list[Tensor]:
        """The same with all inputs and outputs bound to the memory that they are in, or are to be in."""
        binding = self._session.io_binding()
        for name, value in feeds.items():
            if isinstance(value, np.ndarray):
                binding.bind_cpu_input(name, np.ascontiguousarray(value))
            else:
                binding.bind_ortvalue_input(name, value)
        for name in outputs:
            binding.bind_output(name, "cpu")
        for name in left:
            binding.bind_output(name, device)
        self._session.run_with_iobinding(binding)
        return list(binding.get_outputs())

    def close(self) -> None:
        """Release the network and its memory; a second call does nothing."""
        self._session = None


def _open(path: Path, name: str, provider: str) -> tuple[Any, str, str]:
    """A session, the provider it got, and how to tell people, with the reason why a better one was passed over."""
    passed_over = ""
    for candidate in candidates(provider):
        title, official = PROVIDERS[candidate]
        reason = missing_library(candidate)
        if not reason:
            session = _session(path, name, candidate)
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
        passed_over = f"{title} not used: {reason}"
    raise ModelError(f"the network {name} runs on no provider here ({passed_over}): {REMEDIES['cpu']}")


def _session(path: Path, name: str, provider: str) -> Any | str:
    """The session, or why the provider would not have it. Raises ModelError where the file is at fault."""
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    options.log_severity_level = FATAL
    options.intra_op_num_threads = threads()
    # Threads that wait in a busy loop would take the other stages' time.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    if provider in ("cpu", "directml"):
        # DirectML takes none. On the CPU it would hold a large network's memory twice, two gigabytes for ISNet, from
        # the second run on, and saves no time.
        options.enable_mem_pattern = False
    if provider == "directml":
        options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    content = regrouped(path) if provider == "cpu" else None
    try:
        # A fallback in the middle of a session would print to stdout and go unnoticed.
        return onnxruntime.InferenceSession(
            content or str(path), options, providers=[PROVIDERS[provider][1]], enable_fallback=0
        )
    except Exception as error:  # the binding has a dozen classes, none of them public
        if provider != "cpu":
            return brief(error)
        raise ModelError(
            f"the network {name} cannot be loaded from {path} ({brief(error)}): "
            f"cyclorama models verify {name} checks the file"
        ) from error


def _label(provider: str, passed_over: str) -> str:
    title = PROVIDERS[provider][0]
    return f"{title} ({passed_over})" if provider == "cpu" and passed_over else title


def threads() -> int:
    """Of one network: the processors that this process may use, within reason."""
    usable = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count()
    return max(1, min(MOST_THREADS, usable or 1))


def on_host(value: Tensor) -> NDArray[Any]:
    """``value`` in this process's memory."""
    return value if isinstance(value, np.ndarray) else np.asarray(value.numpy())


def brief(error: Exception) -> str:
    """One line: onnxruntime's messages have several, and begin with its own codes."""
    text = " ".join(str(error).split()).rpartition("[ONNXRuntimeError] : ")[2]
    return text[:200] or type(error).__name__
