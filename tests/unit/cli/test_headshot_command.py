"""``cyclorama headshot``: real photos and clips, the bundled networks."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from cyclorama.core.frames import U8
from cyclorama.models.bundled import bundled_path
from cyclorama.stills.headshot.headshot import HeadshotOrder, make_headshots
from cyclorama.stills.headshot.preset import load_presets, load_studio
from cyclorama.stills.headshot.studio import paint_studio, studio
from cyclorama.stills.portrait.face import FaceFinder

Run = Callable[..., tuple[int, str, str]]
PORTRAIT = np.asarray(cv2.imread(str(bundled_path("portrait.png"))), np.uint8)


@pytest.fixture(scope="module")
def finder() -> Iterator[FaceFinder]:
    with FaceFinder() as opened:
        yield opened


def photo(path: Path, turn_deg: float = 0) -> Path:
    """The bundled portrait, turned clockwise: by quarters as a whole, by the rest about its face."""
    quarters = round(turn_deg / 90)
    matrix = cv2.getRotationMatrix2D((223, 110), 90 * quarters - turn_deg, 1)
    turned = cv2.warpAffine(PORTRAIT, matrix, (512, 512), borderMode=cv2.BORDER_REPLICATE)
    cv2.imwrite(str(path), np.rot90(turned, -quarters), [cv2.IMWRITE_JPEG_QUALITY, 95])
    return path


def read(path: Path) -> U8:
    return np.asarray(cv2.imread(str(path), cv2.IMREAD_UNCHANGED), np.uint8)


@pytest.mark.parametrize("turn_deg", [0, 14, -100])
def test_a_photo_is_levelled_and_framed(
    cyclorama: Run, empty_folder: Path, finder: FaceFinder, turn_deg: float
) -> None:
    photo(empty_folder / "me.jpg", turn_deg)
    code, said, err = cyclorama("headshot", "me.jpg", "--preset", "linkedin", "--json")
    assert code == 0, err
    report = json.loads(said)
    assert (report["slope_deg"] - 3.3 - turn_deg + 180) % 360 - 180 == pytest.approx(0, abs=1)
    shot = read(empty_folder / "me-headshot.jpg")
    assert shot.shape == (800, 800, 3)
    (face,) = finder.find(shot)
    assert abs(face.roll_deg) < 1.5
    assert face.eyes[0] / 800 == pytest.approx(0.5, abs=0.05)
    assert 0.3 < face.eyes[1] / 800 < 0.48
    behind = studio("studio-grey").render(shot, np.zeros((800, 800), np.float32), 0.0)  # type: ignore[union-attr]
    corner = slice(0, 60), slice(0, 60)
    assert np.abs(shot[corner].astype(int) - behind[corner]).mean() < 2, "the backdrop, and nothing of the room"
    (note,) = report["shots"][0]["notes"]
    assert "enlarged" in note and report["shots"][0]["enlarged"] > 2


def test_every_preset_before_two_backdrops(cyclorama: Run, empty_folder: Path) -> None:
    photo(empty_folder / "me.jpg")
    arguments = ("--preset", "all", "-b", "white", "-b", "color:teal", "-o", "shots", "--sheet", "sheet.png")
    code, said, err = cyclorama("headshot", "me.jpg", *arguments)
    assert code == 0, err
    for preset in load_presets().values():
        for name in ("white", "color-teal"):
            path = empty_folder / "shots" / f"me-headshot-{preset.name}-{name}{preset.format}"
            with Image.open(path) as image:
                assert image.size == preset.size
                dpi = image.info.get("dpi", (None,))[0]
            assert dpi == (pytest.approx(preset.dpi, abs=0.1) if preset.dpi else dpi)
    assert (read(empty_folder / "shots" / "me-headshot-square-white.jpg")[:60, :200] >= 253).all()
    sheet = read(empty_folder / "sheet.png")
    columns = len(load_studio()) + 1  # white is of the studio
    assert sheet.shape[1] == 12 + columns * (360 + 12)
    assert "10 portraits made from me.jpg:" in said and "sheet.png shows them all, to choose from." in said


def test_transparent(cyclorama: Run, empty_folder: Path) -> None:
    photo(empty_folder / "me.jpg")
    assert cyclorama("headshot", "me.jpg", "-b", "transparent")[0] == 0
    shot = read(empty_folder / "me-headshot.png")
    assert shot.shape == (1024, 1024, 4)
    assert (shot[:50, :50, 3] == 0).all() and (shot[-1, 400:600, 3] == 255).all(), "the body reaches the lower edge"


def test_of_two_people_the_nearer_one_is_shown_alone(cyclorama: Run, empty_folder: Path, finder: FaceFinder) -> None:
    both = np.full((700, 1000, 3), PORTRAIT[5, 200], np.uint8)
    both[188:, :512] = PORTRAIT
    both[400:, 700:] = cv2.resize(PORTRAIT, (300, 300), interpolation=cv2.INTER_AREA)
    cv2.imwrite("both.png", both)
    code, said, err = cyclorama("headshot", "both.png", "-b", "transparent", "--json")
    assert code == 0, err
    assert json.loads(said)["faces"] == 2
    shot = read(empty_folder / "both-headshot.png")
    assert len(finder.find(np.ascontiguousarray(shot[..., :3]))) == 1
    _, _, islands, _ = cv2.connectedComponentsWithStats(np.asarray(shot[..., 3] > 128, np.uint8))
    areas = sorted(islands[1:, cv2.CC_STAT_AREA])
    assert sum(areas[:-1]) < 1e-3 * areas[-1], "one person, and nothing else"


def test_a_clip_and_the_demo_in_a_cameras_place(cyclorama: Run, empty_folder: Path) -> None:
    clip = cv2.VideoWriter("talk.avi", cv2.VideoWriter.fourcc(*"MJPG"), 10, (512, 512))
    for blur in (6, 3, 0, 3, 6):
        clip.write(cv2.GaussianBlur(PORTRAIT, (0, 0), blur) if blur else PORTRAIT)
    clip.release()
    code, said, err = cyclorama("headshot", "talk.avi", "--json")
    assert code == 0, err
    report = json.loads(said)
    assert report["time_s"] == pytest.approx(0.2) and report["score"]["sharp"] > 0.3
    code, said, err = cyclorama("headshot", "demo", "--countdown", "0.2")
    assert code == 0, err
    assert "look into the camera" in err and (empty_folder / "camera-headshot.jpg").is_file()


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["wall.png"], 3, "no face was found in wall.png"),
        (["absent.jpg"], 3, "absent.jpg"),
        (["empty.jpg"], 3, "empty"),
        (["text.jpg"], 3, "neither a photo nor a video that can be read: choose"),
        (["folder"], 3, "folder"),
        (["me.jpg", "--preset", "passport"], 2, "square"),
        (["me.jpg", "--background", "studio-green"], 2, "studio-grey"),
        (["me.jpg", "--background", "none"], 2, "none"),
        (["me.jpg", "--light-wrap", "2"], 2, "--light-wrap"),
        (["me.jpg", "-b", "transparent", "-o", "me.jpeg"], 2, "JPEG has no transparency"),
        (["me.jpg", "-o", "me.jpg"], 2, "both input and output"),
        (["me.jpg", "-o", "new.jpg", "--sheet", "me.jpg", "--overwrite"], 2, "both input and output"),
        (["me.jpg", "-o", "wall.png", "-b", "wall.png", "--overwrite"], 2, "both input and output"),
        (["me.jpg", "-o", "new.jpg", "--sheet", "new.jpg", "--overwrite"], 2, "a headshot's name too"),
        (["me.jpg", "--sheet", "sheet.txt"], 2, "--sheet sheet.txt"),
        (["me.jpg", "--preset", "all", "-o", "one.png"], 2, "give a folder"),
        (["me.jpg", "--model", "nothing"], 2, "nothing"),
        (["me.jpg", "-o", "there.png"], 5, "there.png exists"),
        (["/dev/video97"], 3, "/dev/video97"),
    ],
)
def test_what_cannot_be_done(cyclorama: Run, empty_folder: Path, arguments: list[str], code: int, says: str) -> None:
    photo(empty_folder / "me.jpg")
    cv2.imwrite("wall.png", np.full((200, 200, 3), 90, np.uint8))
    (empty_folder / "empty.jpg").touch()
    (empty_folder / "text.jpg").write_text("no picture at all, but long enough to be looked at")
    (empty_folder / "folder").mkdir()
    (empty_folder / "there.png").write_bytes(b"mine")
    before = sorted(empty_folder.iterdir())
    got, _, err = cyclorama("headshot", *arguments)
    assert got == code, err
    assert says in err and err.count("\n") == 1, err
    assert sorted(empty_folder.iterdir()) == before and (empty_folder / "there.png").read_bytes() == b"mine"


def test_the_countdown_is_told_and_has_a_limit(cyclorama: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def make(source: str, order: HeadshotOrder, *, on_wait: Callable[[int], None], **_: object) -> None:
        assert (source, order.countdown_s) == ("camera", 60)
        for seconds in (2, 1, 0):
            on_wait(seconds)

    monkeypatch.setattr("cyclorama.stills.headshot.headshot.make_headshots", make)
    code, _, err = cyclorama("headshot", "camera", "--countdown", "60")
    assert code == 130 and err.splitlines()[:3] == ["2 ...", "1 ...", "look into the camera"]
    for wrong in ("60.5", "-1", "soon"):
        code, _, err = cyclorama("headshot", "camera", f"--countdown={wrong}")
        assert code == 2 and "is not a number from 0 to 60" in err


def test_a_stop_leaves_what_is_not_begun(empty_folder: Path) -> None:
    photo(empty_folder / "me.jpg")
    stop = threading.Event()
    stop.set()
    assert make_headshots("me.jpg", HeadshotOrder(presets=["all"], output=empty_folder / "out"), stop=stop) is None
    assert not (empty_folder / "out").exists()


def test_the_studio_is_lightest_behind_the_head() -> None:
    wall = paint_studio((200, 180, 160), (60, 50, 40), (301, 401)).astype(int)
    middle = wall[160, 150]
    assert np.abs(middle - [160, 180, 200]).max() <= 1
    for corner in (wall[0, 0], wall[0, -1], wall[-1, 0], wall[-1, -1]):
        assert (corner < middle - 60).all()
    assert np.abs(np.diff(cv2.blur(wall[:, 150].astype(np.float32), (1, 31)), axis=0)).max() < 3, "no step"
    assert (paint_studio((255, 255, 255), (255, 255, 255), (64, 64)) == 255).all()
    assert (paint_studio((255, 255, 255), (254, 254, 254), (640, 640)) >= 254).all(), "no noise beyond white"
