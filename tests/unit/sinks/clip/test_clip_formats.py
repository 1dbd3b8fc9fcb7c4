"""Which codec a file gets."""

from __future__ import annotations

from pathlib import Path

import pytest

from cyclorama.core.errors import SettingsError
from cyclorama.core.frames import Layout
from cyclorama.settings.values import EncodingSettings
from cyclorama.sinks.clip.formats import CONTAINERS, ENCODINGS, encoding_for, layouts_of


@pytest.mark.parametrize(
    ("name", "layout", "codec", "encoder", "pixels"),
    [
        ("a.mp4", Layout.BGR, "auto", "libx264", "yuv420p"),
        ("a.MP4", Layout.BGR, "hevc", "libx265", "yuv420p"),
        ("a.mov", Layout.BGRA, "auto", "prores_ks", "yuva444p10le"),
        ("a.mov", Layout.BGRA, "qtrle", "qtrle", "argb"),
        ("a.mkv", Layout.BGR, "auto", "libx264", "yuv420p"),
        ("a.mkv", Layout.BGR, "ffv1", "ffv1", "bgr0"),
        ("a.mkv", Layout.BGRA, "auto", "ffv1", "bgra"),
        ("a.webm", Layout.BGRA, "vp9", "libvpx-vp9", "yuva420p"),
        ("a.gif", Layout.BGRA, "auto", "gif", "pal8"),
        ("a.webp", Layout.BGR, "auto", "libwebp_anim", "bgra"),
    ],
)
def test_the_extension_and_the_codec_choose(name: str, layout: Layout, codec: str, encoder: str, pixels: str) -> None:
    encoding = encoding_for(Path(name), layout, EncodingSettings(codec))  # type: ignore[arg-type]
    assert (encoding.codec, encoding.pixel_format) == (encoder, pixels)


def test_apple_players_get_hevc_with_their_tag() -> None:
    hevc = EncodingSettings("hevc")
    assert encoding_for(Path("a.mp4"), Layout.BGR, hevc).tag == "hvc1"
    assert encoding_for(Path("a.mkv"), Layout.BGR, hevc).tag is None


@pytest.mark.parametrize(
    ("name", "layout", "settings", "says"),
    [
        ("a.webm", Layout.BGR, EncodingSettings("h264"), r"--codec h264: a\.webm .*vp9"),
        ("a.mp4", Layout.BGR, EncodingSettings("prores"), r"--codec prores: .* h264 or hevc"),
        ("a.gif", Layout.BGR, EncodingSettings("vp9"), r"--codec vp9: a\.gif"),
        ("a.mp4", Layout.BGRA, EncodingSettings(), r"transparency.*\.mov, \.mkv, \.webm, \.gif, \.webp"),
        ("a.mov", Layout.BGRA, EncodingSettings(crf=20), r"--crf: prores .*h264, hevc and vp9"),
        ("a.gif", Layout.BGR, EncodingSettings(crf=20), "--crf: gif"),
    ],
)
def test_what_cannot_be_is_said(name: str, layout: Layout, settings: EncodingSettings, says: str) -> None:
    with pytest.raises(SettingsError, match=says):
        encoding_for(Path(name), layout, settings)


def test_a_rate_factor_reaches_the_encoder_and_changes_no_other_clip() -> None:
    assert encoding_for(Path("a.mp4"), Layout.BGR, EncodingSettings(crf=31)).options["crf"] == "31"
    assert encoding_for(Path("a.mp4"), Layout.BGR, EncodingSettings()).options["crf"] == "20"


def test_every_container_carries_opaque_pictures_and_every_default_is_the_first() -> None:
    for suffix in CONTAINERS:
        assert {Layout.BGR, Layout.GRAY} <= layouts_of(suffix)
    for (suffix, layout), known in ENCODINGS.items():
        assert encoding_for(Path(f"a{suffix}"), layout) is next(iter(known.values()))
