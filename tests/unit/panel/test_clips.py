"""Clips: added, converted with progress, fetched in parts; against a real server with the bundled network."""

from __future__ import annotations

import io
import time
from pathlib import Path
from typing import Any

import av
import pytest
from PIL import Image

from cyclorama.panel.panel import Panel
from cyclorama.panel.stills import shelf
from cyclorama.panel.stills.clip_book import ClipBook
from doubles.panel_client import PanelClient, clip_of


def add(client: PanelClient, clip: bytes, name: str = "talk.mp4") -> Any:
    answer = client.upload("/api/clips", clip, name)
    assert answer.status == 201, answer.body
    return answer.json()


def start(client: PanelClient, id: str, **order: object) -> Any:
    answer = client.send_json("POST", f"/api/clips/{id}/start", order)
    assert answer.status == 200, answer.body
    return client.wait(f"/api/clips/{id}", "ready", "failed")


def test_what_a_clip_is(client: PanelClient, clip: bytes) -> None:
    added = add(client, clip, "../../talk.mp4")
    assert added["name"] == "talk.mp4"
    assert added["size_wh"] == [64, 48]
    assert (added["fps"], added["seconds"], added["state"], added["progress"]) == (10.0, 1.0, "added", 0.0)
    thumbnail = client.get(f"/api/clips/{added['id']}/thumbnail")
    assert Image.open(io.BytesIO(thumbnail.body)).size == (64, 48)


def test_a_clip_is_converted_and_fetched_in_parts(client: PanelClient, panel: Panel, clip: bytes) -> None:
    id = add(client, clip)["id"]
    assert client.get(f"/api/clips/{id}/result").status == 409
    done = start(client, id, background="color:#00ff00", size="32x24", trim=[0, 0.5])
    assert (done["state"], done["progress"], done["error"]) == ("ready", 1.0, None)
    whole = client.get(f"/api/clips/{id}/result")
    assert (whole.status, whole.headers["content-type"]) == (200, "video/mp4")
    assert "talk-cyclorama.mp4" in whole.headers["content-disposition"]
    with av.open(io.BytesIO(whole.body)) as made:
        frames = [frame.to_ndarray(format="bgr24") for frame in made.decode(video=0)]
    assert [frame.shape for frame in frames] == [(24, 32, 3)] * 5
    part = client.get(f"/api/clips/{id}/result", Range="bytes=10-19")
    assert (part.status, part.body) == (206, whole.body[10:20])
    assert part.headers["content-range"] == f"bytes 10-19/{len(whole.body)}"
    assert client.get(f"/api/clips/{id}/result", Range=f"bytes={len(whole.body)}-").status == 416
    assert len(list(panel.stills.uploads.folder.iterdir())) == 2


def test_a_clip_is_converted_again_with_other_settings(client: PanelClient, panel: Panel, clip: bytes) -> None:
    id = add(client, clip)["id"]
    start(client, id, background="color:red")
    assert start(client, id, background="transparent", format="webm")["state"] == "ready"
    assert client.get(f"/api/clips/{id}/result").headers["content-type"] == "video/webm"
    assert len(list(panel.stills.uploads.folder.iterdir())) == 2  # the first result is gone


@pytest.mark.parametrize(
    ("order", "sentence"),
    [
        ({"background": "none"}, "background none would show the room"),
        ({"background": "/etc/passwd"}, "there is no background"),
        ({"size": "9x9"}, "size: 9x9 is not a width and a height"),
        ({"crf": 99}, "crf: 99 is not a number from 0 to 63"),
        ({"format": "exe"}, "format: "),
        ({"source": "/dev/video0"}, "there is no option 'source' here"),
        ({"to": "/tmp/x"}, "there is no option 'to' here"),
        ({"trim": [5, 2]}, "nothing lies from 5 to 2 s"),
        ({"trim": [-1, 2]}, "trim"),
    ],
)
def test_orders_that_cannot_be_used(client: PanelClient, clip: bytes, order: dict[str, object], sentence: str) -> None:
    id = add(client, clip)["id"]
    answer = client.send_json("POST", f"/api/clips/{id}/start", order)
    assert answer.status == 400
    assert sentence in answer.error
    assert client.get(f"/api/clips/{id}").json()["state"] == "added"


def test_what_cannot_be_converted_is_told_without_a_path(client: PanelClient, panel: Panel, clip: bytes) -> None:
    id = add(client, clip)["id"]
    failed = start(client, id, trim=[50, 60])
    assert failed["state"] == "failed"
    assert failed["error"].startswith("talk.mp4 is 1.0 s long")
    assert str(panel.stills.uploads.folder) not in failed["error"]
    failed = start(client, id, background="transparent", format="mp4")
    assert failed["state"] == "failed"
    assert len(list(panel.stills.uploads.folder.iterdir())) == 1


def playlists(secret: Path) -> dict[str, bytes]:
    """Files that would make FFmpeg read others."""
    return {
        "x.m3u8": f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile:{secret}\n#EXT-X-ENDLIST\n".encode(),
        "y.m3u8": b"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nhttp://127.0.0.1:1/x.ts\n#EXT-X-ENDLIST\n",
        "x.ffconcat": f"ffconcat version 1.0\nfile '{secret}'\n".encode(),
        "x.mp4": f"ffconcat version 1.0\nfile {secret.name}\n".encode(),
        "x.sdp": b"v=0\no=- 0 0 IN IP4 127.0.0.1\nm=video 9 RTP/AVP 96\n",
        "x.mpd": b'<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011"></MPD>',
    }


@pytest.mark.parametrize("name", list(playlists(Path())))
def test_a_playlist_is_no_clip(client: PanelClient, panel: Panel, clip: bytes, tmp_path: Path, name: str) -> None:
    secret = tmp_path / "secret.mp4"
    secret.write_bytes(clip)
    answer = client.upload("/api/clips", playlists(secret)[name], name)
    assert answer.status == 400
    assert answer.error == f"{name} is no video that is taken here: use MP4, MOV, MKV, WebM or GIF"
    assert list(panel.stills.uploads.folder.iterdir()) == []


def test_what_is_no_clip_is_refused_and_not_kept(
    client: PanelClient, panel: Panel, clip: bytes, portrait: bytes
) -> None:
    for data in (b"", b"x", b"hello" * 1000, portrait, clip[:300], clip[: len(clip) // 2][:200]):
        answer = client.upload("/api/clips", data, "x.mp4")
        assert answer.status == 400
        assert answer.error.startswith("x.mp4 ")
    assert list(panel.stills.uploads.folder.iterdir()) == []


def test_deleting_a_clip_stops_its_conversion(client: PanelClient, panel: Panel, tmp_path: Path) -> None:
    id = add(client, clip_of(600))["id"]
    assert client.send_json("POST", f"/api/clips/{id}/start", {}).status == 200
    running = client.wait(f"/api/clips/{id}", "working")
    while running["progress"] == 0:
        running = client.get(f"/api/clips/{id}").json()
    assert running["progress"] < 1
    assert client.send_json("POST", f"/api/clips/{id}/start", {}).status == 409
    assert client.ask("DELETE", f"/api/clips/{id}").status == 204
    assert client.get(f"/api/clips/{id}").status == 404
    deadline = time.monotonic() + 30
    while list(panel.stills.uploads.folder.iterdir()):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert len(panel.stills._queues[2]) == 0


def test_the_rest_of_the_time_is_estimated(panel: Panel, clip: bytes) -> None:
    now_s = [100.0]
    stills = panel.stills
    book = ClipBook(stills.uploads, stills._queues[2], lambda: now_s[0])
    entry = book.add(stills.uploads.store(clip, ".mp4"), "talk.mp4")
    assert entry.eta_s(100.0) is None
    entry.state, entry.began_s, entry.done, entry.total = "working", 100.0, 25, 100
    assert entry.eta_s(100.5) is None
    assert entry.eta_s(110.0) == pytest.approx(30.0)
    now_s[0] += shelf.AGE_S + 1
    book.sweep()
    assert book.all() == [entry]  # it is being converted
    entry.state = "ready"
    now_s[0] += shelf.AGE_S + 1
    book.sweep()
    assert book.all() == []
    assert not entry.path.exists()


def test_the_number_of_clips_is_bounded(client: PanelClient, clip: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(shelf.MOST, "clip", 1)
    add(client, clip)
    answer = client.upload("/api/clips", clip)
    assert (answer.status, answer.headers["retry-after"]) == (429, "60")
