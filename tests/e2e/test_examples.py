"""Every program in ``examples/``, run as its docstring says, and what comes out looked at pixel by pixel."""

from __future__ import annotations

import ast
import asyncio
import base64
import importlib.util
import io
import json
import subprocess
import sys
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from types import ModuleType
from typing import Any

import av
import nbclient
import nbformat
import numpy as np
import pytest
from aiortc import MediaStreamTrack, RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.contrib.media import MediaStreamError
from PIL import Image, ImageCms
from starlette.testclient import TestClient

import cyclorama
from cyclorama.models.bundled import bundled_path

pytestmark = pytest.mark.e2e
EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
MOST_LINES = 60
PERSON, CORNER = (215, 150), (505, 5)
"""Pixels (x, y) of the portrait: a cheek, and the flag in its corner."""
TEAL = (0, 128, 128)
Run = Callable[..., str]


@pytest.fixture
def portrait() -> Image.Image:
    return Image.open(bundled_path("portrait.png")).convert("RGB")


@pytest.fixture
def run(tmp_path: Path, portrait: Image.Image) -> Run:
    """Run an example in a folder with ``me.png``, and give what it printed."""
    portrait.save(tmp_path / "me.png", icc_profile=SRGB, dpi=(300, 300))

    def run_it(name: str, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, EXAMPLES / name, *arguments],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run_it


@pytest.fixture
def talk(tmp_path: Path) -> Path:
    """A clip of the demo in its own room, a second long."""
    clip = tmp_path / "talk.mp4"
    cyclorama.live(
        source="demo", to=str(clip), background="none", size=(640, 360), fps=20, duration=1, hardware=False
    ).wait()
    return clip


SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def loaded(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def frames_of(path: Path) -> list[Any]:
    with av.open(str(path)) as clip:
        return [frame.to_ndarray(format="rgb24") for frame in clip.decode(video=0)]


def close(one: Any, other: Any, within: int) -> bool:
    return bool(np.abs(np.asarray(one).astype(int) - np.asarray(other).astype(int)).max() <= within)


def is_skin(pixel: Any) -> bool:
    red, green, blue = (int(value) for value in pixel)
    return red > green > blue and red > 120


def check_cut_out(picture: Image.Image, portrait: Image.Image) -> None:
    """Alpha is 255 inside the person, where the colours are the photo's, and 0 in a corner."""
    assert picture.mode == "RGBA" and picture.size == portrait.size
    assert picture.getpixel(PERSON) == (*portrait.getpixel(PERSON), 255)  # type: ignore[misc]
    assert picture.getpixel(CORNER)[3] == 0  # type: ignore[index]


def test_every_example_is_short_says_how_to_run_it_and_has_a_test() -> None:
    here = Path(__file__).read_text(encoding="utf-8")
    programs = sorted(EXAMPLES.iterdir())
    assert len(programs) >= 12
    for program in programs:
        assert program.stem in here, f"{program.name} has no test"
        if program.suffix == ".py":
            text = program.read_text(encoding="utf-8")
            assert len(text.splitlines()) <= MOST_LINES, program.name
            said = ast.get_docstring(ast.parse(text)) or ""
            assert f"python {program.name}" in said or "pip install" in said, program.name


def test_opencv_loop(run: Run, talk: Path, tmp_path: Path) -> None:
    run("opencv_loop.py", "talk.mp4", "color:teal", "out.avi")
    before, after = frames_of(talk), frames_of(tmp_path / "out.avi")
    assert len(after) == len(before) and after[0].shape == (360, 640, 3)
    assert all(close(frame[5, 5], TEAL, 8) for frame in after)
    assert is_skin(after[-1][160, 310])
    assert close(after[-1][150:170, 300:320], before[-1][150:170, 300:320], 24)


def test_upload_server(run: Run, portrait: Image.Image, tmp_path: Path) -> None:
    with TestClient(loaded("upload_server").app) as client:
        answer = client.post("/cut-out", files={"photo": (tmp_path / "me.png").read_bytes()})
        assert answer.status_code == 200 and answer.headers["content-type"] == "image/png"
        picture = Image.open(io.BytesIO(answer.content))
        check_cut_out(picture, portrait)
        assert picture.info["icc_profile"] == SRGB
        refused = client.post("/cut-out", files={"photo": b"words"})
        assert refused.status_code == 422 and "is no picture that can be read" in refused.text
        assert client.post("/cut-out", data={"photo": "words"}).status_code == 400


class DemoTrack(MediaStreamTrack):
    """The portrait as a video of 30 frames a second."""

    kind = "video"

    def __init__(self, portrait: Image.Image) -> None:
        super().__init__()
        self._picture, self._count = np.asarray(portrait), 0

    async def recv(self) -> av.VideoFrame:
        await asyncio.sleep(1 / 30)
        frame = av.VideoFrame.from_ndarray(self._picture, format="rgb24")
        frame.pts, frame.time_base = 3000 * self._count, Fraction(1, 90_000)
        self._count += 1
        return frame


def test_webrtc_answer(portrait: Image.Image) -> None:
    example = loaded("webrtc_answer")

    async def call(frames: int) -> list[Any]:
        """Call oneself, over this machine's own addresses, and give what comes back."""
        caller = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        caller.addTrack(DemoTrack(portrait))
        tracks: asyncio.Queue[MediaStreamTrack] = asyncio.Queue()
        caller.on("track", tracks.put_nowait)
        await caller.setLocalDescription(await caller.createOffer())
        offer = {"sdp": caller.localDescription.sdp, "type": caller.localDescription.type}
        callee, answer = await example.answer(offer, "color:teal")
        await caller.setRemoteDescription(RTCSessionDescription(**answer))
        seen = []
        try:
            track = await asyncio.wait_for(tracks.get(), 60)
            while len(seen) < frames:
                frame = await asyncio.wait_for(track.recv(), 60)
                assert isinstance(frame, av.VideoFrame)
                seen.append(frame.to_ndarray(format="rgb24"))
        finally:
            for sender in callee.getSenders():
                sender.track.stop()
            await caller.close()
            await callee.close()
        return seen

    for picture in asyncio.run(call(10)):
        assert close(picture[CORNER[1], CORNER[0]], TEAL, 20)
        assert is_skin(picture[PERSON[1], PERSON[0]])
    assert MediaStreamError  # what recv raises once a track has ended


def test_watch_folder(run: Run, portrait: Image.Image, tmp_path: Path) -> None:
    (tmp_path / "inbox").mkdir()
    (tmp_path / "me.png").rename(tmp_path / "inbox" / "me.png")
    (tmp_path / "inbox" / "notes.txt").write_text("not a photo")
    told = run("watch_folder.py", "inbox", "done", "3")
    assert "me.png: done" in told and "notes.txt is no picture" in told
    assert [path.name for path in (tmp_path / "done").iterdir()] == ["me.png"]
    check_cut_out(Image.open(tmp_path / "done" / "me.png"), portrait)


def test_batch_threads(run: Run, portrait: Image.Image, tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    photos.mkdir()
    for number in range(3):
        portrait.save(photos / f"{number}.png", icc_profile=SRGB, dpi=(300, 300))
    (photos / "notes.txt").write_text("not a photo")
    told = run("batch_threads.py", "photos", "done").splitlines()
    assert [Path(line).name for line in told[:3]] == ["0.jpg", "1.jpg", "2.jpg"] and "is no picture" in told[3]
    for number in range(3):
        with Image.open(tmp_path / "done" / f"{number}.jpg") as made:
            assert made.getpixel(CORNER) == (255, 255, 255)
            assert close(made.getpixel(PERSON), portrait.getpixel(PERSON), 12)
            assert made.info["icc_profile"] == SRGB and made.info["dpi"] == (300, 300)


def test_notebook(run: Run, portrait: Image.Image, tmp_path: Path) -> None:
    notebook = nbformat.read(EXAMPLES / "notebook.ipynb", as_version=4)  # type: ignore[no-untyped-call]
    (tmp_path / "me.jpg").write_bytes((tmp_path / "me.png").read_bytes())  # whatever its extension says
    nbclient.NotebookClient(notebook, timeout=100, resources={"metadata": {"path": str(tmp_path)}}).execute()
    outputs = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    assert "selfie" in json.dumps(outputs)
    pictures = [
        out.data["image/png"] for out in outputs if out.output_type == "execute_result" and "image/png" in out.data
    ]
    alpha, by_hand, at_once = (Image.open(io.BytesIO(base64.b64decode(picture))) for picture in pictures)
    assert alpha.mode == "L" and alpha.getpixel(PERSON) == 255 and alpha.getpixel(CORNER) == 0
    for picture in (by_hand, at_once):
        assert picture.getpixel(CORNER) == TEAL
        assert close(picture.getpixel(PERSON), portrait.getpixel(PERSON), 2)


def test_make_headshot(run: Run, tmp_path: Path) -> None:
    told = run("make_headshot.py", "me.png", "me-linkedin.png")
    assert told.startswith("me-linkedin.png: 800x800, eyes sloped by 3") and "enlarged" in told
    made = Image.open(tmp_path / "me-linkedin.png")
    left, right = made.getpixel((3, 3)), made.getpixel((796, 3))
    assert close(left, right, 8) and left[0] > left[2]  # type: ignore[index]  # warm, and symmetric
    assert is_skin(made.getpixel((400, 400)))


def test_make_id_photo(run: Run, studio_photo: Path, tmp_path: Path) -> None:
    told = run("make_id_photo.py", str(studio_photo), "germany", "passport.jpg").splitlines()
    made = Image.open(tmp_path / "passport.jpg")
    dpi = made.info["dpi"][0]
    assert made.format == "JPEG" and made.size == (round(35 / 25.4 * dpi), round(45 / 25.4 * dpi))
    assert "ok   one person: 1 face" in told
    verdict = "breaks a rule" if any(line.startswith("FAIL") for line in told) else "passes"
    assert told[-1].startswith(verdict)
    assert min(made.getpixel((4, 4))) > 225  # type: ignore[type-var]  # the wall behind
    assert is_skin(made.getpixel((made.width // 2, made.height // 2)))


def test_make_product(run: Run, tmp_path: Path) -> None:
    told = run("make_product.py", "me.png", "ebay", "shop.jpg")
    made = Image.open(tmp_path / "shop.jpg")
    assert told.startswith(f"shop.jpg: {made.width}x{made.height} for eBay")
    assert "whole: cut off by the photo: bottom" in told
    pixels = np.asarray(made)
    assert (pixels[:8] == 255).all() and (pixels[:, -8:] == 255).all()
    assert (pixels[made.height // 2, made.width // 2] < 255).any()


def test_convert_with_progress(run: Run, talk: Path, tmp_path: Path) -> None:
    told = run("convert_with_progress.py", "talk.mp4", "office.mp4", "color:teal").splitlines()
    before, after = frames_of(talk), frames_of(tmp_path / "office.mp4")
    assert told[0] == f"10 of {len(before)} frames" and told[-1].startswith(f"office.mp4: {len(before)} frames in")
    assert len(after) == len(before)
    assert all(close(frame[5, 5], TEAL, 8) for frame in after)
    assert is_skin(after[-1][160, 310]) and close(after[-1][150:170, 300:320], before[-1][150:170, 300:320], 16)


def test_running_session(run: Run, tmp_path: Path) -> None:
    told = run("running_session.py", "demo", "null", "2").splitlines()
    assert told[0].startswith("running: ") and "fault: none" in told[0]
    assert told[-1].endswith("from demo 854x480 at 30 fps")
    shown = Image.open(tmp_path / "snapshot.png")
    assert shown.size == (854, 480) and shown.getpixel((5, 5)) == TEAL and is_skin(shown.getpixel((410, 210)))


def test_record_clip(run: Run, tmp_path: Path) -> None:
    told = run("record_clip.py", "demo", "demo", "intro.mp4", "1")
    assert told.startswith("intro.mp4: 1.0 s, ")
    frame = frames_of(tmp_path / "intro.mp4")[-1]
    assert close(frame[5, 5], TEAL, 8) and is_skin(frame[320, 620])
    with av.open(str(tmp_path / "intro.mp4")) as clip:
        assert len(clip.streams.audio) == 1


def test_pil_round_trip(run: Run, portrait: Image.Image, tmp_path: Path) -> None:
    Image.new("RGB", (90, 60), TEAL).save(tmp_path / "beach.png")
    run("pil_round_trip.py", "me.png", "beach.png", "postcard.png")
    card = Image.open(tmp_path / "postcard.png")
    assert card.size == portrait.size and card.mode == "RGB"
    assert card.getpixel(CORNER) == TEAL and card.getpixel(PERSON) == portrait.getpixel(PERSON)
    caption = np.asarray(card)[8:24, 8:130]
    assert caption.min(axis=2).max() > 200 and tuple(caption[0, 0]) == TEAL
