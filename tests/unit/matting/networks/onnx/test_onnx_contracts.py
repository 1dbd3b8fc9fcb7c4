"""Golden tests: what every network of the catalogue is given, and what its output becomes.

The tables stand here and not in the catalogue, which is what they check. The pictures have four colours, one a quarter,
so that swapped axes or channels cannot cancel out.
"""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from cyclorama.core.frames import U8, Frame
from cyclorama.matting.base import MattingModel
from cyclorama.matting.networks.onnx.modnet import ModnetModel
from cyclorama.matting.networks.onnx.rvm import RvmModel
from cyclorama.matting.networks.onnx.salient import SalientModel
from cyclorama.models.catalogue import load_catalogue

IMAGENET = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
UNIT = (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)
HALF = (0.5, 0.5, 0.5)
TABLE = {
    "rvm": (UNIT, 255, "none", None),
    "rvm-resnet50": (UNIT, 255, "none", None),
    "modnet": ((HALF, HALF), 255, "none", None),
    "u2net": (IMAGENET, "maximum", "minmax", (320, 320)),
    "u2netp": (IMAGENET, "maximum", "minmax", (320, 320)),
    "u2net-human": (IMAGENET, "maximum", "minmax", (320, 320)),
    "isnet": ((HALF, (1.0, 1.0, 1.0)), 255, "minmax", (1024, 1024)),
    "rmbg-1.4": ((HALF, (1.0, 1.0, 1.0)), 255, "minmax", (1024, 1024)),
    "rmbg-2.0": (IMAGENET, 255, "minmax", (1024, 1024)),
    "birefnet": (IMAGENET, 255, "sigmoid", (1024, 1024)),
    "birefnet-lite": (IMAGENET, 255, "sigmoid", (1024, 1024)),
    "birefnet-portrait": (IMAGENET, 255, "sigmoid", (1024, 1024)),
}
"""Mean and standard deviation of RGB; divisor; what makes the output alpha; input size."""
QUARTERS_RGB = {(0, 0): (200, 40, 10), (0, 1): (30, 90, 180), (1, 0): (120, 150, 60), (1, 1): (0, 0, 0)}
"""Colours by row and column; the brightest value is 200."""


def quarters(size_wh: tuple[int, int]) -> U8:
    width, height = size_wh
    pixels = np.zeros((height, width, 3), np.uint8)
    for (row, column), rgb in QUARTERS_RGB.items():
        rows = slice(row * height // 2, (row + 1) * height // 2)
        columns = slice(column * width // 2, (column + 1) * width // 2)
        pixels[rows, columns] = rgb[::-1]
    return pixels


def opened(name: str, networks: ModuleType, folder: Path, fault: str = "", *, half: bool = False) -> MattingModel:
    model = networks.installed(name, folder, fault, half=half)
    kinds = {"rvm": RvmModel, "modnet": ModnetModel, "salient": SalientModel}
    return kinds[model.entry.kind](model, "cpu")


def expected(name: str, networks: ModuleType) -> dict[tuple[int, int], float]:
    """Alpha of each quarter, by hand."""
    (mean, std), divisor, activation, _ = TABLE[name]
    scale = max(map(max, QUARTERS_RGB.values())) if divisor == "maximum" else divisor
    raw = {}
    for place, rgb in QUARTERS_RGB.items():
        normal = [(value / scale - m) / s for value, m, s in zip(rgb, mean, std, strict=True)]
        raw[place] = sum(w * x for w, x in zip(networks.MIX, normal, strict=True)) + networks.OFFSET
    if activation in ("minmax", "sigmoid"):  # the tiny networks of the first kind end in a sigmoid
        raw = {place: 1 / (1 + np.exp(-value)) for place, value in raw.items()}
    if activation == "minmax":
        low, high = min(*raw.values(), 0.1), max(*raw.values(), 0.5)
        raw = {place: (value - low) / (high - low) for place, value in raw.items()}
    return {place: min(1.0, max(0.0, value)) for place, value in raw.items()}


def test_every_network_of_the_catalogue_has_its_golden_contract() -> None:
    assert set(TABLE) == {name for name, entry in load_catalogue().models.items() if entry.kind != "selfie"}


@pytest.mark.parametrize("frame_wh", [(1600, 1080), (1080, 1440)])
@pytest.mark.parametrize("name", TABLE)
def test_golden(name: str, frame_wh: tuple[int, int], networks: ModuleType, tmp_path: Path) -> None:
    with opened(name, networks, tmp_path) as model:
        alpha = model.predict(Frame(quarters(frame_wh), 0, 0)).alpha
    height, width = alpha.shape
    wanted = expected(name, networks)
    assert len({round(value, 2) for value in wanted.values()}) >= 3, "the test could not tell the colours apart"
    for (row, column), value in wanted.items():
        part = alpha[row * height // 2 + 8 : (row + 1) * height // 2 - 8]
        part = part[:, column * width // 2 + 8 : (column + 1) * width // 2 - 8]
        assert part.min() == pytest.approx(value, abs=2e-3) and part.max() == pytest.approx(value, abs=2e-3)


@pytest.mark.parametrize("name", [name for name, (*_, size) in TABLE.items() if size])
def test_fixed_sizes(name: str, networks: ModuleType, tmp_path: Path) -> None:
    with opened(name, networks, tmp_path) as model:
        for frame_wh in ((640, 360), (90, 200), (1, 1)):
            assert model.predict(Frame(quarters(frame_wh), 0, 0)).alpha.shape == TABLE[name][-1][::-1]
        assert model.info.input_size == "{}x{}".format(*TABLE[name][-1])


@pytest.mark.parametrize(
    ("frame_wh", "size_wh"),
    [
        ((512, 512), (512, 512)),
        ((1280, 720), (896, 512)),
        ((720, 1280), (512, 896)),
        ((640, 480), (672, 512)),
        ((100, 100), (512, 512)),
        ((4000, 100), (2048, 512)),
        ((1, 1), (512, 512)),
    ],
)
def test_modnet_takes_a_short_side_of_512_and_multiples_of_32(
    frame_wh: tuple[int, int], size_wh: tuple[int, int], networks: ModuleType, tmp_path: Path
) -> None:
    with opened("modnet", networks, tmp_path) as model:
        assert model.predict(Frame(quarters(frame_wh), 0, 0)).alpha.shape == size_wh[::-1]
        assert model.info.input_size == "{}x{}".format(*size_wh)


def test_half_precision_networks_get_half_precision_and_say_so(networks: ModuleType, tmp_path: Path) -> None:
    for name in ("rvm", "modnet", "isnet"):
        with opened(name, networks, tmp_path, half=True) as model:
            for seq in range(3):
                alpha = model.predict(Frame(quarters((1600, 1200)), seq, 0)).alpha
            assert alpha.dtype == np.float32 and model.info.precision == "float16"
            wanted = expected(name, networks)[0, 0] + (2 * networks.STEP if name == "rvm" else 0)
            assert alpha[20, 20] == pytest.approx(min(1.0, wanted), abs=1e-2)
