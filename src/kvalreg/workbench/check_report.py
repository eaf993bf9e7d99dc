"""The report of a check: text for people, JSON for programs, annotations for GitHub.

Input: a `CheckReport`. Output: text. Names of files and values in messages are untrusted: they are escaped here or
sanitized by the caller.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable

from kvalreg.errors import Diagnostic
from kvalreg.project import Project
from kvalreg.workbench.check import CheckFinding, CheckReport
from kvalreg.workbench.groups import group_lines

_SCREEN_LINES = 20
"""How many findings of a section are listed one by one: together with a summary they fit a screen."""


def check_to_text(report: CheckReport, _project: Project, *, every: bool = False) -> str:
    """Findings with location, problem and hint in three sections, and a summary.

    A section with more findings than fit a screen has one line for each diagnostic code, unless `every` is set.
    """
    titles = {
        "blocking": "Stops publication",
        "off_page": "Must be corrected, and stops no page",
        "warning": "Worth a look, and stops nothing",
    }
    sections: dict[str, list[Diagnostic]] = {name: [] for name in titles}
    for finding in report.findings:
        name = "blocking" if finding.is_blocking else "off_page" if finding.exit_code else "warning"
        sections[name].append(finding.diagnostic)
    paragraphs = []
    for name, diagnostics in sections.items():
        if diagnostics:
            is_short = every or len(diagnostics) <= _SCREEN_LINES
            lines = "\n".join(map(str, diagnostics)).splitlines() if is_short else group_lines(diagnostics)
            hint = "" if is_short else " One by one: kvalreg check --all"
            paragraphs.append(
                "\n".join([f"{titles[name]} ({len(diagnostics)}):{hint}", *(f"  {line}" for line in lines)])
            )
    return "\n\n".join([*paragraphs, _summary(report)])


def check_to_json(report: CheckReport, _project: Project) -> str:
    """One object: ``registries`` with ``id`` and ``ready``, and ``findings``."""
    document = {
        "registries": [{"id": name, "ready": name not in report.blocked_registries} for name in report.registries],
        "findings": [_finding_to_dict(finding) for finding in report.findings],
    }
    return json.dumps(document, ensure_ascii=False, indent=2)


def check_to_github(report: CheckReport, project: Project) -> str:
    """One workflow command for each finding, which GitHub shows at its line.

    ``::error title=KV103,file=registries/slag/registry.yml,line=4::The line begins with a tab. Use spaces.``
    See https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions.
    """
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
    # The keys are a public format, and older than the names of the fields.
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
    if diagnostic.file:  # relative to the folder that the check runs in, which GitHub takes for the repository
        properties["file"] = os.path.relpath(project.root / diagnostic.file)
    if diagnostic.line is not None:
        properties["line"] = str(diagnostic.line)
    level = "error" if finding.exit_code else "warning"
    message = " ".join(
        part for part in (f"{diagnostic.key}:" if diagnostic.key else "", diagnostic.message, diagnostic.hint) if part
    )
    escaped_properties = ",".join(f"{key}={_escape_property(value)}" for key, value in properties.items())
    return f"::{level} {escaped_properties}::{_escape_data(message)}"


# The escapes of GitHub's own toolkit (packages/core/src/command.ts): data cannot end the command, and a property cannot
# begin another one.
def _escape_data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _escape_property(text: str) -> str:
    return _escape_data(text).replace(":", "%3A").replace(",", "%2C")
