"""Microphones through PortAudio (sounddevice)."""

from __future__ import annotations

from dataclasses import dataclass
from types import ModuleType
from typing import Any

from typing_extensions import override

from cyclorama.capture.microphone import DEFAULT, Listener, Meter, Microphone
from cyclorama.core.clock import Clock
from cyclorama.core.errors import CaptureError
from cyclorama.core.sound import SoundBlock, SoundSource

RATE = 48_000
BUFFER_S = 0.2
"""Buffered by PortAudio, for a machine that is busy for a moment. Each block has its capture time, so sync is kept."""
SILENT_S = 1.0
OTHERWISE = "or give --no-audio"


@dataclass(frozen=True, slots=True)
class MicrophoneDevice:
    """A microphone of this machine. ``index``: for ``--mic``."""

    index: int
    name: str
    channels: int
    rate: int
    is_default: bool


def list_microphones() -> list[MicrophoneDevice]:
    """Those of the system's usual sound interface. Raises CaptureError where PortAudio is missing or does not work."""
    sounddevice = _sounddevice()
    default = sounddevice.default.device[0]
    try:
        devices = list(enumerate(sounddevice.query_devices()))
    except sounddevice.PortAudioError as error:
        raise _not_working(error) from error
    interface = devices[default][1]["hostapi"] if default >= 0 else None
    return [
        MicrophoneDevice(
            index, device["name"], device["max_input_channels"], round(device["default_samplerate"]), index == default
        )
        for index, device in devices
        if device["max_input_channels"] > 0 and interface in (None, device["hostapi"])
    ]


def find_microphone(text: str) -> MicrophoneDevice:
    """The microphone that ``text`` names: ``default``, an index or part of a name. Raises CaptureError."""
    devices = list_microphones()
    if not devices:
        raise CaptureError(f"no microphone found: plug one in, {OTHERWISE}")
    if text == DEFAULT:
        return next((device for device in devices if device.is_default), devices[0])
    found = [device for device in devices if text == str(device.index) or text.lower() == device.name.lower()]
    found = found or [device for device in devices if text.lower() in device.name.lower()]
    if not found:
        names = ", ".join(device.name for device in devices)
        raise CaptureError(f"no microphone is called {text!r}: there are {names}; give one with --mic, {OTHERWISE}")
    return found[0]


class PortAudioMicrophone(Microphone):
    """One microphone, mono or stereo. PortAudio's thread hands each block to all listeners."""

    def __init__(self, text: str, clock: Clock) -> None:
        """Open and start. Raises CaptureError."""
        sounddevice = _sounddevice()
        self._device = find_microphone(text)
        self._clock = clock
        self._listeners: tuple[Listener, ...] = ()
        self._meter = Meter()
        self._last_ns = clock.now_ns()
        self._channels = min(2, self._device.channels)
        self._rate = RATE
        try:
            sounddevice.check_input_settings(self._device.index, self._channels, "float32", samplerate=RATE)
        except sounddevice.PortAudioError:
            self._rate = self._device.rate
        self._stream: Any = None
        try:
            self._stream = self._open(sounddevice)
            self._stream.start()
        except sounddevice.PortAudioError as error:
            self.close()
            raise CaptureError(
                f"the microphone {self.name} cannot be opened ({_reason(error)}): close the program that uses it, "
                f"allow the use of the microphone, choose another with --mic, {OTHERWISE}"
            ) from error

    @property
    @override
    def name(self) -> str:
        """As the system calls it."""
        return self._device.name

    @property
    @override
    def level(self) -> float:
        """The highest peak of the last third of a second, 0 to 1."""
        return 0.0 if self.fault else self._meter.level

    @property
    @override
    def fault(self) -> str | None:
        """Whether sound has stopped to come."""
        if self._clock.now_ns() - self._last_ns < SILENT_S * 1e9:
            return None
        return f"the microphone {self.name} gives no sound: was it unplugged? silence is recorded"

    @override
    def listen(self) -> SoundSource:
        """All sound from now on."""
        listener = Listener(self._rate, self._channels)
        self._listeners = (*self._listeners, listener)
        return listener

    @override
    def close(self) -> None:
        """Stop and release."""
        if self._stream is not None:
            self._stream.close(ignore_errors=True)

    def _open(self, sounddevice: ModuleType) -> Any:
        return sounddevice.InputStream(
            device=self._device.index,
            channels=self._channels,
            samplerate=self._rate,
            dtype="float32",
            blocksize=0,  # blocks of the host's own size, so that the end of each is as recent as possible
            latency=BUFFER_S,
            callback=self._heard,
        )

    def _heard(self, samples: Any, count: int, times: Any, status: Any) -> None:
        now_ns = self._clock.now_ns()
        # The stream has its own clock, of which only differences mean something. Its currentTime was taken before this
        # thread was scheduled. Some systems report no time, or an age shorter than the block itself.
        length_s = count / self._rate
        age_s = max(length_s, self._stream.time - times.inputBufferAdcTime)
        if not (times.inputBufferAdcTime > 0 and age_s < SILENT_S):
            age_s = length_s
        block = SoundBlock(samples.copy(), now_ns - round(age_s * 1e9), after_gap=bool(status.input_overflow))
        self._last_ns = now_ns
        self._meter.put(block)
        for listener in self._listeners:
            listener.put(block)


def _sounddevice() -> ModuleType:
    try:
        import sounddevice
    except (ImportError, OSError) as error:
        raise CaptureError(
            "microphones need the system library PortAudio, which is missing: sudo apt install libportaudio2 "
            f"(elsewhere, your system's package of it), {OTHERWISE}"
        ) from error
    except Exception as error:  # its PortAudioError cannot be named, since the import starts PortAudio
        raise _not_working(error) from error
    module: ModuleType = sounddevice
    return module


def _not_working(error: Exception) -> CaptureError:
    return CaptureError(
        f"microphones cannot be listed, since PortAudio does not work ({_reason(error)}): start your system's sound "
        f"service, or log in again, {OTHERWISE}"
    )


def _reason(error: Exception) -> str:
    """PortAudio's own words, without its numbers."""
    words = str(error).partition(" [PaErrorCode")[0]
    return words.removeprefix("Error opening InputStream: ").removeprefix("Error initializing PortAudio: ")
