"""What sinks show while the user is away: the privacy card, another picture, or the last composite, held."""

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
    """Stands between the stage and the sinks. ``on``: set while the user is away; may be set from any thread.

    Meanwhile no composites are made; back again, what stood for the user stays until there is a new one, but not for
    longer than a composite is fresh. Whatever is shown instead was made by the compositor, so no pixel of the room is
    in it.
    """

    def __init__(
        self,
        name: str,
        picture: Callable[[int], Composite] | None,
        on: threading.Event,
        release: Callable[[], None] = lambda: None,
    ) -> None:
        """``name``: of what is shown, for people. ``picture``: what to show at a time in nanoseconds; called by one
        thread at a time. None = hold what was shown when the user went. ``release``: called once, by ``close``."""
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
        """Whether the user is away, or is back and there is no new composite yet."""
        return self.on.is_set() or self._last_ns is not None

    def close(self) -> None:
        """Show nothing more, and release what the picture needs; a second call does nothing."""
        with self._lock:
            if not self._closed:
                self._closed = True
                self._release()

    def let_go(self) -> None:
        """Hold no longer what was shown: its viewers have left. Called by all sinks' threads."""
        with self._lock:
            self._held = None

    def instead_of(self, shown: Composite, newest_ns: int, time_ns: int, fresh_ns: int) -> Composite:
        """What to show at ``time_ns``, where ``shown`` would be shown otherwise. Called by all sinks' threads.

        ``newest_ns``: when the frame of the newest composite was captured. ``fresh_ns``: how long a composite is fresh.
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
    """What the setting ``away`` names. ``card``: the session's privacy card. Raises SettingsError."""
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
