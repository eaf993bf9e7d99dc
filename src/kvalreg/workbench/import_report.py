"""The report of an import: registries that are ready to build, those that are not and why, and assumptions made.

Input: an `ImportReport`. Output: text with one line for each diagnostic code; `kvalreg check` lists them one by one.
"""

from __future__ import annotations

from itertools import chain
from pathlib import Path

from kvalreg.errors import Diagnostic
from kvalreg.inputs.imongr import ImportReport
from kvalreg.workbench.groups import group_lines


def import_to_text(report: ImportReport, target: Path) -> str:
    """The summary that an import ends with."""
    ready = [registry for registry in report.registries if registry not in report.not_ready]
    lines = [f"Imported {_counted(len(report.registries), 'registry', 'registries')} and {report.units} units."]
    lines.append(f"Ready to build ({len(ready)}): {', '.join(ready) or 'none'}.")
    if report.not_ready:
        lines.append(f"Not ready ({len(report.not_ready)}): {', '.join(report.not_ready)}.")
        lines += [f"  {line}" for line in group_lines(chain(*report.not_ready.values()))]
    if report.warnings:
        # An assumption is made field by field, so the fields are more useful than the code they share.
        lines.append("Worth a look, and stops nothing:")
        lines += [f"  {line}" for line in group_lines(report.warnings, _last_key)]
    lines.append(f"Next: kvalreg check --project {target} tells each of them, and what else to look at.")
    return "\n".join(lines)


def _counted(number: int, singular: str, plural: str) -> str:
    return f"{number} {singular if number == 1 else plural}"


def _last_key(diagnostic: Diagnostic) -> str:
    """The last part of a key: ``dg_id`` of ``indicators[3].dg_id``."""
    return diagnostic.key.rsplit(".", 1)[-1]
