"""The size of a product's square, and the scale and position of the product in it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cyclorama.core.errors import ModelError
from cyclorama.core.frames import U8
from cyclorama.stills.product.layout import lay_out_product
from cyclorama.stills.product.spec import load_shops

SHOPS = load_shops()
HALF = replace(SHOPS["google"], aim=0.5, side=1000, min_side=400, max_side=2000)
"""A shop for which the product fills half of the side."""


def solid(box: tuple[int, int, int, int], size_wh: tuple[int, int] = (800, 600)) -> U8:
    alpha8 = np.zeros((size_wh[1], size_wh[0]), np.uint8)
    alpha8[box[1] : box[3], box[0] : box[2]] = 255
    return alpha8


@given(
    st.tuples(st.integers(0, 300), st.integers(0, 300), st.integers(4, 600), st.integers(4, 600)),
    st.sampled_from(list(SHOPS.values())),
)
@settings(max_examples=60, deadline=None)
def test_the_product_lies_in_the_middle_and_fills_the_share(place: tuple[int, int, int, int], shop: object) -> None:
    spec = SHOPS[shop.name]  # type: ignore[attr-defined]
    left, top, width, height = place
    alpha = np.zeros((1000, 1000), np.uint8)
    alpha[top : top + height, left : left + width] = 255
    layout = lay_out_product(alpha, spec)
    assert spec.min_side <= layout.side <= spec.side
    first, last = (
        layout.scale * np.array(corner) + layout.placing.offset
        for corner in ((left, top), (left + width, top + height))
    )
    assert np.allclose((first + last) / 2, layout.side / 2, atol=0.51)
    assert abs((last - first).max() / layout.side - spec.aim) < 1 / layout.side + 1e-6


def test_a_square_of_the_photo_s_own_resolution_is_not_resampled() -> None:
    layout = lay_out_product(solid((100, 100, 400, 300)), HALF)  # 300 pixels are half of 600
    assert (layout.side, layout.scale) == (600, 1.0)
    assert layout.placing.offset == (50, 100), "(250, 200) moves to (300, 300)"
    assert layout.box == (100, 100, 400, 300)
    assert layout.placing.box == (96, 96, 404, 304), "the box with its soft edge"
    assert layout.cut == () and layout.placing.stands


@pytest.mark.parametrize(
    ("width", "side", "expected", "scale"),
    [(100, None, 400, 2.0), (700, None, 1000, 5 / 7), (300, 900, 900, 1.5), (300, 450, 450, 0.75)],
)
def test_the_side_keeps_to_the_limits_of_the_shop(width: int, side: int | None, expected: int, scale: float) -> None:
    layout = lay_out_product(solid((50, 100, 50 + width, 150)), HALF, side)
    assert layout.side == expected
    assert layout.scale == pytest.approx(scale)


def test_the_longer_side_of_the_product_counts() -> None:
    assert lay_out_product(solid((100, 100, 200, 500)), HALF).side == 800


@pytest.mark.parametrize(
    ("box", "cut"),
    [
        ((0, 100, 300, 300), ("left",)),
        ((100, 0, 300, 300), ("top",)),
        ((500, 100, 800, 300), ("right",)),
        ((100, 300, 300, 600), ("bottom",)),
        ((0, 0, 800, 600), ("left", "top", "right", "bottom")),
    ],
)
def test_sides_on_which_the_photo_cuts_the_product_off(box: tuple[int, int, int, int], cut: tuple[str, ...]) -> None:
    layout = lay_out_product(solid(box), HALF)
    assert layout.cut == cut
    assert layout.placing.stands == ("bottom" not in cut)


def test_a_soft_edge_is_resampled_but_does_not_count_for_the_size() -> None:
    alpha8 = solid((100, 100, 400, 300))
    alpha8[100:300, 400:420] = 60
    layout = lay_out_product(alpha8, HALF)
    assert layout.box == (100, 100, 400, 300)
    assert layout.placing.box == (96, 96, 424, 304)


def test_nothing_to_show() -> None:
    with pytest.raises(ModelError, match="haze"):
        lay_out_product(np.full((50, 50), 100, np.uint8), SHOPS["amazon"])
