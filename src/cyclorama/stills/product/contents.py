"""Notice what else is in the picture of a product: a second thing, or a person.

Faces are found by the face networks, people without a face by the bundled selfie network, which knows people alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from typing_extensions import override

from cyclorama.core.closing import Closing
from cyclorama.core.frames import U8, Frame
from cyclorama.core.opencv import at_most
from cyclorama.matting.engine.answers import checked
from cyclorama.matting.open import open_model
from cyclorama.stills.cut_out.choice import ALWAYS_THERE, knows_people_alone
from cyclorama.stills.portrait.face import CERTAIN_LOGIT, FaceFinder, FaceGeometry
from cyclorama.stills.product.layout import SOLID

SIDE = 1024
"""Longest side in pixels of the copy in which things are counted."""
SECOND_SHARE = 0.03
"""Least area of a further thing, as a share of the largest one's: less is a strap, a label or a speck."""
SHOWN = 0.5
"""Least share of a face's points on the product's side of the outline; other faces are cut away."""
PERSON_ALPHA, PERSON_SHARE = 0.5, 0.3
"""Least alpha of the selfie network for a person, and the least share of a thing for which it has to be there."""


@dataclass(frozen=True, slots=True, eq=False)
class People:
    """The people in a photo. ``seen``: where the selfie network sees some, bool (h, w), at most SIDE pixels a side."""

    faces: Sequence[FaceGeometry]
    seen: NDArray[np.bool_]


class PeopleFinder(Closing):
    """Finds people in photos; holds the networks for that. For use by one thread at a time."""

    def __init__(self) -> None:
        """Load the bundled networks. Raises ModelError."""
        self._faces = FaceFinder()
        self._bodies = open_model(ALWAYS_THERE)

    @override
    def close(self) -> None:
        """Release the networks; a second call does nothing."""
        self._faces.close()
        self._bodies.close()

    def find(self, pixels: U8) -> People:
        """Find the people in a photo, BGR uint8 (H, W, 3). Raises ModelError."""
        small = at_most(pixels, SIDE)
        frame = Frame(small, 0, 0)
        self._bodies.reset()
        alpha = checked(self._bodies.predict(frame).alpha, self._bodies.info, frame.size_wh)
        seen = cv2.resize(alpha, small.shape[1::-1], interpolation=cv2.INTER_LINEAR) >= PERSON_ALPHA
        return People(self._faces.find(pixels), np.asarray(seen))


def notes_on_contents(alpha8: U8, people: People, model: str) -> list[str]:
    """Sentences for the user about what is beside the product of a photo with this alpha, uint8 (H, W); none where it
    is alone. ``model``: the network that gave it; of one that knows people alone nobody can tell by its alpha whether
    it found one, or the product."""
    things = _things(alpha8)
    for_people = knows_people_alone(model)
    bodies = 0 if for_people else sum((thing & people.seen).sum() >= PERSON_SHARE * thing.sum() for thing in things)
    notes = []
    if count := max(count_shown(people.faces, alpha8), bodies):
        who = "a person seems" if count == 1 else f"{count} people seem"
        notes.append(f"{who} to be in the picture: shops want the product alone, apart from clothes that are worn")
    elif for_people:
        notes.append(f"the network {model} knows people alone: look whether this is the product, or somebody beside it")
    if len(things) > 1:
        notes.append(
            f"{len(things)} separate things are in the picture: if only one of them is for sale, leave the "
            "largest alone (option keep: largest), or take the photo again"
        )
    return notes


def count_shown(faces: Sequence[FaceGeometry], alpha8: U8) -> int:
    """The number of faces that are certain and not cut away by alpha, uint8 (H, W)."""
    height, width = alpha8.shape

    def is_shown(face: FaceGeometry) -> bool:
        x = np.clip(face.points[:, 0].astype(int), 0, width - 1)
        y = np.clip(face.points[:, 1].astype(int), 0, height - 1)
        return float((alpha8[y, x] >= SOLID).mean()) >= SHOWN

    return sum(face.logit > CERTAIN_LOGIT and is_shown(face) for face in faces)


def _things(alpha8: U8) -> list[NDArray[np.bool_]]:
    """The connected components of alpha, uint8 (H, W), that are large enough to be seen as things, as masks."""
    solid = (at_most(alpha8, SIDE) >= SOLID).view(np.uint8)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(solid, connectivity=8)
    areas = stats[1:, cv2.CC_STAT_AREA]
    least = SECOND_SHARE * areas.max(initial=0)
    return [np.asarray(labels == label) for label, area in enumerate(areas, 1) if area >= least]
