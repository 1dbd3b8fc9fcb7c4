"""The rules of shops that come with the package: complete and consistent."""

from __future__ import annotations

from cyclorama.stills.product.spec import load_shops

SHOPS = load_shops()


def test_every_number_has_a_source_and_a_date() -> None:
    assert list(SHOPS) == ["amazon", "google", "ebay", "square"]
    for shop in SHOPS.values():
        assert shop.source and shop.checked.year >= 2026
        assert shop.fill[0] < shop.aim < shop.fill[1] <= 1
        assert shop.min_side <= shop.side <= shop.max_side
