"""What a typing error most likely meant."""

from __future__ import annotations

from cyclorama.core.suggest import did_you_mean, nearest

KNOWN = ["background", "light_wrap", "smooth"]


def test_the_nearest_word_is_found_in_any_spelling() -> None:
    assert nearest("backgroud", KNOWN) == "background"
    assert nearest("Light-Wrap", KNOWN) == "light_wrap"
    assert nearest("SMOTH", ["Smooth"]) == "Smooth"
    assert nearest("A-B-C-D", ["a_b_c_d"]) == "a_b_c_d"
    assert nearest("zzz", KNOWN) is None


def test_the_end_of_a_message() -> None:
    assert did_you_mean("smoth", KNOWN) == "did you mean smooth?"
    assert did_you_mean("smoth", (key.upper() for key in KNOWN), prefix="X_") == "did you mean X_SMOOTH?"
    assert did_you_mean("zzz", [*KNOWN, "smooth"]) == "known are background, light_wrap, smooth"
    assert did_you_mean("zzz", KNOWN, otherwise="a list shows all") == "a list shows all"
    assert did_you_mean("zzz", KNOWN, otherwise="") == ""
    assert did_you_mean("zzz", []) == ""
