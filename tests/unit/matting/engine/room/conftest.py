"""A room that has been learned."""

from __future__ import annotations

import pytest

from cyclorama.matting.engine.room.room import Room
from doubles.room_scene import Scene


@pytest.fixture
def scene() -> Scene:
    return Scene()


@pytest.fixture
def known(scene: Scene) -> Room:
    """A room that has been learned by itself."""
    room = Room(by_itself=True)
    scene.empty(room)
    assert room.is_known
    room.learn_by_itself(False)
    return room
