"""Photos to pictures for a shop, each checked in the file that was written."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path

from cyclorama.core.errors import CaptureError, CycloramaError, SettingsError, reason
from cyclorama.core.frames import SizeWH
from cyclorama.matting.base import ModelInfo
from cyclorama.pictures.encode import NO_TAGS, save_picture
from cyclorama.pictures.photo import read_photo, without_transparent
from cyclorama.stills.batch import batch
from cyclorama.stills.batch.batch import LARGE, Batch
from cyclorama.stills.batch.mark import Mark, marked
from cyclorama.stills.batch.names import Names, without_own
from cyclorama.stills.batch.sources import STANDARD, find_photos
from cyclorama.stills.cut_out.alpha import Keep, photo_alpha
from cyclorama.stills.cut_out.cutter import Look
from cyclorama.stills.product.check import ProductCheck, choose_quality, examine
from cyclorama.stills.product.layout import ProductLayout, lay_out_product
from cyclorama.stills.product.picture import product_picture, without_haze
from cyclorama.stills.product.spec import ShopSpec

ADDED = "-product"
"""To a photo's name where the picture lies beside it."""


@dataclass(frozen=True, slots=True)
class ProductOrder:
    """What is to be made of every photo.

    ``output``, ``suffix``: as for :class:`Names`; ``suffix`` None: JPEG, or PNG where ``transparent``. ``side``: of the
    square, in pixels, None: as many as the photo has, within the shop's rules. ``model``: a name, or ``auto``.
    ``jobs``: photos under way at a time.
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
    """What became of one photo. Where ``error`` is None its target is there. Where it was written now, and not by an
    earlier run, it is a square of ``side`` pixels in which the product is ``enlarged`` times as large as in the photo,
    and ``checks`` says what is in the file."""

    source: Path
    target: Path | None
    seconds: float = 0.0
    side: int | None = None
    enlarged: float | None = None
    checks: list[ProductCheck] = field(default_factory=list)
    error: CycloramaError | None = None

    @property
    def broken(self) -> list[ProductCheck]:
        """The rules that the file breaks."""
        return [check for check in self.checks if not check.passed]


@dataclass(frozen=True, slots=True)
class ProductReport:
    """``results``: of ``total``, or fewer where the batch was stopped."""

    model: ModelInfo
    shop: ShopSpec
    seconds: float
    total: int
    results: list[ProductResult]

    @property
    def written(self) -> list[ProductResult]:
        """The photos that something was made of."""
        return [result for result in self.results if result.side is not None]

    @property
    def failed(self) -> list[ProductResult]:
        """The photos that there is nothing of."""
        return [result for result in self.results if result.error is not None]


def make_products(
    sources: Sequence[Path],
    order: ProductOrder,
    *,
    stop: threading.Event,
    on_done: Callable[[ProductResult, int], None] = lambda result, total: None,
) -> ProductReport:
    """Make the picture of every photo of ``sources`` (see :func:`find_photos`) that can be.

    ``on_done``: gets each result, and how many there will be. After ``stop`` no further photo is begun. Raises what
    concerns all photos: SettingsError, and ModelError where the network cannot be opened.
    """
    begin = time.perf_counter()
    if STANDARD in (*sources, order.output):
        raise SettingsError("product reads and writes files: give names, folders or patterns, not -")
    products = _Products(order)
    try:
        search = find_photos(sources, recursive=order.recursive, outside=products.names.folder)
        photos = without_own(search.found, ADDED) if order.output is None else search.found
        products.names.reserve(photos)
        total = len(photos) + len(search.problems)
        results = [ProductResult(source, None, error=error) for source, error in search.problems]
        for result in results:
            on_done(result, total)
        for done in products.run(photos, stop):
            results.append(products.result(done))
            on_done(results[-1], total)
    finally:
        products.close()
    return ProductReport(products.network.info, order.shop, round(time.perf_counter() - begin, 3), total, results)


class _Products(Batch):
    """The batch of cut-outs, with something else made of every photo."""

    def __init__(self, order: ProductOrder) -> None:
        """Check the order and open the network. Raises SettingsError, ModelError."""
        suffix = order.suffix
        if suffix is None and (order.output is None or not order.output.suffix):
            suffix = ".png" if order.transparent else order.shop.formats[0]
        names = Names(order.output, suffix, transparent=order.transparent, added=ADDED)
        if names.suffix.replace(".jpeg", ".jpg") not in order.shop.formats:
            raise SettingsError(f"{order.shop.title} takes {_list(order.shop.formats)}, not {names.suffix[1:]}")
        common = batch.CutOutOrder(
            order.output, suffix, order.model, order.overwrite, recursive=order.recursive, jobs=order.jobs
        )
        super().__init__(common, Look("transparent" if order.transparent else "color:white", order.keep))
        self.names = names
        self._product = order
        self._network_turn = threading.Lock()
        self._how = f"{self._how} {order.shop} {order.shadow} {order.side}"
        self._made: dict[Path, tuple[ProductLayout, list[ProductCheck]]] = {}

    def result(self, done: batch.CutOutResult) -> ProductResult:
        """With what was found in the file."""
        layout, checks = self._made.get(done.target, (None, [])) if done.target else (None, [])
        side, enlarged = (None, None) if layout is None else (layout.side, round(layout.scale, 3))
        return ProductResult(done.source, done.target, done.seconds, side, enlarged, checks, done.error)

    def _make(self, source: Path, mark: Mark | None, target: Path) -> SizeWH:
        order, shop = self._product, self._product.shop
        photo = read_photo(source, srgb=True)
        pixels = photo.pixels
        suffix = target.suffix.lower()
        tags = NO_TAGS if mark is None else replace(NO_TAGS, exif=marked(b"", mark))
        with self._large_turn if pixels.shape[0] * pixels.shape[1] >= LARGE else nullcontext():
            alpha8 = photo_alpha(self.network, pixels, keep=order.keep, turn=self._network_turn)
            alpha8 = without_haze(without_transparent(photo, alpha8))
            layout = lay_out_product(alpha8, shop, order.side)
            picture = product_picture(pixels, alpha8, layout, transparent=order.transparent, shadow=order.shadow)
            del photo, pixels, alpha8
            quality = choose_quality(picture, suffix, shop)
            save_picture(target, picture, overwrite=order.overwrite, tags=tags, quality=quality)
            self._made[target] = layout, examine(_read_again(target), suffix, picture, layout, shop)
        return picture.shape[1], picture.shape[0]


def _read_again(target: Path) -> bytes:
    try:
        return target.read_bytes()
    except OSError as error:
        raise CaptureError(f"cannot read {target} again to check it: {reason(error)}") from error


def _list(formats: tuple[str, ...]) -> str:
    return ", ".join(suffix[1:] for suffix in formats)
