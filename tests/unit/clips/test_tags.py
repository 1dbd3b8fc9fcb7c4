"""What goes along of a file's notes: when it was made and what each track is, never where."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from cyclorama.clips.tags import QUICKTIME, recorded_of, track_of

PLACES = {
    "location": "+52.5200+013.4050/",
    "location-eng": "x",
    "com.apple.quicktime.location.ISO6709": "y",
    "make": "z",
}

TWO_CODES = (
    [
        *("sqi", "hye", "eus", "mya", "zho", "ces", "nld", "fra", "kat", "deu"),
        *("ell", "isl", "mkd", "msa", "fas", "ron", "slk", "bod", "cym"),
    ],
    [
        *("alb", "arm", "baq", "bur", "chi", "cze", "dut", "fre", "geo", "ger"),
        *("gre", "ice", "mac", "may", "per", "rum", "slo", "tib", "wel"),
    ],
)
"""The languages for which ISO 639-2 has two codes; without Maori, which QuickTime does not know."""


def test_when_it_was_recorded_and_not_where() -> None:
    made = {"creation_time": "2024-05-01T10:00:00.000000Z", "date": "2024-05-01"}
    assert recorded_of({**made, **PLACES, "title": "Talk"}) == made
    assert recorded_of({"date": "", **PLACES}) == {}


def test_what_a_track_is_called() -> None:
    assert track_of({"title": "Talk", "name": "other", "language": "eng", **PLACES}, "mp4") == {
        "title": "Talk",
        "language": "eng",
    }
    assert track_of({"name": "Talk", "handler_name": "Sound Media Handler"}, "mp4") == {
        "title": "Talk",
        "handler_name": "Sound Media Handler",
    }
    assert track_of({}, "mp4") == {}


@pytest.mark.parametrize(
    ("container", "expected"), [("mov", "ger"), ("mp4", "deu"), ("matroska", "deu"), ("webm", "deu")]
)
def test_only_quicktime_has_codes_of_its_own(container: str, expected: str) -> None:
    assert track_of({"language": "deu"}, container) == {"language": expected}


def test_quicktime_keeps_the_languages_that_have_two_codes(tmp_path: Path) -> None:
    first, second = ([track_of({"language": code}, "mov")["language"] for code in codes] for codes in TWO_CODES)
    assert first == second, "both codes of a language become one"
    given = [*first, *QUICKTIME.values()]
    path = tmp_path / "tracks.mov"
    with av.open(str(path), "w") as container:
        tracks = [container.add_stream("pcm_s16le", rate=8_000, layout="mono") for _ in given]
        for track, code in zip(tracks, given, strict=True):
            track.metadata["language"] = code
        for track in tracks:
            silence = av.AudioFrame.from_ndarray(np.zeros((1, 80), np.int16), format="s16", layout="mono")
            silence.sample_rate, silence.pts = 8_000, 0
            container.mux([*track.encode(silence), *track.encode()])
    with av.open(str(path)) as container:
        assert [track.metadata.get("language") for track in container.streams.audio] == given
