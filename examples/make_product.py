"""A product's picture for a shop: alone on pure white, every rule checked.

cyclorama models pull isnet                     once: a network for things, and not for people alone
python make_product.py shoe.jpg ebay shop.jpg
"""

import sys
from pathlib import Path

import cyclorama


def main(photo: str, shop: str, target: str) -> None:
    """Write the very file that was checked, and say which rules it breaks."""
    made = cyclorama.product(photo, shop=shop)
    Path(target).write_bytes(made.file)
    print(f"{target}: {made.report.side}x{made.report.side} for {made.report.title}")
    for check in made.report.checks:
        if not check.passed:
            print(f"{check.name}: {check.found}, wanted: {check.wanted}")


if __name__ == "__main__":
    main(*sys.argv[1:])
