"""A microphone that PortAudio really opens: PulseAudio with a source that is fed here, in real time."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from contextlib import suppress
from pathlib import Path

import numpy as np

RATE = 48_000
CHUNK = RATE // 100
CLICK_S = 0.05


class SoundCard:
    """Clicks at every whole second of the monotonic clock, until ``unplug``. ``environment``: for a program to find it,
    as the microphone *pulse*."""

    def __init__(self, folder: Path) -> None:
        """Start the server; ``folder``: an empty one with a short name, for its sockets."""
        self._fifo = folder / "microphone"
        socket = folder / "native"
        self.environment = {"PULSE_SERVER": f"unix:{socket}", "HOME": str(folder), "XDG_RUNTIME_DIR": str(folder)}
        command = ["pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1", "--disallow-exit", "--use-pid-file=no"]
        command += ["-L", f"module-native-protocol-unix socket={socket} auth-anonymous=1"]
        command += ["-L", f"module-pipe-source file={self._fifo} rate={RATE} channels=1 format=s16le"]
        self._server = subprocess.Popen(
            command, env=os.environ | self.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        deadline = time.monotonic() + 20
        while not (socket.exists() and self._fifo.exists()):
            assert self._server.poll() is None and time.monotonic() < deadline, "PulseAudio does not start"
            time.sleep(0.05)
        self._unplugged = threading.Event()
        self._feeder = threading.Thread(target=self._feed, name="sound-card")
        self._feeder.start()

    def unplug(self) -> None:
        """No sound from now on."""
        self._unplugged.set()
        self._feeder.join()

    def close(self) -> None:
        """End the server."""
        self.unplug()
        self._server.terminate()
        self._server.wait()

    def _feed(self) -> None:
        begin_s, taken = time.monotonic(), 0
        pipe = os.open(self._fifo, os.O_RDWR | os.O_NONBLOCK)  # neither opening nor writing waits for the server
        try:
            while not self._unplugged.is_set():
                times = begin_s + (taken + np.arange(CHUNK)) / RATE
                taken += CHUNK
                self._unplugged.wait(max(0.0, times[-1] - time.monotonic()))
                click = np.where(times % 1.0 < CLICK_S, 0.5 * np.sin(2 * np.pi * 1000 * times), 0)
                with suppress(BlockingIOError):  # the server does not read while nobody listens: that sound is lost
                    os.write(pipe, (click * 32767).astype("<i2").tobytes())
        finally:
            os.close(pipe)
