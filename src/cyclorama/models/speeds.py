"""How long a run of each network takes on this machine: measured by ``cyclorama models compare``, kept in the state
folder."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass

from cyclorama.files.state import read_state, write_state
from cyclorama.models.catalogue import ModelEntry

NOTE = "speeds"


@dataclass(frozen=True, slots=True)
class Speed:
    """A measured network. ``quality``: empty for one that offers a single quality. ``sha256``: of its file, None if it
    has several or it is not known. ``ms``: median of a run. ``size_wh``: of the picture."""

    name: str
    quality: str
    sha256: str | None
    provider: str
    ms: float
    size_wh: tuple[int, int]

    def is_of(self, entry: ModelEntry) -> bool:
        """Whether it is that network, with the file that was measured."""
        return (self.name, self.sha256) == (entry.name, entry.sha256)


def remember_speeds(measured: Iterable[Speed]) -> None:
    """Keep what was measured now; what was measured before of the same networks is dropped. Raises SinkError."""
    new = list(measured)
    names = {speed.name for speed in new}
    kept = [speed for speed in read_speeds() if speed.name not in names]
    write_state(NOTE, {"speeds": [asdict(speed) for speed in (*kept, *new)]})


def read_speeds() -> list[Speed]:
    """What is kept; empty where it cannot be read."""
    try:
        return [_speed(**values) for values in read_state(NOTE).get("speeds", ())]
    except (TypeError, ValueError):
        return []


def _speed(name: str, quality: str, sha256: str | None, provider: str, ms: float, size_wh: tuple[int, int]) -> Speed:
    width, height = size_wh
    return Speed(name, quality, sha256, provider, float(ms), (int(width), int(height)))
