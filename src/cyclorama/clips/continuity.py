"""One clock that never runs back, for files whose timestamps jump.

Transport streams that were recorded in pieces or put together byte by byte start their clock anew at every piece, and
so do other containers behind each other in one file. The picture leads: its next piece begins where its last one
ended, and sound is moved by as much.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from av.packet import Packet

    AnyPacket = Packet[Any]

BACK_S = Fraction(1, 10)
"""Decoding times of one stream never run back; those that do by more than this are of another piece."""
FORWARD_S = 10
"""A longer gap in a format whose clock may start anew is no gap, as ffmpeg and players take it."""
PATIENCE_S = 5
"""How much of the picture may come between a jump of the sound and the picture's own."""


def time_of(packet: AnyPacket) -> Fraction | None:
    """When a packet is decoded, else shown, in seconds; None where it has neither time."""
    ticks = packet.pts if packet.dts is None else packet.dts
    return None if ticks is None or packet.time_base is None else ticks * packet.time_base


def moved(packet: AnyPacket, by_s: Fraction) -> None:
    """Add ``by_s`` to a packet's times."""
    shift = round(by_s / packet.time_base) if by_s and packet.time_base else 0
    if shift:
        packet.pts = None if packet.pts is None else packet.pts + shift
        packet.dts = None if packet.dts is None else packet.dts + shift


class _Clock:
    """The time of one stream's packets, and whether it jumps."""

    def __init__(self, *, may_restart: bool) -> None:
        self.may_restart = may_restart
        self.offset_s = Fraction(0)
        self.end_s = Fraction(0)
        self._resumed_s: Fraction | None = None
        self._decoded_s: Fraction | None = None
        self._last_s: Fraction | None = None

    def jumps(self, packet: AnyPacket) -> bool:
        """Whether ``packet`` does not follow the one before it."""
        # not the times of showing: the first packets of a reordered stream have no others, and those go back and forth
        now_s, last_s = None if packet.dts is None else time_of(packet), self._last_s
        self._last_s = last_s if now_s is None else now_s
        if now_s is None or last_s is None:
            return False
        return now_s < last_s - BACK_S or (self.may_restart and now_s > last_s + FORWARD_S)

    def carry_on(self, packet: AnyPacket) -> None:
        """Let ``packet`` begin where the last one ended."""
        self.resume(self.end_s - _shown(packet))

    def resume(self, offset_s: Fraction) -> None:
        """Go on with another offset."""
        self.offset_s, self._resumed_s = offset_s, self.end_s

    def apply(self, packet: AnyPacket) -> None:
        """Move a packet onto the clock."""
        moved(packet, self.offset_s)
        if time_of(packet) is not None:
            self.end_s = max(self.end_s, shown_until(packet))

    def follows(self, packet: AnyPacket) -> bool:
        """Whether a packet that was moved is later than all before it; what overlaps the piece before it by more than
        half of itself is not."""
        now_s = time_of(packet)
        if now_s is None:
            return True
        half_s = (packet.duration or 0) * packet.time_base / 2
        overlaps = self._resumed_s is not None and now_s + half_s < self._resumed_s
        if overlaps or (self._decoded_s is not None and now_s < self._decoded_s):
            return False
        # packets that are shorter than a tick may share one, as TrueHD's in Matroska
        if now_s == self._decoded_s and (packet.duration or 0) > 1:
            return False
        self._decoded_s = now_s
        return True


def shown_until(packet: AnyPacket) -> Fraction:
    """When what a packet holds ends, in seconds, by its own duration."""
    return _shown(packet) + (packet.duration or 0) * packet.time_base


def _shown(packet: AnyPacket) -> Fraction:
    ticks = packet.dts if packet.pts is None else packet.pts
    return Fraction(0) if ticks is None else ticks * packet.time_base


class PictureClock:
    """Moves the packets of the picture. ``offsets_s``: of the pieces after the first, in order."""

    def __init__(self, *, may_restart: bool) -> None:
        """``may_restart``: the format's clock may start anew (FFmpeg's flag AVFMT_TS_DISCONT)."""
        self._clock = _Clock(may_restart=may_restart)
        self.offsets_s: list[Fraction] = []

    @property
    def end_s(self) -> Fraction:
        """How far the picture has come."""
        return self._clock.end_s

    def mend(self, packet: AnyPacket) -> None:
        """Move ``packet``."""
        if self._clock.jumps(packet):
            self._clock.carry_on(packet)
            self.offsets_s.append(self._clock.offset_s)
        self._clock.apply(packet)


@dataclass
class _Track:
    """``seen``: how many pieces of the picture it has followed. ``since_s``: how far the picture was when it began to
    wait for the next one."""

    clock: _Clock
    seen: int
    waiting: list[AnyPacket] = field(default_factory=list)
    since_s: Fraction = Fraction(0)


class SoundClock:
    """Moves the packets of sound tracks as the picture is moved. Where a track jumps and the picture does not, its
    next packet follows its last one."""

    def __init__(self, picture: PictureClock, *, may_restart: bool, has_picture: bool = True) -> None:
        self._picture = picture
        self._may_restart = may_restart
        self._patience_s = Fraction(PATIENCE_S if has_picture else 0)
        self._tracks: dict[int, _Track] = {}

    def mend(self, packet: AnyPacket) -> Iterator[AnyPacket]:
        """The packets that are ready now that ``packet`` was read; in the order of their track."""
        track = self._tracks.get(packet.stream_index)
        if track is None:
            pieces = self._picture.offsets_s
            track = _Track(_Clock(may_restart=self._may_restart), len(pieces))
            track.clock.offset_s = pieces[-1] if pieces else Fraction(0)
            self._tracks[packet.stream_index] = track
        if track.waiting:
            track.waiting.append(packet)
        elif track.clock.jumps(packet):
            track.waiting, track.since_s = [packet], self._picture.end_s
        else:
            yield from _applied(track.clock, [packet])
        yield from self.settle()

    def settle(self, *, at_end: bool = False) -> Iterator[AnyPacket]:
        """The packets that waited for the picture's next piece, once it has begun, or does not come."""
        for track in self._tracks.values():
            late = at_end or self._picture.end_s - track.since_s >= self._patience_s
            if not track.waiting or not (late or track.seen < len(self._picture.offsets_s)):
                continue
            waiting, track.waiting = track.waiting, []
            if track.seen < len(self._picture.offsets_s):
                track.clock.resume(self._picture.offsets_s[track.seen])
                track.seen += 1
            else:
                track.clock.carry_on(waiting[0])
            yield from _applied(track.clock, waiting)


def _applied(clock: _Clock, packets: Iterable[AnyPacket]) -> Iterator[AnyPacket]:
    """Move packets of sound; those that would sound twice, or before others, are left out."""
    for packet in packets:
        clock.apply(packet)
        if clock.follows(packet):
            yield packet
