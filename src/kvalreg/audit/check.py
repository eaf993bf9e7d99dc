"""Claims against published cells: is the cell published, is the text that of its number, does the row name its unit?

Input: what files state about one registry, and its published results, current and of earlier editions. Output:
findings. The only statement of a page that is trusted is which cell it means.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache

from kvalreg.audit.cell_address import CellAddress
from kvalreg.audit.cells import PublishedCells, Subject
from kvalreg.audit.claims import Claim, OpenDataTable
from kvalreg.audit.findings import Finding
from kvalreg.audit.open_data import OpenData
from kvalreg.audit.roles import COUNT, same_number, texts_of
from kvalreg.audit.rules import RULES
from kvalreg.audit.vocabulary import YEAR, Vocabulary
from kvalreg.diagnostic_codes import DiagnosticCode
from kvalreg.disclosure.published import PublishedResults
from kvalreg.report.translation import get_translator

_IN_SENTENCES = {"year": YEAR, "day": re.compile(r"\d{1,2}\.? \w+ \d{4}"), "changes": COUNT, "registries": COUNT}
"""Roles whose numbers are found in a sentence by a pattern, since they belong to no cell with a text of its own."""
_NAMES = {"unit": "unit", "unit-part": "unit", "indicator": "indicator"}
"""Roles of names, and what each of them names."""


class ClaimChecker:
    """Checks claims against one registry's cells.

    Parameters
    ----------
    past
        Gives the registry as published in earlier editions.
    """

    def __init__(
        self, published: PublishedResults, past: Callable[[], Iterable[PublishedResults]], vocabulary: Vocabulary
    ) -> None:
        self.cells, self._vocabulary = PublishedCells(published), vocabulary
        self._open_data = OpenData(self.cells)
        # Earlier editions are read from disk once, and only when a claim about a changed cell asks for them.
        self._past = cache(lambda: [PublishedCells(edition) for edition in past()])
        self._subjects: dict[tuple[CellAddress, str], Subject] = {}

    def findings(self, claims: Iterable[Claim], tables: Iterable[OpenDataTable]) -> Iterator[Finding]:
        """The findings of what a file states about the registry."""
        yield from filter(None, map(self._check_claim, claims))
        for table in tables:
            yield from self._check_table(table)

    def _check_claim(self, claim: Claim) -> Finding | None:
        """The finding of a claim; None for a claim that is true."""
        address, role, text, form, language, _ = claim
        if form == "sentence":
            return self._check_sentence(claim)
        subject = self._subject(address, language)
        if role in RULES:
            try:
                return None if RULES[role](subject, text) else self._wrong(claim)
            except LookupError:
                return self._unknown(claim)
        # Every text that a cell may have in a role is computed from the published cell, and the claim must be one.
        texts = texts_of(subject, role, form)
        if texts is None:
            return self._unknown(claim)
        if text in texts or " ".join(text.split()) in texts:
            return None
        # Programs may write one number in several ways: 0.5 and 0,50.
        if form in ("number", "sort") and any(same_number(text, expected) for expected in texts):
            return None
        return self._wrong(claim)

    def _subject(self, address: CellAddress, language: str) -> Subject:
        subject = self._subjects.get((address, language))
        if subject is None:
            subject = Subject(self.cells, address, get_translator(language, self.cells.registry.language), self._past)
            self._subjects[address, language] = subject
        return subject

    def _unknown(self, claim: Claim) -> Finding:
        message = f"The cell {claim.address} is not published, or '{claim.role}' is no role of it."
        return Finding(DiagnosticCode.CELL_UNKNOWN, message, "", claim.line, claim.address.registry)

    def _wrong(self, claim: Claim) -> Finding:
        cell, role, address = self.cells.cell(claim.address), claim.role, claim.address
        if role in _NAMES:
            code, message = DiagnosticCode.WRONG_UNIT, f"A row names another {_NAMES[role]} than the one at {address}."
        elif cell is not None and not cell["shown"]:
            code = DiagnosticCode.CELL_SUPPRESSED
            message = f"More is said in the role '{role}' than the cell at {address} shows."
        else:
            code = DiagnosticCode.WRONG_NUMBER
            message = f"The text in the role '{role}' is not that of the cell at {address}."
        return Finding(code, message, "", claim.line, address.registry)

    def _check_table(self, table: OpenDataTable) -> Iterator[Finding]:
        """The findings of rows of open data."""
        wrong_rows = self._open_data.wrong_rows(table)
        if wrong_rows is None:
            message = "A table of open data has a column of no role."
            yield Finding(DiagnosticCode.COLUMN_ROLES_MISSING, message, "", table.line, table.registry)
        for row, key in wrong_rows or ():
            claim = Claim(CellAddress(table.registry, *key), "row", "", "code", "nb", table.line + row)
            yield self._wrong(claim) if self.cells.cell(claim.address) else self._unknown(claim)

    # --- sentences ---------------------------------------------------------------------------------------------------
    def _check_sentence(self, claim: Claim) -> Finding | None:
        """A plain text whose label names its numbers in order.

        The label ``value n:///2024`` of "I 2025 fikk 91 av 100 hjelp, av 40 pasienter i 2024" names two numbers: the
        value of the cell, and the patients of the same cell in 2024. Each is searched for behind the one before it.
        What remains, "I 2025 fikk  hjelp, av  pasienter i 2024", may hold names and years, and no other number.
        """
        text, remainder, start = " ".join(claim.text.split()), "", 0
        for item in claim.role.split():
            role, _, own_address = item.partition(":")
            address = CellAddress.parse(own_address).within(claim.address)
            number = claim._replace(role=role, address=address, form="text")
            span = self._find_number(text, start, number)
            if span is None:
                return self._wrong(number)
            remainder += text[start : span[0]] + " "
            start = span[1]
        if self._vocabulary.has_number(remainder + text[start:], years=True):
            message = "A number in a sentence is not among those that its label names."
            return Finding(DiagnosticCode.CELL_ADDRESS_MISSING, message, "", claim.line, claim.address.registry)
        return None

    def _find_number(self, text: str, start: int, number: Claim) -> tuple[int, int] | None:
        """The span of the first text of a number from a position on; of several that begin there, the longest."""
        pattern = _IN_SENTENCES.get(number.role)
        if pattern is not None:
            match = pattern.search(text, start)
            is_wrong = pattern is COUNT and match and self._check_claim(number._replace(role="changes", text=match[0]))
            return match.span() if match and not is_wrong else None
        expected_texts = texts_of(self._subject(number.address, number.language), number.role, "text") or ()
        # No digit may touch the text: "1 av 100" is not found in "91 av 100".
        patterns = (re.compile(rf"(?<!\d){re.escape(expected)}(?!\d)") for expected in expected_texts if expected)
        spans = [match.span() for pattern in patterns if (match := pattern.search(text, start))]
        return min(spans, key=lambda span: (span[0], -span[1]), default=None)
