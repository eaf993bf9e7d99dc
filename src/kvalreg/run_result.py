"""The result of a run: which tasks were tried, how each ended, and which warnings there are.

Owns both types and their form as JSON. Light to import: a run in which nothing has changed only returns a cached one.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from kvalreg.diagnostic_codes import DiagnosticCode
from kvalreg.errors import Diagnostic


class Fallback(StrEnum):
    """What the site shows of a registry that has failed; the value completes a sentence of the summary."""

    LAST_GOOD = "its last good pages stay, marked as delayed"
    OMITTED = "it is left out of the site, as it has no good pages"


@dataclass(frozen=True)
class TaskResult:
    """How one task ended: a page, or a registry that was refused before its pages.

    The fields are keys of `_build/report.json`.

    Parameters
    ----------
    name
        Begins with the registry's id: ``slag``, ``slag 2025``.
    error
        Every diagnostic, one on each line.
    lix
        The readability of a page that was made.
    notebook
        The notebook of a page that failed.
    kept
        What the site shows of the registry when it failed; see `Fallback`.
    """

    name: str
    ok: bool
    error: str = ""
    cell: int | None = None
    log: str = ""
    exit_code: int = 0
    lix: float | None = None
    kept: str = ""
    notebook: str = ""

    @property
    def registry(self) -> str:
        """The registry's id, with which every name begins."""
        return self.name.split()[0]

    @property
    def summary(self) -> str:
        """A failure as one line: what failed, the first diagnostic with location and hint, and what the site shows."""
        first_message, *other_messages = self.error.split("\n")
        location_parts = [self.notebook, f"cell {self.cell}" if self.cell is not None else ""]
        location = "".join(f"{part}: " for part in location_parts if part)
        more_text = f" (And {len(other_messages)} more: kvalreg check {self.registry}.)" if other_messages else ""
        log_hint = f" Run it in Jupyter, or see {self.log}." if self.log else ""
        fallback_text = f" {self.kept[:1].upper()}{self.kept[1:]}." if self.kept else ""
        return f"{self.name}: {location}{first_message}{more_text}{log_hint}{fallback_text}"

    def with_fallback(self, fallback: Fallback) -> TaskResult:
        """A copy that says what the site shows of the registry."""
        return replace(self, kept=fallback.value)


@dataclass
class RunResult:
    """What a run did. `warnings` are printed and reported, and do not change the exit code."""

    task_results: list[TaskResult] = field(default_factory=list)
    warnings: list[Diagnostic] = field(default_factory=list)
    site: Path | None = None

    @property
    def failures(self) -> list[str]:
        """One line for each registry that failed: its first failure, and the number of the others."""
        failed_by_registry: dict[str, list[TaskResult]] = {}
        for task_result in self.task_results:
            if not task_result.ok:
                failed_by_registry.setdefault(task_result.registry, []).append(task_result)
        return [
            first.summary + (f" (And {len(more)} more of its pages.)" if more else "")
            for first, *more in failed_by_registry.values()
        ]

    @property
    def exit_code(self) -> int:
        """The highest of all tasks': 0 when all succeeded, 1 when something failed, 2 for configuration."""
        return max((task_result.exit_code for task_result in self.task_results), default=0)

    def to_dict(self) -> dict[str, Any]:
        """The result as JSON, without the site's path."""
        return {
            "entries": [asdict(task_result) for task_result in self.task_results],
            "warnings": diagnostics_to_dicts(self.warnings),
        }

    @classmethod
    def from_dict(cls, document: dict[str, Any], site: Path) -> RunResult:
        """The result from its JSON."""
        return cls(
            [TaskResult(**task_result) for task_result in document["entries"]],
            diagnostics_from_dicts(document["warnings"]),
            site,
        )


def diagnostic_to_dict(diagnostic: Diagnostic) -> dict[str, Any]:
    """A diagnostic as JSON; its keys are those of version 1 of ``report.json``, and older than the fields' names."""
    return {
        "what": diagnostic.message,
        "todo": diagnostic.hint,
        "file": diagnostic.file,
        "line": diagnostic.line,
        "key": diagnostic.key,
        "kind": diagnostic.code,
    }


def diagnostics_to_dicts(diagnostics: list[Diagnostic]) -> list[dict[str, Any]]:
    """Diagnostics as JSON."""
    return [diagnostic_to_dict(diagnostic) for diagnostic in diagnostics]


def diagnostics_from_dicts(documents: list[dict[str, Any]]) -> list[Diagnostic]:
    """The diagnostics of a JSON document."""
    return [
        Diagnostic(
            document["what"],
            document["todo"],
            document["file"],
            document["line"],
            document["key"],
            code=DiagnosticCode(document["kind"]) if document["kind"] else None,
        )
        for document in documents
    ]
