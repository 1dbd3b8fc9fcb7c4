"""Where a matte reaches too far, the room's colour is taken out; where it does not, nothing changes."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from cyclorama.background.opening import open_background
from cyclorama.compose import compositor as compositor_module
from cyclorama.compose.compositor import Compositor
from cyclorama.core.frames import U8, Frame, Matte
from cyclorama.settings.values import ComposeSettings
from doubles.live_stage import running

WALL, HAIR, GREY = (40, 150, 240), (30, 45, 70), (128, 128, 128)
HEIGHT, WIDTH = 720, 640
TOO_FAR = 4


def picture(reach: int = 0) -> tuple[U8, U8]:
    """Hair before a wall, with an edge of three pixels, and a matte that reaches so many pixels too far."""
    rng = np.random.default_rng(0)

    def disc(radius: int) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
        drawn = np.zeros((HEIGHT, WIDTH), np.uint8)
        cv2.circle(drawn, (WIDTH // 2, HEIGHT // 2), radius, 255, -1)
        return np.asarray(cv2.GaussianBlur(drawn, (7, 7), 1.5), np.float32) / 255

    alpha = disc(200)[..., np.newaxis]
    pixels = alpha * HAIR + (1 - alpha) * WALL + rng.normal(0, 3, (HEIGHT, WIDTH, 1))
    return np.clip(pixels, 0, 255).astype(np.uint8), (disc(200 + reach) * 255).astype(np.uint8)


def on_grey(pixels: U8, alpha: U8, *, finds_rims: bool, background: str = "color:#808080") -> U8:
    height, width = alpha.shape
    settings = ComposeSettings(background, light_wrap=0.0)
    compositor = Compositor(open_background(background), settings, (width, height), finds_rims=finds_rims)
    return compositor.compose(Frame(pixels, 0, 0), Matte(alpha, 0)).pixels


def redness(composite: U8) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    """How far red is over blue: 200 of the wall, 40 of the hair, 0 of the background."""
    return composite[..., 2].astype(int) - composite[..., 0]


def ring(inner: int, outer: int) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    distance = np.hypot(x - WIDTH // 2, y - HEIGHT // 2)
    return (distance > inner) & (distance <= outer)


def test_the_walls_colour_is_taken_out_of_a_rim() -> None:
    pixels, alpha = picture(TOO_FAR)
    before, after = (redness(on_grey(pixels, alpha, finds_rims=finds)) for finds in (False, True))
    rim = ring(200, 203)
    assert before[rim].mean() > 130
    assert after[rim].mean() < 62
    assert after[rim].mean() > 25, "the hair's colour is there instead, as much of it as alpha says"
    inside = ring(0, 190)
    np.testing.assert_array_equal(after[inside], before[inside])


def test_so_is_it_under_transparency() -> None:
    pixels, alpha = picture(TOO_FAR)
    before, after = (on_grey(pixels, alpha, finds_rims=finds, background="transparent") for finds in (False, True))
    assert redness(before)[ring(200, 203)].mean() > 150 and redness(after)[ring(200, 203)].mean() < 70
    np.testing.assert_array_equal(after[..., 3], alpha)


@pytest.mark.parametrize("reach", [0, -2])
def test_an_outline_in_its_place_stays_bit_for_bit(reach: int) -> None:
    pixels, alpha = picture(reach)
    plain, looked = (on_grey(pixels, alpha, finds_rims=finds) for finds in (False, True))
    np.testing.assert_array_equal(looked, plain)


def test_a_short_light_place_on_the_outline_is_the_persons_own() -> None:
    """As a collar before a white wall is: one place tells nothing."""
    pixels, alpha = picture()
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    collar = ring(190, 200) & (np.abs(x - WIDTH // 2) < 8) & (y < HEIGHT // 2)
    pixels[collar] = WALL
    plain, looked = (on_grey(pixels, alpha, finds_rims=finds) for finds in (False, True))
    assert np.abs(looked.astype(int) - plain)[collar].max() <= 12


def test_a_wall_of_the_hairs_colour_tells_nothing() -> None:
    """The noise of two colours that are nearly the same is no rim."""
    pixels, alpha = picture(TOO_FAR)
    dark = pixels // 8 + 40
    plain, looked = (on_grey(dark, alpha, finds_rims=finds) for finds in (False, True))
    np.testing.assert_array_equal(looked, plain)


@pytest.mark.parametrize("size", [(1, 1), (2, 2), (3, 1000), (1000, 3), (17, 33)])
@pytest.mark.parametrize("fill", [0, 231, 254, 255])
def test_any_size_and_matte_is_composited(size: tuple[int, int], fill: int) -> None:
    rng = np.random.default_rng(1)
    pixels, alpha = rng.integers(0, 256, (*size, 3), np.uint8), np.full(size, fill, np.uint8)
    alpha[: size[0] // 2] = 255
    composite = on_grey(pixels, alpha, finds_rims=True)
    np.testing.assert_array_equal(composite[alpha == 0], np.broadcast_to(GREY, composite[alpha == 0].shape))


def test_a_live_session_looks_for_rims_where_the_user_asks_for_the_best(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def look(*given: object) -> None:
        asked.append(1)

    monkeypatch.setattr(compositor_module, "find_rim", look)
    with running(monkeypatch) as stage:
        stage.more(3)
        assert not asked
        stage.session.change(quality="best")
        stage.wait(lambda: asked)
        stage.session.change(quality="fast")
        stage.wait(lambda: not stage.session.parts.compositor._finds_rims)
