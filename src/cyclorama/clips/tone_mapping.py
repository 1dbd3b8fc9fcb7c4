"""HDR levels to SDR: a look-up table of colours, applied by FFmpeg's ``lut3d`` filter.

The formulas are those of FFmpeg's chain ``zscale=t=linear:npl=100, zscale=p=bt709, tonemap=hable:desat=0,
zscale=t=bt709``, so that clips look as they do through it: EOTF of PQ (SMPTE ST 2084) or HLG (ITU-R BT.2100), BT.2020
to BT.709 primaries (ITU-R BT.2087), Hable's curve (Hable, "Uncharted 2: HDR Lighting", 2010) on the largest of the
three channels, and the inverse EOTF of ITU-R BT.1886.
"""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from av.filter import Graph
from av.video.format import VideoFormat
from av.video.frame import VideoFrame
from av.video.reformatter import ColorTrc
from numpy.typing import NDArray

from cyclorama.clips.side_data import side_data
from cyclorama.core.frames import SizeWH

F64 = NDArray[np.float64]
HDR_TRANSFERS = (ColorTrc.SMPTE2084, ColorTrc.ARIB_STD_B67)
"""PQ and HLG."""
PLANAR = "gbrp16le"
"""The one format in which the filter is fast."""
WHITE = 100.0
"""cd/m² of SDR white."""
PEAK = 1000.0
"""cd/m² of the brightest level where a clip does not say: what HLG is made for and most PQ was graded on."""
PEAKS = WHITE, 10_000.0
"""The least and most that a clip is believed."""
STEPS = 33
"""Of the table, an axis; tetrahedral interpolation in between is off by a fifth of an 8-bit level on the mean."""
BT2020_TO_709 = np.array(
    [[1.660491, -0.587641, -0.072850], [-0.124550, 1.132900, -0.008349], [-0.018151, -0.100579, 1.118730]]
)
TICK = Fraction(1, 1000)


def is_hdr(transfer: int) -> bool:
    """Whether a transfer function (AVColorTransferCharacteristic) is PQ or HLG."""
    return transfer in HDR_TRANSFERS


def peak_of(frame: VideoFrame) -> float:
    """The brightest level of an HDR clip in cd/m²: its content's (CTA-861.3, MaxCLL), else its mastering display's."""
    content, display = side_data(frame, "CONTENT_LIGHT_LEVEL"), side_data(frame, "MASTERING_DISPLAY_METADATA")
    peak = 0.0 if content is None else float(content[0])
    if peak <= 0 and display is not None:
        # AVMasteringDisplayMetadata: ten fractions, the last one the luminance, then whether there are such
        *_, numerator, denominator, _, has_luminance = display[:22].tolist()
        peak = numerator / denominator if has_luminance and denominator else 0.0
    return min(max(peak, PEAKS[0]), PEAKS[1]) if peak > 0 else PEAK


class ToneMapper:
    """Maps frames of one size, transfer function and peak in cd/m²; used by one thread."""

    def __init__(self, size_wh: SizeWH, transfer: int, peak: float = PEAK) -> None:
        self._graph = Graph()
        self._count = 0
        width, height = size_wh
        self._input = self._graph.add_buffer(width=width, height=height, format=VideoFormat(PLANAR), time_base=TICK)
        self._output = self._graph.add("buffersink")
        with TemporaryDirectory(prefix="cyclorama-") as folder:
            table = Path(folder) / "table.cube"
            table.write_text(_cube(transfer, peak))
            mapper = self._graph.add("lut3d", file=str(table), interp="tetrahedral")
            self._graph.link_nodes(self._input, mapper, self._output).configure()

    def map(self, frame: VideoFrame) -> VideoFrame:
        """Map ``frame``, of the format ``PLANAR``, to SDR. Its ``pts`` is overwritten."""
        frame.pts, frame.time_base = self._count, TICK
        self._count += 1
        self._input.push(frame)
        mapped = self._output.pull()
        assert isinstance(mapped, VideoFrame)
        return mapped


def to_sdr(rgb: F64, transfer: int, peak: float = PEAK) -> F64:
    """HDR levels ``rgb`` (..., 3) in [0, 1] as SDR levels of BT.709 in [0, 1]. ``peak``: in cd/m², becomes white."""
    light = _pq_eotf(rgb) if transfer == ColorTrc.SMPTE2084 else _hlg_eotf(rgb)
    light = (light / WHITE) @ BT2020_TO_709.T
    largest = np.maximum(light.max(axis=-1, keepdims=True), 1e-6)
    mapped = light * (_hable(largest) / _hable(peak / WHITE) / largest)
    return np.asarray(np.clip(mapped, 0.0, 1.0) ** (1 / 2.4), np.float64)


def _pq_eotf(levels: F64) -> F64:
    """Light in cd/m² (SMPTE ST 2084)."""
    m1, m2, c1, c2, c3 = 2610 / 16384, 2523 / 32, 3424 / 4096, 2413 / 128, 2392 / 128
    root = levels ** (1 / m2)
    return np.asarray(10_000 * (np.maximum(root - c1, 0) / (c2 - c3 * root)) ** (1 / m1), np.float64)


def _hlg_eotf(levels: F64) -> F64:
    """Light in cd/m² on a display of 1000 cd/m² (ITU-R BT.2100, table 5), its system gamma of 1.2 channel by channel,
    as ``zscale`` has it."""
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    scene = np.where(levels <= 0.5, levels**2 / 3, (np.exp((levels - c) / a) + b) / 12)
    return np.asarray(1000 * scene**1.2, np.float64)


def _hable(light: F64 | float) -> F64 | float:
    return (light * (0.15 * light + 0.05) + 0.004) / (light * (0.15 * light + 0.5) + 0.06) - 0.02 / 0.3


@lru_cache(4)
def _cube(transfer: int, peak: float) -> str:
    """The table as the text of a .cube file (Adobe, "Cube LUT Specification 1.0", 2013): red changes fastest."""
    steps = np.linspace(0.0, 1.0, STEPS)
    grid = np.stack(np.meshgrid(steps, steps, steps, indexing="ij")[::-1], axis=-1)
    colors = to_sdr(grid, transfer, peak).reshape(-1, 3)
    lines = (f"{red:.6f} {green:.6f} {blue:.6f}" for red, green, blue in colors.tolist())
    return "\n".join([f"LUT_3D_SIZE {STEPS}", *lines, ""])
