"""What the adapters have in common: a session that is closed once, and the way from a picture to its alpha."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from typing_extensions import override

from cyclorama.core.errors import ModelError
from cyclorama.core.frames import F32, U8, SizeWH
from cyclorama.matting.base import MattingModel, ModelInfo
from cyclorama.matting.networks.onnx.device import Tensor
from cyclorama.matting.networks.onnx.ends import ALPHA, FINITE, PICTURE, ByteEnds
from cyclorama.matting.networks.onnx.picture import alpha_of, alpha_of_bytes, picture_bytes, picture_tensor
from cyclorama.matting.networks.onnx.session import DEVICES, OnnxSession, Rewrite
from cyclorama.models.store import InstalledModel
from cyclorama.settings.values import Provider, Quality


class OnnxModel(MattingModel):
    """The part of the MattingModel port that needs no knowledge of the network. Used by one thread."""

    def __init__(
        self,
        installed: InstalledModel,
        provider: str,
        constants: Mapping[str, float] | None = None,
        for_processor: Rewrite | None = None,
    ) -> None:
        """Open the network. Raises SettingsError or ModelError, see OnnxSession.

        ``constants``: inputs of a single value that is always the same. ``for_processor``: makes of the network's file
        the same network, as a processor runs it best.
        """
        entry = self._entry = installed.entry
        self._name = entry.name
        ends = ByteEnds(entry.input, entry.output, constants or {})
        rewrites: dict[str, Rewrite] = {} if for_processor is None else {"cpu": for_processor}
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
        """The alpha of ``pixels``, BGR uint8 (H, W, 3), looked at in ``size_wh``: float32 (h, w) in [0, 1]. Raises
        ModelError.

        ``others``: what is fed besides; ``left``: as in OnnxSession.run, and second of what is returned.
        """
        session, contract = self._session, self._entry
        feeds: dict[str, Tensor] = {**self._constants, **(others or {})}
        if self._takes_bytes:
            feeds[self._source] = picture_bytes(pixels, size_wh)
            (levels, finite), states = session.run([ALPHA, FINITE], feeds, left)
            return self._fitting(alpha_of_bytes(levels, finite), size_wh), states
        feeds[self._source] = picture_tensor(pixels, size_wh, contract.input, session.input_types[self._source])
        (alpha,), states = session.run([contract.output.name or session.outputs[0]], feeds, left)
        return self._fitting(alpha_of(alpha, contract.output.activation), size_wh), states

    def _fitting(self, alpha: F32, size_wh: SizeWH) -> F32:
        """``alpha``. Raises ModelError where it has another size than what was looked at."""
        if alpha.shape != size_wh[::-1]:
            given, wanted = ("x".join(map(str, sides)) for sides in (alpha.shape[::-1], size_wh))
            raise ModelError(
                f"the network {self._entry.name} returned an alpha of {given} for a picture of {wanted}: "
                "try another --model"
            )
        return alpha

    def _fixed_size(self) -> SizeWH | None:
        """Of the picture, where the graph insists on one."""
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
        """Have ``watcher`` called with what the network is fed, before each run."""
        self._session.watcher = watcher

    @override
    def close(self) -> None:
        """Release the network; a second call does nothing."""
        self._session.close()
