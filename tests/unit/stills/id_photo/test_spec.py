"""The rules that come with the package: complete, sound."""

from __future__ import annotations

import datetime

import pytest

from cyclorama.core.errors import SettingsError
from cyclorama.stills.id_photo.spec import IdSpec, find_spec, load_specs, refusers

SPECS = list(load_specs().values())


def test_the_promised_authorities_are_there() -> None:
    assert {"us", "uk", "schengen", "canada", "india", "australia", "icao"} <= set(load_specs())
    assert set(refusers()) == {"us", "uk", "australia"}


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.name)
def test_every_rule_says_where_it_stands_and_of_when(spec: IdSpec) -> None:
    assert spec.title and spec.source
    assert datetime.date(2026, 1, 1) <= spec.checked <= datetime.date.today()


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.name)
def test_every_rule_can_be_met(spec: IdSpec) -> None:
    low, high = spec.head
    assert 0 < low < high < spec.size[1]
    assert spec.eyes is None or 0 < spec.eyes[0] < spec.eyes[1] < spec.size[1]
    assert spec.kilobytes is None or spec.kilobytes[0] < spec.kilobytes[1]
    assert spec.background.lightness[0] < spec.background.lightness[1] <= 100
    assert spec.resolutions(), "no resolution gives a file that is allowed"


def test_sizes_in_pixels() -> None:
    assert find_spec("us").size_at(600) == (1200, 1200)
    assert find_spec("us").resolutions() == [600, 300]
    assert find_spec("uk").size_at(600) == (827, 1063)
    assert find_spec("uk").resolutions() == [600], "413x531 is less than 600x750"
    assert find_spec("canada").size_at(300) == (591, 827)


def test_what_a_file_may_have() -> None:
    us, uk, canada = (find_spec(name) for name in ("us", "uk", "canada"))
    assert us.takes((600, 600)) and us.takes((1200, 1200))
    assert not us.takes((599, 600)) and not us.takes((1200, 1201))
    assert uk.takes((5000, 6000)) and not uk.takes((600, 749))
    assert canada.takes((1, 1))


def test_an_unknown_name_leads_to_the_nearest() -> None:
    with pytest.raises(SettingsError, match="did you mean schengen"):
        find_spec("shengen")
    with pytest.raises(SettingsError, match="known are us, uk"):
        find_spec("xyzzy")
