"""Diagnostics grouped by code: one line for each, with their number, their registries and the first of them.

Input: diagnostics. Output: lines such as ``12 x KV103 A line is indented with a tab in slag, hofte. The first: ...``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from kvalreg.errors import Diagnostic
from kvalreg.workbench.diagnostic_reference import sections_by_code

_LISTED_IDS = 6
_MAX_LENGTH = 150


def group_lines(
    diagnostics: Iterable[Diagnostic], subgroup_of: Callable[[Diagnostic], str] = lambda _: ""
) -> list[str]:
    """One line for each diagnostic code, in the order in which they first occur.

    Parameters
    ----------
    subgroup_of
        Divides the diagnostics of one code into groups of their own.
    """
    groups: dict[tuple[str, str], list[Diagnostic]] = {}
    for diagnostic in diagnostics:
        groups.setdefault((diagnostic.code or "", subgroup_of(diagnostic)), []).append(diagnostic)
    return [_line(group) for group in groups.values()]


def _line(diagnostics: Sequence[Diagnostic]) -> str:
    # A message may have several lines, and here it has one.
    first = " ".join(str(diagnostics[0]).split())
    if len(diagnostics) == 1:
        return first
    first = first if len(first) <= _MAX_LENGTH else f"{first[:_MAX_LENGTH].rstrip()}…"
    return f"{len(diagnostics)} x {_title(diagnostics[0])}{_registries_text(diagnostics)}. The first: {first}"


def _title(diagnostic: Diagnostic) -> str:
    """The code and the heading of its section in the reference; the message, where there is no section."""
    section = sections_by_code().get(diagnostic.code or "", "")
    return section.partition("\n")[0].removeprefix("## ") or diagnostic.message.rstrip(".")


def _registries_text(diagnostics: Sequence[Diagnostic]) -> str:
    """The registries of the diagnostics, where their files are those of registries."""
    ids = list(dict.fromkeys(registry for diagnostic in diagnostics if (registry := _registry_of(diagnostic))))
    if not ids:
        return ""
    listed = ", ".join(ids[:_LISTED_IDS]) + (f" and {len(ids) - _LISTED_IDS} more" if len(ids) > _LISTED_IDS else "")
    return f" in {listed}"


def _registry_of(diagnostic: Diagnostic) -> str:
    """The id of the registry to which the diagnostic's file belongs; empty for other files."""
    # registries/slag/registry.yml and data/slag/a.csv, but not registries/units.csv.
    parts = diagnostic.file.split("/")
    if parts[0] in ("registries", "data") and len(parts) > 1 and not parts[1].endswith((".csv", ".yml", ".json")):
        return parts[1]
    return ""
