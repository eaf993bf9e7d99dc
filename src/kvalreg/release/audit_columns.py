"""Columns of tables: what each of their values says by itself, worked out for many at a time.

Owns which texts are remembered, and how numbers with decimals are read a column at a time: nearly every one is new, and
a nation has millions. Comes in: a column, and what it is called. Goes out: `Column`, what it says of each row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kvalreg.disclosure.system import BoolArray
from kvalreg.release.audit_cells import LIMITS, limits_of_spans
from kvalreg.release.audit_public import Memory
from kvalreg.release.audit_readings import NUMBER_ROLES, QUIET_ROLES, Reader, Word
from kvalreg.release.audit_tables import text_of
from kvalreg.release.published_numbers import DRAWN_DIGITS, Numbers, apart
from kvalreg.statistics.intervals import Floats

_ABSENT = Word(False, False, False, False, False, [], (None,) * len(Numbers._fields))
"""What a column says of a row that has not got it."""
_MANY = 200
"""Rows of a column from which on its numbers are read at one go."""
_MOST_REMEMBERED = 30_000
"""Values of one kind of column that are remembered at most."""
_DECIMAL_OR_NONE = r"^(-?[0-9]{1,15}([.,][0-9]{1,15})?)?$"
_HALVES = np.array([0.5 * 10.0**power for power in range(-20, 20)])


class Asked(NamedTuple):
    """What a column is.

    Parameters
    ----------
    role
        What it is called among our own names.
    machine
        Whether a program wrote its numbers.
    english
        The language of its texts.
    type
        The type of its values: to a memory 1 is 1.0, yet each is told in its own way.
    sparse
        Whether an empty text is no value.
    """

    role: str | None
    machine: bool
    english: bool
    type: type
    sparse: bool


class Column(NamedTuple):
    """What a column says of each row.

    Parameters
    ----------
    marks, hides, doubts, speaks, empty
        As those of a `Word`; None where no row's word can be so.
    limits
        For each part of `Numbers` that it tells, the least and the greatest, nan where a row tells nothing.
    """

    marks: BoolArray | None
    hides: BoolArray | None
    doubts: BoolArray | None
    speaks: BoolArray | None
    empty: BoolArray | None
    limits: dict[int, Floats]


class Lexicon:
    """The words of one kind of column, each with a number; what they say as columns."""

    def __init__(self, work: Callable[[Any], Word]) -> None:
        self.work = work
        self._forget()

    def _forget(self) -> None:
        self.words: list[Word] = []
        self._numbers = Memory(self._number)
        self._says = np.zeros((0, 5), dtype=np.bool_)
        self._limits = np.zeros((0, LIMITS))
        self._ever = [False] * 5
        self._parts: list[int] = []

    def _number(self, value: Any) -> int:
        self.words.append(self.work(value))
        return len(self.words) - 1

    def word(self, value: Any) -> Word:
        """What one value says."""
        at = self._numbers.get(value)
        return self.work(value) if at is None else self.words[at]

    def read(self, values: Sequence[Any]) -> Column:
        """What a column says."""
        if len(self.words) > _MOST_REMEMBERED:
            self._forget()
        numbers = np.fromiter(map(self._numbers.__getitem__, values), np.intp, len(values))
        self._keep()
        marks, hides, doubts, speaks, empty = (
            column[numbers] if once else None for column, once in zip(self._says.T, self._ever, strict=True)
        )
        limits = {at: self._limits[numbers, 2 * at : 2 * at + 2] for at in self._parts}
        return Column(marks, hides, doubts, speaks, empty, limits)

    def _keep(self) -> None:
        """Add what new words say."""
        new = self.words[len(self._says) :]
        if new:
            says = [(one.mark, one.hides, one.doubts, one.speaks, one.empty) for one in new]
            limits = [limits_of_spans(one.parts) for one in new]
            self._says = np.concatenate([self._says, np.array(says, dtype=np.bool_)])
            self._limits = np.concatenate([self._limits, np.array(limits)])
            self._ever = [bool(one.any()) for one in self._says.T]
            self._parts = np.flatnonzero(~np.isnan(self._limits[:, ::2]).all(axis=0)).tolist()


class Columns:
    """Reads columns."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._lexicons = Memory(self._lexicon_of)
        self._marked = Memory(self._marks_of)

    def read(self, asked: Asked, values: Sequence[Any]) -> Column:
        """What a column says."""
        if asked.type is object:
            values = [value if value is None else str(value) for value in values]
        lexicon = self._lexicons[asked]
        if asked.role in QUIET_ROLES and not any(map(self._marked[asked].__getitem__, set(values))):
            return Column(None, None, None, None, None, {})
        return self._decimals(asked, lexicon, values) or lexicon.read(values)

    def _lexicon_of(self, asked: Asked) -> Lexicon:
        """What values say in columns of one kind."""
        role, machine, english, _, sparse = asked
        texts = self._reader.columns[role, machine, english]
        nothing = _ABSENT if sparse else self._reader.columns[role, False, english][""]

        def word(value: object) -> Word:
            text = text_of(value)
            return nothing if value is None or (sparse and not text) else texts.work(text)

        return Lexicon(word)

    def _marks_of(self, asked: Asked) -> Memory[Any, bool]:
        """Which values of a quiet column are marks of hidden cells: that is all such a column can say."""
        lexicon = self._lexicons[asked]
        return Memory(lambda value: lexicon.word(value).mark)

    def _decimals(self, asked: Asked, lexicon: Lexicon, values: Sequence[Any]) -> Column | None:
        """What a long column of numbers says; None for any other."""
        role = asked.role
        if len(values) < _MANY or not asked.machine or role in ("shown", "footnote"):
            return None
        if self._reader.public.has_numbered_names:
            return None
        texts = pa.array(["" if one is None else one if type(one) is str else str(one) for one in values], pa.string())
        if not pc.all(pc.match_substring_regex(texts, _DECIMAL_OR_NONE)).as_py():
            return None
        given = np.asarray(pc.not_equal(texts, ""))
        nothing = lexicon.word("" if asked.type is str else None)
        part = NUMBER_ROLES.get(role or "")
        limits = {}
        if part is not None:
            limits[part] = np.where(given[:, None], _drawn(texts), np.nan)
        one = lexicon.word("1" if asked.type in (str, object) else asked.type(1))
        empty = ~given if nothing.empty and not given.all() else None
        return Column(None, None, None, given if one.speaks else None, empty, limits)


def _drawn(texts: pa.StringArray) -> Floats:
    """`published_numbers.drawn` of many texts: a whole number is exact, others have at least four digits."""
    plain = pc.replace_substring(texts, ",", ".")
    numbers = np.asarray(pc.cast(pc.if_else(pc.equal(plain, ""), "0", plain), pa.float64()))
    point = np.asarray(pc.find_substring(plain, "."))
    if not (point >= 0).any():
        return np.stack([numbers, numbers], axis=1)
    decimals = np.where(point >= 0, np.asarray(pc.binary_length(plain)) - point - 1, 0)
    significant = np.asarray(pc.binary_length(pc.ascii_ltrim(pc.replace_substring(plain, ".", ""), "-0")))
    power = significant - decimals - np.maximum(DRAWN_DIGITS, significant)
    half = np.where((decimals > 0) & (significant > 0), _HALVES[power + 20], 0.0)
    return np.stack([numbers - half, numbers + half], axis=1)


def hiding(columns: Sequence[Column], codes: Iterable[int], counts: Sequence[int], doubts: BoolArray) -> BoolArray:
    """The rows that bear the mark of a hidden cell, or say by a code or by empty numbers that it is.

    Of rows with `doubts` a code or empty numbers say that there is no result, and not that they are hidden.
    """
    coded = _any((columns[at].hides for at in codes), len(doubts))
    empty = [one for one in (columns[at].empty for at in counts) if one is not None]
    if counts and len(empty) == len(counts):
        coded |= np.logical_and.reduce(empty)
    return _any((column.marks for column in columns), len(doubts)) | (coded & ~doubts)


def doubted(columns: Sequence[Column], size: int) -> BoolArray:
    """The rows that bear the mark or a code of a cell that is not reliable."""
    return _any((column.doubts for column in columns), size)


def speaking(columns: Iterable[Column], size: int) -> BoolArray:
    """The rows of which any value in these columns may be a result."""
    return _any((column.speaks for column in columns), size)


def _any(told: Iterable[BoolArray | None], size: int) -> BoolArray:
    found = np.zeros(size, dtype=np.bool_)
    for one in told:
        if one is not None:
            found |= one
    return found


def silent(columns: Sequence[Column], size: int) -> BoolArray:
    """The rows of which no value may be a result."""
    return ~speaking(columns, size)


def limits_of(columns: Iterable[Column], size: int, contradicting: BoolArray) -> Floats:
    """What columns of numbers print of each row; rows that contradict themselves are added to those."""
    limits = np.full((size, LIMITS), np.nan)
    for column in columns:
        for part, told in column.limits.items():
            known = limits[:, 2 * part : 2 * part + 2]
            both = _met(known, told)
            contradicting |= apart(both[:, 0], both[:, 1])
            known[:] = both
    return limits


def agreed_limits(columns: Iterable[Mapping[int, Floats]], size: int) -> Floats:
    """What columns of numbers print of each row; where a column contradicts those before it, it says nothing."""
    limits = np.full((size, LIMITS), np.nan)
    for column in columns:
        told = {part: _met(limits[:, 2 * part : 2 * part + 2], one) for part, one in column.items()}
        contradicts = np.zeros(size, dtype=np.bool_)
        for both in told.values():
            contradicts |= apart(both[:, 0], both[:, 1])
        for part, both in told.items():
            known = limits[:, 2 * part : 2 * part + 2]
            known[:] = np.where(contradicts[:, None], known, both)
    return limits


def _met(known: Floats, told: Floats) -> Floats:
    return np.stack([np.fmax(known[:, 0], told[:, 0]), np.fmin(known[:, 1], told[:, 1])], axis=1)
