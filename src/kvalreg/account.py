"""The account of a run: what was tried, how it ended, and what should be looked at.

Owns both types and their form as JSON. It is light to import: a run in which nothing has changed only tells it again.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from kvalreg.errors import Fault
from kvalreg.kinds import Kind


@dataclass(frozen=True)
class Entry:
    """One line of the account: what was tried, and how it ended. `lix` is the readability of a page that was made."""

    name: str
    ok: bool
    error: str = ""
    cell: int | None = None
    log: str = ""
    exit_code: int = 0
    lix: float | None = None


@dataclass
class Account:
    """What a run did. `warnings` are shown but fail nothing."""

    entries: list[Entry] = field(default_factory=list)
    warnings: list[Fault] = field(default_factory=list)
    site: Path | None = None

    @property
    def exit_code(self) -> int:
        """The gravest of the entries': 0 when all succeeded, 1 when something failed, 2 for configuration."""
        return max((entry.exit_code for entry in self.entries), default=0)

    def told(self) -> dict[str, Any]:
        """The account as JSON, without the site's place."""
        return {"entries": [asdict(entry) for entry in self.entries], "warnings": faults_told(self.warnings)}

    @classmethod
    def of(cls, told: dict[str, Any], site: Path) -> Account:
        """The account that was told as JSON."""
        return cls([Entry(**entry) for entry in told["entries"]], faults_of(told["warnings"]), site)


def faults_told(faults: list[Fault]) -> list[dict[str, Any]]:
    """Faults as JSON."""
    return [asdict(fault) for fault in faults]


def faults_of(told: list[dict[str, Any]]) -> list[Fault]:
    """The faults that were told as JSON."""
    return [
        Fault(
            one["what"],
            one["todo"],
            one["file"],
            one["line"],
            one["key"],
            kind=Kind(one["kind"]) if one["kind"] else None,
        )
        for one in told
    ]
