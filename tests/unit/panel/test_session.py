"""The session behind the page: its addresses against a running one, and what they refuse."""

from __future__ import annotations

import asyncio
import gc
import io
import json
import os
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from cyclorama.capture.devices import CameraDevice
from cyclorama.control import controls as controls_module
from cyclorama.control.controls import Controls
from cyclorama.control.keeper import Keeper
from cyclorama.control.last import read_last
from cyclorama.core.errors import CaptureError, CycloramaError, ModelError, SinkError
from cyclorama.matting.engine.room import capture, collect
from cyclorama.panel.errors import RequestError
from cyclorama.panel.session import gallery as gallery_module
from cyclorama.panel.session import live_socket, machine
from cyclorama.panel.session.desk import FIXES, Desk, _trouble
from cyclorama.panel.session.gallery import Gallery
from cyclorama.pipeline.runtime import room_capture
from cyclorama.sinks.virtual_camera.pipewire.check import PipeWire
from cyclorama.sinks.virtual_camera.v4l2loopback import VirtualCamera
from cyclorama.stills.headshot.burst import BurstHeadshot
from doubles.panel_session import PATIENCE_S, SIZE_WH, SessionClient, at_home, look, near, panel_with_session, wait_for

TEAL, MAROON = (0, 128, 128), (128, 0, 0)


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[SessionClient, Keeper, Path]]:
    folder = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        at_home(patch, folder)
        with panel_with_session(background="color:teal") as (client, keeper):
            keeper.start()
            wait_for(lambda: near(client.snapshot()[2, 2], TEAL))  # its threads are nobody's leak
            yield client, keeper, folder


@pytest.fixture
def client(started: tuple[SessionClient, Keeper, Path]) -> SessionClient:
    """A session that runs, with a teal background."""
    client, _, _ = started
    client.change(background="color:teal", mirror=False)
    wait_for(lambda: near(client.snapshot()[2, 2], TEAL))
    return client


def test_a_busy_processor_is_in_the_state(client: SessionClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(controls_module, "is_busy", lambda *now: True)
    assert client.state()["busy"] is True
    monkeypatch.setattr(controls_module, "is_busy", lambda *now: False)
    assert client.state()["busy"] is False


def test_nothing_runs_before_it_is_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    at_home(monkeypatch, tmp_path)
    with panel_with_session() as (client, keeper):
        state = client.state()
        assert (state["running"], state["first"], state["status"], state["words"]) == (
            False,
            True,
            None,
            "nothing runs",
        )
        for what, body in (
            ("away", {"on": True}),
            ("recording", {"on": True}),
            ("room", {}),
            ("snapshot", {}),
            ("headshot", {}),
        ):
            answer = client.do(what, **body)
            assert (answer.status, answer.error) == (409, "no session runs: start one"), what
        assert client.change(background="color:teal").status == 200, "for the next start"
        assert keeper.controls is None
    last = read_last()
    assert last is not None and last.settings["background"] == "color:teal"


@pytest.mark.needs_linux("tells which files a process holds")
def test_nothing_of_a_session_stays_after_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def networks() -> int:
        return sum(os.path.realpath(link).endswith(".tflite") for link in Path("/proc/self/fd").iterdir())

    at_home(monkeypatch, tmp_path)
    with panel_with_session() as (client, keeper):
        gc.collect()
        before = networks()
        gc.disable()
        try:
            keeper.start()
            assert networks() > before
            assert client.do("stop").status == 200
            assert networks() == before
        finally:
            gc.enable()


def test_a_change_is_in_the_picture_and_in_the_state(client: SessionClient) -> None:
    client.change(background="color:maroon")
    wait_for(lambda: near(client.snapshot()[2, 2], MAROON))
    before = client.snapshot()
    state = client.change(mirror=True, zoom=1.5, background="color:teal").json()
    assert [state["settings"][key] for key in ("mirror", "zoom", "background")] == [True, 1.5, "color:teal"]
    wait_for(lambda: near(client.snapshot()[2, 2], TEAL))
    client.change(mirror=False, zoom=1)
    assert before.shape == (SIZE_WH[1], SIZE_WH[0], 3)


def test_mirrored_is_the_other_way_round(client: SessionClient) -> None:
    with client.socket() as page:
        for _ in range(live_socket.PICTURES_A_SECOND):  # no frame of the test before is on its way any more
            plain = wait_for(lambda: look(page, "before")).astype(int)
        client.change(mirror=True)

        def is_mirrored() -> bool:
            now = wait_for(lambda: look(page, "before")).astype(int)
            return bool(np.abs(now - plain[:, ::-1]).mean() < np.abs(now - plain).mean() / 2)

        wait_for(is_mirrored)
    client.change(mirror=False)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"to": ["camera:/etc/passwd"]}, "to: a page sends to a virtual camera"),
        ({"zoom": 10**400}, "zoom"),
        ({"mic": "\ud800"}, "mic: there is half a character in it"),
        ({"background": "/etc/passwd"}, "there is no background"),
        ({"background": "../../etc/passwd"}, "there is no background"),
        ({"background": "none"}, "shows your room: send confirm_room"),
        ({"background": "none", "confirm_room": "yes"}, "shows your room"),
        ({"background": 7}, "there is no background"),
        ({"source": "/etc/passwd"}, "there is no such camera"),
        ({"source": "http://127.0.0.1:1/x"}, "there is no such camera"),
        ({"to": ["clip.mp4"]}, "a page sends to a virtual camera"),
        ({"to": ["null", "camera"]}, "a page sends to a virtual camera"),
        ({"away": "/etc/passwd"}, "there is no background"),
        ({"stats": "/tmp/x"}, "stats cannot be changed here"),
        ({"zoom": 9}, "9 is not a number from 1 to 4"),
        ({"zoom": "nan"}, "is not a number"),
        ({"mirror": True, "quality": "superb"}, "superb"),
        ({"mirrored": True}, "did you mean mirror"),
    ],
)
def test_a_change_that_is_refused_changes_nothing(client: SessionClient, change: dict[str, object], says: str) -> None:
    before = client.state()["settings"]
    answer = client.change(**change)
    assert answer.status == 400
    assert says in answer.error
    assert client.state()["settings"] == before


def test_the_room_is_shown_only_when_it_is_confirmed_and_never_in_a_snapshot(client: SessionClient) -> None:
    with client.socket() as page:
        assert client.change(background="none", confirm_room=True).status == 200
        room = wait_for(lambda: look(page, "before"))
        wait_for(lambda: np.abs(look(page, "after").astype(int) - room).mean() < 3)
        card = client.snapshot()
        assert len(np.unique(card.reshape(-1, 3), axis=0)) < 200, "the card has few colours"
        last = read_last()
        assert last is not None and "none" not in (last.settings.get("background"), *last.recent)
        client.change(background="color:teal")
        wait_for(lambda: near(look(page, "after")[2, 2], TEAL))


def test_what_needs_a_restart_gets_one_and_what_cannot_run_goes_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_home(monkeypatch, tmp_path)
    with panel_with_session(background="color:teal") as (client, keeper):
        keeper.start()
        state = client.change(size="480x270").json()
        assert state["running"] and state["settings"]["size"] == "480x270"
        wait_for(lambda: client.snapshot().shape == (270, 480, 3))
        answer, state = client.change(to=["camera:/dev/video99"]), client.state()
        assert (answer.status, state["running"]) == (200, True), "it runs without its virtual camera"
        assert "virtual camera" in state["problem"]["text"] and state["problem"]["fixes"][0]["action"] == "retry"
        state = client.change(to=["null"], size="320x180").json()
        assert state["problem"] is None
        assert client.do("stop").json()["running"] is False
        assert client.do("snapshot").status == 409
        client.change(model="selfie-square")
        state = client.send_json("POST", "/api/fixes/default-network", {}).json()
        assert (state["running"], state["settings"]["model"]) == (True, "auto")
        assert client.do("start", background="color:maroon").json()["running"] is True
        wait_for(lambda: near(client.snapshot()[2, 2], MAROON))


def test_a_recording_in_the_users_folder(client: SessionClient) -> None:
    import av

    state = client.do("recording", on=True).json()
    assert state["recording"]["paused"] is False
    assert client.do("recording", on=True).status == 400, "one at a time"
    wait_for(lambda: client.state()["recording"]["seconds"] > 1)
    assert client.do("pause", on=True).json()["recording"]["paused"]
    state = client.do("recording", on=False).json()
    target = Path(state["last_clip"])
    assert state["recording"] is None and target.suffix == ".mp4"
    with av.open(str(target)) as clip:
        frames = [frame.to_ndarray(format="rgb24") for frame in clip.decode(video=0)]
    assert len(frames) > 10
    assert near(frames[-1][4, 4], TEAL, 12)


def test_away_and_back(client: SessionClient) -> None:
    assert client.do("away", on=True).json()["away"]
    assert client.do("headshot").error == "you are away: come back for a headshot"
    wait_for(lambda: len(np.unique(client.snapshot().reshape(-1, 3), axis=0)) < 300)  # the card, and nobody
    assert not client.do("away", on=False).json()["away"]
    wait_for(lambda: len(np.unique(client.snapshot().reshape(-1, 3), axis=0)) > 1000)


def test_a_headshot_of_the_best_of_two_seconds(client: SessionClient, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = client.do("headshot", preset="linkedin", background="studio-blue")
    assert answer.status == 200 and answer.headers["content-type"] == "image/jpeg"
    with Image.open(io.BytesIO(answer.body)) as image:
        assert image.size == (800, 800)
    assert client.do("headshot", preset="huge").status == 400
    made: Any = BurstHeadshot(np.zeros((8, 8, 3), np.uint8), ".jpg", 600)
    monkeypatch.setattr(Controls, "make_headshot", lambda controls, **order: made)
    with Image.open(io.BytesIO(client.do("headshot").body)) as image:
        assert image.info["dpi"] == (600, 600)
    assert client.do("headshot", background="/etc/passwd").status == 400


def test_headshots_are_made_one_at_a_time(
    started: tuple[SessionClient, Keeper, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    client, keeper, _ = started
    making, enough = threading.Event(), threading.Event()

    def make(frames: object, settings: object) -> BurstHeadshot:
        making.set()
        enough.wait(30)
        return BurstHeadshot(np.zeros((8, 8, 3), np.uint8), ".png", None)

    monkeypatch.setattr(controls_module, "headshot_of", make)
    controls = keeper.controls
    assert controls is not None
    first = threading.Thread(target=controls.make_headshot)
    first.start()
    assert making.wait(30)
    answer = client.do("headshot")
    assert (answer.status, answer.error) == (400, "a headshot is being made: wait for it")
    enough.set()
    first.join(30)
    assert client.do("headshot").status == 200


@pytest.mark.needs_linux("a name may be any bytes")
def test_names_that_are_no_text_are_told_all_the_same(
    started: tuple[SessionClient, Keeper, Path], client: SessionClient
) -> None:
    _, keeper, folder = started
    odd = folder / "data_home" / "cyclorama" / "backgrounds" / os.fsdecode(b"caf\xe9.png")
    odd.parent.mkdir(parents=True, exist_ok=True)
    odd.write_bytes(picture(TEAL))
    assert "caf?" in [each["name"] for each in client.get("/api/backgrounds").json()]
    clip = folder / os.fsdecode(b"caf\xe9.mp4")
    assert keeper.controls is not None
    keeper.controls.record(clip)
    assert client.state()["recording"]["target"].endswith("caf?.mp4")
    with client.socket() as page:
        assert "state" in json.loads(page.recv(timeout=10))
    assert client.do("recording", on=False).json()["last_clip"].endswith("caf?.mp4")
    odd.unlink()


@pytest.mark.parametrize(
    ("error", "actions"),
    [
        (CaptureError("no camera"), ["retry", "demo"]),
        (ModelError("no network"), ["default-network", "retry"]),
        (SinkError("nowhere"), ["retry"]),
        (None, None),
    ],
)
def test_what_mends_a_problem(error: CycloramaError | None, actions: list[str] | None) -> None:
    trouble = _trouble(error)
    assert (None if trouble is None else [fix.action for fix in trouble.fixes]) == actions
    assert trouble is None or (trouble.text == str(error) and {fix.action for fix in trouble.fixes} <= FIXES.keys())


class Dumb:
    """A page that neither asks nor reads."""

    async def receive(self) -> Any:
        await asyncio.Event().wait()

    async def send_text(self, text: str) -> None:
        await asyncio.Event().wait()


def test_a_page_that_does_not_read_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_socket, "SEND_S", 0.01)
    desk: Any = SimpleNamespace(state=lambda: SimpleNamespace(busy=False, model_dump_json=lambda: "{}"))
    page: Any = Dumb()

    async def serve() -> bool:
        async with asyncio.timeout(10) as patience:
            try:
                await live_socket._Page(page, desk).serve()
            except TimeoutError:
                return not patience.expired()
        return False

    assert asyncio.run(serve())


class TestRoom:
    """The button that remembers the empty room. The demo's person never leaves the picture."""

    @pytest.fixture(autouse=True)
    def quick(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(room_capture, "SECOND_S", 0.02)
        monkeypatch.setattr(capture, "CAPTURE_S", 0.5)

    def test_the_state_says_what_is_known(self, client: SessionClient) -> None:
        client.change(room="capture")  # where it was refused before, that is forgotten
        room = client.state()["room"]
        assert (room["words"], room["since"], room["starts_in"]) == ("not known yet", None, None)
        off = client.change(room="off").json()
        assert off["room"]["words"] == "off"
        client.change(room="auto")

    def test_the_countdown_is_in_the_state_and_so_is_what_came_of_it(self, client: SessionClient) -> None:
        with ThreadPoolExecutor(1) as pool:
            asked = pool.submit(client.do, "room", seconds=60)
            counting = wait_for(lambda: (room := client.state()["room"])["starts_in"] and room)
            assert counting["words"] == f"leave the picture: it is captured in {counting['starts_in']} s"
            second = client.do("room")
            assert (second.status, second.error) == (400, "the empty room is being captured: wait for it")
            answer = asked.result(PATIENCE_S)
        says = "the empty room was not captured: somebody is in the picture: leave it, and try again"
        assert (answer.status, answer.error) == (400, says)
        assert client.state()["room"] == {"words": "not known yet", "since": None, "starts_in": None, "refused": says}

    def test_it_is_remembered_and_the_answer_says_so(
        self, client: SessionClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(collect, "SOMEBODY", 2.0)  # nobody is ever seen
        monkeypatch.setattr(collect, "MOVED", 255.0)  # the demo's camera is held in a hand
        begin_s = time.time()
        answer = client.do("room", seconds=0)
        assert answer.status == 200 and begin_s < answer.json()["room"]["since"] < time.time()
        client.change(room="off")
        client.change(room="auto")

    @pytest.mark.parametrize("seconds", [-1, 61, "x", 1.5])
    def test_a_wrong_countdown_is_one_sentence(self, client: SessionClient, seconds: object) -> None:
        answer = client.do("room", seconds=seconds)
        assert answer.status == 400 and answer.error.startswith("seconds: ")

    def test_the_switch_ends_a_countdown(self, client: SessionClient, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(room_capture, "SECOND_S", 0.2)
        with ThreadPoolExecutor(1) as pool:
            asked = pool.submit(client.do, "room", seconds=60)
            wait_for(lambda: client.state()["room"]["starts_in"])
            client.change(room="off")
            assert asked.result(PATIENCE_S).error == "the empty room is not used: it is off: set room to auto first"
        assert client.state()["room"] == {"words": "off", "since": None, "starts_in": None, "refused": ""}
        assert client.do("room").error == "the empty room is not used: it is off: set room to auto first"
        client.change(room="auto")


def test_a_session_that_begins_anew_or_ends_ends_a_countdown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    at_home(monkeypatch, tmp_path)
    with panel_with_session() as (client, keeper), ThreadPoolExecutor(1) as pool:
        keeper.start()
        for do in (lambda: client.change(size="160x90"), lambda: client.do("stop")):
            asked = pool.submit(client.do, "room", seconds=60)
            wait_for(lambda: (client.state()["room"] or {}).get("starts_in"))
            assert do().status == 200
            assert asked.result(PATIENCE_S).error == "the empty room was not captured: the session has ended"
        assert client.state()["room"] is None


class TestSocket:
    """The live pictures."""

    def test_the_camera_is_on_while_a_page_asks_and_no_longer(
        self, client: SessionClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(live_socket, "LOOKING_S", 0.1)
        monkeypatch.setattr(live_socket, "STATE_S", 0.02)
        on: list[int] = []

        @contextmanager
        def looking(controls: Controls) -> Iterator[None]:
            on.append(1)
            yield
            on.pop()

        monkeypatch.setattr(Controls, "looking", looking)
        with client.socket() as page:
            page.recv(timeout=10)
            assert not on, "a page that only follows the state"
            look(page, "after")
            assert on == [1]
            wait_for(lambda: not on)
            monkeypatch.setattr(live_socket, "LOOKING_S", 60)
            look(page, "after")
            look(page, "matte")
            assert on == [1]
        wait_for(lambda: not on)

    def test_the_three_views(self, client: SessionClient) -> None:
        with client.socket() as page:
            after = wait_for(lambda: look(page, "after"))
            before, matte = wait_for(lambda: look(page, "before")), wait_for(lambda: look(page, "matte"))
            assert near(after[2, 2], TEAL) and not near(before[2, 2], TEAL, 40)
            assert near(matte[2, 2], (0, 0, 0)) and matte.max() > 240
            assert after.shape == before.shape == (180, 320, 3)
            assert look(page, "after", 160).shape == (90, 160, 3)  # type: ignore[union-attr]

    def test_the_state_comes_first_and_by_itself(self, client: SessionClient) -> None:
        with client.socket() as page:
            assert json.loads(page.recv(timeout=10))["state"]["running"] is True
            client.change(smooth=0.3)
            while json.loads(page.recv(timeout=10))["state"]["settings"]["smooth"] != 0.3:
                pass
        client.change(smooth=0.5)

    @pytest.mark.parametrize("token", ["", "guess", "x" * 100_000])
    def test_a_guessed_token_ends_it(self, client: SessionClient, token: str) -> None:
        with client.socket(token or "0") as page, pytest.raises(ConnectionClosed):
            page.recv(timeout=10)

    @pytest.mark.parametrize("text", ["{", "[]", '{"view": "room"}', '{"view": "after", "width": 99999}', '{"x": 1}'])
    def test_a_wrong_question_ends_it(self, client: SessionClient, text: str) -> None:
        with client.socket() as page:
            page.send(text)
            with pytest.raises(ConnectionClosed):
                while True:
                    page.recv(timeout=10)

    def test_more_pages_than_there_may_be(self, client: SessionClient) -> None:
        with ExitStack() as pages:
            for _ in range(live_socket.MOST):
                pages.enter_context(client.socket()).recv(timeout=10)
            with pytest.raises(ConnectionClosed), client.socket() as one_more:
                one_more.recv(timeout=10)

    def test_who_has_no_token_takes_no_places(self, client: SessionClient) -> None:
        origin: Any = client.access.address
        with ExitStack() as strangers:
            for _ in range(live_socket.MOST):
                strangers.enter_context(connect(f"ws://127.0.0.1:{client.access.port}/api/live", origin=origin))
            with client.socket() as page:
                assert "state" in json.loads(page.recv(timeout=10))

    @pytest.mark.parametrize("first", [b"\x00\xff", '{"token": "\\ud800"}', '{"token": 3}', "[" * 10_000])
    def test_nonsense_instead_of_a_token_ends_it(
        self, client: SessionClient, first: str | bytes, caplog: pytest.LogCaptureFixture
    ) -> None:
        origin: Any = client.access.address
        with connect(f"ws://127.0.0.1:{client.access.port}/api/live", origin=origin) as page:
            page.send(first)
            with pytest.raises(ConnectionClosed):
                page.recv(timeout=10)
        assert not [record for record in caplog.records if record.levelname == "ERROR"]

    def test_bytes_instead_of_a_question_end_it(self, client: SessionClient, caplog: pytest.LogCaptureFixture) -> None:
        with client.socket() as page:
            page.send(b"\x00\xff")
            with pytest.raises(ConnectionClosed):
                while True:
                    page.recv(timeout=10)
        assert not [record for record in caplog.records if record.levelname == "ERROR"]

    def test_a_flood_of_questions_is_answered_at_thirty_a_second(self, client: SessionClient) -> None:
        with client.socket() as page:
            begin_s = time.monotonic()
            for _ in range(60):
                page.send('{"view": "after", "width": 160}')
            answers = 0
            while answers < 45:
                answers += isinstance(page.recv(timeout=20), bytes)
            assert time.monotonic() - begin_s > 44 / live_socket.PICTURES_A_SECOND

    def test_pictures_come_seldom_while_the_processor_is_busy_and_for_a_while_after(
        self, client: SessionClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(live_socket, "STATE_S", 0.02)
        monkeypatch.setattr(live_socket, "BUSY_S", 1.0)
        now = Desk.state
        busy = [True]
        monkeypatch.setattr(Desk, "state", lambda desk: now(desk).model_copy(update={"busy": busy[0]}))

        def seconds_of(page: ClientConnection, pictures: int) -> float:
            begin_s = time.monotonic()
            for _ in range(pictures):
                look(page, "after")
            return time.monotonic() - begin_s

        with client.socket() as page:
            page.recv(timeout=10)
            assert seconds_of(page, 6) > 5 / live_socket.BUSY_PICTURES_A_SECOND
            busy[0] = False
            assert seconds_of(page, 3) > 2 / live_socket.BUSY_PICTURES_A_SECOND
            time.sleep(live_socket.BUSY_S)
            look(page, "after")
            assert seconds_of(page, 6) < 5 / live_socket.BUSY_PICTURES_A_SECOND

    def test_away_has_no_before_and_no_matte(self, client: SessionClient) -> None:
        client.do("away", on=True)
        try:
            with client.socket() as page:
                wait_for(lambda: look(page, "before") is None and look(page, "matte") is None)
                assert look(page, "after") is not None
        finally:
            client.do("away", on=False)


class TestGallery:
    """Backgrounds of the user's own."""

    def test_one_is_added_chosen_and_deleted(self, client: SessionClient) -> None:
        added = client.upload("/api/backgrounds", picture((200, 30, 40)), "../../my wall.png")
        assert added.status == 201
        mine = added.json()
        assert (mine["name"], mine["kind"]) == ("my wall", "folder")
        assert mine["id"] in [each["id"] for each in client.get("/api/backgrounds").json()]
        assert near(rgb_of(client.get(f"/api/backgrounds/{mine['id']}/thumbnail").body)[5, 5], (200, 30, 40), 12)
        assert client.change(background=mine["id"]).json()["settings"]["background"] == mine["id"]
        wait_for(lambda: near(client.snapshot()[2, 2], (200, 30, 40)))
        assert client.ask("DELETE", f"/api/backgrounds/{mine['id']}").status == 204
        client.change(background="color:teal")

    def test_two_of_one_name_are_two(self, client: SessionClient) -> None:
        one, two = (client.upload("/api/backgrounds", picture((9, 9, 9)), "wall.png").json() for _ in range(2))
        assert one["id"] != two["id"]
        for each in (one, two):
            client.ask("DELETE", f"/api/backgrounds/{each['id']}")

    @pytest.mark.parametrize(
        ("data", "name", "status"),
        [(b"", "a.png", 400), (b"GIF89a", "a.gif", 400), (b"x" * 1000, "a.jpg", 400), (b"MZ", "a.exe", 400)],
    )
    def test_what_cannot_be_one(self, client: SessionClient, data: bytes, name: str, status: int) -> None:
        before = client.get("/api/backgrounds").json()
        answer = client.upload("/api/backgrounds", data, name)
        assert answer.status == status and name in answer.error
        assert client.get("/api/backgrounds").json() == before

    def test_one_that_lies_elsewhere_stays_there(self, tmp_path: Path) -> None:
        path = tmp_path / "mine.png"
        path.write_bytes(picture((1, 2, 3)))
        gallery = Gallery(lambda: ["office", str(path), str(tmp_path / "gone.png")], tmp_path / "own")
        (recent,) = (choice for choice in gallery.choices() if choice.kind == "recent")
        assert gallery.lookup(recent.id) == path and gallery.id_of(str(path)) == recent.id
        with pytest.raises(RequestError, match="only backgrounds that you added"):
            gallery.delete(recent.id)
        assert path.exists()

    def test_their_number_is_bounded_and_no_upload_is_left(
        self, client: SessionClient, started: tuple[SessionClient, Keeper, Path], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(gallery_module, "MOST", 1)
        first, second = (client.upload("/api/backgrounds", picture((9, 9, 9)), f"{n}.png") for n in range(2))
        assert (first.status, second.status, second.error) == (201, 429, gallery_module.FULL)
        client.ask("DELETE", f"/api/backgrounds/{first.json()['id']}")
        assert [path for path in started[2].glob("cyclorama-panel-*/*") if path.is_file()] == []

    def test_ours_stay(self, client: SessionClient) -> None:
        assert client.ask("DELETE", "/api/backgrounds/office").status == 409
        assert client.ask("DELETE", "/api/backgrounds/nothing").status == 404


class TestMachine:
    """Devices, networks, profiles, the doctor."""

    def test_profiles_are_saved_listed_and_used(self, client: SessionClient) -> None:
        client.change(background="color:maroon", smooth=0.2)
        assert client.ask("PUT", "/api/profiles/evening").status == 204
        client.change(background="color:teal", smooth=0.5)
        assert client.get("/api/profiles").json() == ["evening"]
        state = client.do("profile", name="evening").json()
        assert (state["settings"]["background"], state["settings"]["smooth"]) == ("color:maroon", 0.2)
        assert client.do("profile", name="morning").status == 400
        assert client.ask("PUT", "/api/profiles/..%2Fx").status in (400, 404)

    def test_a_profile_that_shows_the_room_has_to_be_confirmed(
        self, client: SessionClient, started: tuple[SessionClient, Keeper, Path]
    ) -> None:
        file = started[2] / "config_home" / "cyclorama" / "cyclorama.toml"
        file.parent.mkdir(parents=True, exist_ok=True)
        before = file.read_text() if file.exists() else ""
        file.write_text(before + '[profile.open]\nbackground = "none"\n')
        answer = client.do("profile", name="open")
        assert (answer.status, client.state()["settings"]["background"]) == (400, "color:teal"), answer.error
        confirmed = client.do("profile", name="open", confirm_room=True)
        assert confirmed.json()["settings"]["background"] == "none"
        file.write_text(before)

    def test_the_room_is_kept_in_no_profile(self, client: SessionClient) -> None:
        client.change(background="none", confirm_room=True)
        client.ask("PUT", "/api/profiles/bare")
        client.change(background="color:teal")
        answer = client.do("profile", name="bare")
        assert answer.status == 200, answer.error
        assert answer.json()["settings"]["background"] == "color:teal"

    def test_devices(self, client: SessionClient) -> None:
        devices = client.get("/api/devices").json()
        assert {"id": "demo", "name": "Demo picture", "problem": ""} in devices["cameras"]
        assert devices["outputs"][-1]["id"] == "null"
        assert client.get("/api/microphones/secret/level").status == 404

    def test_cameras_are_real_ones_with_what_is_wrong(
        self, client: SessionClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        cameras = [
            CameraDevice("/dev/video0", "Desk", held_by=("zoom (7)", "obs (8)")),
            CameraDevice("/dev/video1", "Door", problem="no permission"),
            CameraDevice("/dev/video2", "Loop", is_virtual=True),
        ]
        monkeypatch.setattr(machine, "list_cameras", lambda: cameras)
        found = client.get("/api/devices").json()["cameras"]
        assert [(each["id"], each["name"], each["problem"]) for each in found] == [
            ("/dev/video0", "Desk", "in use by zoom (7), obs (8)"),
            ("/dev/video1", "Door", "no permission"),
            ("demo", "Demo picture", ""),
        ]
        assert client.change(source="/dev/video2").error.startswith("source: there is no such camera")

    def test_what_cannot_be_listed_hides_nothing_else(
        self, client: SessionClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(error: Exception) -> Any:
            raise error

        loop = VirtualCamera("/dev/video9", "Loop", ())
        monkeypatch.setattr(machine, "list_cameras", lambda: fail(CaptureError("this OpenCV is old: try --source 0")))
        monkeypatch.setattr(machine, "list_microphones", lambda: fail(OSError("the sound server is gone")))
        monkeypatch.setattr(machine, "list_virtual_cameras", lambda: [loop])
        monkeypatch.setattr(machine, "look_for_pipewire", lambda: PipeWire("1.4.2", "none runs"))
        monkeypatch.setattr(machine.sys, "platform", "linux")
        devices = client.get("/api/devices").json()
        assert {kind: [each["id"] for each in devices[kind]] for kind in ("cameras", "microphones", "outputs")} == {
            "cameras": ["demo"],
            "microphones": [],
            "outputs": ["camera:/dev/video9", "camera:pipewire", "null"],
        }
        assert devices["outputs"][1]["problem"] == "none runs"
        assert devices["problems"] == {
            "cameras": "this OpenCV is old: try source 0",
            "microphones": "the sound server is gone",
        }
        assert client.change(source="demo").status == 200

    def test_a_licence_has_to_be_accepted(self, client: SessionClient) -> None:
        models = {each["name"]: each for each in client.get("/api/models").json()}
        assert models["selfie"]["installed"] and not models["rvm"]["permissive"]
        answer = client.send_json("POST", "/api/models/rvm/pull", {})
        assert (answer.status, "GPL-3.0" in answer.error) == (400, True)
        assert client.send_json("POST", "/api/models/nothing/pull", {}).status == 400

    def test_the_doctor(self, client: SessionClient) -> None:
        found = client.get("/api/doctor").json()
        assert {finding["status"] for finding in found} <= {"ok", "warn", "fail"}
        assert any(finding["part"] == "camera" for finding in found)

    def test_the_table_has_what_a_page_may_change(self, client: SessionClient) -> None:
        rows = {row["key"]: row for row in client.get("/api/settings").json()}
        assert rows["zoom"]["range"] == [1, 4] and rows["quality"]["choices"] == ["auto", "fast", "balanced", "best"]
        assert rows.keys() == client.state()["settings"].keys()
        assert not rows["size"]["live"] and rows["mirror"]["live"]
        assert {"stats", "duration"} & rows.keys() == set()

    def test_a_fix_that_nobody_named(self, client: SessionClient) -> None:
        assert client.send_json("POST", "/api/fixes/rm", {}).status == 404


def picture(color: tuple[int, int, int]) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (64, 36), color).save(out, "PNG")
    return out.getvalue()


def rgb_of(data: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(image.convert("RGB"))


def test_the_level_of_a_microphone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    at_home(monkeypatch, tmp_path)
    with panel_with_session() as (client, _):
        wait_for(lambda: client.get("/api/microphones/demo/level").json()["level"] > 0)
