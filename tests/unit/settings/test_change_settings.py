"""New settings out of others: typed or text, all or none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cyclorama.core.errors import SettingsError
from cyclorama.settings.change import change_settings
from cyclorama.settings.values import CaptureSettings, Settings


def test_a_number_without_end_is_refused() -> None:
    with pytest.raises(SettingsError, match="zoom cannot be used: it has too many digits"):
        change_settings(Settings(), zoom=10**400)


def test_typed_values_and_text_arrive_in_their_sections() -> None:
    before = Settings(source="demo")
    after = change_settings(
        before, every="auto", smooth="0.25", background="office", mirror="yes", pan=[0.5, -1], size=(640, 360), mic=2
    )
    assert (after.matting.every, after.matting.smooth, after.compose.background) == (0, 0.25, "office")
    assert (after.capture.mirror, after.capture.pan_xy, after.capture.size_wh) == (True, (0.5, -1.0), (640, 360))
    assert (after.source, after.mic) == ("demo", "2")
    assert before == Settings(source="demo")
    assert change_settings(before) == before
    assert change_settings(before, stats=Path("a")).stats == Path("a")
    assert change_settings(before, background=Path("a.png")).compose.background == "a.png"


def test_spaces_after_the_commas_of_a_list_do_not_count() -> None:
    assert change_settings(Settings(), to="camera, talk.mp4 ,null").to == ("camera", "talk.mp4", "null")


def test_none_is_not_set_where_that_is_the_default() -> None:
    assert change_settings(Settings(mic="usb", capture=CaptureSettings(fps=30)), mic=None, fps=None) == Settings()
    with pytest.raises(SettingsError, match=r"smooth cannot be used: None is not a number from 0 to 1"):
        change_settings(Settings(), smooth=None)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"smoth": 1}, "there is no setting smoth: did you mean smooth?"),
        ({"light-wrap": 1}, "there is no setting light-wrap: did you mean light_wrap?"),
        ({"zzz": 1}, "there is no setting zzz: known are source, "),
        ({"overwrite": True}, "there is no setting overwrite: "),
        ({"zoom": 9}, "the setting zoom cannot be used: 9 is not a number from 1 to 4"),
        ({"zoom": True}, "the setting zoom cannot be used: True is not a number"),
        ({"every": 1.5}, "the setting every cannot be used: 1.5 is neither auto nor a whole number"),
        ({"background": 3}, "the setting background cannot be used: 3 is no text"),
        ({"crf": 20.5}, "the setting crf cannot be used: 20.5 is not a whole number"),
        ({"rotate": "90.5"}, "the setting rotate cannot be used: '90.5' is not a whole number"),
        ({"size": (640.5, 360)}, "the setting size cannot be used: 640.5 is not a whole number"),
        ({"pan": ["a", 0]}, "the setting pan cannot be used: 'a' is not a number"),
        ({"size": (8, 8)}, "the setting size cannot be used: 8x8 is not a width and a height"),
        ({"smooth": 0, "zoom": 2, "frame": "auto"}, "give --frame off with --zoom and --pan"),
        ({"pan": "0,0.5", "frame": "auto"}, "give --frame off with --zoom and --pan"),
    ],
)
def test_what_cannot_be_used_is_named(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(SettingsError) as caught:
        change_settings(Settings(), **changes)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_values_that_go_together_only_after_the_change() -> None:
    by_hand = change_settings(Settings(), zoom=2, pan="1,0")
    with pytest.raises(SettingsError, match="frame auto moves the view"):
        change_settings(by_hand, frame="auto")
    assert change_settings(by_hand, frame="auto", zoom=1, pan="0,0").capture == CaptureSettings(frame="auto")
