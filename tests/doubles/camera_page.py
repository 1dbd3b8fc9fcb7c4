"""A page that opens a camera, as a call does, and looks at every frame."""

from __future__ import annotations

import json
import os
import queue
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

from doubles.desktop import desktop

if TYPE_CHECKING:
    from playwright.sync_api import Page

CHROMIUM_ARGUMENTS = (
    "--no-sandbox",
    "--headless=new",
    "--use-fake-ui-for-media-stream",
    "--enable-features=WebRtcPipeWireCamera",
)
FIREFOX_PREFERENCES = {
    "media.webrtc.camera.allow-pipewire": True,
    "media.navigator.permission.disabled": True,
    "media.autoplay.default": 0,
    "datareporting.policy.dataSubmissionEnabled": False,
    "app.update.enabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
}
PAGE = """<!doctype html><title>A call</title><video autoplay muted playsinline></video><script>
async function openCamera() {
  let why;
  for (let turn = 0; turn < 40; turn++) {
    const asked = navigator.mediaDevices.getUserMedia({ video: true });
    const late = new Promise((_, refuse) => setTimeout(refuse, 5000, new Error("the portal does not answer")));
    try { return await Promise.race([asked, late]); } catch (error) { why = error; }
    asked.then((stream) => stream.getTracks().forEach((track) => track.stop()), () => {});
    await new Promise((go) => setTimeout(go, 250));
  }
  throw why;
}
const peers = [];
async function throughCall(stream) {
  const [one, other] = [new RTCPeerConnection(), new RTCPeerConnection()];
  peers.push(one, other);
  one.onicecandidate = ({ candidate }) => candidate && other.addIceCandidate(candidate);
  other.onicecandidate = ({ candidate }) => candidate && one.addIceCandidate(candidate);
  const arrived = new Promise((done) => (other.ontrack = ({ streams }) => done(streams[0])));
  for (const track of stream.getTracks()) one.addTrack(track, stream);
  await one.setLocalDescription(await one.createOffer());
  await other.setRemoteDescription(one.localDescription);
  await other.setLocalDescription(await other.createAnswer());
  await one.setRemoteDescription(other.localDescription);
  return arrived;
}
async function look(frames, inCall = false) {
  const video = document.querySelector("video");
  if (!video.srcObject) {
    const stream = await openCamera();
    video.srcObject = inCall ? await throughCall(stream) : stream;
    await video.play();
  }
  const [width, height] = [video.videoWidth, video.videoHeight];
  const canvas = Object.assign(document.createElement("canvas"), { width: 2, height: 1 });
  const context = canvas.getContext("2d", { willReadFrequently: true });
  const seen = { corners: [], middles: [], times: [] };
  await new Promise((done) => {
    const take = (now) => {
      context.drawImage(video, 8, 8, 1, 1, 0, 0, 1, 1);
      context.drawImage(video, width / 2, height * 0.8, 1, 1, 1, 0, 1, 1);
      const pixels = [...context.getImageData(0, 0, 2, 1).data];
      seen.corners.push(pixels.slice(0, 3));
      seen.middles.push(pixels.slice(4, 7));
      seen.times.push(now);
      if (seen.times.length < frames) video.requestVideoFrameCallback(take);
      else done();
    };
    video.requestVideoFrameCallback(take);
  });
  const track = video.srcObject.getVideoTracks()[0];
  const listed = (await navigator.mediaDevices.enumerateDevices()).filter(({ kind }) => kind === "videoinput");
  return { ...seen, label: track.label, size: [width, height], listed: listed.map(({ label }) => label) };
}
const watched = { frames: 0, calls: 0, worst: 0, failed: [] };
let watching = 0;
async function watch() {
  const turn = ++watching;
  const video = document.querySelector("video");
  const stream = await openCamera();
  if (turn !== watching) return stream.getTracks().forEach((track) => track.stop());
  video.srcObject = stream;
  await video.play();
  watched.calls++;
  const canvas = Object.assign(document.createElement("canvas"), { width: 192, height: 108 });
  const context = canvas.getContext("2d", { willReadFrequently: true });
  const take = () => {
    if (turn !== watching) return;
    context.drawImage(video, 0, 0, 192, 108);
    const pixels = context.getImageData(0, 0, 192, 108).data;
    let room = 0;
    for (let at = 0; at < pixels.length; at += 4) {
      room += pixels[at + 1] > 120 && pixels[at] < 90 && pixels[at + 2] < 90;
    }
    watched.frames++;
    watched.worst = Math.max(watched.worst, room / (192 * 108));
    video.requestVideoFrameCallback(take);
  };
  video.requestVideoFrameCallback(take);
}
function hangUp() {
  watching++;
  const video = document.querySelector("video");
  for (const track of video.srcObject?.getTracks() ?? []) track.stop();
  for (const peer of peers.splice(0)) {
    for (const { track } of peer.getSenders()) track?.stop();
    peer.close();
  }
  video.srcObject = null;
}
const frames = new URLSearchParams(location.search).get("frames");
if (frames) {
  look(Number(frames)).catch((error) => ({ error: String(error) })).then((seen) =>
    fetch("/seen", { method: "POST", body: JSON.stringify(seen) }));
}
</script>"""


@dataclass(frozen=True)
class Seen:
    """What a page saw. ``corners``, ``middles``: RGB of a place in the background and of one on the person, by frame.
    ``times``: in milliseconds."""

    corners: list[tuple[int, int, int]]
    middles: list[tuple[int, int, int]]
    times: list[float]
    label: str
    size: tuple[int, int]
    listed: list[str]

    @classmethod
    def of(cls, answer: dict[str, Any]) -> Seen:
        """From what the page gives."""
        assert "error" not in answer, answer
        as_colors = {key: [tuple(color) for color in answer[key]] for key in ("corners", "middles")}
        return cls(
            **as_colors,
            times=answer["times"],
            label=answer["label"],
            size=tuple(answer["size"]),
            listed=answer["listed"],
        )


class _Handler(BaseHTTPRequestHandler):
    def __init__(self, told: queue.Queue[dict[str, Any]], *rest: Any) -> None:
        self._told = told
        super().__init__(*rest)

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(PAGE.encode())

    def do_POST(self) -> None:
        self._told.put(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def served() -> Iterator[tuple[str, queue.Queue[dict[str, Any]]]]:
    """The address of the page, and what pages without a driver tell."""
    told: queue.Queue[dict[str, Any]] = queue.Queue()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, told))
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/", told
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def chromium_page(environment: Mapping[str, str], patience_ms: float) -> Iterator[Page]:
    """The page in Chromium, which takes cameras of PipeWire. ``environment``: of the session that has them."""
    from playwright.sync_api import sync_playwright

    path = shutil.which("chromium")
    assert path is not None
    with served() as (address, _), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(CHROMIUM_ARGUMENTS), env={**environment})
        page = browser.new_page()
        page.set_default_timeout(patience_ms)
        page.goto(address)
        yield page
        browser.close()


@contextmanager
def call_page(patience_ms: float) -> Iterator[Page]:
    """The page in a PipeWire session of its own, whose cameras this process makes."""
    kept = tempfile.TemporaryDirectory(prefix="cyclorama-", ignore_cleanup_errors=True)
    with kept as folder, desktop(Path(folder)) as session:
        os.environ["XDG_RUNTIME_DIR"] = session.environment["XDG_RUNTIME_DIR"]
        with chromium_page(session.environment, patience_ms) as page:
            yield page


def firefox_sees(frames: int, profile: Path, environment: dict[str, str]) -> Seen:
    """What Firefox sees of so many frames."""
    profile.mkdir(parents=True)
    preferences = (
        f"user_pref({json.dumps(key)}, {json.dumps(value)});\n" for key, value in FIREFOX_PREFERENCES.items()
    )
    (profile / "user.js").write_text("".join(preferences))
    with served() as (address, told):
        command = ["firefox-esr", "--headless", "--no-remote", "--profile", str(profile), f"{address}?frames={frames}"]
        process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            return Seen.of(told.get(timeout=90))
        finally:
            process.terminate()
            process.wait(20)
