"""Make stills of a photo's mattes: a cut-out, a headshot, a photo for an identity document, a product photo."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace

import numpy as np

from cyclorama.core.errors import NothingFoundError, SettingsError, SinkError
from cyclorama.core.frames import U8, SizeWH
from cyclorama.panel.backgrounds import BackgroundNames
from cyclorama.panel.stills.mattes import PhotoMattes
from cyclorama.pictures.encode import NO_TAGS, OPAQUE, Tags, encoded_picture
from cyclorama.pictures.photo import Photo, without_transparent
from cyclorama.settings.stills import (
    CutOutSettings,
    HeadshotSettings,
    IdPhotoSettings,
    ProductSettings,
    StillSettings,
)
from cyclorama.stills.cut_out.choice import best_model_for_people, chosen_model
from cyclorama.stills.cut_out.cutter import Cutter, Look
from cyclorama.stills.cut_out.layout import SEEN, Placing
from cyclorama.stills.cut_out.retouch import retouch
from cyclorama.stills.cut_out.strokes import Stroke
from cyclorama.stills.headshot.headshot import notes_on, open_backdrop
from cyclorama.stills.headshot.person import framed
from cyclorama.stills.headshot.picture import finished
from cyclorama.stills.headshot.preset import find_presets
from cyclorama.stills.id_photo.check import IdPhotoCheck
from cyclorama.stills.id_photo.id_photo import picture_of
from cyclorama.stills.id_photo.spec import rules_for
from cyclorama.stills.product.check import ProductCheck, choose_quality, examine
from cyclorama.stills.product.contents import notes_on_contents
from cyclorama.stills.product.layout import lay_out_product
from cyclorama.stills.product.picture import product_picture, without_haze
from cyclorama.stills.product.spec import ShopSpec, load_shops

JPEG = ".jpg"


@dataclass(frozen=True, slots=True)
class RuleResult:
    """The result of one rule. ``ok``: None where there is no requirement or it cannot be measured."""

    rule: str
    ok: bool | None
    text: str


@dataclass(frozen=True, slots=True)
class MadeStill:
    """A file. ``icc``: profile of its colours, None for sRGB. ``notes``: remarks for people to read."""

    data: bytes
    suffix: str
    size_wh: SizeWH
    icc: bytes | None = None
    report: tuple[RuleResult, ...] = ()
    notes: tuple[str, ...] = ()


def make_still(
    mattes: PhotoMattes, settings: StillSettings, strokes: Sequence[Stroke], backgrounds: BackgroundNames
) -> MadeStill:
    """Make what ``settings`` ask for; the network runs where the mattes are not known yet.

    ``strokes``: of the brush, in pixels of the photo; for cut-outs and products. Raises SettingsError, CaptureError,
    ModelError, SinkError.
    """
    if isinstance(settings, CutOutSettings):
        return _cut_out(mattes, settings, strokes, backgrounds)
    if isinstance(settings, ProductSettings):
        return _product(mattes, settings, strokes)
    if strokes:
        raise SettingsError("strokes are for cut-outs and products: leave them out")
    if isinstance(settings, HeadshotSettings):
        return _headshot(mattes, settings, backgrounds)
    assert isinstance(settings, IdPhotoSettings)
    return _id_photo(mattes, settings)


def check_still(settings: StillSettings, backgrounds: BackgroundNames) -> None:
    """Raise SettingsError for what can be seen to be wrong before the photo is decoded."""
    if isinstance(settings, CutOutSettings):
        look = _look(settings, backgrounds)
        if settings.format == "jpg" and look.background == "transparent":
            raise SettingsError("JPEG has no transparency: choose png or webp, or a background")
    elif isinstance(settings, HeadshotSettings):
        find_presets([_single("preset", settings.preset)])
        backgrounds.resolve(_single("background", settings.background), studio=True)
    elif isinstance(settings, ProductSettings):
        _shop(settings)
    elif isinstance(settings, IdPhotoSettings):
        rules_for(settings)


def _cut_out(
    mattes: PhotoMattes, settings: CutOutSettings, strokes: Sequence[Stroke], backgrounds: BackgroundNames
) -> MadeStill:
    check_still(settings, backgrounds)
    with Cutter(_look(settings, backgrounds)) as cutter:
        photo = mattes.photo(keep_gps=settings.keep_gps)
        pixels = cutter.render(photo, _retouched(photo, lambda: _seen(mattes, settings), strokes))
    suffix = f".{settings.format or 'png'}"
    return _encoded(pixels, suffix, photo.tags)


def _seen(mattes: PhotoMattes, settings: CutOutSettings | ProductSettings, *, srgb: bool = False) -> U8:
    return mattes.alpha(chosen_model(settings.model), settings.keep, srgb=srgb)


def _retouched(photo: Photo, seen: Callable[[], U8], strokes: Sequence[Stroke]) -> U8:
    """The alpha that the network has ``seen``, with the strokes worked in. Where it finds nothing, they may restore a
    part. Raises NothingFoundError where they leave nothing."""
    try:
        alpha8 = seen()
    except NothingFoundError:
        if not any(stroke.keep for stroke in strokes):
            raise
        alpha8 = np.zeros(photo.pixels.shape[:2], np.uint8)
    if not strokes:
        return alpha8
    alpha8 = retouch(photo.pixels, alpha8, strokes)
    if alpha8.max() < SEEN:
        raise NothingFoundError("everything is erased: take a stroke back, or restore a part")
    return alpha8


def _look(settings: CutOutSettings, backgrounds: BackgroundNames) -> Look:
    background = "matte" if settings.matte_only else backgrounds.resolve(settings.background)
    placing = Placing(settings.crop, settings.margin, settings.scale, settings.position)
    return Look(background, settings.keep, placing, settings.shadow)


def _headshot(mattes: PhotoMattes, settings: HeadshotSettings, backgrounds: BackgroundNames) -> MadeStill:
    (preset,) = find_presets([_single("preset", settings.preset)])
    name = backgrounds.resolve(_single("background", settings.background), studio=True)
    with ExitStack() as opened:
        backdrop = open_backdrop(name, opened)
        person = mattes.person(chosen_model(settings.model, best_model_for_people), preset)
        shot = framed(person, preset)
        pixels = finished(shot, backdrop, settings.light_wrap)
    suffix = preset.suffix(transparent=backdrop is None)
    return replace(_encoded(pixels, suffix, Tags.at(preset.dpi)), notes=tuple(notes_on(shot, person)))


def _id_photo(mattes: PhotoMattes, settings: IdPhotoSettings) -> MadeStill:
    rules = rules_for(settings)
    paint = rules.background.paint_for(settings.replace_background)
    sitter = mattes.sitter(chosen_model(settings.model))
    made = picture_of(sitter, rules, dpi=settings.dpi, level=settings.level, paint=paint)
    home = RuleResult("photo made at home", rules.home, rules.home_photo)
    note = f"{rules.title}: an unofficial check; the authority alone decides"
    report = (home, *_report(made.checks))
    return MadeStill(made.file, JPEG, (made.pixels.shape[1], made.pixels.shape[0]), report=report, notes=(note,))


def _product(mattes: PhotoMattes, settings: ProductSettings, strokes: Sequence[Stroke]) -> MadeStill:
    shop = _shop(settings)
    photo = mattes.photo(srgb=True)
    alpha8 = _retouched(photo, lambda: _seen(mattes, settings, srgb=True), strokes)
    alpha8 = without_haze(without_transparent(photo, alpha8))
    layout = lay_out_product(alpha8, shop, settings.size)
    pixels = product_picture(photo.pixels, alpha8, layout, transparent=settings.transparent, shadow=settings.shadow)
    suffix = _product_suffix(settings, shop)
    data = encoded_picture(pixels, suffix, quality=choose_quality(pixels, suffix, shop))
    report = _report(examine(data, suffix, pixels, layout, shop))
    notes = notes_on_contents(alpha8, mattes.people(), chosen_model(settings.model))
    return MadeStill(data, suffix, (layout.side, layout.side), report=report, notes=tuple(notes))


def _product_suffix(settings: ProductSettings, shop: ShopSpec) -> str:
    suffix = f".{settings.format}" if settings.format else ".png" if settings.transparent else shop.formats[0]
    if settings.transparent and suffix in OPAQUE:
        raise SettingsError("JPEG has no transparency: choose png")
    if suffix not in shop.formats:
        raise SettingsError(f"{shop.title} does not take {suffix[1:]}: leave format out")
    return suffix


def _shop(settings: ProductSettings) -> ShopSpec:
    if settings.shop is None:
        raise SettingsError("a product photo needs a shop, whose rules to meet: amazon, google, ebay or square")
    shop = load_shops()[settings.shop]
    if settings.transparent and not shop.transparent:
        raise SettingsError(f"{shop.title} wants white: leave transparent out")
    if settings.size is not None and not shop.min_side <= settings.size <= shop.max_side:
        raise SettingsError(f"size {settings.size}: {shop.title} takes {shop.min_side} to {shop.max_side} pixels")
    _product_suffix(settings, shop)
    return shop


def _single(key: str, values: tuple[str, ...]) -> str:
    if len(values) != 1 or values == ("all",):
        raise SettingsError(f"{key}: name one, and make a photo for each")
    return values[0]


def _report(checks: Sequence[IdPhotoCheck | ProductCheck]) -> tuple[RuleResult, ...]:
    return tuple(RuleResult(check.name, check.passed, _in_words(check)) for check in checks)


def _in_words(check: IdPhotoCheck | ProductCheck) -> str:
    wanted = f" (wanted: {check.wanted})" if check.wanted else ""
    return f"{check.found}{wanted}{f'. Do this: {check.advice}' if check.advice else ''}"


def _encoded(pixels: U8, suffix: str, tags: Tags = NO_TAGS) -> MadeStill:
    try:
        data = encoded_picture(pixels, suffix, tags=tags)
    except SinkError as error:  # a size that the format cannot have
        raise SettingsError(str(error)) from error
    return MadeStill(data, suffix, (pixels.shape[1], pixels.shape[0]), tags.icc if pixels.ndim == 3 else None)
