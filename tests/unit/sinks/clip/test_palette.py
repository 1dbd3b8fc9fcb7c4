"""256 colours: near to the picture's, steady, and one of them transparent."""

from __future__ import annotations

import av
import cv2
import numpy as np

from cyclorama.core.frames import U8, Layout
from cyclorama.models.bundled import bundled_path
from cyclorama.sinks.clip.palette import SPREAD, Indexed


def shown(frame: av.VideoFrame) -> U8:
    """BGRA (H, W, 4)."""
    numbers, colors = frame.to_ndarray()
    return np.asarray(colors[numbers][..., ::-1], np.uint8)


def portrait() -> U8:
    picture = cv2.imread(str(bundled_path("portrait.png")))
    return np.asarray(cv2.resize(picture, (256, 256), interpolation=cv2.INTER_AREA), np.uint8)


def test_a_portrait_stays_like_itself() -> None:
    picture = portrait()
    off = shown(Indexed(Layout.BGR)(picture))[..., :3].astype(int) - picture
    assert np.abs(off).mean() < 4
    assert np.abs(off.mean(axis=(0, 1))).max() < 1, "no tint"


def test_something_small_keeps_its_colour() -> None:
    """A median cut gives the many greys all of the palette."""
    greys = np.random.default_rng(0).integers(90, 160, (200, 200, 1), np.uint8).repeat(3, axis=2)
    greys[90:100, 90:100] = (90, 60, 220)
    patch = shown(Indexed(Layout.BGR)(greys))[92:98, 92:98, :3].reshape(-1, 3).mean(axis=0)
    assert np.abs(patch - (90, 60, 220)).max() <= SPREAD + 3


def test_black_stays_black() -> None:
    picture = portrait()
    picture[:40] = 0
    assert shown(Indexed(Layout.BGR)(picture))[:40, :, :3].max() <= SPREAD


def test_grey_is_exact() -> None:
    matte = np.random.default_rng(1).integers(0, 256, (33, 47), np.uint8)
    out = shown(Indexed(Layout.GRAY)(matte))
    assert np.array_equal(out[..., 0], matte)
    assert (out[..., 3] == 255).all()


def test_half_transparent_and_less_is_clear() -> None:
    pixels = np.dstack([portrait(), np.tile(np.arange(256, dtype=np.uint8), (256, 1))])
    out = shown(Indexed(Layout.BGRA)(pixels))
    assert np.array_equal(out[..., 3] == 0, pixels[..., 3] < 128)
    solid = pixels[..., 3] >= 128
    assert np.abs(out[..., :3].astype(int) - pixels[..., :3])[solid].mean() < 4
    nothing = pixels.copy()
    nothing[..., 3] = 0
    assert (shown(Indexed(Layout.BGRA)(nothing))[..., 3] == 0).all()


def test_the_palette_stays_with_the_scene_and_changes_with_it() -> None:
    make, picture = Indexed(Layout.BGR), portrait()
    colors = [make(np.roll(picture, shift, axis=1)).to_ndarray()[1] for shift in range(4)]
    assert all(np.array_equal(colors[0], others) for others in colors[1:])
    other = picture[..., ::-1].copy()
    assert not np.array_equal(make(other).to_ndarray()[1], colors[0])
    assert np.abs(shown(make(other))[..., :3].astype(int) - other).mean() < 4


def test_what_lies_still_stays_the_same() -> None:
    make, picture = Indexed(Layout.BGR), portrait()
    first = make(picture).to_ndarray()[0]
    moved = picture.copy()
    moved[:60, :60] = picture[100:160, 100:160]
    assert np.array_equal(make(moved).to_ndarray()[0][60:], first[60:])
