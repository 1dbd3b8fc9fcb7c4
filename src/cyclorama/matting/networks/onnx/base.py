"""Base class of the ONNX adapters: one session, preprocessing, postprocessing and checks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from typing_extensions import override

from cyclorama.core.errors import ModelError
from cyclorama.core.frames import F32, U8, SizeWH
from cyclorama.matting.base import MattingModel, ModelInfo
from cyclorama.matting.networks.onnx.fused_io import ALPHA, FINITE, PICTURE, FusedIO
from cyclorama.matting.networks.onnx.io_binding import Tensor
from cyclorama.matting.networks.onnx.session import DEVICES, OnnxSession, Rewrite
from cyclorama.matting.networks.onnx.tensors import alpha_from_bytes, alpha_from_tensor, input_bytes, input_tensor
from cyclorama.models.store import InstalledModel
from cyclorama.settings.values import Provider, Quality


class OnnxModel(MattingModel):
    """The part of the MattingModel port that needs no knowledge of the network. Used by one thread."""

    def __init__(
        self,
        installed: InstalledModel,
        provider: str,
        constants: Mapping[str, float] | None = None,
        rewrite_for_cpu: Rewrite | None = None,
    ) -> None:
        """Open the network. Raises SettingsError or ModelError, see OnnxSession.

        ``constants``: inputs with one value that never changes. ``rewrite_for_cpu``: returns an equivalent graph that
        is faster on the CPU.
        """
        entry = self._entry = installed.entry
        self._name = entry.name
        ends = FusedIO(entry.input, entry.output, constants or {})
        rewrites: dict[str, Rewrite] = {} if rewrite_for_cpu is None else {"cpu": rewrite_for_cpu}
        self._session = OnnxSession(installed.path, entry.name, provider, rewrites | dict.fromkeys(DEVICES, ends))
        types = self._session.input_types
        fed = [name for name in ends.constants if name in types]
        self._constants = {name: np.full(1, ends.constants[name], types[name]) for name in fed}
        self._source = next(name for name in types if name not in self._constants)
        self._takes_bytes = self._source == PICTURE
        self.on_cpu = self._session.on_cpu

    @classmethod
    def opened(cls, installed: InstalledModel, provider: Provider, quality: Quality) -> Self:
        """Open the network. ``quality``: of one that can choose how fine it looks. Raises SettingsError, ModelError."""
        return cls(installed, provider)

    def _matte(
        self,
        pixels: U8,
        size_wh: SizeWH,
        others: Mapping[str, Tensor] | None = None,
        left: Mapping[str, str] | None = None,
    ) -> tuple[F32, list[Tensor]]:
        """Run on ``pixels``, BGR uint8 (H, W, 3), resized to ``size_wh``: alpha, float32 (h, w) in [0, 1]. Raises
        ModelError.

        ``others``: further inputs; ``left``: as in OnnxSession.run. Returns alpha and the outputs of ``left``.
        """
        session, contract = self._session, self._entry
        feeds: dict[str, Tensor] = {**self._constants, **(others or {})}
        if self._takes_bytes:
            feeds[self._source] = input_bytes(pixels, size_wh)
            (levels, finite), states = session.run([ALPHA, FINITE], feeds, left)
            return self._fitting(alpha_from_bytes(levels, finite), size_wh), states
        feeds[self._source] = input_tensor(pixels, size_wh, contract.input, session.input_types[self._source])
        (alpha,), states = session.run([contract.output.name or session.outputs[0]], feeds, left)
        return self._fitting(alpha_from_tensor(alpha, contract.output.activation), size_wh), states

    def _fitting(self, alpha: F32, size_wh: SizeWH) -> F32:
        """Return ``alpha``. Raises ModelError where its size is not that of the input."""
        if alpha.shape != size_wh[::-1]:
            given, wanted = ("x".join(map(str, sides)) for sides in (alpha.shape[::-1], size_wh))
            raise ModelError(
                f"the network {self._entry.name} returned an alpha of {given} for a picture of {wanted}: "
                "try another --model"
            )
        return alpha

    def _fixed_size(self) -> SizeWH | None:
        """The input size, where the graph fixes it."""
        _, *sides = self._session.input_shapes[self._source]
        height, width = sides[:2] if self._takes_bytes else sides[1:]
        return (width, height) if isinstance(width, int) and isinstance(height, int) else None

    def _told(self, input_size: str, input_wh: SizeWH | None) -> ModelInfo:
        return ModelInfo(self._name, self._session.provider, self._session.precision, input_size, True, input_wh)

    @override
    def rename(self, name: str) -> None:
        """Be called ``name`` in ``info``."""
        self._name = name

    def watch(self, watcher: Callable[[Mapping[str, NDArray[Any]]], None]) -> None:
        """Call ``watcher`` with the inputs of each run, before it."""
        self._session.watcher = watcher

    @override
    def close(self) -> None:
        """Release the network; a second call does nothing."""
        self._session.close()
