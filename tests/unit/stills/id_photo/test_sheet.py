"""Sheets: exact millimetres, as many copies as fit, nothing drawn on a copy."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cyclorama.core.errors import SettingsError
from cyclorama.core.frames import U8
from cyclorama.stills.id_photo.sheet import BORDER_MM, GAP_MM, PAPERS, draw_sheet, layout_sheet
from cyclorama.stills.id_photo.spec import MM_PER_INCH, IdSpec, load_specs

SPECS = list(load_specs().values())


def picture(spec: IdSpec, dpi: int) -> U8:
    width, height = spec.size_at(dpi)
    return np.random.default_rng(0).integers(0, 200, (height, width, 3), dtype=np.uint8)


@pytest.mark.parametrize(
    ("paper", "size_mm", "copies"),
    [("10x15", (35.0, 45.0), 6), ("a4", (35.0, 45.0), 30), ("10x15", (50.8, 50.8), 2), ("letter", (50.8, 50.8), 20)],
)
def test_how_many_fit(paper: str, size_mm: tuple[float, float], copies: int) -> None:
    assert layout_sheet(paper, size_mm).copies == copies


@given(st.sampled_from(list(PAPERS)), st.floats(10, 94), st.floats(10, 94))
def test_copies_keep_off_each_other_and_the_paper_s_edge(paper: str, width: float, height: float) -> None:
    layout = layout_sheet(paper, (width, height))
    assert sorted(layout.paper) == sorted(PAPERS[paper])
    for side, begins, room in ((width, layout.lefts, layout.paper[0]), (height, layout.tops, layout.paper[1])):
        assert begins[0] >= BORDER_MM - 1e-9
        assert begins[-1] + side <= room - BORDER_MM + 1e-9
        assert all(b - a == pytest.approx(side + GAP_MM) for a, b in itertools.pairwise(begins))


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.name)
@pytest.mark.parametrize("dpi", [300, 600])
def test_every_copy_is_whole_and_lies_where_it_is_said(spec: IdSpec, dpi: int) -> None:
    copy = picture(spec, dpi)
    sheet, layout = draw_sheet(copy, spec.size, dpi, "10x15")
    for got, mm in zip(sheet.shape[1::-1], layout.paper, strict=True):
        assert got * MM_PER_INCH / dpi == pytest.approx(mm, abs=0.05)
    height, width = copy.shape[:2]
    for left in layout.lefts:
        for top in layout.tops:
            x, y = round(left * dpi / MM_PER_INCH), round(top * dpi / MM_PER_INCH)
            assert np.array_equal(sheet[y : y + height, x : x + width], copy)
            sheet[y : y + height, x : x + width] = 255
    ink = (sheet < 250).any(axis=2)
    assert 0.0005 < ink.mean() < 0.02, "cut marks and the ruler, and nothing else"


def test_cut_marks_touch_the_edges_of_a_copy() -> None:
    spec = SPECS[0]
    copy = picture(spec, 300)
    sheet, layout = draw_sheet(copy, spec.size, 300, "10x15")
    x, y = (round(place * 300 / MM_PER_INCH) for place in (layout.lefts[0], layout.tops[0]))
    marked = (sheet != 255).any(axis=2)
    assert marked[y - 12, x - 1] and not marked[y - 12, x + 3]
    assert marked[y - 1, x - 12] and not marked[y + 3, x - 12]


def test_the_ruler_is_fifty_millimetres_long() -> None:
    sheet, layout = draw_sheet(picture(SPECS[0], 600), SPECS[0].size, 600, "10x15")
    foot = sheet[round((layout.paper[1] - BORDER_MM - 2.5) * 600 / MM_PER_INCH) + 1, :, 0]
    runs = np.flatnonzero(np.diff(np.concatenate([[0], (foot < 100).astype(int), [0]])))
    longest = max(runs[1::2] - runs[::2])
    assert longest * MM_PER_INCH / 600 == pytest.approx(50, abs=0.3)


def test_papers_that_cannot_be() -> None:
    with pytest.raises(SettingsError, match="'a3' is not one of 10x15, a4, letter"):
        layout_sheet("a3", (35, 45))
    with pytest.raises(SettingsError, match="does not fit"):
        layout_sheet("10x15", (120, 160))
