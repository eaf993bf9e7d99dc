"""Claims against published cells: is the cell published, does the text say its number, does the row name its unit?

Comes in: what files tell of one registry, and its `Published`, now and as earlier editions showed it. Goes out: what is
wrong. It trusts nothing that a page says but which cell it means.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kvalreg.audit.cell_address import CellAddress
from kvalreg.audit.cells import Cell, PublishedCells, counted
from kvalreg.audit.claims import Claim, Form, Table, Violation
from kvalreg.audit.expected import NOTHING, Subject, Texts, exact, same_number, texts_of
from kvalreg.audit.vocabulary import DIGIT, YEAR, Vocabulary
from kvalreg.disclosure.published import Published, Status
from kvalreg.kinds import Kind
from kvalreg.report.not_shown import FOOTNOTES
from kvalreg.report.wording import Words, words
from kvalreg.site.newest import Newest

_DAY = re.compile(r"\d{1,2}\.? \w+ \d{4}")
_COVERAGE_LIMIT = (60, 100)
"""The note on low coverage says: fewer than 60 of 100."""
_GROUPED = re.compile(r"(?<=\d) (?=\d{3}\b)")
_COUNT = re.compile(r"\d{1,3}(?:[ ,]\d{3})+|\d+")
_SIX = 5e-6
"""Numbers of open data have six significant digits."""
_NUMBERS = {"var": "var", "denominator": "denominator", "value": "value", "low": "low", "high": "high"}
_NUMBERS |= {"dg": "coverage", "dg_year": "coverage_year", "change_from": "change_from", "series_from": "series_from"}
_WORDS = {"achievement": "achievement", "certainty": "certainty", "change": "change", "series_change": "series_change"}
_WORDS |= {"unit_level": "level"}
_KEYS = ("ind_id", "context", "year", "orgnr")


class Check:
    """One registry's cells, and what is said of them.

    Parameters
    ----------
    past
        The registry as earlier editions showed it.
    """

    def __init__(self, published: Published, past: Sequence[Published], vocabulary: Vocabulary) -> None:
        self.cells, self.registry = PublishedCells(published), published.registry
        self._past = past
        self.vocabulary = vocabulary
        self._known: dict[tuple[Any, ...], Texts | None] = {}
        self._limits = {*_COVERAGE_LIMIT, self.registry.secret_below}
        for one in self.registry.indicators:
            self._limits |= {one.min_denominator, self.registry.secret_below_of(one)}

    def judge(self, claim: Claim) -> Violation | None:
        """What is wrong with a claim; None where nothing is."""
        if claim.form is Form.SENTENCE and claim.role != "unit-sentence":
            return self._sentence(claim)
        if claim.role in _RULES:
            return None if _RULES[claim.role](self, claim) else self._wrong(claim)
        told = self._texts(claim)
        if told is None:
            return self._unknown(claim)
        if claim.form is Form.NUMBER:
            sound = any(same_number(claim.text, one) for one in told)
        else:
            sound = claim.text in told or " ".join(claim.text.split()) in told
        return None if sound else self._wrong(claim)

    # --- what is wrong -----------------------------------------------------------------------------------------------
    def _unknown(self, claim: Claim) -> Violation:
        what = f"The cell {claim.address} is not published, or '{claim.role}' is no role of it."
        return Violation(Kind.CELL_UNKNOWN, what, claim.line, claim.address.registry)

    def _wrong(self, claim: Claim) -> Violation:
        cell = self.cells.cell(claim.address)
        where = f"at {claim.address}"
        if claim.role in ("unit", "unit-part", "indicator"):
            kind, what = Kind.UNIT_WRONG, f"A row names another {claim.role.split('-')[0]} than the one {where}."
        elif cell is not None and not cell["shown"]:
            kind, what = Kind.CELL_SUPPRESSED, f"More is told in the role '{claim.role}' than the cell {where} shows."
        else:
            kind, what = Kind.NUMBER_WRONG, f"The text in the role '{claim.role}' is not that of the cell {where}."
        return Violation(kind, what, claim.line, claim.address.registry)

    # --- texts -------------------------------------------------------------------------------------------------------
    def _texts(self, claim: Claim) -> Texts | None:
        key = (claim.address, claim.role, claim.form, claim.language)
        if key not in self._known:
            made = self._made(claim)
            self._known[key] = None if made is None else tuple(" ".join(text.split()) for text in made)
        return self._known[key]

    def _made(self, claim: Claim) -> Texts | None:
        """The texts that may stand for a claim; None where there is no such cell, or no such role."""
        role, address, indicator = claim.role, claim.address, self.cells.indicator(claim.address)
        say = words(claim.language, self.registry.language)
        if role == "reached":
            return self._reached(claim.form, say)
        if indicator is None:
            return None
        if role in ("target", "target-moderate"):
            level = indicator.level_green if role == "target" else indicator.level_yellow
            if level is None:
                return NOTHING
            return (say.value(indicator, level),) if claim.form is Form.TEXT else (exact(level),)
        if address.level:
            return self._of_units(claim, say)
        cell = self.cells.cell(address)
        if cell is None:
            return None
        if role.startswith("past-"):
            return self._of_past(claim, cell, say)
        if role == "levels":
            return self._levels(address, cell, say)
        return texts_of(role, claim.form, Subject(self.cells, address, cell, indicator, say))

    def _of_units(self, claim: Claim, say: Words) -> Texts | None:
        """What is said of all units of a level: how many, their ends, their common share."""
        address, indicator = claim.address, self.cells.indicator(claim.address)
        if not self.cells.units(address) or indicator is None:
            return None
        if claim.role == "provisional":
            return (str(any(cell["provisional"] for cell in self.cells.shown(address))).lower(),)
        if claim.role.startswith("units"):
            count = counted(claim.role, self.cells, address)
            return None if count is None else (str(count), say.number(count))
        values = [cell["value"] for cell in self.cells.shown(address)]
        ends = {"lowest": min(values, default=math.nan), "highest": max(values, default=math.nan)}
        number = self.cells.common(address) if claim.role == "common" else ends.get(claim.role, math.nan)
        if math.isnan(number):
            return None
        return (say.value(indicator, number),) if claim.form is Form.TEXT else (exact(number),)

    def _reached(self, form: Form, say: Words) -> Texts:
        reached, of = Newest(self.cells.published).reached
        if not of:
            return NOTHING
        return (say.frequency(reached / of),) if form is Form.TEXT else (str(round(reached / of, 4)),)

    @cached_property
    def past(self) -> list[PublishedCells]:
        """The cells of earlier editions."""
        return [PublishedCells(one) for one in self._past]

    # --- how it was --------------------------------------------------------------------------------------------------
    def _of_past(self, claim: Claim, now: Cell, say: Words) -> Texts:
        """What an earlier edition showed; of a cell that is secret now no number, of one not shown no result."""
        told: Texts = NOTHING
        for past in self.past:
            cell, indicator = past.cell(claim.address), past.indicator(claim.address)
            if cell is not None and indicator is not None:
                told += self._was(claim, (cell, now), Subject(past, claim.address, cell, indicator, say))
        return told

    def _was(self, claim: Claim, sides: tuple[Cell, Cell], subject: Subject) -> Texts:
        cell, now = sides
        role = claim.role.removeprefix("past-")
        if role == "footnote":
            return (FOOTNOTES[cell["status"]],)
        if role == "value" and not cell["shown"]:
            return (say_state(cell, subject.words),) if claim.form is Form.TEXT else NOTHING
        if now["status"] == Status.SECRET or (role == "value" and not now["shown"]):
            return NOTHING
        if claim.form is Form.NUMBER:
            return exact(cell["value" if role == "value" else "denominator"]), f"{cell['value']:.4g}"
        if role == "value":
            return (subject.words.value(subject.indicator, cell["value"]),)
        return (subject.words.patients(subject.indicator, cell["denominator"]),)

    def _levels(self, address: CellAddress, now: Cell, say: Words) -> Texts:
        """Which level a changed cell went from and to."""
        told: Texts = NOTHING
        for past in self.past:
            cell = past.cell(address)
            if cell is not None and cell["shown"] and now["shown"]:
                was, level = (say(f"levels.{one['achievement'] or 'none'}") for one in (cell, now))
                told += (say("revision.level", before=was, now=level),)
        return told

    # --- sentences ---------------------------------------------------------------------------------------------------
    def _sentence(self, claim: Claim) -> Violation | None:
        """A plain text whose label says what its numbers are, in order."""
        text, rest, at = " ".join(claim.text.split()), "", 0
        for item in claim.role.split():
            role, _, own = item.partition(":")
            address = CellAddress.parse(own).within(claim.address)
            found = self._found(text, at, claim._replace(role=role, address=address, form=Form.TEXT))
            if found is None:
                return self._wrong(claim._replace(role=role, address=address))
            rest += text[at : found[0]] + " "
            at = found[1]
        if self.vocabulary.has_number(rest + text[at:], claim.language, years=True):
            what = "A number in a sentence is not among those that its label names."
            return Violation(Kind.NO_ADDRESS, what, claim.line, claim.address.registry)
        return None

    def _found(self, text: str, at: int, claim: Claim) -> tuple[int, int] | None:
        """Where the text of one item stands next."""
        if claim.role in ("year", "day"):
            found = (YEAR if claim.role == "year" else _DAY).search(text, at)
            return found.span() if found else None
        if claim.role in ("changes", "registries"):
            found = _COUNT.search(text, at)
            return found.span() if found and self._is_count(claim._replace(text=found[0])) else None
        told = [one for one in self._texts(claim) or () if one]
        places = [(match.start(), -match.end()) for one in told
                  if (match := re.compile(rf"(?<!\d){re.escape(one)}(?!\d)").search(text, at))]  # fmt: skip
        return (min(places)[0], -min(places)[1]) if places else None

    # --- open data ---------------------------------------------------------------------------------------------------
    def table(self, table: Table) -> Iterator[Violation]:
        """What is wrong with rows of open data, each row once."""
        columns = table.columns
        if not columns:
            return
        if set(columns) - {*_KEYS, *_NUMBERS, *_WORDS, "unit_name", "footnote"} or not set(_KEYS) <= set(columns):
            yield Violation(Kind.NO_ROLES, "A table of open data has a column of no role.", table.line, table.registry)
            return
        keys = list(zip(*(columns[name] for name in _KEYS), strict=True))
        places = [self.cells.places.get((ind, context, _year(year), orgnr), -1) for ind, context, year, orgnr in keys]
        at = np.array(places, np.intp)
        wrong = self._wrong_rows(columns, at)
        for row in np.flatnonzero(wrong | (at < 0)).tolist():
            address = CellAddress(table.registry, *(str(part) for part in keys[row]))
            if at[row] < 0:
                yield Violation(
                    Kind.CELL_UNKNOWN, f"The cell {address} is not published.", table.line + row, table.registry
                )
            else:
                yield self._wrong(Claim(address, "row", "", Form.CODE, "nb", table.line + row))

    def _wrong_rows(self, columns: Mapping[str, Sequence[Any]], at: NDArray[Any]) -> NDArray[Any]:
        wrong = np.zeros(len(at), bool)
        for name, values in columns.items():
            if name in _NUMBERS:
                meant = self.cells.column(_NUMBERS[name])[at].astype(float)
                told = np.array([_number(value) for value in values], float)
                wrong |= ~(np.isclose(told, meant, rtol=_SIX, atol=1e-12) | (np.isnan(told) & np.isnan(meant)))
            elif name in _WORDS:
                meant = self.cells.column(_WORDS[name])[at]
                wrong |= np.array([value or "" for value in values], object) != meant
            elif name == "footnote":
                wrong |= np.array([value or "" for value in values], object) != self._footnotes[at]
            elif name == "unit_name":
                named = set(zip(values, self.cells.column("orgnr")[at].tolist(), strict=True))
                other = {
                    (name, unit) for name, unit in named if " ".join(name.split()) not in self.cells.names(unit, "nb")
                }
                if other:
                    units = self.cells.column("orgnr")[at].tolist()
                    wrong |= np.array([pair in other for pair in zip(values, units, strict=True)], bool)
        return wrong

    @cached_property
    def _footnotes(self) -> NDArray[Any]:
        """The codes of every cell's footnotes, worked out from its status."""
        marks = [self.cells.column(name).tolist() for name in ("status", "provisional", "shown", "low")]
        found = ((status, mark, shown, math.isnan(low)) for status, mark, shown, low in zip(*marks, strict=True))
        told = [
            " ".join(
                filter(None, (FOOTNOTES[status], "provisional" * bool(mark), "no_interval" * bool(shown and none)))
            )
            for status, mark, shown, none in found
        ]
        return np.array(told, object)

    # --- roles that are no texts of a cell ---------------------------------------------------------------------------
    def _is_year(self, claim: Claim) -> bool:
        say = words(claim.language, self.registry.language)
        marked = f"{claim.address.year} ({say('figure.provisional')})"
        return claim.text in (claim.address.year, marked)

    def _is_unit(self, claim: Claim) -> bool:
        names, text = self.cells.names(claim.address.unit, claim.language), claim.text
        if claim.role == "unit":  # a chart's name of two lines may be broken behind a hyphen
            return text in names or any("".join(text.split()) == "".join(name.split()) for name in names)
        return any(text.rstrip("…") in name for name in names)

    def _is_indicator(self, claim: Claim) -> bool:
        indicator = self.cells.indicator(claim.address)
        title = " ".join(indicator.title.split()) if indicator else ""
        rest = YEAR.sub("", claim.text.removeprefix(title))
        return indicator is not None and claim.text.startswith(title) and not DIGIT.search(rest)

    def _is_limit(self, claim: Claim) -> bool:
        numbers = re.findall(r"\d+", _GROUPED.sub("", " ".join(claim.text.split())))
        return all(int(number) in self._limits for number in numbers)

    def _is_empty(self, claim: Claim) -> bool:
        return not claim.text

    def _is_count(self, claim: Claim) -> bool:
        return bool(_COUNT.fullmatch(claim.text)) and _whole(claim.text) <= len(self.cells.published.cells)

    def _is_zone(self, claim: Claim) -> bool:
        indicator = self.cells.indicator(claim.address)
        ends = (indicator.level_green, indicator.level_yellow) if indicator else ()
        return any(end is not None and same_number(claim.text, repr(end)) for end in ends)

    def _is_difference(self, claim: Claim) -> bool:
        """A dot of changes stands near its difference: in the pile of those that moved alike."""
        cell, before = self.cells.cell(claim.address), self.cells.before(claim.address)
        if cell is None or before is None or not (cell["shown"] and before["shown"]):
            return False
        told, _, width = claim.text.partition("~")
        return bool(abs(float(told) - (cell["value"] - before["value"])) <= float(width) * 0.51)


def say_state(cell: Cell, say: Words) -> str:
    """The word for why a cell is not shown."""
    return say(f"states.{cell['status']}")


_RULES = {
    "year": Check._is_year,
    "unit": Check._is_unit,
    "unit-part": Check._is_unit,
    "indicator": Check._is_indicator,
    "limit": Check._is_limit,
    "yours": Check._is_empty,
    "changes": Check._is_count,
    "zone": Check._is_zone,
    "difference": Check._is_difference,
}
"""Roles that are judged by a rule of their own."""


def _number(value: Any) -> float:
    """A number of open data, with a decimal comma or point; NaN for none."""
    if value is None or value == "":
        return math.nan
    try:
        return float(str(value).replace(",", "."))
    except ValueError:
        return math.inf


def _whole(text: str) -> int:
    """A whole number, whatever stands between its thousands."""
    return int(re.sub(r"\D", "", text))


def _year(value: Any) -> int:
    return int(value) if str(value).isdigit() else -1
