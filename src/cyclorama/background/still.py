"""Backgrounds that do not move: painted once for each size."""

from __future__ import annotations

from collections.abc import Callable

from typing_extensions import override

from cyclorama.background.base import Background
from cyclorama.core.frames import U8, SizeWH


class Still(Background):
    """A background that ``paint`` makes for a size: BGR uint8 (H, W, 3). The last size is kept.

    The same array comes back as long as the size stays, so that what is derived from it can be kept too.
    """

    def __init__(self, name: str, paint: Callable[[SizeWH], U8]) -> None:
        self._name = name
        self._paint = paint
        self._size_wh: SizeWH | None = None
        self._picture: U8 | None = None

    @property
    @override
    def name(self) -> str:
        """What the user wrote."""
        return self._name

    @override
    def render(self, pixels: U8, alpha: U8, time_s: float) -> U8:
        """The picture at the frame's size."""
        return self.card((pixels.shape[1], pixels.shape[0]), time_s)

    @override
    def card(self, size_wh: SizeWH, time_s: float) -> U8:
        """The picture at ``size_wh``."""
        if self._picture is None or self._size_wh != size_wh:
            self._picture = self._paint(size_wh)
            self._picture.flags.writeable = False
            self._size_wh = size_wh
        return self._picture

    @override
    def close(self) -> None:
        """Nothing is held open."""
