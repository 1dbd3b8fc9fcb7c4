"""Many at once: memory stays where it was after the first few, whatever is asked for."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import psutil
import pytest

from cyclorama.panel.panel import Panel
from cyclorama.panel.stills.photos import CUTOUTS_AT_ONCE
from doubles.panel_client import PanelClient, form, form_type

MIB = 1 << 20
AT_ONCE = 400
GROWTH = 96 * MIB
"""What the process may grow by: a dozen small photos under way. 400 of them at once would take more than 1 GiB."""


@pytest.fixture
def client(panel: Panel) -> PanelClient:
    return PanelClient(panel.access)


def resident() -> int:
    return int(psutil.Process().memory_info().rss)


class Watched:
    """The most memory that the process had while the block ran."""

    def __enter__(self) -> Watched:
        self.most, self._stop = resident(), threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stop.wait(0.02):
            self.most = max(self.most, resident())


async def ask_all(client: PanelClient, request: bytes, count: int) -> list[bytes]:
    """Send ``request`` on ``count`` connections at once; the head of each answer."""

    async def ask() -> bytes:
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", client.access.port)
            writer.write(request)
            await writer.drain()
            head = await reader.readuntil(b"\r\n\r\n")
            while await reader.read(65536):  # and throw it away
                pass
            writer.close()
        except (ConnectionError, asyncio.IncompleteReadError):
            return b"cut off"
        return head

    return await asyncio.gather(*(ask() for _ in range(count)))


def cutout_request(client: PanelClient, portrait: bytes) -> bytes:
    body = form(portrait)
    lines = (f"Content-Length: {len(body)}", f"Content-Type: {form_type()}", "Connection: close")
    return client.head("POST", "/api/cutouts", *lines) + body


def test_400_cutouts_at_once_are_made_or_told_to_come_again(client: PanelClient, panel: Panel, portrait: bytes) -> None:
    for _ in range(5):
        assert client.upload("/api/cutouts", portrait).status == 200
    warm = resident()
    with Watched() as watched:
        heads = asyncio.run(ask_all(client, cutout_request(client, portrait), AT_ONCE))
    statuses = [head[9:12] for head in heads]
    assert set(statuses) <= {b"200", b"503", b"429"}
    assert 1 <= statuses.count(b"200") <= AT_ONCE
    assert all(b"retry-after:" in head.lower() for head in heads if head[9:12] != b"200")
    assert watched.most - warm < GROWTH
    assert client.upload("/api/cutouts", portrait).status == 200


def test_a_client_that_comes_again_gets_all_400(client: PanelClient, panel: Panel, portrait: bytes) -> None:
    small = portrait
    for _ in range(3):
        client.upload("/api/cutouts", small, matte_only="yes")
    warm = resident()

    def persist(_: int) -> int:
        while (answer := client.upload("/api/cutouts", small, matte_only="yes")).status in (429, 503):
            time.sleep(0.05)
        return answer.status

    with Watched() as watched, ThreadPoolExecutor(32) as pool:
        assert set(pool.map(persist, range(AT_ONCE))) == {200}
    assert watched.most - warm < GROWTH


def test_results_that_nobody_reads_are_on_disk_not_in_memory(
    client: PanelClient, panel: Panel, portrait: bytes
) -> None:
    request = cutout_request(client, portrait)
    client.upload("/api/cutouts", portrait)
    warm = resident()
    with ExitStack() as opened:
        for _ in range(CUTOUTS_AT_ONCE):
            opened.enter_context(client.bare()).sendall(request)
        deadline = time.monotonic() + 60
        while len(panel.stills._queues[0]):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        assert resident() - warm < GROWTH
        assert json.loads(client.get("/api/photos").body) == []
