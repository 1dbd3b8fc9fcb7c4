"""What the network says of a photo, kept: the photo is decoded and seen once, and rendered as often as one likes."""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar, cast

import numpy as np

from cyclorama.core.errors import CaptureError
from cyclorama.core.frames import U8
from cyclorama.panel.stills.networks import Networks
from cyclorama.panel.web.uploads import Uploads
from cyclorama.pictures.photo import Photo, read_photo
from cyclorama.settings.stills import Keep
from cyclorama.stills.cut_out.alpha import photo_alpha
from cyclorama.stills.headshot.person import Person, cut_out_person
from cyclorama.stills.headshot.preset import Preset
from cyclorama.stills.id_photo.id_photo import Sitter, find_sitter
from cyclorama.stills.portrait.face import FaceFinder, FaceGeometry
from cyclorama.stills.product.contents import People, PeopleFinder

T = TypeVar("T")
MOST_PHOTOS = 2
MOST_MEGAPIXELS = 50
"""Photos that stay decoded in memory; the one in use always does."""


class PhotoMattes:
    """One photo with its mattes. Used by one thread at a time.

    Alpha of the whole photo is kept on disk; the rest is computed again when the photo has left memory.
    """

    def __init__(self, path: Path, label: str, networks: Networks, uploads: Uploads) -> None:
        self.path, self.label = path, label
        self._networks, self._uploads = networks, uploads
        self._known: dict[object, object] = {}
        self._alphas: dict[object, Path] = {}
        self.lock = threading.Lock()

    def photo(self, *, srgb: bool = False, keep_gps: bool = False) -> Photo:
        """The decoded photo. Raises CaptureError."""
        return self._once(("photo", srgb, keep_gps), lambda: self._read(srgb=srgb, keep_gps=keep_gps))

    def alpha(self, model: str, keep: Keep, *, srgb: bool = False) -> U8:
        """The alpha of the whole photo, uint8 (H, W). Raises CaptureError, ModelError, SettingsError."""
        key = ("alpha", model, keep, srgb)

        def make() -> U8:
            kept = self._from_disk(key, srgb=srgb)
            return self._see(key, model, keep, srgb=srgb) if kept is None else kept

        return self._once(key, make)

    def faces(self) -> list[FaceGeometry]:
        """The faces, the largest first. Raises CaptureError where there is none."""
        faces = self._once("faces", self._find_faces)
        if not faces:
            raise CaptureError("no face was found in the photo: choose one in which a face is turned to the camera")
        return faces

    def people(self) -> People:
        """The people in the photo. Raises CaptureError, ModelError."""
        return self._once("people", self._find_people)

    def person(self, model: str, preset: Preset) -> Person:
        """The person with the largest face, at the resolution of ``preset``. Raises CaptureError, ModelError."""
        return self._once(("person", model, preset.name), lambda: self._cut_person(model, preset))

    def sitter(self, model: str) -> Sitter:
        """The person for an identity photo. Raises CaptureError, ModelError."""
        photo = self.photo(srgb=True)
        return self._once(("sitter", model), lambda: find_sitter(photo, lambda: self._networks.lend(model)))

    @property
    def megapixels(self) -> float:
        """What is decoded."""
        photos = (each for each in list(self._known.values()) if isinstance(each, Photo))
        return sum(math.prod(photo.size_wh) for photo in photos) / 1e6

    def forget(self) -> None:
        """Release the memory; what lies on disk stays."""
        self._known.clear()

    def delete(self) -> None:
        """Delete the mattes on disk too."""
        self.forget()
        for path in self._alphas.values():
            self._uploads.delete(path)
        self._alphas.clear()

    def _once(self, key: object, make: Callable[[], T]) -> T:
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = make()
        return cast(T, known)

    def _read(self, *, srgb: bool, keep_gps: bool) -> Photo:
        return read_photo(self.path.read_bytes(), srgb=srgb, keep_gps=keep_gps, name=self.label)

    def _see(self, key: object, model: str, keep: Keep, *, srgb: bool) -> U8:
        photo = self.photo(srgb=srgb)
        with self._networks.lend(model) as network:
            alpha8 = np.ascontiguousarray(photo_alpha(network, photo.pixels, keep=keep))
        self._alphas[key] = self._uploads.store(alpha8.tobytes(), ".alpha")
        return alpha8

    def _from_disk(self, key: object, *, srgb: bool) -> U8 | None:
        if key in self._alphas:
            with suppress(OSError):
                width, height = self.photo(srgb=srgb).size_wh
                return np.fromfile(self._alphas[key], np.uint8).reshape(height, width)
        return None

    def _find_faces(self) -> list[FaceGeometry]:
        with FaceFinder() as finder:
            return finder.find(self.photo(srgb=True).pixels)

    def _find_people(self) -> People:
        with PeopleFinder() as finder:
            return finder.find(self.photo(srgb=True).pixels)

    def _cut_person(self, model: str, preset: Preset) -> Person:
        photo, face = self.photo(srgb=True), self.faces()[0]
        with self._networks.lend(model) as network:
            return cut_out_person(photo.pixels, face, network, [preset], opaque=photo.alpha8)


class MemoryOfPhotos:
    """Which photos stay decoded: those that were used last. Safe to call from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._used: OrderedDict[int, PhotoMattes] = OrderedDict()

    def used(self, mattes: PhotoMattes) -> None:
        """Note that ``mattes`` was used, and release the memory of others."""
        with self._lock:
            self._used[id(mattes)] = mattes
            self._used.move_to_end(id(mattes))
            while len(self._used) > 1 and self._too_many():
                _, old = self._used.popitem(last=False)
                old.forget()

    def drop(self, mattes: PhotoMattes) -> None:
        """Forget ``mattes``, which is deleted."""
        with self._lock:
            self._used.pop(id(mattes), None)
        mattes.delete()

    def clear(self) -> None:
        """Release all."""
        with self._lock:
            for mattes in self._used.values():
                mattes.forget()
            self._used.clear()

    def _too_many(self) -> bool:
        megapixels = sum(each.megapixels for each in self._used.values())
        return len(self._used) > MOST_PHOTOS or megapixels > MOST_MEGAPIXELS
