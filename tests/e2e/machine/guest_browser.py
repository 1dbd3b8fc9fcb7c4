"""Runs inside the machine: what a web page in Chromium receives of a live session, as JSON in $OUT/result.json.

The page opens the camera three times, looks at every picture as ``marked.look_at`` does, and tells what it saw. It
goes on when its answer is answered: not before the camera is off. The third time another program reads the camera as
well.
"""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

from marked import BITS, BLOCK_WH, CODE_XY, CYAN_XY, SIZE_WH, YELLOW_XY, Viewer, load, play_room, session, wait

OPENINGS, PICTURES = 3, 8
STUCK_S = 80
"""In emulation Chromium sometimes never gets to its page: then it is started again, and given twice as long."""
LONGEST_S = 500
"""Of everything; a third of it is usual."""
PAGE = (
    """<!doctype html><video autoplay muted playsinline></video><script>
const places = PLACES, [x, y] = CODE_XY, [w, h] = BLOCK_WH, wanted = PICTURES;
let labels = [];
function number(at) {
  const levels = Array.from({length: BITS + 3}, (_, i) => at(x + i * w + w / 2, y + h / 2)[1]);
  if (levels.some(level => level >= 60 && level <= 190)) return null;
  const [first, second, ...bits] = levels.map(level => level > 190), even = bits.pop();
  const ones = bits.filter(bit => bit).length;
  if (!first || second || even !== (ones % 2 === 0)) return null;
  return bits.reduce((sum, bit, place) => sum + (bit ? 1 << place : 0), 0);
}
async function pick() {
  const any = await navigator.mediaDevices.getUserMedia({video: true});  // names are told to who may use a camera
  any.getTracks().forEach(track => track.stop());
  const devices = (await navigator.mediaDevices.enumerateDevices()).filter(device => device.kind === "videoinput");
  labels = devices.map(device => device.label);
  return devices.find(device => device.label.startsWith("cyclorama")).deviceId;
}
async function opening(video, deviceId) {
  const asked = {deviceId: {exact: deviceId}, width: WIDTH, height: HEIGHT};
  const stream = await navigator.mediaDevices.getUserMedia({video: asked});
  const numbers = [], colours = {}, canvas = document.createElement("canvas");
  let room = 0, label = stream.getVideoTracks()[0].label;
  video.srcObject = stream;
  await video.play();
  const context = canvas.getContext("2d", {willReadFrequently: true}), end = Date.now() + 120000;
  while (numbers.filter(n => n !== null).length < wanted && Date.now() < end) {
    await new Promise(done => video.requestVideoFrameCallback(done));
    canvas.width = video.videoWidth; canvas.height = video.videoHeight;
    context.drawImage(video, 0, 0);
    const {data} = context.getImageData(0, 0, canvas.width, canvas.height);
    const at = (x, y) => { const i = 4 * (y * canvas.width + x); return [data[i + 2], data[i + 1], data[i]]; };
    let green = 0;
    for (let i = 0; i < data.length; i += 4) green += data[i + 1] > 120 && data[i] < 90 && data[i + 2] < 90;
    room = Math.max(room, green);
    numbers.push(number(at));
    for (const name in places) colours[name] = at(...places[name]);
  }
  const size = [canvas.width, canvas.height], png = canvas.toDataURL("image/png").split(",")[1];
  stream.getTracks().forEach(track => track.stop());
  video.srcObject = null;
  return {label, size, numbers, colours, room, png};
}
(async () => {
  let id;
  for (let turn = 0; turn < OPENINGS; turn++) {
    let answer;
    try {
      id = id || await pick();
      answer = await opening(document.querySelector("video"), id);
    } catch (error) { answer = {error: String(error), labels}; }
    await fetch("/answer", {method: "POST", body: JSON.stringify(answer)});
  }
})();
</script>""".replace("PLACES", json.dumps({"background": [300, 20], "yellow": YELLOW_XY, "cyan": CYAN_XY}))
    .replace("CODE_XY", json.dumps(CODE_XY))
    .replace("BLOCK_WH", json.dumps(BLOCK_WH))
    .replace("BITS", str(BITS))
    .replace("PICTURES", str(PICTURES))
    .replace("OPENINGS", str(OPENINGS))
    .replace("WIDTH", str(SIZE_WH[0]))
    .replace("HEIGHT", str(SIZE_WH[1]))
)


class Site(BaseHTTPRequestHandler):
    """One page, and one place for its answers."""

    asked = False
    between: Callable[[], None] = staticmethod(lambda: None)
    answers: list[dict[str, object]] = []  # noqa: RUF012 - of the one site there is

    def do_GET(self) -> None:
        Site.asked = True
        self.send_response(200)
        self.end_headers()
        self.wfile.write(PAGE.encode())

    def do_POST(self) -> None:
        Site.answers.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        Site.between()
        self.send_response(204)
        self.end_headers()

    def log_message(self, *arguments: object) -> None:
        """Keep quiet."""


def browser(port: int, turn: int) -> subprocess.Popen[bytes]:
    """Chromium, which opens the page and says yes to every question."""
    return subprocess.Popen(
        [
            "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-extensions",
            "--use-fake-ui-for-media-stream", f"http://127.0.0.1:{port}/", f"--user-data-dir=/tmp/browser{turn}",
            "--remote-debugging-port=0",
        ],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip


def main() -> None:
    load()
    play_room()
    viewer, begin = Viewer(), time.monotonic()
    idle = []
    with session() as live, HTTPServer(("127.0.0.1", 0), Site) as site:
        site.timeout = 1
        process, turn, started = browser(site.server_port, 0), 0, time.monotonic()
        received = None

        def between() -> None:
            nonlocal received
            if len(Site.answers) < OPENINGS:
                wait(lambda: live.idle, 60)
                idle.append(live.idle)
            if len(Site.answers) == OPENINGS - 1:
                received = viewer.open()

        Site.between = staticmethod(between)
        while len(Site.answers) < OPENINGS and time.monotonic() - begin < LONGEST_S:
            site.handle_request()
            if not Site.asked and time.monotonic() - started > STUCK_S * 2**turn:
                process.kill()
                process.wait()
                process, turn, started = browser(site.server_port, turn + 1), turn + 1, time.monotonic()
        process.kill()
        other = viewer.close() if received is not None else {}
        dropped = live.dropped
    viewer.end()
    result = {"openings": Site.answers, "idle between": idle, "other": other, "dropped": dropped}
    result["took s"] = round(time.monotonic() - begin, 1)
    print(json.dumps({**result, "openings": [{**a, "png": len(str(a.get("png")))} for a in Site.answers]}), flush=True)
    (Path(os.environ["OUT"]) / "result.json").write_text(json.dumps(result))


if __name__ == "__main__":
    main()
