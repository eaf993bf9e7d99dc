"""How a check is told: as text for people, as JSON for programs, as annotations on GitHub.

Comes in: a `Check`. Goes out: text. Names of files and values in messages are others' and made printable here.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable

from kvalreg.project import Project
from kvalreg.workbench.check import Check, Finding
from kvalreg.workbench.groups import grouped

_MOST = 20
"""So many findings of a section are told one by one: together with a summary they fit a screen."""


def as_text(check: Check, _project: Project, *, every: bool = False) -> str:
    """Findings with place, what is wrong and what to do; then a summary.

    Where there are more than fit a screen, one line tells all of a kind, unless `every` one is asked for.
    """
    parts = []
    for findings, title in (
        ([one for one in check.findings if one.stops], "Stops publication"),
        ([one for one in check.findings if one.exit_code and not one.stops], "Must be corrected, and stops no page"),
        ([one for one in check.findings if not one.exit_code], "Worth a look, and stops nothing"),
    ):
        if findings:
            faults = [one.fault for one in findings]
            is_short = every or len(faults) <= _MOST
            told = [line for fault in faults for line in str(fault).splitlines()] if is_short else grouped(faults)
            hint = "" if is_short else " One by one: kvalreg check --all"
            parts.append("\n".join([f"{title} ({len(findings)}):{hint}", *(f"  {line}" for line in told)]))
    return "\n\n".join([*parts, _summary(check)])


def as_json(check: Check, _project: Project) -> str:
    """One object: ``registries`` with ``id`` and ``ready``, and ``findings``."""
    told = {
        "registries": [{"id": name, "ready": name not in check.stopped} for name in check.registries],
        "findings": [_finding(one) for one in check.findings],
    }
    return json.dumps(told, ensure_ascii=False, indent=2)


def as_github(check: Check, project: Project) -> str:
    """One workflow command a finding: GitHub shows it beside the line, with files as seen from where the check runs."""
    lines = [_annotation(one, project) for one in check.findings]
    return "\n".join([*lines, _summary(check)])


FORMATS: dict[str, Callable[[Check, Project], str]] = {"text": as_text, "json": as_json, "github": as_github}


def _summary(check: Check) -> str:
    ready = [name for name in check.registries if name not in check.stopped]
    count = len(check.registries)
    told = f"{count} {'registry' if count == 1 else 'registries'} checked, {len(ready)} ready to build."
    if check.stopped:
        told += f" Stopped: {', '.join(sorted(check.stopped))}."
    numbers = [one.fault.kind for one in check.findings if one.fault.kind is not None]
    return told + (f" More about a message: kvalreg explain {numbers[0]}" if numbers else "")


def _finding(one: Finding) -> dict[str, object]:
    fault = one.fault
    return {
        "number": fault.kind,
        "stops": one.stops,
        "what": fault.what,
        "todo": fault.todo,
        "file": fault.file,
        "line": fault.line,
        "key": fault.key,
    }


def _annotation(one: Finding, project: Project) -> str:
    fault = one.fault
    places = {"title": fault.kind or "kvalreg"}
    if fault.file:
        places["file"] = os.path.relpath(project.root / fault.file)
    if fault.line is not None:
        places["line"] = str(fault.line)
    level = "error" if one.exit_code else "warning"
    told = " ".join(part for part in (f"{fault.key}:" if fault.key else "", fault.what, fault.todo) if part)
    return f"::{level} {','.join(f'{key}={_property(value)}' for key, value in places.items())}::{_data(told)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
