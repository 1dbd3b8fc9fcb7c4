"""Runs whose tensors stay in the memory of the device that computes.

What is fed again never leaves it. Where the same shapes come a second time, every tensor gets a place of its own that
it keeps, and a CUDA provider records the run as one CUDA graph: a recording reads and writes the addresses that it was
made with. So recurrent states have two places, read and written in turn, and there are two recordings. (One place for
both would be wrong: the provider runs a network several times while it records.)
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
"""In this process's memory, or left where the network runs."""
MOST_SHAPES = 4
"""Sets of places (and recordings) that are kept; other shapes run without."""
UNRECORDED = -1
"""Number of the recording, for a run that is to be none."""


class DeviceRuns:
    """Runs of one session, ``onnxruntime.InferenceSession``, on ``device``, as ``cuda``. Used by one thread."""

    def __init__(self, session: Any, device: str) -> None:
        self._session = session
        self._device = device
        self._places: dict[tuple[Any, ...], _DeviceBuffers] = {}
        self._most = MOST_SHAPES

    def run(self, outputs: Sequence[str], feeds: Mapping[str, Tensor], left: Mapping[str, str]) -> list[Tensor]:
        """The outputs, in this process's memory, then those of ``left``, on the device, which the next run overwrites
        but one. ``left``: which output is fed again, by the input. Raises what onnxruntime raises.
        """
        key = (*outputs, *((name, tuple(_shape(value))) for name, value in feeds.items()))
        places = self._places.get(key)
        if places is not None:
            try:
                return places.run(feeds)
            except Exception:  # the binding has a dozen classes, none of them public
                log.warning("tensors no longer have fixed places, nor CUDA graphs: a run with them failed")
                log.debug("places", exc_info=True)
                self._places.clear()
                self._most = 0
        found = self._once(outputs, feeds, left)
        settled = all(_shape(feeds[name]) == _shape(found[output]) for name, output in left.items())
        if settled and len(self._places) < self._most:
            self._places[key] = _DeviceBuffers(
                self._session, self._device, feeds, found, left, 1 + 2 * len(self._places)
            )
        return list(found.values())

    def _once(
        self, outputs: Sequence[str], feeds: Mapping[str, Tensor], left: Mapping[str, str]
    ) -> dict[str, onnxruntime.OrtValue]:
        """A run for which onnxruntime finds the room."""
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
        self._session.run_with_iobinding(binding, _run_options(UNRECORDED))
        return dict(zip((*outputs, *left.values()), binding.get_outputs(), strict=True))


class _DeviceBuffers:
    """A place on the device for each input and output, two for each state; nothing is allocated from run to run."""

    def __init__(
        self,
        session: Any,
        device: str,
        feeds: Mapping[str, Tensor],
        found: Mapping[str, onnxruntime.OrtValue],
        left: Mapping[str, str],
        number: int,
    ) -> None:
        """Like ``feeds`` and what was ``found`` for them. ``number``: of the first recording; the next is used too."""
        self._session = session
        self._number = number
        self._inputs = {name: _place(value, device) for name, value in feeds.items() if name not in left}
        self._outputs = {name: _place(value, device) for name, value in found.items() if name not in left.values()}
        self._states = [{name: _place(found[output], device) for name, output in left.items()} for _ in range(2)]
        self._turns = 2 if left else 1
        self._turn = 0
        self._bindings = [self._bound(turn, left) for turn in range(self._turns)]

    def run(self, feeds: Mapping[str, Tensor]) -> list[Tensor]:
        """As ``DeviceRuns.run``."""
        for name, place in {**self._inputs, **self._states[self._turn]}.items():
            if feeds[name] is not place:
                place.update_inplace(on_host(feeds[name]))
        self._session.run_with_iobinding(self._bindings[self._turn], _run_options(self._number + self._turn))
        self._turn = (self._turn + 1) % self._turns
        # Copies: the next run writes there, and a processor's own memory would be handed out as it is.
        return [*(on_host(place).copy() for place in self._outputs.values()), *self._states[self._turn].values()]

    def _bound(self, turn: int, left: Mapping[str, str]) -> Any:
        binding = self._session.io_binding()
        for name, place in {**self._inputs, **self._states[turn]}.items():
            binding.bind_ortvalue_input(name, place)
        for name, place in self._outputs.items():
            binding.bind_ortvalue_output(name, place)
        for name, place in self._states[1 - turn].items():
            binding.bind_ortvalue_output(left[name], place)
        return binding


def on_host(value: Tensor) -> NDArray[Any]:
    """``value`` in this process's memory."""
    return value if isinstance(value, np.ndarray) else np.asarray(value.numpy())


def _place(like: Tensor, device: str) -> onnxruntime.OrtValue:
    kind = like.dtype.type if isinstance(like, np.ndarray) else like.element_type()
    return onnxruntime.OrtValue.ortvalue_from_shape_and_type(_shape(like), kind, device)


def _shape(value: Tensor) -> list[int]:
    return list(value.shape) if isinstance(value, np.ndarray) else list(value.shape())


def _run_options(number: int) -> Any:
    options = onnxruntime.RunOptions()
    options.add_run_config_entry("gpu_graph_id", str(number))
    return options
