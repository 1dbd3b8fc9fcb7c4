"""The rules that come with the package: complete, sound."""

from __future__ import annotations

import datetime

import pytest

from cyclorama.core.errors import SettingsError
from cyclorama.settings.stills import IdPhotoSettings
from cyclorama.stills.id_photo.spec import IdSpec, find_spec, load_specs, refusers, rules_for

SPECS = list(load_specs().values())


def test_the_promised_authorities_are_there() -> None:
    assert {"us", "uk", "schengen", "canada", "india", "australia", "icao"} <= set(load_specs())
    assert set(load_specs()) - set(refusers()) == {"germany", "icao"}


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.name)
def test_every_rule_says_where_it_stands_and_of_when(spec: IdSpec) -> None:
    assert spec.title and spec.source and spec.handing_in
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


def test_whether_a_photo_made_at_home_may_be_handed_in() -> None:
    home = {name: spec.home for name, spec in load_specs().items()}
    assert {name for name, yes in home.items() if yes is False} == {"germany", "canada"}
    assert {name for name, yes in home.items() if yes} == {"us", "uk", "india-digital"}
    germany = find_spec("germany").home_photo
    assert germany.startswith("A photo made at home is not accepted: since 2025-05-01")
    assert find_spec("us").home_photo.startswith("A photo made at home may be handed in: ")


def test_limits_in_words() -> None:
    words = {name: (spec.pixels_in_words, spec.kilobytes_in_words) for name, spec in load_specs().items()}
    assert words["us"] == ("600x600 to 1200x1200", "240 kB at most")
    assert words["uk"] == ("600x750 or more", "50 to 10000 kB")
    assert words["germany"] == ("", "")


def test_who_demands_colour() -> None:
    in_grey = {name for name, spec in load_specs().items() if not spec.color}
    assert in_grey == {"germany", "canada", "icao"}


def test_a_file_of_exactly_so_many_pixels() -> None:
    india = find_spec("india-digital")
    assert india.resolutions() == [457] and india.size_at(457) == (630, 810)
    assert india.pixels_in_words == "630x810" and not india.takes((630, 811))


def test_a_size_of_one_s_own_has_the_head_of_icao() -> None:
    own = rules_for(IdPhotoSettings(size_mm=(35.0, 45.0), kb=(20.0, 100.0)))
    assert own.name == "35x45mm" and own.size == (35.0, 45.0) and own.kilobytes == (20.0, 100.0)
    assert own.head == pytest.approx((31.5, 36.0)) and own.home is None
    narrow = rules_for(IdPhotoSettings(size_mm=(30.0, 45.0)))
    assert narrow.head[1] < 0.8 * 30 * 45 / 35 + 1e-6, "it fits between the sides"
    wide = rules_for(IdPhotoSettings(size_mm=(50.0, 40.0)))
    assert wide.head == pytest.approx((28.0, 32.0))


def test_a_file_s_own_limits_lie_within_the_authority_s() -> None:
    def limits(spec: str, low: float, high: float) -> object:
        return rules_for(IdPhotoSettings(spec=spec, kb=(low, high))).kilobytes

    assert limits("us", 100, 500) == (100, 240)
    assert limits("uk", 0, 100) == (50, 100)
    assert limits("germany", 20, 100) == (20, 100)
    with pytest.raises(SettingsError, match=r"--kb 300-400: United States.* takes files of 240 kB at most"):
        limits("us", 300, 400)


def test_no_rules_at_all() -> None:
    with pytest.raises(SettingsError, match="needs a spec"):
        rules_for(IdPhotoSettings())


def test_an_unknown_name_leads_to_the_nearest() -> None:
    with pytest.raises(SettingsError, match="did you mean schengen"):
        find_spec("shengen")
    with pytest.raises(SettingsError, match="known are us, uk"):
        find_spec("xyzzy")
