"""The queue of work, the networks that stay open, the sweep."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable

import pytest

from cyclorama.core.errors import CycloramaError, ModelError
from cyclorama.matting.base import MattingModel
from cyclorama.panel.errors import RequestError
from cyclorama.panel.stills import networks as networks_module
from cyclorama.panel.stills.networks import IDLE_S, Networks
from cyclorama.panel.web.sweeping import sweeping
from cyclorama.panel.work import WorkQueue
from cyclorama.pipeline.runtime.worker import LESS_URGENT
from doubles.null_model import NullModel


def test_more_than_may_wait_is_refused_with_a_time() -> None:
    go = threading.Event()
    with WorkQueue("test", workers=1, most=2) as queue:
        jobs = [queue.submit(lambda stop: go.wait(30)) for _ in range(2)]
        with pytest.raises(RequestError, match="2 are waiting already") as refused:
            queue.submit(lambda stop: True)
        assert (refused.value.status, refused.value.retry_after_s) == (429, 5)
        go.set()
        assert all(job.future.result(30) for job in jobs)
        assert queue.submit(lambda stop: "again").future.result(30) == "again"


@pytest.mark.needs_linux("a priority for each thread")
def test_a_live_picture_comes_before_work(monkeypatch: pytest.MonkeyPatch) -> None:
    def nice() -> int:
        return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

    with WorkQueue("test", workers=1, most=1) as queue:
        assert queue.submit(lambda stop: nice()).future.result(30) == min(19, nice() + LESS_URGENT)


def test_waiting_work_is_taken_out_and_running_work_is_told() -> None:
    begun, ended = threading.Event(), []

    def work(stop: threading.Event) -> None:
        begun.set()
        ended.append(stop.wait(30))

    with WorkQueue("test", workers=1, most=10) as queue:
        running = queue.submit(work)
        waiting = queue.submit(lambda stop: ended.append("never"))
        assert begun.wait(30)
        waiting.cancel()
        assert len(queue) == 1
        running.cancel()
    assert ended == [True]


def test_a_closed_queue_cancels_and_takes_nothing() -> None:
    queue = WorkQueue("test", workers=1, most=10)
    running = queue.submit(lambda stop: stop.wait(30))
    waiting = queue.submit(lambda stop: None)
    queue.close()
    assert running.future.result(0) is True
    assert waiting.future.cancelled()
    with pytest.raises(RequestError, match="the panel closes"):
        queue.submit(lambda stop: None)


class Shelf:
    """Opens networks that count."""

    def __init__(self) -> None:
        self.opened: list[str] = []
        self.closed: list[str] = []
        self.now_s = 0.0

    def open(self, name: str) -> MattingModel:
        if name == "broken":
            raise ModelError("broken: pull it again")
        self.opened.append(name)
        return Counted(name, self.closed.append)

    def clock(self) -> float:
        self.now_s += 1
        return self.now_s


class Counted(NullModel):
    def __init__(self, name: str, on_close: Callable[[str], None]) -> None:
        super().__init__()
        self.label, self._on_close = name, on_close

    def close(self) -> None:
        self._on_close(self.label)


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


def use(networks: Networks, *names: str) -> None:
    for name in names:
        with networks.lend(name):
            pass


def test_a_network_is_opened_once(shelf: Shelf) -> None:
    with Networks(shelf.open, shelf.clock) as networks:
        use(networks, "a", "a", "b", "a")
        assert shelf.opened == ["a", "b"]
        assert shelf.closed == []
    assert sorted(shelf.closed) == ["a", "b"]


def test_a_third_network_closes_the_one_used_least_recently(shelf: Shelf) -> None:
    with Networks(shelf.open, shelf.clock) as networks:
        use(networks, "a", "b", "a", "c")
        assert shelf.closed == ["b"]


def test_a_network_in_use_stays_open(shelf: Shelf) -> None:
    with Networks(shelf.open, shelf.clock) as networks, networks.lend("a"):
        use(networks, "b", "c", "d")
        assert shelf.closed == ["b", "c"]


def test_an_idle_network_is_closed(shelf: Shelf) -> None:
    with Networks(shelf.open, shelf.clock) as networks:
        use(networks, "a")
        networks.close_idle()
        assert shelf.closed == []
        shelf.now_s += IDLE_S
        networks.close_idle()
        assert shelf.closed == ["a"]
        use(networks, "a")
        assert shelf.opened == ["a", "a"]


def test_a_network_is_lent_to_one_at_a_time(shelf: Shelf) -> None:
    entered = threading.Event()

    def second(networks: Networks) -> None:
        with networks.lend("a"):
            entered.set()

    with Networks(shelf.open, shelf.clock) as networks:
        with networks.lend("a"):
            thread = threading.Thread(target=second, args=(networks,))
            thread.start()
            assert not entered.wait(0.1)
        assert entered.wait(30)
        thread.join()
    assert shelf.opened == ["a"]


def test_a_network_that_cannot_be_opened_takes_no_place(shelf: Shelf) -> None:
    with Networks(shelf.open, shelf.clock) as networks:
        use(networks, "a", "b")
        with pytest.raises(ModelError, match="pull it again"), networks.lend("broken"):
            pass
        assert len(shelf.closed) <= 1
        use(networks, "b")
        assert shelf.opened == ["a", "b"]


def test_closed_networks_lend_nothing(shelf: Shelf) -> None:
    networks = Networks(shelf.open, shelf.clock)
    networks.close()
    with pytest.raises(CycloramaError, match=networks_module.CLOSING), networks.lend("a"):
        pass


def test_sweeps_are_called_again_and_again_until_the_end() -> None:
    calls: list[int] = []

    def fail() -> None:
        raise OSError("the disk is gone")

    async def run() -> None:
        async with sweeping([fail, lambda: calls.append(1)], every_s=0.001):
            while len(calls) < 3:
                await asyncio.sleep(0.001)

    asyncio.run(run())
    assert len(calls) >= 3
