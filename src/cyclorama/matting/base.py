"""Port of a matting network: frame in, alpha out."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from cyclorama.core.closing import Closing
from cyclorama.core.frames import F32, U8, Frame, SizeWH
from cyclorama.settings.values import Quality

MULTIPLE = 32
"""The largest multiple that networks round the sides of their input to, in pixels."""
ONE_LOOK: Mapping[Quality, float] = MappingProxyType({})
"""The ``costs`` of a network with a single quality."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How a live session chooses the quality of a network where that is left to it.

    ``slow_s``: a longer run lowers it. ``quick_s``: it is raised where a run is expected to take no longer than this.
    ``finest``: the highest quality that it is raised to.
    """

    slow_s: float = 0.055
    quick_s: float = 0.036
    finest: Quality = "best"


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """The network in use: its name, provider, precision, and the input size as text.

    ``fine``: the alpha is a matte with partial coverage in hair and motion blur; otherwise it is a coarse probability,
    whose outline is refined along image edges. ``input_wh``: the fixed size of input and alpha, whatever the frame's
    aspect ratio; None: the alpha has the frame's aspect ratio, to within ``MULTIPLE``.
    """

    name: str
    provider: str
    precision: str
    input_size: str
    fine: bool = False
    input_wh: SizeWH | None = None

    def fits(self, alpha: F32, frame_wh: SizeWH) -> bool:
        """Whether ``alpha`` has the shape (h, w) that this network returns for a frame of ``frame_wh``."""
        (height, width), (wide, high) = alpha.shape[:2], frame_wh
        if self.input_wh is not None:
            return (width, height) == self.input_wh
        slack = MULTIPLE / 2
        narrower = (height - slack) * wide > high * (width + slack)
        return not narrower and (width - slack) * high <= wide * (height + slack)


@dataclass(frozen=True, slots=True, eq=False)
class Prediction:
    """The output of a network for one frame, at the network's size.

    ``alpha``: float32 (h, w) in [0, 1], any size, covering the whole frame. ``foreground``: BGR uint8 (h, w, 3) of the
    same size; None if the network does not estimate it.
    """

    alpha: F32
    foreground: U8 | None = None


class MattingModel(Closing):
    """One network with its pre- and post-processing. Used by one thread."""

    @property
    @abstractmethod
    def info(self) -> ModelInfo:
        """The network in use."""

    @abstractmethod
    def predict(self, frame: Frame) -> Prediction:
        """Infer the alpha of ``frame``. Raises ModelError when the network fails."""

    @abstractmethod
    def reset(self) -> None:
        """Clear the recurrent state of earlier frames (after a cut, a gap, another size)."""

    def rename(self, name: str) -> None:
        """Set the name in ``info``: the caller that chose the network adds the reason."""

    @property
    def costs(self) -> Mapping[Quality, float]:
        """Relative run time at each quality; empty for a network with a single quality."""
        return ONE_LOOK

    @property
    def pace(self) -> Pace:
        """The limits within which a live session chooses the quality: about ten runs a second at least."""
        return Pace()

    @property
    def quality(self) -> Quality:
        """The current quality; without meaning if ``costs`` is empty."""
        return "best"

    def look_at(self, quality: Quality) -> None:
        """Set the quality from the next run on."""
