"""A reader who puts side by side everything that a site's open data prints, and looks for hidden numbers.

Input: folders of built sites, the oldest edition first. Output: for every secret cell the least and greatest number of
patients, numerator and misses that all printed numbers together allow. It reads CSV and JSON files only and shares no
code with kvalreg; `tests/attacker_*.py` are its parts. `compare_with_truth` tells what it found.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from attacker_cells import SECRET, Key, Seen, all_hidden, read_seen
from attacker_columns import Column
from attacker_facts import NOBODY, Facts, Suppositions, Truth
from attacker_program import Range, Target
from attacker_relations import relate

FREE = 10**9
"""Never content: both bounds of every number are proven."""


@dataclass(frozen=True)
class Found:
    """What the attacker knows of one secret cell.

    Parameters
    ----------
    edition, key
        The cell.
    n, x, y
        Its patients, numerator and misses; None where it has no numerator, or printed numbers contradict each other.
    told
        Which of n, x and y stand in an edition before its own.
    of_all
        Whether the nation, which is shown, has 0 % or 100 %: then every unit in it has.
    """

    edition: int
    key: Key
    n: Range | None
    x: Range | None = None
    y: Range | None = None
    told: frozenset[str] = frozenset()
    of_all: bool = False


@dataclass(frozen=True)
class Bounds:
    """All that the attacker knows.

    Parameters
    ----------
    found
        One for each secret cell.
    contradicted
        How many numbers were left out because printed numbers, with what was supposed, contradict each other.
    programs
        How many integer programs were solved.
    """

    found: tuple[Found, ...]
    contradicted: int = 0
    programs: int = 0

    def of(self, ind_id: str, orgnr: str, *, year: int = 0, edition: int = -1) -> Found:
        """The one secret cell of an indicator and unit, for tests."""
        among = [
            one
            for one in self.found
            if (one.key.ind_id, one.key.orgnr) == (ind_id, orgnr)
            and year in (0, one.key.year)
            and edition in (-1, one.edition)
        ]
        assert len(among) == 1, f"{len(among)} secret cells of {ind_id} {orgnr}"
        return among[0]


@dataclass
class Report:
    """What of the secret cells was found. Lists of cells; `cells` is their number in all."""

    cells: int
    n_exact: list[Found] = field(default_factory=list)
    x_exact: list[Found] = field(default_factory=list)
    """Numerator or misses: 0 % or 100 % among them."""
    narrow: list[Found] = field(default_factory=list)
    """The bounds of n are closer than the minimum; those found exactly among them."""
    wrong: list[Found] = field(default_factory=list)
    """A claim that is not true."""
    told: list[Found] = field(default_factory=list)
    """Found, and printed in an earlier edition, which nobody can take back."""
    open: list[Found] = field(default_factory=list)
    """Neither found nor shown to be wide: printed numbers contradict each other, or the time was too short."""

    @property
    def counts(self) -> tuple[int, int, int]:
        """How many n exactly, x or n - x exactly, and narrower than the minimum."""
        return len(self.n_exact), len(self.x_exact), len(self.narrow)

    def lines(self) -> list[str]:
        """What was found, one line for each cell, for a test's message."""
        kinds = {"n": self.n_exact, "x": self.x_exact, "narrow": self.narrow, "WRONG": self.wrong, "OPEN": self.open}
        return [
            f"{kind}: edition {one.edition} {one.key} n={one.n} x={one.x} y={one.y}"
            for kind, found in kinds.items()
            for one in found
        ]


def attack_sites(sites: Sequence[Path], registry: str, supposed: Suppositions | None = None) -> Bounds:
    """Attack a registry in the open data of these sites; see `attack`."""
    return attack([read_seen(site, registry) for site in sites], supposed)


def attack(editions: Sequence[Seen], supposed: Suppositions | None = None, *, enough: int = FREE) -> Bounds:
    """The bounds of every secret cell of every edition.

    Parameters
    ----------
    editions
        The oldest first.
    supposed
        What the attacker takes for true.
    enough
        Where it has seen that n may be so far apart, and x and n - x have two values, it looks no further: such a range
        is not `proven`. Without it every bound is proven.
    """
    supposed = supposed or Suppositions()
    bounds = _attacked(editions, supposed, enough)
    if supposed.oracle is None:  # what is supposed may contradict what is printed: then suppose less
        for less in (replace(supposed, least_share=0.95), replace(supposed, links=False, sums_over_time=False)):
            if any(one.n is None for one in bounds.found):
                again = {(one.edition, one.key): one for one in _attacked(editions, less, enough).found}
                found = (again[one.edition, one.key] if one.n is None else one for one in bounds.found)
                bounds = replace(bounds, found=tuple(found))
    return bounds


def _attacked(editions: Sequence[Seen], supposed: Suppositions, enough: int) -> Bounds:
    facts = Facts(editions, supposed)
    relate(facts)
    columns = facts.columns
    secret = [
        (edition, key, place)
        for (edition, _, place), key in columns.keys.items()
        if editions[edition].cells[key].mark == SECRET
    ]
    asked: dict[int, int] = {}
    unknowns = {}
    for edition, key, place in secret:
        for kind in "nxy":
            column = facts.row.get(Column(edition, key.ind_id, kind))
            if column is not None:
                one = unknowns[edition, key, kind] = facts.at(column, place)
                asked[one] = max(asked.get(one, 0), enough if kind == "n" or enough == FREE else 1)
    ranges = facts.program.ranges([Target(*one) for one in asked.items()])
    told = _told(facts, editions)
    of_all = _of_all(editions)
    found = []
    for edition, key, place in secret:
        n, x, y = (ranges.get(unknowns.get((edition, key, kind), -1)) for kind in "nxy")
        rows = {kind: facts.row.get(Column(edition, key.ind_id, kind)) for kind in "nxy"}
        before = frozenset(
            kind for kind, row in rows.items() if row is not None and (edition, facts.fact(row, place)) in told
        )
        found.append(Found(edition, key, n, x, y, before, (edition, key.ind_id, key.year) in of_all))
    return Bounds(tuple(found), len(facts.program.impossible), facts.program.solved)


def _told(facts: Facts, editions: Sequence[Seen]) -> set[tuple[int, int]]:
    """For each edition, the facts that an edition before it has printed."""
    columns = facts.columns
    told: set[tuple[int, int]] = set()
    for column, place in np.argwhere(columns.there & ~np.isnan(columns.shown)).tolist():
        fact = facts.fact(column, place)
        told |= {(edition, fact) for edition in range(columns.names[column].edition + 1, len(editions))}
    return told


def _of_all(editions: Sequence[Seen]) -> set[tuple[int, str, int]]:
    """Indicators and years in which the nation is shown with 0 % or 100 %."""
    return {
        (edition, key.ind_id, key.year)
        for edition, seen in enumerate(editions)
        for key, cell in seen.cells.items()
        if key.level == "nation" and cell.x is not None and cell.x in (0, cell.n)
    }


def compare_with_truth(bounds: Bounds, truth: Truth, secret_below: int | Mapping[str, int] = 5) -> Report:
    """What of the secret cells the attacker has found, and where it was wrong.

    Parameters
    ----------
    truth
        The true n and x of each edition's cells.
    secret_below
        The registry's, or each indicator's: bounds of n that are closer are too narrow.
    """
    report = Report(len(bounds.found))
    for one in bounds.found:
        n, x = truth.get((one.edition, one.key), NOBODY)
        true = {"n": n, "x": x, "y": None if x is None else n - x}
        claims = {kind: known for kind in "nxy" if (known := getattr(one, kind)) is not None and known.proven}
        if any(true[kind] is not None and not _holds(claim, true[kind]) for kind, claim in claims.items()):
            report.wrong.append(one)
            continue
        least = secret_below if isinstance(secret_below, int) else secret_below[one.key.ind_id]
        report.open += [one] if _is_open(one, least) else []
        exact = {kind for kind, claim in claims.items() if claim.exact}
        narrow = "n" in claims and claims["n"].greatest - claims["n"].least < least
        shares = bool(exact & {"x", "y"}) and not one.of_all
        known_n, known_x = "n" in one.told, bool(one.told & {"x", "y"})
        report.told += [one] if (narrow and known_n) or (shares and known_x) else []
        report.n_exact += [one] if "n" in exact and not known_n else []
        report.x_exact += [one] if shares and not known_x else []
        report.narrow += [one] if narrow and not known_n else []
    return report


def _is_open(one: Found, least: int) -> bool:
    """Whether nothing is known of a cell: neither that its range is wide nor that it is not."""
    if one.n is None or (one.x is None) != (one.y is None):
        return True
    ranges = [(one.n, least), *((known, 1) for known in (one.x, one.y) if known is not None)]
    return any(not known.proven and known.greatest - known.least < enough for known, enough in ranges)


def _holds(claim: Range, true: int | None) -> bool:
    return true is None or claim.least <= true <= claim.greatest


__all__ = ["Bounds", "Found", "Report", "Suppositions", "all_hidden", "attack", "attack_sites", "compare_with_truth"]
