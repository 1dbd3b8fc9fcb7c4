"""The report of an identity photo: the picture, its measures, the verdict and a row for every rule."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from cyclorama.core.frames import U8
from cyclorama.models.bundled import bundled_path
from cyclorama.stills.id_photo.id_photo import IdPhoto, make_id_photo
from cyclorama.stills.id_photo.report import ALLOWED, BAD, EYES, GOOD, HEAD, LINE_H, TOP_H, draw_report
from cyclorama.stills.id_photo.spec import find_spec


@pytest.fixture(scope="module")
def us() -> IdPhoto:
    return make_id_photo(
        bundled_path("portrait.png"), find_spec("us"), dpi=None, level=True, paint=None, model="selfie"
    )


def of_color(report: U8, rgb: tuple[int, int, int]) -> np.ndarray[tuple[int, int], np.dtype[np.bool_]]:
    return np.asarray((report == rgb[::-1]).all(axis=2))


def line_of(report: U8, y: int) -> int:
    """Pixels of the head's red in the rows around ``y``; the most of any."""
    rows = report[y - 2 : y + 3].astype(int)
    red = (rows[..., 2] > 180) & (rows[..., 0] < 60) & (rows[..., 1] < 60)
    return int(red.sum(axis=1).max())


def test_the_report_shows_the_picture_the_lines_and_every_rule(us: IdPhoto) -> None:
    report = draw_report(us)
    top = TOP_H + round(us.lines.hair / 50.8 * 900)
    red = line_of(report, top)
    assert red > 600, "the line runs across the picture"
    kept, broken = replace(us.checks[0], advice=""), replace(us.checks[0], passed=False, advice="a hint")
    more = [draw_report(replace(us, checks=[*us.checks, check])).shape[0] for check in (kept, broken)]
    assert more == [report.shape[0] + LINE_H, report.shape[0] + 2 * LINE_H], "a row a rule, and one for advice"
    middle = report[TOP_H + 390 : TOP_H + 590, 700:860]
    picture = cv2.resize(us.pixels, (900, 900), interpolation=cv2.INTER_AREA)
    assert np.abs(middle.astype(int) - picture[390:590, 370:530]).mean() < 12


def test_the_lines_lie_where_the_measures_say(us: IdPhoto) -> None:
    report = draw_report(us)
    px_per_mm = 900 / us.spec.size[1]
    for color, mm in ((HEAD, us.lines.top(us.spec)), (HEAD, us.lines.chin), (EYES, us.lines.eye_line)):
        y = round(TOP_H + mm * px_per_mm)
        rows = of_color(report, color)[y - 2 : y + 3].sum(axis=1)
        assert rows.max() > 900, "across the picture"
    moved = replace(us, lines=replace(us.lines, chin=us.lines.chin + 5))
    y = round(TOP_H + moved.lines.chin * px_per_mm)
    assert of_color(draw_report(moved), HEAD)[y - 2 : y + 3].sum(axis=1).max() > 900
    assert of_color(report, HEAD)[y - 2 : y + 3].sum(axis=1).max() < 900


def test_the_band_beside_the_head_is_what_the_rules_allow(us: IdPhoto) -> None:
    wider = replace(us, lines=replace(us.lines, chin=40.0))
    left = slice(0, 300)
    rows = np.flatnonzero(of_color(draw_report(wider)[:, left], ALLOWED).any(axis=1))
    highest, lowest = (TOP_H + (40.0 - mm) * 900 / us.spec.size[1] for mm in (35.0, 25.0))
    assert (rows[0], rows[-1]) == pytest.approx((highest, lowest), abs=2)


def test_the_verdict_is_that_of_the_checks(us: IdPhoto) -> None:
    title = slice(0, 60)
    broken = draw_report(us)
    assert of_color(broken[title], BAD).any() and not of_color(broken[title], GOOD).any()
    good = replace(us, checks=[replace(check, passed=True, advice="") for check in us.checks])
    passed = draw_report(good)
    assert of_color(passed[title], GOOD).any() and not of_color(passed[title], BAD).any()
    refused = draw_report(replace(good, spec=replace(us.spec, home=False)))
    assert of_color(refused[title], BAD).any() and not of_color(refused[title], GOOD).any()
