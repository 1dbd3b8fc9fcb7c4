"""Headshots, photos for identity documents and product photos. Nothing is written to disk."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from typing import Literal

from PIL import Image

from cyclorama._api.given import unknown
from cyclorama._api.photos import PhotoLike, photo_from, picture_from
from cyclorama.core.errors import CaptureError, SettingsError
from cyclorama.core.frames import SizeWH
from cyclorama.matting.base import ModelInfo
from cyclorama.matting.open import open_model
from cyclorama.pictures.encode import Tags, encoded_picture
from cyclorama.pictures.photo import without_transparent
from cyclorama.settings.change import make_still_settings
from cyclorama.settings.stills import CutOutSettings, HeadshotSettings, IdPhotoSettings, Keep, ProductSettings
from cyclorama.stills.cut_out.alpha import photo_alpha
from cyclorama.stills.cut_out.choice import best_model_for_people, chosen_model
from cyclorama.stills.headshot.headshot import notes_on, open_backdrop
from cyclorama.stills.headshot.person import Framed, Person, cut_out_person, framed
from cyclorama.stills.headshot.picture import finished
from cyclorama.stills.headshot.preset import Preset, find_presets
from cyclorama.stills.id_photo.check import IdPhotoCheck, passed
from cyclorama.stills.id_photo.id_photo import make_id_photo
from cyclorama.stills.id_photo.spec import rules_for
from cyclorama.stills.portrait.face import FaceFinder, FaceGeometry
from cyclorama.stills.product.check import ProductCheck, choose_quality, examine
from cyclorama.stills.product.contents import PeopleFinder, notes_on_contents
from cyclorama.stills.product.layout import lay_out_product
from cyclorama.stills.product.picture import product_picture, without_haze
from cyclorama.stills.product.spec import ShopSpec, load_shops

__all__ = [
    "HeadshotFacts",
    "HeadshotStill",
    "IdPhotoCheck",
    "IdPhotoFacts",
    "IdPhotoStill",
    "ProductCheck",
    "ProductFacts",
    "ProductStill",
    "headshot",
    "id_photo",
    "product",
]


@dataclass(frozen=True, slots=True)
class HeadshotFacts:
    """How a headshot was made.

    ``slope_deg``: angle of the eye line in the photo, clockwise; the headshot is rotated back by it. ``faces``: number
    of faces in the photo; the largest is used. ``enlarged``: pixels per pixel of the photo, in one direction.
    ``tighter``: how many times smaller the crop is than the preset's, because the photo ends there. ``notes``: remarks
    for people to read.
    """

    model: ModelInfo
    preset: str
    size_wh: SizeWH
    slope_deg: float
    faces: int
    enlarged: float
    tighter: float
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class HeadshotStill:
    """``picture``: RGB in sRGB, or RGBA with a transparent background; its ``info`` has the preset's ``dpi``."""

    picture: Image.Image
    report: HeadshotFacts


@dataclass(frozen=True, slots=True)
class IdPhotoFacts:
    """The unofficial check of an identity photo. ``home``: whether a photo made at home may be handed in at all, None
    if it depends; ``home_photo`` says it in a sentence. ``passed``: it breaks no rule that can be measured.
    ``levelled_deg``: rotation of the photo, in degrees, clockwise."""

    spec: str
    title: str
    home: bool | None
    home_photo: str
    passed: bool
    checks: tuple[IdPhotoCheck, ...]
    dpi: int
    levelled_deg: float


@dataclass(frozen=True, slots=True, eq=False)
class IdPhotoStill:
    """``picture``: RGB in sRGB. ``file``: the JPEG that was checked, within the authority's size limits in bytes. Write
    ``file`` to disk, not ``picture``."""

    picture: Image.Image
    report: IdPhotoFacts
    file: bytes


@dataclass(frozen=True, slots=True)
class ProductFacts:
    """How a product's picture was made. ``passed``: the file breaks no rule of the shop. ``enlarged``: pixels per pixel
    of the photo, in one direction. ``notes``: remarks for people to read."""

    model: ModelInfo
    shop: str
    title: str
    passed: bool
    checks: tuple[ProductCheck, ...]
    side: int
    enlarged: float
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class ProductStill:
    """``picture``: RGB on pure white, or RGBA. ``file``: the checked JPEG, or PNG if transparent. Write ``file`` to
    disk, not ``picture``."""

    picture: Image.Image
    report: ProductFacts
    file: bytes


def headshot(
    photo: PhotoLike,
    *,
    preset: str = "square",
    background: str = "studio-grey",
    light_wrap: float = 0.3,
    model: str = "auto",
) -> HeadshotStill:
    """Make a headshot of the largest face in a photo: upright, framed, in front of a backdrop.

    ``photo``: as for :func:`cut_out`. ``preset``: square, linkedin, zoom, resume or business-card. ``background``: a
    studio backdrop (studio-grey, studio-warm, studio-blue, studio-dark, white), or any other background.
    ``light_wrap``: 0 to 1, strength of the backdrop's light on the person's edge. Raises SettingsError, ModelError, and
    CaptureError if there is no face or the photo is cropped too tightly.
    """
    values = {"preset": preset, "background": background, "light_wrap": light_wrap}
    chosen = make_still_settings(HeadshotSettings, values)
    presets = find_presets(chosen.preset)
    if len(presets) * len(chosen.background) > 1:
        raise SettingsError("several presets or backgrounds are several headshots: name one of each for each call")
    wanted, behind = presets[0], chosen.background[0]
    read = photo_from(photo, srgb=True)
    with ExitStack() as opened:
        backdrop = open_backdrop(behind, opened)
        faces = opened.enter_context(FaceFinder()).find(read.pixels)
        network = opened.enter_context(open_model(chosen_model(model, best_model_for_people)))
        if not faces:
            raise CaptureError("no face was found in the photo: choose one in which a face is turned to the camera")
        person = cut_out_person(read.pixels, faces[0], network, [wanted], opaque=read.alpha8)
        shot = framed(person, wanted)
        pixels = finished(shot, backdrop, chosen.light_wrap)
    return HeadshotStill(picture_from(pixels, Tags.at(wanted.dpi)), _headshot_facts(shot, person, network.info, faces))


def _headshot_facts(shot: Framed, person: Person, model: ModelInfo, faces: list[FaceGeometry]) -> HeadshotFacts:
    preset: Preset = shot.preset
    return HeadshotFacts(
        model,
        preset.name,
        preset.size,
        round(faces[0].roll_deg, 1),
        len(faces),
        round(shot.enlarged, 2),
        round(shot.box.tighter, 2),
        tuple(notes_on(shot, person)),
    )


def id_photo(
    photo: PhotoLike,
    *,
    spec: str | None = None,
    size_mm: tuple[float, float] | None = None,
    kb: tuple[float, float] | None = None,
    dpi: Literal[300, 600] | None = None,
    level: bool = True,
    replace_background: str | None = None,
    model: str = "auto",
) -> IdPhotoStill:
    """Crop and scale a photo for an identity document, and check it unofficially: only the authority decides.

    ``photo``: as for :func:`cut_out`. ``spec``: us, uk, schengen, germany, canada, india, india-digital,
    australia or icao. ``size_mm``: a size of your own in its place. ``kb``: least and greatest size of the file, within
    the authority's. ``dpi``: None is the highest that the photo has pixels for. ``level``: rotate a slightly tilted
    head upright. ``replace_background``: a colour, or ``auto`` for the authority's; several authorities refuse such
    photos. Raises SettingsError, ModelError, and CaptureError if there is no face or the photo is cropped too tightly.
    """
    values = {
        "spec": spec,
        "size_mm": size_mm,
        "kb": kb,
        "dpi": dpi,
        "level": level,
        "replace_background": replace_background,
    }
    chosen = make_still_settings(IdPhotoSettings, values)
    rules = rules_for(chosen)
    paint = rules.background.paint_for(chosen.replace_background)
    read = photo_from(photo, srgb=True)
    made = make_id_photo(read, rules, dpi=chosen.dpi, level=chosen.level, paint=paint, model=model)
    facts = IdPhotoFacts(
        rules.name,
        rules.title,
        rules.home,
        rules.home_photo,
        passed(made.checks),
        tuple(made.checks),
        made.dpi,
        round(made.levelled_deg, 2),
    )
    return IdPhotoStill(picture_from(made.pixels, Tags.at(made.dpi)), facts, made.file)


def product(
    photo: PhotoLike,
    *,
    shop: str = "square",
    transparent: bool = False,
    shadow: bool = False,
    size: int | None = None,
    keep: Keep = "all",
    model: str = "auto",
) -> ProductStill:
    """Make a shop's picture of a product: alone on pure white, centred in a square, checked as a file.

    ``photo``: as for :func:`cut_out`. ``shop``: amazon, google, ebay or square, whose rules to meet. ``size``: side of
    the square in pixels; None: as many as the photo has, within the rules. ``keep``, ``model``: as for :func:`cut_out`;
    the bundled networks find only people. Raises SettingsError, CaptureError, ModelError.
    """
    chosen = make_still_settings(ProductSettings, {"transparent": transparent, "shadow": shadow, "size": size})
    keep = make_still_settings(CutOutSettings, {"keep": keep}).keep  # "original" too, which the command does not take
    rules = _shop(shop, chosen.size, transparent=chosen.transparent)
    read = photo_from(photo, srgb=True)
    with open_model(chosen_model(model)) as network:
        alpha8 = without_haze(without_transparent(read, photo_alpha(network, read.pixels, keep=keep)))
    layout = lay_out_product(alpha8, rules, chosen.size)
    pixels = product_picture(read.pixels, alpha8, layout, transparent=chosen.transparent, shadow=chosen.shadow)
    suffix = ".png" if chosen.transparent else rules.formats[0]
    file = encoded_picture(pixels, suffix, quality=choose_quality(pixels, suffix, rules))
    checks = tuple(examine(file, suffix, pixels, layout, rules))
    good, enlarged = all(check.passed for check in checks), round(layout.scale, 3)
    with PeopleFinder() as finder:
        notes = tuple(notes_on_contents(alpha8, finder.find(read.pixels), network.info.name))
    facts = ProductFacts(network.info, rules.name, rules.title, good, checks, layout.side, enlarged, notes)
    return ProductStill(picture_from(pixels), facts, file)


def _shop(name: str, size: int | None, *, transparent: bool) -> ShopSpec:
    shops = load_shops()
    if name not in shops:
        raise unknown("shop", name, shops)
    shop = shops[name]
    if transparent and not shop.transparent:
        raise SettingsError(f"{shop.title} wants white: leave transparent out")
    if size is not None and not shop.min_side <= size <= shop.max_side:
        raise SettingsError(f"size {size}: {shop.title} takes {shop.min_side} to {shop.max_side} pixels")
    return shop
