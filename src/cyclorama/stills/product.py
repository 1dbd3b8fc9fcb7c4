"""Photos to pictures for a shop, one after the other, each checked in the file that was written."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cyclorama.errors import CaptureError, CycloramaError, SettingsError, SinkError
from cyclorama.matting.base import MattingModel, ModelInfo
from cyclorama.matting.open import open_model
from cyclorama.sinks.part_file import check_target
from cyclorama.sinks.still import save_picture
from cyclorama.stills.alpha import Keep, photo_alpha
from cyclorama.stills.choice import best_model
from cyclorama.stills.names import Names, without_own
from cyclorama.stills.photo import read_photo
from cyclorama.stills.product_check import Check, choose_quality, examine
from cyclorama.stills.product_layout import ProductLayout, lay_out_product
from cyclorama.stills.product_picture import product_picture, without_haze
from cyclorama.stills.product_spec import ShopSpec
from cyclorama.stills.sources import STANDARD, Found, find_photos

log = logging.getLogger(__name__)

ADDED = "-product"
"""To a photo's name where the picture lies beside it."""


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be made of every photo.

    ``output``, ``suffix``: as for :class:`Names`; ``suffix`` None: JPEG, or PNG where ``transparent``. ``side``: of the
    square, in pixels, None: as many as the photo has, within the shop's rules. ``model``: a name, or ``auto``.
    """

    shop: ShopSpec
    output: Path | None = None
    suffix: str | None = None
    transparent: bool = False
    shadow: bool = False
    side: int | None = None
    keep: Keep = "all"
    model: str = "auto"
    overwrite: bool = False
    recursive: bool = False

    def __post_init__(self) -> None:
        shop = self.shop
        if self.transparent and not shop.transparent:
            raise SettingsError(f"--transparent: {shop.title} wants white")
        if self.side is not None and not shop.min_side <= self.side <= shop.max_side:
            raise SettingsError(f"--size {self.side}: {shop.title} takes {shop.min_side} to {shop.max_side} pixels")


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one photo. Where ``error`` is None, ``target`` was written, a square of ``side`` pixels in which
    the product is ``enlarged`` times as large as in the photo, and ``checks`` says what is in the file."""

    source: Path
    target: Path | None
    seconds: float = 0.0
    side: int | None = None
    enlarged: float | None = None
    checks: list[Check] = field(default_factory=list)
    error: CycloramaError | None = None

    @property
    def broken(self) -> list[Check]:
        """The rules that the file breaks."""
        return [check for check in self.checks if not check.passed]


@dataclass(frozen=True, slots=True)
class ProductReport:
    """``results``: of ``total``, or fewer where the batch was stopped."""

    model: ModelInfo
    shop: ShopSpec
    seconds: float
    total: int
    results: list[Result]

    @property
    def failed(self) -> list[Result]:
        """The photos that nothing was made of."""
        return [result for result in self.results if result.error is not None]


def make_products(
    sources: Sequence[Path],
    order: Order,
    *,
    stop: threading.Event,
    on_done: Callable[[Result, int], None] = lambda result, total: None,
) -> ProductReport:
    """Make the picture of every photo of ``sources`` (see :func:`find_photos`) that can be.

    ``on_done``: gets each result, and how many there will be. After ``stop`` no further photo is begun. Raises what
    concerns all photos: SettingsError, and ModelError where the network cannot be opened.
    """
    begin = time.perf_counter()
    suffix = order.suffix
    if suffix is None and (order.output is None or not order.output.suffix):
        suffix = ".png" if order.transparent else order.shop.formats[0]
    names = Names(order.output, suffix, transparent=order.transparent, added=ADDED)
    if names.suffix.replace(".jpeg", ".jpg") not in order.shop.formats:
        raise SettingsError(f"{order.shop.title} takes {_list(order.shop.formats)}, not {names.suffix[1:]}")
    search = find_photos(sources, recursive=order.recursive, outside=names.folder)
    if STANDARD in (photo.path for photo in search.found) or order.output == STANDARD:
        raise SettingsError("product reads and writes files: give names, folders or patterns, not -")
    photos = without_own(search.found, ADDED) if order.output is None else search.found
    names.reserve(photos)
    total = len(photos) + len(search.problems)
    results = [Result(source, None, error=error) for source, error in search.problems]
    for result in results:
        on_done(result, total)
    with open_model(best_model() if order.model == "auto" else order.model) as network:
        for photo in photos:
            if stop.is_set():
                break
            results.append(_attempt(photo, names, network, order))
            on_done(results[-1], total)
        info = network.info
    return ProductReport(info, order.shop, round(time.perf_counter() - begin, 3), total, results)


def _attempt(photo: Found, names: Names, network: MattingModel, order: Order) -> Result:
    begin = time.perf_counter()
    target = names.target(photo, None)
    layout: ProductLayout | None = None
    checks: list[Check] = []
    error = None
    try:
        _prepare(target, order)
        layout, checks = _make(photo.path, target, network, order)
    except CycloramaError as problem:
        error = problem
    except Exception as problem:  # whatever one photo holds, the others are done
        log.debug("%s", photo.path, exc_info=True)
        error = CycloramaError(
            f"photo {photo.path}: unexpected {type(problem).__name__}: {problem}; "
            "run again with --debug for the traceback"
        )
    seconds = round(time.perf_counter() - begin, 3)
    if layout is None:
        return Result(photo.path, target, seconds, error=error)
    return Result(photo.path, target, seconds, layout.side, round(layout.scale, 3), checks, error)


def _prepare(target: Path, order: Order) -> None:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SinkError(f"cannot make the folder {target.parent}: {error.strerror}; choose another --output") from error
    check_target(target, overwrite=order.overwrite)


def _make(source: Path, target: Path, network: MattingModel, order: Order) -> tuple[ProductLayout, list[Check]]:
    pixels = read_photo(source, srgb=True).pixels
    alpha8 = without_haze(photo_alpha(network, pixels, keep=order.keep))
    layout = lay_out_product(alpha8, order.shop, order.side)
    picture = product_picture(pixels, alpha8, layout, transparent=order.transparent, shadow=order.shadow)
    suffix = target.suffix.lower()
    save_picture(target, picture, overwrite=order.overwrite, quality=choose_quality(picture, suffix, order.shop))
    try:
        data = target.read_bytes()
    except OSError as error:
        raise CaptureError(f"cannot read {target} again to check it: {error.strerror}") from error
    return layout, examine(data, suffix, picture, layout, order.shop)


def _list(formats: tuple[str, ...]) -> str:
    return ", ".join(suffix[1:] for suffix in formats)
