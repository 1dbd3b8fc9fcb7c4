"""What is beside a product: further things, people with a face and without."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from cyclorama.core.frames import U8
from cyclorama.models.bundled import bundled_path
from cyclorama.pictures.decode import load_picture
from cyclorama.stills.product.contents import People, PeopleFinder, notes_on_contents

NOBODY = People([], np.zeros((200, 300), np.bool_))


@pytest.fixture(scope="module")
def finder() -> Iterator[PeopleFinder]:
    with PeopleFinder() as opened:
        yield opened


def alpha_of(*boxes: tuple[int, int, int, int]) -> U8:
    alpha8 = np.zeros((200, 300), np.uint8)
    for left, top, right, bottom in boxes:
        alpha8[top:bottom, left:right] = 255
    return alpha8


def test_a_product_alone_needs_no_word() -> None:
    assert notes_on_contents(alpha_of((20, 20, 120, 150)), NOBODY, "isnet") == []
    speck = alpha_of((20, 20, 120, 150), (200, 20, 215, 40))
    assert notes_on_contents(speck, NOBODY, "isnet") == [], "2 % of the product is a speck"


def test_a_second_thing_is_said() -> None:
    (note,) = notes_on_contents(alpha_of((20, 20, 120, 150), (200, 20, 230, 60)), NOBODY, "isnet")
    assert note.startswith("2 separate things are in the picture") and "option keep: largest" in note
    three = alpha_of((20, 20, 120, 150), (150, 20, 200, 60), (220, 20, 270, 60))
    assert notes_on_contents(three, NOBODY, "isnet")[0].startswith("3 separate things")


def test_a_person_without_a_face_is_said() -> None:
    seen = np.zeros((200, 300), np.bool_)
    seen[20:60, 200:230] = True
    alpha8 = alpha_of((20, 20, 120, 150), (200, 20, 230, 60))
    person, things = notes_on_contents(alpha8, People([], seen), "isnet")
    assert person.startswith("a person seems to be in the picture") and things.startswith("2 separate")
    unsure, _ = notes_on_contents(alpha8, People([], seen), "selfie")
    assert unsure.startswith("the network selfie knows people alone: look whether this is the product, or somebody")
    cut_away = notes_on_contents(alpha_of((20, 20, 120, 150)), People([], seen), "isnet")
    assert cut_away == [], "who is not in the picture does not matter"


def test_a_face_is_said_where_it_is_kept(finder: PeopleFinder) -> None:
    portrait = load_picture(bundled_path("portrait.png"))
    people = finder.find(portrait)
    assert len(people.faces) == 1 and 0.3 < people.seen.mean() < 0.8
    everything = np.full(portrait.shape[:2], 255, np.uint8)
    (note,) = notes_on_contents(everything, people, "selfie")
    assert note.startswith("a person seems")
    without = everything.copy()
    without[:260] = 0
    assert notes_on_contents(without, people, "isnet")[1:] == [], "no second thing"
    (unsure,) = notes_on_contents(without, people, "selfie")
    assert unsure.startswith("the network selfie knows people alone")


@pytest.mark.parametrize("model", ["selfie", "selfie-wide", "rvm", "modnet", "birefnet-portrait"])
def test_of_a_network_for_people_it_is_said_that_it_knows_no_products(model: str) -> None:
    (note,) = notes_on_contents(alpha_of((20, 20, 120, 150)), NOBODY, model)
    assert note.startswith(f"the network {model} knows people alone")
    assert notes_on_contents(alpha_of((20, 20, 120, 150)), NOBODY, "of-my-own") == []


def test_a_plate_is_nobody(finder: PeopleFinder) -> None:
    plate = np.full((400, 600, 3), 235, np.uint8)
    cv2.circle(plate, (300, 200), 120, (160, 90, 40), -1)
    people = finder.find(plate)
    assert people.faces == [] and not people.seen.any()


def test_somebody_who_walks_behind_a_car(finder: PeopleFinder, shared: Path) -> None:
    """Too small and turned too far for a face."""
    car = load_picture(shared / "photos" / "car.jpg")
    seen = finder.find(car).seen
    assert 0.01 < seen.mean() < 0.06
    alpha8 = np.zeros(car.shape[:2], np.uint8)
    alpha8[seen] = 255
    alpha8[200:300, 20:300] = 255
    assert notes_on_contents(alpha8, finder.find(car), "isnet")[0].startswith("a person seems")
