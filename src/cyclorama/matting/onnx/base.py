"""What the adapters have in common: a session that is closed once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Self

from numpy.typing import NDArray

from cyclorama.matting.base import ModelInfo
from cyclorama.matting.onnx.session import OnnxSession
from cyclorama.models.store import InstalledModel


class OnnxModel:
    """The part of the MattingModel port that needs no knowledge of the network. Used by one thread.

    ``label``: what to call it before people; its name, until somebody who chose it adds why.
    """

    def __init__(self, installed: InstalledModel, provider: str) -> None:
        """Open the network. Raises SettingsError or ModelError, see OnnxSession."""
        self._entry = installed.entry
        self.label = installed.entry.name
        self._session = OnnxSession(installed.path, installed.entry.name, provider)

    def _info(self, input_size: str) -> ModelInfo:
        return ModelInfo(self.label, self._session.provider, self._session.precision, input_size, fine=True)

    def watch(self, watcher: Callable[[Mapping[str, NDArray[Any]]], None]) -> None:
        """Have ``watcher`` called with what the network is fed, before each run."""
        self._session.watcher = watcher

    def close(self) -> None:
        """Release the network; a second call does nothing."""
        self._session.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
