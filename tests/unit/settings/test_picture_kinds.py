"""Lengths, shares and places: read from words and values, refused with the accepted form, written as they are read."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cyclorama.settings.kinds import Choice, Kind, Several
from cyclorama.settings.picture_kinds import Length, Margin, Place, Share


def read(kind: Kind, value: Any) -> Any:
    """Parse and check a value, as a row of the table does."""
    made = kind.read(value)
    if wrong := kind.problem(made):
        raise ValueError(wrong)
    return made


@pytest.mark.parametrize(
    ("kind", "value", "wanted"),
    [
        (Margin(), "10%", Length(0.1)),
        (Margin(), "40px", Length(40, relative=False)),
        (Margin(), " 40 ", Length(40, relative=False)),
        (Margin(), 40, Length(40, relative=False)),
        (Margin(), Length(0.5), Length(0.5)),
        (Margin(), "1000%", Length(10)),
        (Share(), "80%", 0.8),
        (Share(), "1%", 0.01),
        (Share(), 0.8, 0.8),
        (Place(), "30%, 100%", (0.3, 1.0)),
        (Place(), [0.25, 1], (0.25, 1.0)),
        (Place(), "center", (0.5, 0.5)),
        (Place(), "original", "original"),
        (Several(Choice(("a4", "letter"))), ["A4", "letter"], ("a4", "letter")),
        (Several(Choice(("a4", "letter"))), "a4", ("a4",)),
    ],
)
def test_what_is_read(kind: Kind, value: Any, wanted: object) -> None:
    assert read(kind, value) == wanted


@pytest.mark.parametrize(
    ("kind", "values", "says"),
    [
        (
            Margin(),
            ("x", "-1", "nan", "inf%", "", "1001%", "100001", True, None, -3),
            "write a share of the subject, as 10%, or pixels",
        ),
        (Share(), ("0%", "101%", "80", "", "x%", 80, 0, float("nan")), "write 1% to 100%"),
        (
            Place(),
            ("left", "10,20", "10%", "-1%,0%", "1%,2%,3%", "nan%,0%", (0.5, 2), None, 0.5),
            "write center, original, or X%,Y%",
        ),
        (Several(Choice(("a4", "letter"))), ("a3", ["a4", "a3"]), "'a3' is not one of a4, letter"),
        (Several(Choice(("a4", "letter"))), ([],), "the list is empty"),
    ],
)
def test_what_is_refused(kind: Kind, values: tuple[Any, ...], says: str) -> None:
    for value in values:
        with pytest.raises(ValueError) as caught:
            read(kind, value)
        assert says in str(caught.value), value


def test_a_length_is_a_share_of_the_longer_side_or_pixels() -> None:
    assert (Length(0.1).pixels(205), Length(30.4, relative=False).pixels(205)) == (20, 30)


def test_the_nearest_choice_is_suggested() -> None:
    says = Choice(("germany", "uk")).problem("germny")
    assert says == "'germny' is not one of germany, uk: did you mean germany?"
    assert Choice(("germany", "uk")).problem("x") == "'x' is not one of germany, uk"


@given(st.integers(0, 1000), st.integers(1, 100), st.tuples(st.integers(0, 100), st.integers(0, 100)))
def test_text_is_read_back(margin: int, share: int, place: tuple[int, int]) -> None:
    for kind, text in (
        (Margin(), f"{margin}%"),
        (Margin(), str(margin)),
        (Share(), f"{share}%"),
        (Place(), f"{place[0]}%,{place[1]}%"),
    ):
        assert kind.text(read(kind, text)) == text
    assert Place().text("original") == "original"
