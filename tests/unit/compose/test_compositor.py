"""The gate: right pictures when all is well, and no pixel of the room when anything is not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from cyclorama.background.base import Background
from cyclorama.background.opening import BackgroundChoice, OutputMode, open_background
from cyclorama.background.solid import solid
from cyclorama.compose.card import plain_card
from cyclorama.compose.compositor import Compositor
from cyclorama.core.errors import CaptureError
from cyclorama.core.frames import U8, Composite, CompositeKind, Frame, Layout, Matte, SizeWH
from cyclorama.settings.values import ComposeSettings

MARKER = (1, 251, 3)
PERSON = (180, 140, 120)
SIZE = (160, 96)
MODES = ["color:teal", "gradient:navy,orange", "blur", "dusk", "transparent", "matte"]


def make(text: str, size_wh: SizeWH = SIZE, wrap: float = 0.3, max_matte_age: int = 15) -> Compositor:
    return Compositor(open_background(text), ComposeSettings(text, wrap), size_wh, max_matte_age=max_matte_age)


def make_frame(seq: int = 7, size_wh: SizeWH = SIZE) -> Frame:
    """A room of the marker's colour with a person in the middle."""
    pixels = np.full((size_wh[1], size_wh[0], 3), MARKER, np.uint8)
    pixels[size_wh[1] // 4 :, size_wh[0] // 4 : size_wh[0] * 3 // 4] = PERSON
    return Frame(pixels, seq, seq * 33_000_000, seq * 3, Fraction(1, 90))


def make_alpha(size_wh: SizeWH = SIZE) -> U8:
    alpha = np.zeros((size_wh[1], size_wh[0]), np.uint8)
    alpha[size_wh[1] // 4 :, size_wh[0] // 4 : size_wh[0] * 3 // 4] = 255
    return alpha


def holds_room(composite: Composite) -> bool:
    """Whether any pixel, shown or hidden under transparency, comes near the marker's colour."""
    if composite.layout is Layout.GRAY:
        return False
    near = np.abs(composite.pixels[..., :3].astype(int) - MARKER).max(axis=-1) < 60
    return bool(near.any())


@pytest.mark.parametrize("text", MODES)
def test_when_all_is_well_the_room_is_gone_and_the_person_is_there(text: str) -> None:
    compositor = make(text, wrap=0.0)
    frame = make_frame()
    composite = compositor.compose(frame, Matte(make_alpha(), frame.seq, age=2))
    assert (composite.kind, composite.reason) == (CompositeKind.COMPOSITE, "")
    assert composite.layout is compositor.layout
    assert composite.size_wh == SIZE
    assert (composite.seq, composite.captured_ns) == (frame.seq, frame.captured_ns)
    assert (composite.pts, composite.time_base, composite.matte_age) == (frame.pts, frame.time_base, 2)
    assert not composite.pixels.flags.writeable
    if text != "blur":  # a blur is made of the room, and shows nothing else
        assert not holds_room(composite)
    if composite.layout is Layout.GRAY:
        assert np.array_equal(composite.pixels, make_alpha())
    else:
        assert (composite.pixels[60, 80, :3] == PERSON).all()
    compositor.close()
    compositor.close()


BROKEN: dict[str, Callable[[Matte], Matte | None]] = {
    "no matte": lambda m: None,
    "of an earlier frame": lambda m: replace(m, seq=m.seq - 1),
    "of a later frame": lambda m: replace(m, seq=m.seq + 1),
    "too old": lambda m: replace(m, age=16),
    "of negative age": lambda m: replace(m, age=-1),
    "without its edges": lambda m: replace(m, alpha=m.alpha.astype(np.float32) / 255),
    "NaN": lambda m: replace(m, alpha=np.full(m.alpha.shape, np.nan, np.float32)),
    "double": lambda m: replace(m, alpha=m.alpha.astype(np.float64)),
    "signed": lambda m: replace(m, alpha=m.alpha.astype(np.int8)),
    "of truth values": lambda m: replace(m, alpha=m.alpha > 0),
    "smaller": lambda m: replace(m, alpha=m.alpha[::2, ::2].copy()),
    "turned": lambda m: replace(m, alpha=m.alpha.T.copy()),
    "with a third axis": lambda m: replace(m, alpha=m.alpha[..., None]),
    "empty": lambda m: replace(m, alpha=np.zeros((0, 0), np.uint8)),
    "foreground of another size": lambda m: replace(m, foreground=np.zeros((4, 4, 3), np.uint8)),
    "foreground of floats": lambda m: replace(m, foreground=np.zeros((SIZE[1], SIZE[0], 3), np.float32)),
    "no array": lambda m: replace(m, alpha=None),
}


@pytest.mark.parametrize("text", MODES)
@pytest.mark.parametrize("fault", BROKEN)
def test_a_broken_matte_gives_a_card_without_a_pixel_of_the_frame(text: str, fault: str) -> None:
    compositor = make(text)
    frame = make_frame()
    good = Matte(np.full_like(make_alpha(), 255), frame.seq)  # would show all of the room
    for matte in (BROKEN[fault](good), BROKEN[fault](Matte(make_alpha(), frame.seq))):
        composite = compositor.compose(frame, matte)
        assert composite.kind is CompositeKind.CARD
        assert composite.reason and "\n" not in composite.reason
        assert (composite.seq, composite.captured_ns, composite.pts) == (frame.seq, frame.captured_ns, frame.pts)
        assert composite.layout is compositor.layout
        assert composite.size_wh == SIZE
        assert not holds_room(composite)
        assert not (composite.pixels[..., :3] == PERSON).all(axis=-1).any() or composite.layout is Layout.GRAY
    compositor.close()


class Faulty(Background):
    """A background with a fault of choice."""

    name = "faulty"

    def __init__(self, fault: Callable[[U8], object]) -> None:
        self._fault = fault
        self.closed = 0

    def render(self, pixels: U8, alpha: U8, time_s: float) -> U8:
        return self._fault(pixels)  # type: ignore[return-value]

    def card(self, size_wh: SizeWH, time_s: float) -> U8 | None:
        return self._fault(np.full((size_wh[1], size_wh[0], 3), 9, np.uint8))  # type: ignore[return-value]

    def close(self) -> None:
        self.closed += 1


def gone(pixels: U8) -> object:
    raise CaptureError("the clip is gone")


@pytest.mark.parametrize(
    "fault",
    [gone, lambda p: None, lambda p: p[:-1], lambda p: p.astype(np.float32), lambda p: p[..., 0], lambda p: 1 // 0],
    ids=["raises", "none", "too small", "floats", "grey", "divides by zero"],
)
def test_a_broken_background_gives_the_plain_card(
    fault: Callable[[U8], object], caplog: pytest.LogCaptureFixture
) -> None:
    background = Faulty(fault)
    compositor = Compositor(BackgroundChoice(OutputMode.REPLACE, "faulty", background), ComposeSettings(), SIZE)
    for seq in range(50):
        frame = make_frame(seq)
        composite = compositor.compose(frame, Matte(make_alpha(), seq))
        assert composite.kind is CompositeKind.CARD
        assert composite.reason
        assert np.array_equal(composite.pixels, plain_card(SIZE))
    assert len(caplog.records) <= 2  # told once, not at the frame rate
    compositor.close()
    assert background.closed == 1


REPLACING = ("edge_colors", "LightWrap.spill", "blend", "Outline", "shrink")
CUTTING_OUT = ("edge_colors", "lay", "Outline", "shrink")


@pytest.mark.parametrize(
    ("part", "text"),
    [*((part, "color:teal") for part in REPLACING), *((part, "transparent") for part in CUTTING_OUT)],
)
def test_a_fault_in_any_step_gives_a_card(part: str, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: object, **kwargs: object) -> None:
        raise MemoryError

    monkeypatch.setattr(f"cyclorama.compose.compositor.{part}", fail)
    compositor = make(text)
    frame = make_frame()
    composite = compositor.compose(frame, Matte(make_alpha(), frame.seq))
    assert composite.kind is CompositeKind.CARD
    assert "MemoryError" in composite.reason
    assert not holds_room(composite)


def test_a_fault_passes_when_the_next_matte_is_good() -> None:
    compositor = make("color:teal")
    frame = make_frame()
    assert compositor.compose(frame, None).kind is CompositeKind.CARD
    assert compositor.compose(frame, Matte(make_alpha(), frame.seq)).kind is CompositeKind.COMPOSITE


def test_raw_comes_only_of_none_and_needs_no_matte() -> None:
    frame = make_frame()
    composite = make("none").compose(frame, None)
    assert composite.kind is CompositeKind.RAW
    assert np.array_equal(composite.pixels, frame.pixels)
    for text in MODES:
        assert make(text).compose(frame, None).kind is CompositeKind.CARD


@pytest.mark.parametrize("text", ["color:teal", "transparent", "matte"])
def test_what_the_source_has_transparent_stays_so(text: str) -> None:
    """The left half of the person; the right half is half there."""
    own = np.full(SIZE[::-1], 128, np.uint8)
    own[:, : SIZE[0] // 2] = 0
    frame = replace(make_frame(), alpha=own)
    composite = make(text, wrap=0.0).compose(frame, Matte(make_alpha(), frame.seq))
    left, right = composite.pixels[70, 50], composite.pixels[70, 100]
    if text == "matte":
        assert (left, right) == (0, 128)
    elif text == "transparent":
        assert (left[3], right[3]) == (0, 128)
    else:
        assert left.tolist() == [128, 128, 0]
        assert 0 < right[2] < PERSON[2]


def test_of_the_sources_transparency_and_the_mattes_the_stronger_one_counts() -> None:
    """Both are of the same edge: multiplied, it would be twice as transparent."""
    matte, own = make_alpha() // 2, np.full(SIZE[::-1], 200, np.uint8)
    own[:, : SIZE[0] // 2] = 60
    composite = make("matte").compose(replace(make_frame(), alpha=own), Matte(matte, 7))
    assert (composite.pixels[70, 50], composite.pixels[70, 100]) == (60, 127)


@pytest.mark.parametrize("good", [True, False])
def test_a_composite_lasts_as_long_as_its_frame_and_so_does_the_card_in_its_place(good: bool) -> None:
    frame = replace(make_frame(), duration=4)
    composite = make("matte").compose(frame, Matte(make_alpha(), frame.seq) if good else None)
    assert (composite.pts, composite.time_base) == (frame.pts, frame.time_base)
    assert composite.duration == 4


def test_without_a_background_transparent_parts_are_white_and_it_is_said_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    compositor = make("none")
    frame = replace(make_frame(), alpha=np.zeros(SIZE[::-1], np.uint8))
    for _ in range(2):
        assert compositor.compose(frame, None).kind is CompositeKind.RAW
    assert [message for message in caplog.messages if "transparent parts become white" in message] == caplog.messages
    assert len(caplog.messages) == 1


def test_an_empty_matte_is_the_background_alone() -> None:
    frame = make_frame()
    composite = make("color:teal").compose(frame, Matte(np.zeros_like(make_alpha()), frame.seq))
    assert composite.kind is CompositeKind.COMPOSITE
    assert (composite.pixels == (128, 128, 0)).all()


@pytest.mark.parametrize("haze", [0.0, 0.004, 0.1, 0.4])
def test_under_transparency_lies_the_person_and_not_the_room(haze: float) -> None:
    frame = make_frame()
    alpha = np.maximum(make_alpha(), np.uint8(255 * haze))
    composite = make("transparent").compose(frame, Matte(alpha, frame.seq))
    assert composite.pixels.shape == (SIZE[1], SIZE[0], 4)
    assert np.array_equal(composite.pixels[..., 3], alpha)
    outside = composite.pixels[make_alpha() == 0][:, :3].astype(int)
    assert np.abs(outside - PERSON).max() < 20 + 255 * haze
    assert not holds_room(composite)


def test_a_hard_cut_keeps_the_person_exactly_and_the_background_exactly() -> None:
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 255, (96, 160, 3), np.uint8)
    frame = Frame(pixels, 0, 0)
    alpha = make_alpha()
    out = make("color:teal", wrap=0.0).compose(frame, Matte(alpha, 0)).pixels
    assert np.array_equal(out[alpha == 255], pixels[alpha == 255])
    assert (out[alpha == 0] == (128, 128, 0)).all()


def test_light_wraps_the_person_alone() -> None:
    frame = make_frame()
    alpha = make_alpha()
    plain, wrapped = (
        make("color:white", wrap=w).compose(frame, Matte(alpha, frame.seq)).pixels.astype(int) for w in (0.0, 1.0)
    )
    assert (wrapped[alpha == 0] == 255).all()
    assert (wrapped - plain)[alpha == 255].min() >= 0
    assert (wrapped - plain)[alpha == 255].max() > 20


def test_light_wraps_hair_as_it_does_the_person_beside_it() -> None:
    """Half transparent, the person's own half is lit too: unlit it would be a dark seam."""
    frame, alpha = make_frame(), make_alpha()
    alpha[:, 40:48] = 128
    plain, wrapped = (
        make("color:white", wrap=w).compose(frame, Matte(alpha, frame.seq)).pixels.astype(int) for w in (0.0, 1.0)
    )
    added = (wrapped - plain)[60, :, 2]
    assert added[40:48].min() > 0.6 * added[48]


def test_beside_a_person_at_the_frames_border_the_blurred_room_goes_on() -> None:
    """And not the person, who would be smeared over the bars."""
    pixels = np.full((96, 80, 3), (60, 90, 120), np.uint8)
    pixels[:, 40:] = (250, 10, 240)
    alpha = np.zeros((96, 80), np.uint8)
    alpha[:, 40:] = 255
    composite = make("blur").compose(Frame(pixels, 0, 0), Matte(alpha, 0))
    assert composite.kind is CompositeKind.COMPOSITE
    assert np.abs(composite.pixels[:, 124:].astype(int) - (60, 90, 120)).max() <= 3


def test_a_blurred_room_lights_nobody_anew() -> None:
    frame, alpha = make_frame(), make_alpha()
    plain, wrapped = (make("blur", wrap=w).compose(frame, Matte(alpha, frame.seq)).pixels for w in (0.0, 1.0))
    assert np.array_equal(plain, wrapped)


def test_the_networks_own_foreground_is_used_along_the_outline() -> None:
    frame = make_frame()
    foreground = np.full_like(frame.pixels, (9, 9, 200))
    alpha = make_alpha()
    alpha[:, 40:44] = 128
    out = make("color:black", wrap=0.0).compose(frame, Matte(alpha, frame.seq, foreground=foreground)).pixels
    assert (out[60, 80] == PERSON).all()
    assert out[10, 41, 2] > out[10, 41, 1]


@pytest.mark.parametrize("text", [*MODES, "none"])
def test_a_smaller_frame_stands_in_the_middle(text: str) -> None:
    frame = make_frame(size_wh=(80, 96))
    alpha = make_alpha((80, 96))
    composite = make(text, wrap=0.0).compose(frame, Matte(alpha, frame.seq))
    assert composite.size_wh == SIZE
    if composite.layout is Layout.GRAY:
        assert composite.pixels[60, 80] == 255
        assert not composite.pixels[:, :40].any() and not composite.pixels[:, 120:].any()
    else:
        assert (composite.pixels[60, 80, :3] == PERSON).all()
    if text not in ("blur", "none"):
        assert not holds_room(composite)
    if text == "none":
        assert not composite.pixels[:, :40].any()


@pytest.mark.parametrize("text", [text for text in MODES if text != "blur"])
def test_beside_a_person_at_the_frames_very_border_is_nothing_of_them(text: str) -> None:
    """The frame ends, and so does the person: what lies around it is background, and transparent where that is."""
    frame = Frame(np.full((64, 80, 3), PERSON, np.uint8), 0, 0)
    compositor = make(text, wrap=0.0)
    composite = compositor.compose(frame, Matte(np.full((64, 80), 255, np.uint8), 0))
    inside = np.zeros((SIZE[1], SIZE[0]), bool)
    inside[16:80, 40:120] = True
    if composite.layout is Layout.BGR:
        behind = compositor.compose(frame, Matte(np.zeros((64, 80), np.uint8), 0)).pixels
        assert np.array_equal(composite.pixels[~inside], behind[~inside])
    else:
        alpha8 = composite.pixels if composite.layout is Layout.GRAY else composite.pixels[..., 3]
        assert np.array_equal(alpha8 == 255, inside) and not alpha8[~inside].any()
    if composite.layout is not Layout.GRAY:
        assert (composite.pixels[inside][:, :3] == PERSON).all()


def test_a_dark_person_before_a_bright_room_gets_no_bright_outline() -> None:
    """The estimate of the foreground falls below black there, and black is what it means."""
    pixels = np.full((SIZE[1], SIZE[0], 3), 250, np.uint8)
    pixels[:, 80:] = 4
    alpha = np.zeros((SIZE[1], SIZE[0]), np.uint8)
    alpha[:, 80:] = 255
    alpha[:, 78:82] = 128  # over room and person alike: two columns of either
    composite = make("color:black", wrap=0.0).compose(Frame(pixels, 0, 0), Matte(alpha, 0))
    assert composite.kind is CompositeKind.COMPOSITE
    assert composite.pixels[:, 80:].max() <= 4


def test_a_larger_frame_gives_a_card() -> None:
    frame = make_frame(size_wh=(320, 180))
    for text in (*MODES, "none"):
        composite = make(text).compose(frame, Matte(make_alpha((320, 180)), frame.seq))
        assert composite.kind is CompositeKind.CARD
        assert composite.size_wh == SIZE
        assert not holds_room(composite)


@pytest.mark.parametrize("size", [(161, 97), (33, 240), (8, 8), (1, 1), (1280, 720)])
@pytest.mark.parametrize("text", ["color:teal", "blur", "transparent"])
def test_any_size_works(size: SizeWH, text: str) -> None:
    frame = make_frame(size_wh=size)
    alpha = np.random.default_rng(0).integers(0, 256, (size[1], size[0]), np.uint8)
    composite = make(text, size).compose(frame, Matte(alpha, frame.seq))
    assert composite.reason == ""
    assert composite.size_wh == size


def test_cards() -> None:
    assert (make("color:teal").card(5, "waiting", 0.0).pixels == (128, 128, 0)).all()
    assert np.array_equal(make("blur").card(5, "waiting", 0.0).pixels, plain_card(SIZE))
    assert np.array_equal(make("none").card(5, "waiting", 0.0).pixels, plain_card(SIZE))
    assert not make("transparent").card(5, "waiting", 0.0).pixels.any()
    assert not make("matte").card(5, "waiting", 0.0).pixels.any()
    card = make("blur").card(5, "waiting", 0.0)
    assert (card.kind, card.reason, card.seq, card.captured_ns) == (CompositeKind.CARD, "waiting", -1, 5)


@pytest.mark.parametrize("size", [(1280, 720), (720, 1280), (17, 9), (1, 1)])
def test_the_plain_card_is_calm(size: SizeWH) -> None:
    card = plain_card(size)
    assert card.shape == (size[1], size[0], 3)
    assert card.mean() < 80
    assert np.ptp(card) < 120


def test_composites_handed_out_are_never_written_to_again() -> None:
    compositor = make("color:teal")
    kept = []
    for seq in range(6):
        alpha = np.roll(make_alpha(), seq * 5, axis=1)
        composite = compositor.compose(make_frame(seq), Matte(alpha, seq))
        kept.append((composite, composite.pixels.copy()))
    assert all(np.array_equal(c.pixels, copy) for c, copy in kept)


def test_stages_are_timed() -> None:
    entered: Counter[str] = Counter()

    @contextmanager
    def timer(stage: str) -> Iterator[None]:
        yield
        entered[stage] += 1

    choice = BackgroundChoice(OutputMode.REPLACE, "teal", solid("teal", (0, 128, 128)))
    compositor = Compositor(choice, ComposeSettings(), SIZE, timer=timer)
    frame = make_frame()
    compositor.compose(frame, Matte(make_alpha(), frame.seq))
    assert entered == {"background": 1, "decontaminate": 1, "light_wrap": 1, "blend": 1}
