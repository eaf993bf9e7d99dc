"""Claims against published cells: is the cell published, does the text say its number, does the row name its unit?

Comes in: what files say of one registry, and its `Published`, now and as earlier editions showed it. Goes out: what is
wrong. It trusts nothing that a page says but which cell it means.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache

from kvalreg.audit.cell_address import CellAddress
from kvalreg.audit.cells import PublishedCells, Subject
from kvalreg.audit.claims import Claim, Table
from kvalreg.audit.findings import Finding
from kvalreg.audit.open_data import OpenData
from kvalreg.audit.roles import COUNT, RULES, same_number, texts_of
from kvalreg.audit.vocabulary import YEAR, Vocabulary
from kvalreg.diagnostic_codes import DiagnosticCode
from kvalreg.disclosure.published import PublishedResults
from kvalreg.report.translation import get_translator

_IN_SENTENCES = {"year": YEAR, "day": re.compile(r"\d{1,2}\.? \w+ \d{4}"), "changes": COUNT, "registries": COUNT}
"""Numbers that are found in a sentence by how they are written."""
_NAMES = {"unit": "unit", "unit-part": "unit", "indicator": "indicator"}
"""Roles of names, and what each one names."""


class Check:
    """One registry's cells, and what is said of them.

    Parameters
    ----------
    past
        Gives the registry as earlier editions showed it.
    """

    def __init__(
        self, published: PublishedResults, past: Callable[[], Iterable[PublishedResults]], vocabulary: Vocabulary
    ) -> None:
        self.cells, self._vocabulary = PublishedCells(published), vocabulary
        self._open_data = OpenData(self.cells)
        self._past = cache(lambda: [PublishedCells(edition) for edition in past()])
        self._subjects: dict[tuple[CellAddress, str], Subject] = {}

    def findings(self, claims: Iterable[Claim], tables: Iterable[Table]) -> Iterator[Finding]:
        """What is wrong with what a file says of the registry."""
        yield from filter(None, map(self._judge, claims))
        for table in tables:
            yield from self._rows(table)

    def _judge(self, claim: Claim) -> Finding | None:
        """What is wrong with a claim; None where nothing is."""
        address, role, text, form, language, _ = claim
        if form == "sentence":
            return self._sentence(claim)
        subject = self._subject(address, language)
        if role in RULES:
            return None if RULES[role](subject, text) else self._wrong(claim)
        texts = texts_of(subject, role, form)
        if texts is None:
            return self._unknown(claim)
        if text in texts or " ".join(text.split()) in texts:
            return None
        if form in ("number", "sort") and any(same_number(text, meant) for meant in texts):
            return None
        return self._wrong(claim)

    def _subject(self, address: CellAddress, language: str) -> Subject:
        subject = self._subjects.get((address, language))
        if subject is None:
            subject = Subject(self.cells, address, get_translator(language, self.cells.registry.language), self._past)
            self._subjects[address, language] = subject
        return subject

    def _unknown(self, claim: Claim) -> Finding:
        what = f"The cell {claim.address} is not published, or '{claim.role}' is no role of it."
        return Finding(DiagnosticCode.CELL_UNKNOWN, what, "", claim.line, claim.address.registry)

    def _wrong(self, claim: Claim) -> Finding:
        cell, where = self.cells.cell(claim.address), f"at {claim.address}"
        if claim.role in _NAMES:
            kind, what = DiagnosticCode.WRONG_UNIT, f"A row names another {_NAMES[claim.role]} than the one {where}."
        elif cell is not None and not cell["shown"]:
            kind, what = (
                DiagnosticCode.CELL_SUPPRESSED,
                f"More is said in the role '{claim.role}' than the cell {where} shows.",
            )
        else:
            kind, what = (
                DiagnosticCode.WRONG_NUMBER,
                f"The text in the role '{claim.role}' is not that of the cell {where}.",
            )
        return Finding(kind, what, "", claim.line, claim.address.registry)

    def _rows(self, table: Table) -> Iterator[Finding]:
        """What is wrong with rows of open data."""
        wrong = self._open_data.wrong_rows(table)
        if wrong is None:
            what = "A table of open data has a column of no role."
            yield Finding(DiagnosticCode.COLUMN_ROLES_MISSING, what, "", table.line, table.registry)
        for row, key in wrong or ():
            claim = Claim(CellAddress(table.registry, *key), "row", "", "code", "nb", table.line + row)
            yield self._wrong(claim) if self.cells.cell(claim.address) else self._unknown(claim)

    # --- sentences ---------------------------------------------------------------------------------------------------
    def _sentence(self, claim: Claim) -> Finding | None:
        """A plain text whose label says what its numbers are, in order."""
        text, rest, start = " ".join(claim.text.split()), "", 0
        for item in claim.role.split():
            role, _, own = item.partition(":")
            number = claim._replace(role=role, address=CellAddress.parse(own).within(claim.address), form="text")
            place = self._next(text, start, number)
            if place is None:
                return self._wrong(number)
            rest += text[start : place[0]] + " "
            start = place[1]
        if self._vocabulary.has_number(rest + text[start:], years=True):
            what = "A number in a sentence is not among those that its label names."
            return Finding(DiagnosticCode.CELL_ADDRESS_MISSING, what, "", claim.line, claim.address.registry)
        return None

    def _next(self, text: str, start: int, number: Claim) -> tuple[int, int] | None:
        """Where the text of a number stands next."""
        written = _IN_SENTENCES.get(number.role)
        if written is not None:
            found = written.search(text, start)
            is_wrong = written is COUNT and found and self._judge(number._replace(role="changes", text=found[0]))
            return found.span() if found and not is_wrong else None
        texts = texts_of(self._subject(number.address, number.language), number.role, "text") or ()
        matches = (re.compile(rf"(?<!\d){re.escape(meant)}(?!\d)").search(text, start) for meant in texts if meant)
        places = [match.span() for match in matches if match]
        return min(places, key=lambda place: (place[0], -place[1]), default=None)
