"""What every background keeps to."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from cyclorama.background.base import Background
from cyclorama.background.builtin import list_builtin
from cyclorama.background.opening import open_background

SIZES = [(64, 48), (48, 64), (127, 71), (33, 1)]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("backgrounds")
    rng = np.random.default_rng(0)
    picture = folder / "picture.png"
    Image.fromarray(rng.integers(0, 255, (90, 160, 3), np.uint8)).save(picture)
    clip = folder / "clip.mkv"
    with av.open(str(clip), "w") as container:
        stream = container.add_stream("ffv1", rate=10)
        stream.width, stream.height, stream.pix_fmt = 80, 46, "bgr0"
        for i in range(5):
            frame = av.VideoFrame.from_ndarray(rng.integers(0, 255, (46, 80, 3), np.uint8), format="bgr24")
            frame.pts, frame.time_base = i, Fraction(1, 10)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return {"PICTURE": picture, "CLIP": clip}


@pytest.fixture(params=["blur", "blur:1", "color:teal", "gradient:navy,orange,30", "PICTURE", "CLIP", "plaster"])
def background(request: pytest.FixtureRequest, files: dict[str, Path]) -> Background:
    choice = open_background(str(files.get(request.param, request.param)))
    assert choice.background is not None
    request.addfinalizer(choice.background.close)
    return choice.background


@pytest.mark.parametrize("size_wh", SIZES)
def test_render_gives_bgr_of_the_frames_size(background: Background, size_wh: tuple[int, int]) -> None:
    rng = np.random.default_rng(1)
    pixels = rng.integers(0, 255, (size_wh[1], size_wh[0], 3), np.uint8)
    alpha = rng.integers(0, 256, (size_wh[1], size_wh[0]), np.uint8)
    pixels.flags.writeable = alpha.flags.writeable = False
    for i in range(3):
        picture = background.render(pixels, alpha, i / 30)
        assert picture.shape == (size_wh[1], size_wh[0], 3)
        assert picture.dtype == np.uint8
        assert picture.flags.c_contiguous


def test_the_size_may_change(background: Background) -> None:
    """And what is shown stays the same, but for the size: the first and the second time round."""
    shown: dict[tuple[int, int], list[np.ndarray]] = {}
    for width, height in SIZES * 2:
        pixels = np.full((height, width, 3), (60, 90, 120), np.uint8)
        picture = background.render(pixels, np.zeros((height, width), np.uint8), 0.0)
        shown.setdefault((width, height), []).append(picture.copy())
    for (width, height), (first, second) in shown.items():
        assert first.shape == (height, width, 3)
        assert np.array_equal(first, second)


def test_each_shows_what_it_says(files: dict[str, Path]) -> None:
    room = np.full((90, 160, 3), (60, 90, 120), np.uint8)
    nobody = np.zeros((90, 160), np.uint8)

    def shown(text: str) -> np.ndarray:
        background = open_background(text).background
        assert background is not None
        picture = background.render(room, nobody, 0.0).copy()
        background.close()
        return picture

    assert (shown("color:teal") == (128, 128, 0)).all()
    ramp = shown("gradient:navy,orange,0").astype(int)
    assert np.abs(ramp[:, 0] - (128, 0, 0)).max() <= 1 and np.abs(ramp[:, -1] - (0, 165, 255)).max() <= 1
    assert (shown("blur:1") == (60, 90, 120)).all(), "a room of one colour stays so"
    with Image.open(files["PICTURE"]) as image:
        assert np.array_equal(shown(str(files["PICTURE"])), np.asarray(image)[..., ::-1]), "at its own size: untouched"
    with av.open(str(files["CLIP"])) as container:
        first = next(container.decode(video=0)).to_ndarray(format="bgr24")
    clip = open_background(str(files["CLIP"])).background
    assert clip is not None
    assert np.array_equal(clip.render(room[:46, :80], nobody[:46, :80], 0.0), first)
    clip.close()
    with Image.open(list_builtin()["plaster"]) as image:
        wanted = np.asarray(image.convert("RGB").resize((160, 90), Image.Resampling.BOX))[..., ::-1]
    assert np.abs(shown("plaster").astype(int) - wanted).mean() < 2


def test_the_card_is_the_background_alone_or_nothing(background: Background) -> None:
    card = background.card((64, 48), 0.0)
    rng = np.random.default_rng(2)
    pixels = rng.integers(0, 255, (48, 64, 3), np.uint8)
    rendered = background.render(pixels, np.zeros((48, 64), np.uint8), 0.0)
    if card is None:
        assert background.name.startswith("blur")
    else:
        assert np.array_equal(card, rendered)


def test_what_may_be_written_to_is_shown_no_second_time(background: Background) -> None:
    """Whatever a compositor writes into it: a person must not stay on the background, or on the card."""
    pixels, alpha = np.full((48, 64, 3), 90, np.uint8), np.zeros((48, 64), np.uint8)
    for ask in (lambda: background.render(pixels, alpha, 0.0), lambda: background.card((64, 48), 0.0)):
        first = ask()
        if first is None:
            continue
        expected = first.copy()
        if first.flags.writeable:
            first[:] = 255 - first
        for _ in range(2):
            assert np.array_equal(ask(), expected)


def test_it_has_a_name_and_closes_twice(background: Background) -> None:
    assert background.name
    background.close()
    background.close()


@pytest.mark.parametrize("name", sorted(list_builtin()))
def test_our_own_are_4k_and_of_many_colours(name: str) -> None:
    with Image.open(list_builtin()[name]) as image:
        assert image.size == (3840, 2160)
        image.draft("RGB", (960, 540))
        assert np.asarray(image.convert("L")).std() > 3


def test_what_is_made_of_the_room_says_so_and_has_no_card(background: Background) -> None:
    assert background.is_room is (background.card((64, 48), 0.0) is None)


def test_told_where_the_clip_in_front_begins_it_goes_on_showing(background: Background) -> None:
    pixels, alpha = np.full((48, 64, 3), 90, np.uint8), np.zeros((48, 64), np.uint8)
    before = background.render(pixels, alpha, 0.0).copy()
    background.begin(0.0)
    assert np.array_equal(background.render(pixels, alpha, 0.0), before)


def test_leaving_with_an_error_closes_it(background: Background) -> None:
    with pytest.raises(ZeroDivisionError), background as entered:
        assert entered is background
        raise ZeroDivisionError
