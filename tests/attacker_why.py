"""Why the attacker knows a number: the few relations from which it follows.

For whoever mends a leak: `reasons` drops one relation after the other as long as the number is found all the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from attacker_cells import Seen
from attacker_columns import Column
from attacker_facts import Facts, Suppositions
from attacker_program import Program, Range, Row, Target
from attacker_relations import relate
from site_attacker import FREE, Found


def reasons(found: Found, kind: str, editions: Sequence[Seen], supposed: Suppositions) -> Iterator[str]:
    """The relations that give a secret cell's n, x or y (`kind`) away, and the cells that are one number in them."""
    facts = Facts(editions, supposed)
    relate(facts)
    column = facts.row[Column(found.edition, found.key.ind_id, kind)]
    place = next(
        at for (edition, ind_id, at), key in facts.columns.keys.items() if (edition, key) == (found.edition, found.key)
    )
    unknown = facts.at(column, place)
    goal = _range(facts.program, facts.program.rows, unknown)
    yield f"{_name(facts, column, place)} is {goal}:"
    kept = _few(facts.program, _near(facts.program, unknown), unknown, goal)
    named = _names(facts)
    for row in kept:
        terms = " ".join(f"{factor:+g}*{_told(facts, one, named)}" for one, factor in row.factors)
        yield f"  {row.least:g} <= {terms} <= {row.greatest:g}"
    for one in dict.fromkeys(one for row in kept for one, _ in row.factors):
        if len(named[one]) > 1:
            yield f"  one number: {', '.join(named[one])}"


def _range(program: Program, rows: Sequence[Row], unknown: int) -> Range | None:
    part = Program()
    part.low, part.high, part.rows = list(program.low), list(program.high), list(rows)
    return part.ranges([Target(unknown, FREE)]).get(unknown)


def _near(program: Program, unknown: int) -> list[Row]:
    """All relations that hang together with an unknown, the nearest first."""
    of: dict[int, list[int]] = {}
    for number, row in enumerate(program.rows):
        for one, _ in row.factors:
            if program.low[one] != program.high[one]:
                of.setdefault(one, []).append(number)
    order: dict[int, None] = {}
    edge, met = [unknown], {unknown}
    while edge:
        numbers = [number for one in edge for number in of.get(one, ()) if number not in order]
        order |= dict.fromkeys(numbers)
        beside = (one for number in numbers for one, _ in program.rows[number].factors)
        edge = [one for one in dict.fromkeys(beside) if one in of and one not in met]
        met |= set(edge)
    return [program.rows[number] for number in order]


def _few(program: Program, rows: list[Row], unknown: int, goal: Range | None) -> list[Row]:
    """Relations none of which can be dropped."""
    low, high = 1, len(rows)
    while low < high:  # the nearest ones that are enough
        middle = (low + high) // 2
        low, high = (low, middle) if _range(program, rows[:middle], unknown) == goal else (middle + 1, high)
    rows = rows[:low]
    size = max(1, len(rows) // 4)
    while size:
        at = 0
        while at < len(rows):
            fewer = rows[:at] + rows[at + size :]
            if _range(program, fewer, unknown) == goal:
                rows = fewer
            else:
                at += size
        size //= 2
    return rows


def _names(facts: Facts) -> dict[int, list[str]]:
    """The printed numbers that each unknown stands for."""
    named: dict[int, list[str]] = {}
    for edition, ind_id, place in facts.columns.keys:
        for kind in "nxy":
            column = facts.row.get(Column(edition, ind_id, kind))
            if column is not None:
                named.setdefault(facts.at(column, place), []).append(_name(facts, column, place))
    return named


def _name(facts: Facts, column: int, place: int) -> str:
    """Such as ``a.n 2025 hospital 1012`` with the edition and context where they tell something."""
    of, at = facts.columns.names[column], facts.columns.places[place]
    edition = f"[{of.edition}]" if len(facts.editions) > 1 else ""
    return f"{of.ind_id}.{of.kind}{edition}({at.year} {at.unit}{' resident' * (at.context == 'resident')})"


def _told(facts: Facts, unknown: int, named: dict[int, list[str]]) -> str:
    """An unknown by its first name, and its value where it is printed."""
    low, high = facts.program.low[unknown], facts.program.high[unknown]
    return named.get(unknown, ["?"])[0] + (f"={low:g}" if low == high else "")
