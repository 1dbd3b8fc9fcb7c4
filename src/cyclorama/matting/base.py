"""Port: a network that tells the person from the rest."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from cyclorama.core.closing import Closing
from cyclorama.core.frames import F32, U8, Frame, SizeWH
from cyclorama.settings.values import Quality

MULTIPLE = 32
"""Pixels that networks round the sides of their input to, at most."""
ONE_LOOK: Mapping[Quality, float] = MappingProxyType({})
"""The costs of a network that cannot choose how fine it looks."""


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """What really runs: the model's name, the provider and precision in use, its input size for people to read.

    ``fine``: its alpha is a matte, in which hair and blur have parts of one; not a coarse probability, whose outline
    has yet to be found in the picture. ``input_wh``: the size that every picture is brought to, whatever its shape, and
    that the alpha has; None: the alpha has the shape of the picture, to within ``MULTIPLE``.
    """

    name: str
    provider: str
    precision: str
    input_size: str
    fine: bool = False
    input_wh: SizeWH | None = None

    def fits(self, alpha: F32, frame_wh: SizeWH) -> bool:
        """Whether ``alpha``, (h, w), has the shape that this network gives for a frame of ``frame_wh``."""
        (height, width), (wide, high) = alpha.shape[:2], frame_wh
        if self.input_wh is not None:
            return (width, height) == self.input_wh
        slack = MULTIPLE / 2
        narrower = (height - slack) * wide > high * (width + slack)
        return not narrower and (width - slack) * high <= wide * (height + slack)


@dataclass(frozen=True, slots=True, eq=False)
class Prediction:
    """What a network said of one frame, at the network's own size.

    ``alpha``: float32 (h, w) in [0, 1], any size, covering the whole frame. ``foreground``: BGR uint8 (h, w, 3) of the
    same size where the network estimates it.
    """

    alpha: F32
    foreground: U8 | None = None


class MattingModel(Closing):
    """One network with its pre- and post-processing. Used by one thread."""

    @property
    @abstractmethod
    def info(self) -> ModelInfo:
        """What runs."""

    @abstractmethod
    def predict(self, frame: Frame) -> Prediction:
        """Infer the alpha of ``frame``. Raises ModelError when the network fails."""

    @abstractmethod
    def reset(self) -> None:
        """Forget everything about earlier frames (a cut, a gap, another size)."""

    def rename(self, name: str) -> None:
        """Be called ``name`` in ``info`` from now on: who chose the network adds why."""

    @property
    def costs(self) -> Mapping[Quality, float]:
        """How long a run takes at each quality, in any unit; empty where it cannot choose how fine it looks."""
        return ONE_LOOK

    @property
    def quality(self) -> Quality:
        """How fine it looks now; means nothing where ``costs`` is empty."""
        return "best"

    def look_at(self, quality: Quality) -> None:
        """Look as finely as this from the next run on."""
