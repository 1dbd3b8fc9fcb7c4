"""A call, from the camera to the page: delay, rate and gaps that a browser sees, and what the chain takes.

    python benchmarks/call.py                            a minute with the bundled network, 1280x720 at 30 fps
    python benchmarks/call.py --model rvm --seconds 600
    python benchmarks/call.py --webrtc                   through a call between two peers in the page, too
    python benchmarks/call.py --changes                  the background changes every two seconds meanwhile
    python benchmarks/call.py --peer FOLDER              and the loop of Linux-Fake-Background-Webcam, see call_peer.py
    python benchmarks/call.py --json > call.json

A PipeWire session of its own with Chromium in it opens cyclorama's camera by getUserMedia. The number of each frame is
written into the picture, on the person's chest, before anything else sees it, and read back in the page: the delay is
from there to the page's frame callback. The number is shown whatever the network makes of it: RVM cuts it out of the
chest. A gap is a time between two new frames of more than two and a half intervals.
Needs PipeWire, WirePlumber, the desktop portal, Xvfb, Chromium and Playwright for Python.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass, replace
from functools import partial
from itertools import cycle, pairwise
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from call_peer import peer_running
from processor import processor_s

from cyclorama.background.opening import first_picture
from cyclorama.capture.demo import DemoSource
from cyclorama.capture.watchdog import Reopening
from cyclorama.cli.report import table
from cyclorama.compose.compositor import Compositor
from cyclorama.core.frames import U8, Composite, CompositeKind, Frame, Matte
from cyclorama.pipeline.jobs.live import RunningLive, run_live
from cyclorama.pipeline.jobs.session_thread import SessionThread
from cyclorama.pipeline.runtime import build
from cyclorama.settings.change import change_settings
from cyclorama.settings.values import Settings
from doubles.camera_page import call_page
from doubles.desktop import missing

SIZE_WH, FPS = (1280, 720), 30
BITS, BLOCK_WH, CODE_XY = 18, (16, 24), (450, 650)
"""A white block, the bits, and one for even parity."""
CODE = (slice(CODE_XY[1], CODE_XY[1] + BLOCK_WH[1]), slice(CODE_XY[0], CODE_XY[0] + (BITS + 2) * BLOCK_WH[0]))
GAP = 2.5
SETTLE_S = 3.0
CHANGE_S = 2.0
BACKGROUNDS = ("color:teal", "blur", "office", "gradient:navy,teal")
MEASURE = """async ([seconds, bits, [width, height], [left, top], webrtc]) => {
  const video = document.querySelector("video");
  const stream = await openCamera();
  video.srcObject = webrtc ? await throughCall(stream) : stream;
  await video.play();
  const canvas = Object.assign(document.createElement("canvas"), { width: (bits + 2) * width, height: 1 });
  const context = canvas.getContext("2d", { willReadFrequently: true });
  const seen = [];
  const end = performance.now() + seconds * 1000;
  await new Promise((done) => {
    const take = () => {
      const at = performance.timeOrigin + performance.now();
      const scale = video.videoWidth / 1280;
      const [x, y] = [left * scale, (top + height / 2) * scale];
      context.drawImage(video, x, y, canvas.width * scale, 1, 0, 0, canvas.width, 1);
      const row = context.getImageData(0, 0, canvas.width, 1).data;
      const levels = Array.from({ length: bits + 2 }, (_, index) => row[4 * (index * width + width / 2) + 1]);
      const [first, ...code] = levels.map((level) => level > 127);
      const even = code.pop();
      const number = code.reduce((sum, bit, place) => sum + (bit ? 2 ** place : 0), 0);
      const good = first && even === (code.filter(Boolean).length % 2 === 0);
      seen.push([at, good ? number : null]);
      if (performance.now() < end) video.requestVideoFrameCallback(take);
      else done();
    };
    video.requestVideoFrameCallback(take);
  });
  const size = [video.videoWidth, video.videoHeight];
  hangUp();
  return { seen, size };
}"""


class Numbered(DemoSource):
    """The demo picture with the number of each frame on it. ``captured``: wall clock in seconds, by number."""

    captured: dict[int, float]

    def __init__(self) -> None:
        super().__init__(SIZE_WH, FPS, live=True)
        self.captured = {}

    def frames(self, stop: threading.Event) -> Iterator[Frame]:
        """Number and time each frame."""
        for frame in super().frames(stop):
            number = frame.seq % 2**BITS
            pixels = frame.pixels.copy()
            write_number(pixels, number)
            self.captured[number] = time.time()
            yield Frame(pixels, frame.seq, frame.captured_ns)


def write_number(pixels: U8, number: int) -> None:
    """As black and white blocks, least bit first."""
    bits = [number >> place & 1 for place in range(BITS)]
    (x, y), (width, height) = CODE_XY, BLOCK_WH
    for index, bit in enumerate([1, *bits, 1 - sum(bits) % 2]):
        pixels[y : y + height, x + index * width : x + (index + 1) * width] = 255 * bit


class KeepsNumber(Compositor):
    """Shows the number whatever the network makes of it."""

    def compose(self, frame: Frame, matte: Matte | None) -> Composite:
        """Copy the number from the frame."""
        composite = super().compose(frame, matte)
        if composite.kind is not CompositeKind.COMPOSITE:
            return composite
        pixels = composite.pixels.copy()
        pixels[CODE] = frame.pixels[CODE]
        return replace(composite, pixels=pixels)


@dataclass(frozen=True, slots=True)
class Measured:
    """One run. Delays in milliseconds; ``cores``: processor seconds a second of cyclorama, ``browser``: of Chromium and
    PipeWire."""

    model: str
    webrtc: bool
    seconds: float
    fps: float
    delay_p50: float
    delay_p95: float
    longest_gap: float
    gaps: int
    unread: int
    missed_ticks: int
    cores: float
    browser: float


@contextmanager
def changing(running: RunningLive) -> Iterator[None]:
    """Change the background every ``CHANGE_S`` inside the block."""
    ended = threading.Event()

    def change() -> None:
        for background in cycle(BACKGROUNDS):
            if ended.wait(CHANGE_S):
                return
            running.session.change(background=background)

    thread = threading.Thread(target=change)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def measured(model: str, seconds: float, page: Any, *, webrtc: bool, changes: bool) -> Measured:
    """Run a session, and look at it in the page."""
    source = Numbered()
    build.open_source = lambda *given, **more: Reopening(lambda: source)  # type: ignore[assignment]
    build.Compositor = KeepsNumber  # type: ignore[misc]
    settings = change_settings(
        Settings(), source="demo", to="camera:pipewire", model=model, background="office", size="720p", fps=FPS
    )
    stop = threading.Event()
    thread = SessionThread(lambda tell: run_live(settings, stop=stop, on_running=tell), stop.set)
    try:
        assert thread.running is not None
        page.evaluate(MEASURE, [SETTLE_S, BITS, BLOCK_WH, CODE_XY, webrtc])
        with changing(thread.running) if changes else nullcontext():
            return looked_at(partial(missed_ticks, thread.running), source, page, (model, seconds, webrtc))
    finally:
        thread.end()


def missed_ticks(running: RunningLive) -> int:
    """Until now."""
    return running.status().dropped.get("output", 0)


def peer_measured(checkout: Path, seconds: float, page: Any, *, webrtc: bool) -> Measured:
    """Run the peer's loop, and look at it in the page."""
    source = Numbered()
    office = first_picture("office", SIZE_WH)
    assert office is not None
    with peer_running(checkout, source, office):
        page.evaluate(MEASURE, [SETTLE_S, BITS, BLOCK_WH, CODE_XY, webrtc])
        return looked_at(lambda: 0, source, page, (checkout.name, seconds, webrtc))


def looked_at(missed: Callable[[], int], source: Numbered, page: Any, given: tuple[str, float, bool]) -> Measured:
    """What the page saw while frames came, and what both took. ``missed``: ticks until now."""
    model, seconds, webrtc = given
    before, used, begin = missed(), processor_s(), time.monotonic()
    seen = page.evaluate(MEASURE, [seconds, BITS, BLOCK_WH, CODE_XY, webrtc])["seen"]
    wall = time.monotonic() - begin
    own, others = (now - then for now, then in zip(processor_s(), used, strict=True))
    missed_meanwhile = missed() - before
    news = [(at / 1000, number) for at, number in seen if number in source.captured]
    firsts = {number: at for at, number in reversed(news)}
    delays = sorted(1000 * (at - source.captured[number]) for number, at in firsts.items())
    times = sorted(firsts.values())
    gaps = [1000 * (later - earlier) for earlier, later in pairwise(times)]
    return Measured(
        model,
        webrtc,
        round(times[-1] - times[0], 1),
        round((len(times) - 1) / (times[-1] - times[0]), 2),
        round(statistics.median(delays), 1),
        round(float(np.percentile(delays, 95)), 1),
        round(max(gaps), 1),
        sum(gap > GAP * 1000 / FPS for gap in gaps),
        sum(number is None for _, number in seen),
        missed_meanwhile,
        round(own / wall, 3),
        round(others / wall, 3),
    )


def main() -> int:
    """Measure, and print a table or JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", action="append", help="may be given several times; selfie")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--webrtc", action="store_true")
    parser.add_argument("--changes", action="store_true")
    parser.add_argument("--peer", type=Path, metavar="FOLDER", help="a checkout of Linux-Fake-Background-Webcam")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    if lacking := missing():
        print(lacking, file=sys.stderr)
        return 2
    with call_page(0) as page:
        rows = [
            measured(model, given.seconds, page, webrtc=webrtc, changes=given.changes)
            for model in given.model or ["selfie"]
            for webrtc in ([False, True] if given.webrtc else [False])
        ]
        if given.peer is not None:
            rows.append(peer_measured(given.peer, given.seconds, page, webrtc=given.webrtc))
    if given.json:
        print(json.dumps([asdict(row) for row in rows]))
        return 0
    print(table([list(asdict(rows[0])), *(list(map(str, asdict(row).values())) for row in rows)], right=range(2, 12)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
