"""What the commands for photos say when they are done, for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cyclorama.cli.report import AGAIN, MEND, as_typed, counted, duration, made, network_text, outcome, shown, table

if TYPE_CHECKING:
    from cyclorama.stills.batch.batch import CutOutReport
    from cyclorama.stills.headshot.headshot import HeadshotReport
    from cyclorama.stills.product.product import ProductReport, ProductResult

FOR_THINGS = "cyclorama models pull isnet gets a network for things, once; the one that was used knows people alone"


def cutout_text(report: CutOutReport, *, rows: bool) -> str:
    """What was cut out. ``rows``: name each photo."""
    lines = [
        [f"  {result.target}", f"from {result.source},", "{}x{},".format(*result.size_wh), duration(result.seconds)]
        for result in report.written
        if result.size_wh is not None
    ]
    left, failed = report.total - len(report.results), len(report.failed)
    if report.total == failed == 1:  # its error has said all
        return ""
    return made(
        table(lines) if lines and rows else "",
        f"{_outcome(len(report.written), report.total, len(report.skipped), failed, left)}, "
        f"in {duration(report.seconds)}.",
        network_text(report.model.name, report.model.provider) if report.model and report.written else "",
        following=AGAIN if left else MEND if failed else _after_cutout(report),
    )


def _outcome(written: int, total: int, before: int, failed: int, left: int) -> str:
    return outcome(written, total, "photo", (before, "done before"), (failed, "failed"), (left, "left"))


def _after_cutout(report: CutOutReport) -> str:
    if not report.written:
        return ""
    first = report.written[0].source
    if report.background == "transparent":
        return (
            f"cyclorama cutout {as_typed(first)} -b office puts it before a picture; lay the file itself over any other"
        )
    return f"cyclorama cutout {as_typed(first)} leaves the background transparent"


def headshot_text(report: HeadshotReport) -> str:
    """What portraits were made."""
    rows = [
        [f"  {shot.target}", "{}x{},".format(*shot.size_wh), f"{shot.preset}, before {shot.background}"]
        for shot in report.shots
    ]
    moment = f", of its best moment, at {report.time_s:.2f} seconds" if report.time_s is not None else ""
    return made(
        f"{counted(len(report.shots), 'portrait')} made from {shown(report.source)}{moment}:",
        table(rows),
        *sorted({f"{shot.preset}: {note}" for shot in report.shots for note in shot.notes}),
        f"{report.faces} faces are in the picture; this is the largest." if report.faces > 1 else "",
        f"{shown(report.sheet)} shows them all, to choose from." if report.sheet is not None else "",
        f"The head was turned upright by {abs(report.slope_deg):g} degrees." if abs(report.slope_deg) >= 1 else "",
        network_text(report.model.name, report.model.provider),
        following=""
        if report.sheet is not None
        else f"cyclorama headshot {as_typed(report.source)} --sheet sheet.jpg shows every size before every backdrop",
    )


def product_text(report: ProductReport) -> str:
    """What pictures were made for a shop, and which of its rules each keeps."""
    from cyclorama.stills.cut_out.choice import knows_people_alone

    written, failed = report.written, len(report.failed)
    before, left = len(report.results) - len(written) - failed, report.total - len(report.results)
    if report.total == failed == 1:
        return ""
    broken = sum(bool(result.broken) for result in written)
    for_things = FOR_THINGS if report.model and knows_people_alone(report.model.name) else ""
    return made(
        *map(_product_lines, written),
        f"{_outcome(len(written), report.total, before, failed, left)}, in {duration(report.seconds)}.",
        f"{broken} of them against a rule." if broken and len(written) > 1 else "",
        network_text(report.model.name, report.model.provider) if report.model and written else "",
        f"The rules are those of {report.shop.title}, read on {report.shop.checked}; the shop decides.",
        following=AGAIN if left else MEND if failed else for_things,
    )


def _product_lines(result: ProductResult) -> str:
    rows = [
        [f"  {'kept' if check.passed else 'BROKEN'}", check.name, check.found, f"wanted: {check.wanted}"]
        for check in result.checks
    ]
    enlarged = f"\n  The product was enlarged {result.enlarged:.2f} times: it is no sharper than the photo."
    more = enlarged if result.enlarged is not None and result.enlarged > 1 else ""
    advice = "".join(f"\n  do this: {check.advice}" for check in result.broken if check.advice)
    notes = "".join(f"\n  note  {note}" for note in result.notes)
    return f"{shown(result.target)}, from {shown(result.source)}\n{table(rows)}{more}{advice}{notes}"
