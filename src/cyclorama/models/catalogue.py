"""The catalogue: which networks there are, where they come from, and what each takes and gives.

It is the file ``models/registry.toml``, whose README explains every key. Nothing here touches a network or a model.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:  # it would import NumPy, which listing models does not need
    from cyclorama.frames import SizeWH

Kind = Literal["selfie", "rvm", "modnet", "salient"]
Activation = Literal["none", "sigmoid", "minmax"]


@dataclass(frozen=True, slots=True)
class InputContract:
    """What a network takes: ``(rgb / scale - mean) / std``, RGB, float, NCHW (selfie: NHWC).

    ``size_wh``: width and height in pixels; None: the kind's own rule decides by the frame. ``mean`` and ``std``: of
    the R, G and B channel, in units of the scale. The scale is 255, or with ``scale_by_max`` the picture's own maximum.
    """

    size_wh: SizeWH | None
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    scale_by_max: bool = False


@dataclass(frozen=True, slots=True)
class OutputContract:
    """Which output holds alpha (``name`` None: the first), and what makes it a number from 0 to 1.

    ``activation``: ``none`` (it is one already), ``sigmoid`` (logits), ``minmax`` (stretched to the picture's range).
    """

    name: str | None
    activation: Activation


@dataclass(frozen=True, slots=True)
class ModelEntry:
    """One network.

    ``licence``: of the weights, a key of :func:`load_licences` (or free text for an imported file). ``url``: where the
    published file lies; None: it comes with the package or was imported. ``sha256`` in lower-case hex digits and
    ``size_bytes``: of that file, None = not known. ``good_for``: of live, stills, people, anything.
    """

    name: str
    title: str
    kind: Kind
    licence: str
    permissive: bool
    url: str | None
    sha256: str | None
    size_bytes: int | None
    good_for: tuple[str, ...]
    input: InputContract
    output: OutputContract
