"""How a check is told: as text for people, as JSON for programs, as annotations on GitHub.

Comes in: a `Check`. Goes out: text. Names of files and values in messages are others' and made printable here.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable

from kvalreg.project import Project
from kvalreg.workbench.check import CheckFinding, CheckReport
from kvalreg.workbench.groups import grouped

_MOST = 20
"""So many findings of a section are told one by one: together with a summary they fit a screen."""


def check_to_text(report: CheckReport, _project: Project, *, every: bool = False) -> str:
    """Findings with place, what is wrong and what to do; then a summary.

    Where there are more than fit a screen, one line tells all of a kind, unless `every` one is asked for.
    """
    parts = []
    for findings, title in (
        ([finding for finding in report.findings if finding.is_blocking], "Stops publication"),
        (
            [finding for finding in report.findings if finding.exit_code and not finding.is_blocking],
            "Must be corrected, and stops no page",
        ),
        ([finding for finding in report.findings if not finding.exit_code], "Worth a look, and stops nothing"),
    ):
        if findings:
            faults = [one.diagnostic for one in findings]
            is_short = every or len(faults) <= _MOST
            told = [line for fault in faults for line in str(fault).splitlines()] if is_short else grouped(faults)
            hint = "" if is_short else " One by one: kvalreg check --all"
            parts.append("\n".join([f"{title} ({len(findings)}):{hint}", *(f"  {line}" for line in told)]))
    return "\n\n".join([*parts, _summary(report)])


def check_to_json(report: CheckReport, _project: Project) -> str:
    """One object: ``registries`` with ``id`` and ``ready``, and ``findings``."""
    document = {
        "registries": [{"id": name, "ready": name not in report.blocked_registries} for name in report.registries],
        "findings": [_finding_to_dict(finding) for finding in report.findings],
    }
    return json.dumps(document, ensure_ascii=False, indent=2)


def check_to_github(report: CheckReport, project: Project) -> str:
    """One workflow command a finding: GitHub shows it beside the line, with files as seen from where the check runs."""
    lines = [_github_annotation(finding, project) for finding in report.findings]
    return "\n".join([*lines, _summary(report)])


FORMATS: dict[str, Callable[[CheckReport, Project], str]] = {
    "text": check_to_text,
    "json": check_to_json,
    "github": check_to_github,
}


def _summary(report: CheckReport) -> str:
    ready_registries = [name for name in report.registries if name not in report.blocked_registries]
    count = len(report.registries)
    text = f"{count} {'registry' if count == 1 else 'registries'} checked, {len(ready_registries)} ready to build."
    if report.blocked_registries:
        text += f" Stopped: {', '.join(sorted(report.blocked_registries))}."
    codes = [finding.diagnostic.code for finding in report.findings if finding.diagnostic.code is not None]
    return text + (f" More about a message: kvalreg explain {codes[0]}" if codes else "")


def _finding_to_dict(finding: CheckFinding) -> dict[str, object]:
    diagnostic = finding.diagnostic
    return {
        "number": diagnostic.code,
        "stops": finding.is_blocking,
        "what": diagnostic.message,
        "todo": diagnostic.hint,
        "file": diagnostic.file,
        "line": diagnostic.line,
        "key": diagnostic.key,
    }


def _github_annotation(finding: CheckFinding, project: Project) -> str:
    diagnostic = finding.diagnostic
    properties = {"title": diagnostic.code or "kvalreg"}
    if diagnostic.file:
        properties["file"] = os.path.relpath(project.root / diagnostic.file)
    if diagnostic.line is not None:
        properties["line"] = str(diagnostic.line)
    level = "error" if finding.exit_code else "warning"
    message = " ".join(
        part for part in (f"{diagnostic.key}:" if diagnostic.key else "", diagnostic.message, diagnostic.hint) if part
    )
    return f"::{level} {','.join(f'{key}={_escape_property(value)}' for key, value in properties.items())}::{_escape_data(message)}"


def _escape_data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _escape_property(text: str) -> str:
    return _escape_data(text).replace(":", "%3A").replace(",", "%2C")
