"""The contact sheet of backgrounds to choose from."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from cyclorama.background.gallery import GalleryEntry
from cyclorama.background.opening import first_picture
from cyclorama.compose.contact_sheet import TILE_WH, captioned, contact_sheet
from cyclorama.core.errors import SettingsError
from cyclorama.core.frames import U8


def background_sheet(
    entries: Sequence[GalleryEntry], on_progress: Callable[[int, int | None], None] = lambda done, total: None
) -> tuple[U8, list[SettingsError]]:
    """Each picture and the first frame of each clip, with its name: BGR uint8, and the errors of those that cannot be
    opened. Effects, which need a room, are left out. Raises SettingsError where nothing is left."""
    shown = [entry for entry in entries if entry.file is not None]
    tiles: list[U8] = []
    errors: list[SettingsError] = []
    for done, entry in enumerate(shown):
        on_progress(done, len(shown))
        try:
            picture = first_picture(entry.spec, TILE_WH)
            assert picture is not None, "a file needs no room"
            tiles.append(captioned(picture, entry.name))
        except SettingsError as error:
            errors.append(error)
    if not tiles:
        raise errors[0] if errors else SettingsError("there is no background to show: install cyclorama again")
    return contact_sheet(tiles, columns=3), errors
