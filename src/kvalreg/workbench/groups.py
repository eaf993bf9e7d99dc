"""Many faults in a few lines: one for each kind, with how many there are, of which registries, and the first.

Comes in: faults. Goes out: lines. Which faults stop what is decided elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from kvalreg.errors import Diagnostic
from kvalreg.workbench.diagnostic_reference import sections_by_code

_NAMED = 6
_LONGEST = 150


def grouped(faults: Iterable[Diagnostic], also_by: Callable[[Diagnostic], str] = lambda _: "") -> list[str]:
    """One line for each kind of fault, in the order in which they are met.

    Parameters
    ----------
    faults
        What is told.
    also_by
        What tells faults of one kind apart.
    """
    groups: dict[tuple[str, str], list[Diagnostic]] = {}
    for fault in faults:
        groups.setdefault((fault.code or "", also_by(fault)), []).append(fault)
    return [_line(found) for found in groups.values()]


def _line(faults: Sequence[Diagnostic]) -> str:
    first = " ".join(str(faults[0]).split())
    if len(faults) == 1:
        return first
    first = first if len(first) <= _LONGEST else f"{first[:_LONGEST].rstrip()}…"
    return f"{len(faults)} x {title(faults[0])}{_of(faults)}. The first: {first}"


def title(fault: Diagnostic) -> str:
    """The number and the heading of a fault's kind."""
    section = sections_by_code().get(fault.code or "", "")
    return section.partition("\n")[0].removeprefix("## ") or fault.message.rstrip(".")


def _of(faults: Sequence[Diagnostic]) -> str:
    """Of which registries, where that can be told."""
    ids = list(dict.fromkeys(one for fault in faults if (one := registry_of(fault))))
    if not ids:
        return ""
    named = ", ".join(ids[:_NAMED]) + (f" and {len(ids) - _NAMED} more" if len(ids) > _NAMED else "")
    return f" in {named}"


def registry_of(fault: Diagnostic) -> str:
    """The id of the registry in whose files a fault is, or empty text."""
    parts = fault.file.split("/")
    if parts[0] in ("registries", "data") and len(parts) > 1 and not parts[1].endswith((".csv", ".yml", ".json")):
        return parts[1]
    return ""
