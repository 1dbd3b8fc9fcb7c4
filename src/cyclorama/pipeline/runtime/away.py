"""The picture that sinks show while the user is away: the privacy card, another picture, or the last composite."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace

from cyclorama.background.opening import open_background
from cyclorama.compose.compositor import Compositor
from cyclorama.core.closing import Closing
from cyclorama.core.errors import SettingsError
from cyclorama.core.frames import Composite, Layout
from cyclorama.settings.values import ComposeSettings

CARD, FREEZE = "card", "freeze"


class Away(Closing):
    """Replaces composites between the program output and the sinks. ``on``: set while the user is away, from any
    thread.

    No composites are made while the user is away. After the return, the away picture stays until there is a new
    composite, at most for the time that a composite is fresh. Every away picture was made by the compositor, so it has
    no pixel of the room.
    """

    def __init__(
        self,
        name: str,
        picture: Callable[[int], Composite] | None,
        on: threading.Event,
        release: Callable[[], None] = lambda: None,
    ) -> None:
        """``name``: for people to read. ``picture``: the away picture at a time in nanoseconds, called by one thread at
        a time; None = hold the composite shown last. ``release``: called once, by ``close``."""
        self.name = name
        self.on = on
        self._picture = picture
        self._release = release
        self._closed = False
        self._held: Composite | None = None
        self._last_ns: int | None = None
        self._lock = threading.Lock()

    @property
    def shown(self) -> bool:
        """Whether the away picture is shown: the user is away, or is back and there is no new composite yet."""
        return self.on.is_set() or self._last_ns is not None

    def close(self) -> None:
        """Stop showing the away picture and release its resources; a second call does nothing."""
        with self._lock:
            if not self._closed:
                self._closed = True
                self._release()

    def let_go(self) -> None:
        """Drop the held composite, because its viewers have left. Called by all sink threads."""
        with self._lock:
            self._held = None

    def instead_of(self, shown: Composite, newest_ns: int, time_ns: int, fresh_ns: int) -> Composite:
        """The composite to show at ``time_ns`` in place of ``shown``. Called by all sink threads.

        ``newest_ns``: capture time of the newest composite's frame. ``fresh_ns``: how long a composite is fresh.
        """
        with self._lock:
            if self._closed:
                return shown
            if self.on.is_set():
                self._last_ns = time_ns
            elif self._last_ns is None or newest_ns > self._last_ns or time_ns - self._last_ns > fresh_ns:
                self._held = self._last_ns = None
                return shown
            if self._picture is not None:
                return replace(self._picture(time_ns), captured_ns=time_ns, reason="away")
            if self._held is None:
                self._held = shown
            return replace(self._held, captured_ns=time_ns)


def open_away(text: str, card: Composite, settings: ComposeSettings, on: threading.Event) -> Away:
    """Open the picture that the setting ``away`` names. ``card``: the session's privacy card. Raises SettingsError."""
    if text == FREEZE:
        return Away("the last picture, held", None, on)
    if text == CARD:
        return Away("the privacy card", lambda time_ns: card, on)
    if card.layout is not Layout.BGR:
        raise SettingsError(f"--away {text} cannot be shown where the background is {settings.background}: use card")
    try:
        choice = open_background(text)
    except SettingsError as error:
        raise SettingsError(f"--away: {error}; or card, or freeze") from error
    compositor = Compositor(choice, settings, card.size_wh)
    if choice.background is None or choice.background.card(card.size_wh, 0.0) is None:
        compositor.close()
        raise SettingsError(
            f"--away {text} needs a picture of you: name a picture, a clip, color:..., gradient:..., card or freeze"
        )
    return Away(text, lambda time_ns: compositor.card(time_ns, "away", time_ns / 1e9), on, compositor.close)
