"""Runs with I/O binding: tensors stay in device memory.

Recurrent states never leave the device. When the same shapes come a second time, every tensor gets a fixed buffer, and
the CUDA provider captures the run as a CUDA graph, which reads and writes the addresses that it was captured with. So
states are double-buffered, and there are two captures. (One buffer for input and output would be wrong: the provider
runs the network several times during capture.)
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
import onnxruntime
from numpy.typing import NDArray

log = logging.getLogger(__name__)

Tensor: TypeAlias = "NDArray[Any] | onnxruntime.OrtValue"
"""In host memory, or in device memory."""
MOST_SHAPES = 4
"""Sets of buffers (and CUDA graphs) that are kept; other shapes run without."""
NOT_CAPTURED = -1
"""``gpu_graph_id`` of a run that is not captured."""


class BoundRuns:
    """Runs of one session, ``onnxruntime.InferenceSession``, on ``device``, as ``cuda``. Used by one thread."""

    def __init__(self, session: Any, device: str) -> None:
        self._session = session
        self._device = device
        self._buffers: dict[tuple[Any, ...], _DeviceBuffers] = {}
        self._most = MOST_SHAPES

    def run(self, outputs: Sequence[str], feeds: Mapping[str, Tensor], left: Mapping[str, str]) -> list[Tensor]:
        """Return ``outputs`` in host memory, then the outputs in ``left`` in device memory. The run after the next
        overwrites those. ``left``: input name to the output that is fed back to it. Raises what onnxruntime raises.
        """
        key = (*outputs, *((name, tuple(_shape(value))) for name, value in feeds.items()))
        buffers = self._buffers.get(key)
        if buffers is not None:
            try:
                return buffers.run(feeds)
            except Exception:  # the binding has a dozen classes, none of them public
                log.warning("running without fixed buffers and CUDA graphs from now on: a run with them failed")
                log.debug("bound run", exc_info=True)
                self._buffers.clear()
                self._most = 0
        found = self._once(outputs, feeds, left)
        settled = all(_shape(feeds[name]) == _shape(found[output]) for name, output in left.items())
        if settled and len(self._buffers) < self._most:
            self._buffers[key] = _DeviceBuffers(
                self._session, self._device, feeds, found, left, 1 + 2 * len(self._buffers)
            )
        return list(found.values())

    def _once(
        self, outputs: Sequence[str], feeds: Mapping[str, Tensor], left: Mapping[str, str]
    ) -> dict[str, onnxruntime.OrtValue]:
        """A run for which onnxruntime allocates the outputs."""
        binding = self._session.io_binding()
        for name, value in feeds.items():
            if isinstance(value, np.ndarray):
                binding.bind_cpu_input(name, np.ascontiguousarray(value))
            else:
                binding.bind_ortvalue_input(name, value)
        for name in outputs:
            binding.bind_output(name, "cpu")
        for name in left.values():
            binding.bind_output(name, self._device)
        self._session.run_with_iobinding(binding, _run_options(NOT_CAPTURED))
        return dict(zip((*outputs, *left.values()), binding.get_outputs(), strict=True))


class _DeviceBuffers:
    """A fixed device buffer for each input and output, two for each state; runs allocate nothing."""

    def __init__(
        self,
        session: Any,
        device: str,
        feeds: Mapping[str, Tensor],
        found: Mapping[str, onnxruntime.OrtValue],
        left: Mapping[str, str],
        number: int,
    ) -> None:
        """Allocate buffers like ``feeds`` and the outputs ``found``. ``number``: the first of two ``gpu_graph_id``s."""
        self._session = session
        self._number = number
        self._inputs = {name: _allocate(value, device) for name, value in feeds.items() if name not in left}
        self._outputs = {name: _allocate(value, device) for name, value in found.items() if name not in left.values()}
        self._states = [{name: _allocate(found[output], device) for name, output in left.items()} for _ in range(2)]
        self._turns = 2 if left else 1
        self._turn = 0
        self._bindings = [self._bound(turn, left) for turn in range(self._turns)]

    def run(self, feeds: Mapping[str, Tensor]) -> list[Tensor]:
        """As ``BoundRuns.run``."""
        for name, buffer in {**self._inputs, **self._states[self._turn]}.items():
            if feeds[name] is not buffer:
                buffer.update_inplace(on_host(feeds[name]))
        self._session.run_with_iobinding(self._bindings[self._turn], _run_options(self._number + self._turn))
        self._turn = (self._turn + 1) % self._turns
        # Copies: the next run writes to these buffers, and on the CPU numpy() returns a view of them.
        return [*(on_host(buffer).copy() for buffer in self._outputs.values()), *self._states[self._turn].values()]

    def _bound(self, turn: int, left: Mapping[str, str]) -> Any:
        binding = self._session.io_binding()
        for name, buffer in {**self._inputs, **self._states[turn]}.items():
            binding.bind_ortvalue_input(name, buffer)
        for name, buffer in self._outputs.items():
            binding.bind_ortvalue_output(name, buffer)
        for name, buffer in self._states[1 - turn].items():
            binding.bind_ortvalue_output(left[name], buffer)
        return binding


def on_host(value: Tensor) -> NDArray[Any]:
    """``value`` in host memory."""
    return value if isinstance(value, np.ndarray) else np.asarray(value.numpy())


def _allocate(like: Tensor, device: str) -> onnxruntime.OrtValue:
    kind = like.dtype.type if isinstance(like, np.ndarray) else like.element_type()
    return onnxruntime.OrtValue.ortvalue_from_shape_and_type(_shape(like), kind, device)


def _shape(value: Tensor) -> list[int]:
    return list(value.shape) if isinstance(value, np.ndarray) else list(value.shape())


def _run_options(number: int) -> Any:
    options = onnxruntime.RunOptions()
    options.add_run_config_entry("gpu_graph_id", str(number))
    return options
