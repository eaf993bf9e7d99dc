"""The account of a run: what was tried, how it ended, and what should be looked at.

Owns both types and their form as JSON. It is light to import: a run in which nothing has changed only tells it again.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from kvalreg.errors import Fault
from kvalreg.kinds import Kind


class Kept(StrEnum):
    """What the site shows of a registry that has failed."""

    LAST_GOOD = "its last good pages stay, marked as delayed"
    NOTHING = "it is left out of the site, as it has no good pages"


@dataclass(frozen=True)
class Entry:
    """One line of the account: what was tried, and how it ended.

    Parameters
    ----------
    error
        Every fault, a line each.
    lix
        The readability of a page that was made.
    notebook
        The notebook of a page that failed.
    kept
        What the site shows of the registry when it failed; see `Kept`.
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
    def line(self) -> str:
        """A failure as one line: what failed, the first fault with its place and remedy, and what the site shows."""
        first, *others = self.error.split("\n")
        at = [self.notebook, f"cell {self.cell}" if self.cell is not None else ""]
        place = "".join(f"{part}: " for part in at if part)
        more = f" (And {len(others)} more: kvalreg check {self.name.split()[0]}.)" if others else ""
        log = f" Run it in Jupyter, or see {self.log}." if self.log else ""
        kept = f" {self.kept[:1].upper()}{self.kept[1:]}." if self.kept else ""
        return f"{self.name}: {place}{first}{more}{log}{kept}"

    def with_kept(self, kept: Kept) -> Entry:
        """The same with what the site shows of the registry."""
        return replace(self, kept=kept.value)


@dataclass
class Account:
    """What a run did. `warnings` are shown but fail nothing."""

    entries: list[Entry] = field(default_factory=list)
    warnings: list[Fault] = field(default_factory=list)
    site: Path | None = None

    @property
    def failures(self) -> list[str]:
        """One line for each registry that failed, with what else failed in it as a number."""
        found: dict[str, list[Entry]] = {}
        for entry in self.entries:
            if not entry.ok:
                found.setdefault(entry.name.split()[0], []).append(entry)
        more = {name: f" (And {len(of) - 1} more of its pages.)" if len(of) > 1 else "" for name, of in found.items()}
        return [of[0].line + more[name] for name, of in found.items()]

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
