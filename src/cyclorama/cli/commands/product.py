"""``cyclorama product``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from typer import Argument, Option

from cyclorama.cli.errors import CHECK_FAILED, INTERRUPTED, complain
from cyclorama.cli.options import GivenSettings, JsonOption, OverwriteOption, takes_settings
from cyclorama.core.errors import SettingsError

if TYPE_CHECKING:
    from cyclorama.stills.product.product import ProductReport, ProductResult
    from cyclorama.stills.product.spec import ShopSpec

EXAMPLES = """\b
Examples:
  cyclorama product shoe.jpg --for amazon              shoe-product.jpg, and every rule that was checked
  cyclorama product photos -o shop --for google        a folder of them; run again after a break, it goes on
  cyclorama product lamp.jpg -o lamp.png --for square --transparent
  cyclorama product cup.jpg --for ebay --shadow        with a soft shadow below it; some shops refuse those
  cyclorama product --shops                            whose rules are known, from where, of when

\b
The picture is a square with the product in its middle, on 255,255,255, which is looked for in the written file again,
pixel by pixel. It gets as many pixels as the photo has of the product; where that is less than the shop's least, it is
enlarged, and that is said. Exit code 6: a picture was made, but breaks a rule. Rules change: they decide, not this.
"""


@takes_settings("product")
def product(
    given: GivenSettings,
    sources: Annotated[
        list[Path] | None,
        Argument(metavar="IN...", help="Photos (JPEG, PNG, WebP, TIFF, HEIC), folders, patterns.", show_default=False),
    ] = None,
    output: Annotated[
        Path | None,
        Option("--output", "-o", metavar="DIR|FILE", help="Where to: a folder, or one picture. [beside each photo]"),
    ] = None,
    recursive: Annotated[bool, Option("--recursive", "-r", help="Folders with the folders in them.")] = False,
    jobs: Annotated[int, Option("--jobs", "-j", metavar="N", min=1, max=64, help="Photos under way at a time.")] = 2,
    shops: Annotated[bool, Option("--shops", help="Print the shops' rules and leave.")] = False,
    overwrite: OverwriteOption = False,
    json: JsonOption = False,
) -> int:
    """Make a shop's picture of a product: alone on pure white, centred, large enough; checked in the written file."""
    from cyclorama.cli.interrupt import interruptible
    from cyclorama.cli.progress import progress
    from cyclorama.cli.report import print_json
    from cyclorama.cli.still_report import product_text
    from cyclorama.settings.stills import ProductSettings
    from cyclorama.stills.product.product import ProductOrder, make_products
    from cyclorama.stills.product.spec import load_shops

    if shops:
        known = load_shops()
        if json:
            print_json({name: _rules(spec) for name, spec in known.items()})
        else:
            print("\n\n".join(map(_rules_in_words, known.values())))
        return 0
    chosen = given.still(ProductSettings)
    if not sources or chosen.shop is None:
        raise SettingsError("give photos, and whose rules are to be met: cyclorama product shoe.jpg --for amazon")
    order = ProductOrder(
        load_shops()[chosen.shop],
        output,
        chosen.format and f".{chosen.format}",
        chosen.transparent,
        chosen.shadow,
        chosen.size,
        chosen.keep,
        chosen.model,
        overwrite,
        recursive,
        jobs,
    )
    with interruptible(slow=True) as interrupt, progress("photos", "photos") as on_progress:
        done = 0

        def on_done(result: ProductResult, total: int) -> None:
            nonlocal done
            done += 1
            on_progress(done, total)
            if result.error is not None:
                complain(str(result.error))

        report = make_products(sources, order, stop=interrupt.stop, on_done=on_done)
    if json:
        print_json(_plain(report))
    elif text := product_text(report):
        print(text)
    if interrupt.happened:
        return INTERRUPTED
    first = next((result.error for result in report.failed), None)
    if first is not None:
        return first.exit_code
    return CHECK_FAILED if any(result.broken for result in report.results) else 0


def _plain(report: ProductReport) -> dict[str, Any]:
    from dataclasses import asdict

    return {
        "model": report.model and report.model.name,
        "provider": report.model and report.model.provider,
        "shop": _rules(report.shop),
        "seconds": report.seconds,
        "total": report.total,
        "failed": len(report.failed),
        "photos": [
            {
                "source": str(result.source),
                "target": None if result.error else str(result.target),
                "side": result.side,
                "enlarged": result.enlarged,
                "passed": not result.broken if result.checks else None,
                "checks": [asdict(check) for check in result.checks],
                "notes": result.notes,
                "seconds": result.seconds,
                "error": result.error and str(result.error),
            }
            for result in report.results
        ],
    }


def _rules(spec: Any) -> dict[str, Any]:
    from dataclasses import asdict

    return asdict(spec)


def _rules_in_words(spec: ShopSpec) -> str:
    """The rules of one shop as a paragraph."""
    least, most = spec.fill
    formats = " or ".join(suffix[1:].upper() for suffix in spec.formats)
    parts = [
        f"{formats} on {'pure white or transparent' if spec.transparent else 'pure white'}",
        f"the product fills {least:.0%} to {most:.0%} of the side",
        f"{spec.min_side} to {spec.max_side} pixels a side, made with up to {spec.side}",
        f"{spec.max_bytes / 1e6:g} MB at most" if spec.max_bytes else "",
        "" if spec.enlarge else "nothing enlarged",
    ]
    lines = [
        f"{spec.name}  {spec.title}",
        f"{', '.join(filter(None, parts))}.",
        f"Read on {spec.checked}: {spec.source}.",
    ]
    return "\n    ".join(lines)
