"""Delete what is old while the server runs."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress

log = logging.getLogger(__name__)

EVERY_S = 60.0


@asynccontextmanager
async def sweeping(sweeps: Sequence[Callable[[], None]], every_s: float = EVERY_S) -> AsyncIterator[None]:
    """Call every function of ``sweeps`` in a thread, again and again, while the block runs."""
    task = asyncio.create_task(_sweep(sweeps, every_s))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _sweep(sweeps: Sequence[Callable[[], None]], every_s: float) -> None:
    while True:
        await asyncio.sleep(every_s)
        for sweep in sweeps:
            try:
                await asyncio.to_thread(sweep)
            except Exception:  # the next one may find things in order
                log.debug("sweep", exc_info=True)
