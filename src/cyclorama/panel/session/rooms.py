"""The rooms of a live session, with what they need."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from cyclorama.background.spec import shows_room
from cyclorama.control.keeper import SessionHolder
from cyclorama.control.last import read_last
from cyclorama.core.closing import Closing
from cyclorama.panel.session.desk import Desk
from cyclorama.panel.session.downloads import Downloads
from cyclorama.panel.session.gallery import Gallery
from cyclorama.panel.session.live import fixes_room, live_room, quit_room, settings_room
from cyclorama.panel.session.live_socket import live_socket_room
from cyclorama.panel.session.machine import ProfileShelf, backgrounds_room, camera_ids, machine_room
from cyclorama.panel.session.meter import MicrophoneMeter
from cyclorama.panel.stills.rooms import Stills
from cyclorama.panel.web.access import Access
from cyclorama.panel.web.app import Room
from cyclorama.settings.sources import FILE_NAME, default_folders, read_profiles, settings_file
from cyclorama.settings.table import SETTINGS
from cyclorama.settings.values import Settings
from cyclorama.settings.written import Written, differences, written_settings


class PanelSession(Closing):
    """A session for the panel. ``config``: its settings file, if not the usual one. ``terminal``: a terminal has
    started it. ``quit_``: ends the command."""

    def __init__(
        self,
        holder: SessionHolder,
        quit_: Callable[[], None] = lambda: None,
        *,
        config: Path | None = None,
        terminal: bool = False,
    ) -> None:
        self.gallery = Gallery(_recent)
        self._holder = holder
        self._quit = quit_
        self._config = config
        self._terminal = terminal
        self._used = terminal
        self._downloads = Downloads()
        self._meter = MicrophoneMeter()

    def rooms(self, access: Access, stills: Stills) -> Sequence[Room]:
        """Its rooms, for a server with this ``access``."""
        desk = Desk(self._holder, stills.backgrounds, self.gallery, camera_ids, self._terminal, self._is_first)
        shelf = ProfileShelf(lambda: list(read_profiles(self._config)), self._file, self._in_force)
        return (
            live_room(desk),
            live_socket_room(desk, access),
            settings_room(),
            fixes_room(desk),
            quit_room(self._quit),
            backgrounds_room(self.gallery, stills.uploads, stills.previews),
            machine_room(self._downloads, shelf, self._meter),
        )

    def close(self) -> None:
        """Stop downloads, and release the microphone."""
        self._downloads.close()
        self._meter.close()

    def _is_first(self) -> bool:
        """Whether nothing was ever used before. This is asked for twice a second: once something was, the file is
        not read again."""
        self._used = self._used or read_last() is not None
        return not self._used

    def _file(self) -> Path:
        return settings_file(self._config) or default_folders()[-1] / FILE_NAME

    def _in_force(self) -> dict[str, Written]:
        """What a profile keeps: what differs from the defaults and can change while a session runs, but never the
        background that shows the room."""
        in_force = self._holder.settings
        kept = [key for key in differences(Settings(), in_force) if SETTINGS[key].live]
        return {
            key: value
            for key, value in written_settings(in_force, kept).items()
            if key != "background" or not shows_room(value)
        }


def _recent() -> list[str]:
    last = read_last()
    return last.recent if last is not None else []
