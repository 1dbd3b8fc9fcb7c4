"""The rooms of photos and clips, with what they need: files, queues and networks."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import ExitStack

from cyclorama.core.closing import Closing
from cyclorama.panel.backgrounds import BackgroundNames, Lookup, no_uploads
from cyclorama.panel.stills.clip_book import ClipBook
from cyclorama.panel.stills.clips import clips_room
from cyclorama.panel.stills.networks import Networks
from cyclorama.panel.stills.photo_book import PhotoBook
from cyclorama.panel.stills.photos import cutouts_room, photos_room
from cyclorama.panel.stills.shelf import MOST
from cyclorama.panel.web.app import Room
from cyclorama.panel.web.uploads import Uploads
from cyclorama.panel.work import WorkQueue

MANY_PROCESSORS = 8
"""From so many on, two photos are made at a time: one's network while the other is encoded."""


class Stills(Closing):
    """What photos and clips need; no session. ``lookup``: finds backgrounds that were uploaded."""

    def __init__(self, lookup: Lookup = no_uploads) -> None:
        with ExitStack() as opened:
            self.uploads = opened.enter_context(Uploads())
            self.backgrounds = BackgroundNames(lookup)
            self.networks = opened.enter_context(Networks())
            workers = 2 if (os.cpu_count() or 1) >= MANY_PROCESSORS else 1
            photos = opened.enter_context(WorkQueue("photos", workers=workers, most=MOST["photo"]))
            self.previews = previews = opened.enter_context(WorkQueue("previews", workers=1, most=MOST["photo"]))
            clips = opened.enter_context(WorkQueue("clips", workers=1, most=MOST["clip"]))
            self._queues = photos, previews, clips
            book = opened.enter_context(PhotoBook(self.uploads, self.networks, photos, self.backgrounds))
            clip_book = opened.enter_context(ClipBook(self.uploads, clips))
            self.rooms: Sequence[Room] = (
                cutouts_room(book, self.uploads, photos),
                photos_room(book, self.uploads, previews),
                clips_room(clip_book, self.uploads, self.backgrounds),
            )
            self._opened = opened.pop_all()

    def cancel(self) -> None:
        """Cancel all work, and take no more."""
        for queue in self._queues:
            queue.cancel_all()

    def close(self) -> None:
        """Cancel all work and delete all files; a second call does nothing."""
        self._opened.close()
