"""Make pictures for a shop of many photos, and check each written file."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path

from cyclorama.core.errors import CaptureError, CycloramaError, SettingsError, reason
from cyclorama.core.frames import U8, SizeWH
from cyclorama.matting.base import ModelInfo
from cyclorama.pictures.encode import NO_TAGS, save_picture
from cyclorama.pictures.photo import read_photo, without_transparent
from cyclorama.settings.stills import Keep
from cyclorama.stills.batch import batch
from cyclorama.stills.batch.batch import LARGE, Batch, place_among
from cyclorama.stills.batch.mark import Mark, exif_with_mark
from cyclorama.stills.batch.sources import STANDARD, find_photos, openable
from cyclorama.stills.batch.target_names import TargetNames, without_outputs
from cyclorama.stills.cut_out.alpha import photo_alpha
from cyclorama.stills.cut_out.cutter import Look
from cyclorama.stills.product.check import ProductCheck, choose_quality, examine
from cyclorama.stills.product.contents import PeopleFinder, notes_on_contents
from cyclorama.stills.product.layout import ProductLayout, lay_out_product
from cyclorama.stills.product.picture import product_picture, without_haze
from cyclorama.stills.product.spec import ShopSpec

ADDED = "-product"
"""Appended to the name of the photo where the picture lies beside it."""

NOTHING: tuple[None, list[ProductCheck], list[str]] = (None, [], [])
"""What is known of a picture that an earlier run had written."""


@dataclass(frozen=True, slots=True)
class ProductOrder:
    """What to make of every photo.

    ``output``, ``suffix``: as for :class:`TargetNames`; ``suffix`` None is JPEG, or PNG where ``transparent``.
    ``side``: of the square in pixels; None keeps the resolution of the photo, within the shop's rules. ``model``: a
    name, or ``auto``. ``jobs``: photos processed at a time. Raises SettingsError for what the shop does not take.
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
    jobs: int = 2

    def __post_init__(self) -> None:
        shop = self.shop
        if self.transparent and not shop.transparent:
            raise SettingsError(f"--transparent: {shop.title} wants white")
        if self.side is not None and not shop.min_side <= self.side <= shop.max_side:
            raise SettingsError(f"--size {self.side}: {shop.title} takes {shop.min_side} to {shop.max_side} pixels")


@dataclass(frozen=True, slots=True)
class ProductResult:
    """The result of one photo. ``error``: None where its target exists. ``side``: of the square in pixels.
    ``enlarged``: pixels of the square per pixel of the photo. ``checks``: the rules, checked in the file. ``notes``:
    sentences for the user. All four are empty where an earlier run had written the target."""

    source: Path
    target: Path | None
    seconds: float = 0.0
    side: int | None = None
    enlarged: float | None = None
    checks: list[ProductCheck] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    error: CycloramaError | None = None

    @property
    def broken(self) -> list[ProductCheck]:
        """The checks that the file fails."""
        return [check for check in self.checks if not check.passed]


@dataclass(frozen=True, slots=True)
class ProductReport:
    """The results of a batch. ``results``: fewer than ``total`` where it was stopped. ``model``: None where no photo
    needed one."""

    model: ModelInfo | None
    shop: ShopSpec
    seconds: float
    total: int
    results: list[ProductResult]

    @property
    def written(self) -> list[ProductResult]:
        """The results whose target was written now."""
        return [result for result in self.results if result.side is not None]

    @property
    def failed(self) -> list[ProductResult]:
        """The results that are errors."""
        return [result for result in self.results if result.error is not None]


def make_products(
    sources: Sequence[Path],
    order: ProductOrder,
    *,
    stop: threading.Event,
    on_done: Callable[[ProductResult, int], None] = lambda result, total: None,
) -> ProductReport:
    """Make the picture of every photo of ``sources`` (see :func:`find_photos`).

    ``on_done`` gets each result and the number of photos. After ``stop`` no further photo is started. Raises
    SettingsError, and ModelError where the network cannot be opened; an error of one photo is in its result.
    """
    begin = time.perf_counter()
    if STANDARD in (*sources, order.output):
        raise SettingsError("product reads and writes files: give names, folders or patterns, not -")
    products = _Products(order)
    try:
        search = find_photos(sources, recursive=order.recursive, outside=products.names.folder)
        photos = without_outputs(search.found, ADDED) if order.output is None else search.found
        products.names.reserve(photos)
        total = len(photos) + len(search.problems)
        taken = openable(photos)
        problems = [*search.problems, *taken.problems]
        results = [ProductResult(source, None, error=error) for source, error in problems]
        for result in results:
            on_done(result, total)
        if taken.found:
            products.open_network()
        for done in products.run(taken.found, stop):
            results.append(products.result(done))
            on_done(results[-1], total)
    finally:
        products.close()
    results.sort(key=place_among(photos))
    return ProductReport(products.model, order.shop, round(time.perf_counter() - begin, 3), total, results)


class _Products(Batch):
    """A batch that makes a product picture of every photo instead of a cut-out."""

    def __init__(self, order: ProductOrder) -> None:
        """Check the order. Raises SettingsError."""
        suffix = order.suffix
        if suffix is None and (order.output is None or not order.output.suffix):
            suffix = ".png" if order.transparent else order.shop.formats[0]
        names = TargetNames(order.output, suffix, transparent=order.transparent, added=ADDED)
        if names.suffix.replace(".jpeg", ".jpg") not in order.shop.formats:
            raise SettingsError(f"{order.shop.title} takes {_list(order.shop.formats)}, not {names.suffix[1:]}")
        common = batch.CutOutOrder(
            order.output, suffix, order.model, order.overwrite, recursive=order.recursive, jobs=order.jobs
        )
        super().__init__(common, Look("transparent" if order.transparent else "color:white", order.keep))
        self.names = names
        self._product = order
        self._network_lock = threading.Lock()
        self._options_key = f"{self._options_key} {order.shop} {order.shadow} {order.side}"
        self._finder: PeopleFinder | None = None
        self._finder_lock = threading.Lock()
        self._made: dict[Path, tuple[ProductLayout, list[ProductCheck], list[str]]] = {}

    def result(self, done: batch.CutOutResult) -> ProductResult:
        """Add the checks of the file to a result of the batch."""
        layout, checks, notes = self._made.get(done.target, NOTHING) if done.target else NOTHING
        side, enlarged = (None, None) if layout is None else (layout.side, round(layout.scale, 3))
        return ProductResult(done.source, done.target, done.seconds, side, enlarged, checks, notes, done.error)

    def open_network(self) -> None:
        """Open the network, and those that find people. Raises ModelError, and SettingsError for an unknown name."""
        super().open_network()
        self._finder = PeopleFinder()

    def close(self) -> None:
        """Release networks and background."""
        if self._finder is not None:
            self._finder.close()
        super().close()

    def _make(self, source: Path, mark: Mark | None, target: Path) -> SizeWH:
        order, shop = self._product, self._product.shop
        photo = read_photo(source, srgb=True)
        pixels = photo.pixels
        suffix = target.suffix.lower()
        tags = NO_TAGS if mark is None else replace(NO_TAGS, exif=exif_with_mark(b"", mark))
        with self._large_photo_lock if pixels.shape[0] * pixels.shape[1] >= LARGE else nullcontext():
            alpha8 = photo_alpha(self.network, pixels, keep=order.keep, lock=self._network_lock)
            alpha8 = without_haze(without_transparent(photo, alpha8))
            layout = lay_out_product(alpha8, shop, order.side)
            picture = product_picture(pixels, alpha8, layout, transparent=order.transparent, shadow=order.shadow)
            notes = self._notes(pixels, alpha8)
            del photo, pixels, alpha8
            quality = choose_quality(picture, suffix, shop)
            save_picture(target, picture, overwrite=order.overwrite, tags=tags, quality=quality)
            self._made[target] = layout, examine(_read_again(target), suffix, picture, layout, shop), notes
        return picture.shape[1], picture.shape[0]

    def _notes(self, pixels: U8, alpha8: U8) -> list[str]:
        assert self._finder is not None, "open_network comes before the first photo"
        with self._finder_lock:
            people = self._finder.find(pixels)
        return notes_on_contents(alpha8, people, self.network.info.name)


def _read_again(target: Path) -> bytes:
    try:
        return target.read_bytes()
    except OSError as error:
        raise CaptureError(f"cannot read {target} again to check it: {reason(error)}") from error


def _list(formats: tuple[str, ...]) -> str:
    return ", ".join(suffix[1:] for suffix in formats)
