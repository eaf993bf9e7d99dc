"""How an import is told: what is ready to build, what is not and why, and what was assumed, a line for each kind.

Comes in: an `ImportReport`. Goes out: text. The faults one by one are what `kvalreg check` tells of the new project.
"""

from __future__ import annotations

from pathlib import Path

from kvalreg.errors import Diagnostic
from kvalreg.inputs.imongr import ImportReport
from kvalreg.workbench.groups import grouped


def as_text(report: ImportReport, target: Path) -> str:
    """The end of an import."""
    ready = [one for one in report.registries if one not in report.not_ready]
    lines = [f"Imported {_counted(len(report.registries), 'registry', 'registries')} and {report.units} units."]
    lines.append(f"Ready to build ({len(ready)}): {', '.join(ready) or 'none'}.")
    if report.not_ready:
        lines.append(f"Not ready ({len(report.not_ready)}): {', '.join(report.not_ready)}.")
        lines += [f"  {line}" for line in grouped(fault for found in report.not_ready.values() for fault in found)]
    if report.warnings:
        lines.append("Worth a look, and stops nothing:")
        lines += [f"  {line}" for line in grouped(report.warnings, _last_key)]
    lines.append(f"Next: kvalreg check --project {target} tells each of them, and what else to look at.")
    return "\n".join(lines)


def _counted(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


def _last_key(fault: Diagnostic) -> str:
    """What was changed: ``dg_id``, wherever it stands."""
    return fault.key.rsplit(".", 1)[-1]
