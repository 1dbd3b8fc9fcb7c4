"""``cyclorama doctor``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cyclorama.cli.options import JsonOption

if TYPE_CHECKING:
    from cyclorama.doctor.finding import Finding

EXAMPLES = """\b
Examples:
  cyclorama doctor
  cyclorama doctor && cyclorama live

Exit code: what `cyclorama live` would end with: 0 it would run, 4 network, 3 camera, 5 virtual camera.
"""


def doctor(json: JsonOption = False) -> int:
    """Check this machine, and print the exact fix for whatever is in the way of a call."""
    from cyclorama.cli.offer import offer_finer_network
    from cyclorama.cli.report import print_json
    from cyclorama.doctor.examine import examine
    from cyclorama.doctor.finding import exit_code

    findings = examine()
    code = exit_code(findings)
    if json:
        print_json({"live_would_work": code == 0, "exit_code": code, "findings": [_plain(item) for item in findings]})
    else:
        print(text(findings, code))
        offer_finer_network("doctor")
    return code


def _plain(finding: Finding) -> dict[str, object]:
    return {
        "id": finding.id,
        "part": finding.part.value,
        "status": finding.status.value,
        "what": finding.what,
        "fix": finding.fix,
        "needed_for_live": finding.needed_for_live,
    }


def text(findings: list[Finding], code: int) -> str:
    """One line per finding with its fix below, and the verdict at the end."""
    width = max(len(finding.id) for finding in findings)
    lines = []
    for finding in findings:
        lines.append(f"{finding.status.value:<4}  {finding.id:<{width}}  {finding.what}")
        if finding.fix:
            lines.append(f"{'':<{width + 6}}  -> {finding.fix}")
    failing = [f.id for f in findings if f.status.value == "fail" and f.needed_for_live]
    lines.append("")
    lines.append(
        "A call can start: cyclorama live"
        if code == 0
        else f"A call cannot start yet. First mend: {', '.join(failing)}"
    )
    return "\n".join(lines)
