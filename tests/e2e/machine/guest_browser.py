"""Runs inside the machine: what a web page in Chromium sees of the virtual camera, as JSON in $OUT/result.json."""

from __future__ import annotations

import json
import os
import subprocess
import threading
from fractions import Fraction
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import numpy as np

from cyclorama.frames import Composite, CompositeKind, Layout
from cyclorama.sinks.base import OutputFormat
from cyclorama.sinks.virtual_camera import VirtualCameraSink

SIZE = (640, 360)
COLOUR_BGR = (40, 60, 200)
PAGE = b"""<!doctype html><video autoplay muted playsinline></video><script>
(async () => {
  const video = document.querySelector("video");
  let answer;
  try {
    const stream = await navigator.mediaDevices.getUserMedia({video: {width: 640, height: 360}});
    video.srcObject = stream;
    await video.play();
    await new Promise(done => video.requestVideoFrameCallback(done));
    const canvas = document.createElement("canvas");
    canvas.width = video.videoWidth; canvas.height = video.videoHeight;
    const context = canvas.getContext("2d");
    context.drawImage(video, 0, 0);
    const rgba = context.getImageData(canvas.width / 2, canvas.height / 2, 1, 1).data;
    const label = stream.getVideoTracks()[0].label;
    answer = {label, size: [canvas.width, canvas.height], bgr: [rgba[2], rgba[1], rgba[0]]};
  } catch (error) { answer = {error: String(error)}; }
  await fetch("/answer", {method: "POST", body: JSON.stringify(answer)});
})();
</script>"""


class Site(BaseHTTPRequestHandler):
    """One page, and one place for its answer."""

    answer: dict[str, object] | None = None

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(PAGE)

    def do_POST(self) -> None:
        Site.answer = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *arguments: object) -> None:
        """Keep quiet."""


def show(sink: VirtualCameraSink, stop: threading.Event) -> None:
    pixels = np.empty((SIZE[1], SIZE[0], 3), np.uint8)
    pixels[:] = COLOUR_BGR
    picture = Composite(pixels, Layout.BGR, CompositeKind.COMPOSITE, 0, 0)
    while not stop.wait(1 / 10):
        sink.write(picture)


def main() -> None:
    options = ["video_nr=10", "card_label=cyclorama", "exclusive_caps=1"]
    subprocess.run(["modprobe", "-r", "vivid"], check=True)
    subprocess.run(["modprobe", "v4l2loopback", *options], check=True)
    stop = threading.Event()
    with VirtualCameraSink() as sink, HTTPServer(("127.0.0.1", 0), Site) as site:
        sink.open(OutputFormat(SIZE, Fraction(10)))
        shower = threading.Thread(target=show, args=(sink, stop))
        shower.start()
        site.timeout = 1
        browser = subprocess.Popen(
            [
                "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-extensions",
                "--use-fake-ui-for-media-stream", f"http://127.0.0.1:{site.server_port}/",
                "--user-data-dir=/tmp/browser", "--remote-debugging-port=0",
            ],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            for _ in range(200):
                site.handle_request()
                if Site.answer is not None:
                    break
        finally:
            browser.kill()
            stop.set()
            shower.join()
    (Path(os.environ["OUT"]) / "result.json").write_text(json.dumps(Site.answer))


if __name__ == "__main__":
    main()
