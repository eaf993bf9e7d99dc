"""Columns of tables: what each of their values says by itself, worked out for many at a time.

Owns which texts are remembered, and how numbers with decimals are read a column at a time: nearly every one is new, and
a nation has millions. Comes in: a column, and what it is called. Goes out: `Column`, what it says of each row.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from itertools import repeat
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kvalreg.release.audit_public import Memory
from kvalreg.release.audit_readings import NUMBER_ROLES, QUIET_ROLES, Reader, Word
from kvalreg.release.audit_tables import text_of
from kvalreg.release.published_numbers import DRAWN_DIGITS, Numbers, Plain, met

NOTHING: Plain = (None,) * len(Numbers._fields)
_ABSENT = Word(mark=False, hides=False, speaks=False, empty=False, told=[], parts=NOTHING)
"""What a column says of a row that has not got it."""
_DECIMALS = re.compile(r"-?\d+[.,]\d+")
_SHORT = 6
"""Letters of a number that is likely to come again: ``0.8123``."""
_MANY = 500
"""Rows of a column from which on its numbers are read at one go."""
_DECIMAL_OR_NONE = r"^(-?[0-9]{1,15}([.,][0-9]{1,15})?)?$"
_HALVES = np.array([0.5 * 10.0**power for power in range(-20, 20)])
_Span = tuple[float, float]


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
    marks, hides, speaks, empty
        As those of a `Word`.
    spans
        For each part of `Numbers` what is told of it; None where no row tells it.
    word
        A row's word.
    """

    marks: Sequence[bool]
    hides: Sequence[bool]
    speaks: Sequence[bool]
    empty: Sequence[bool]
    spans: Sequence[Sequence[_Span | None] | None]
    word: Callable[[int], Word]


class Columns:
    """Reads columns."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._words = Memory(self._words_of)

    def read(self, asked: Asked, values: Sequence[Any]) -> Column:
        """What a column says."""
        if asked.type is object:
            values = [value if value is None else str(value) for value in values]
        words = self._words[asked]
        if asked.role in QUIET_ROLES and not any(words[value].mark for value in set(values)):
            never = (False,) * len(values)
            return Column(never, never, never, never, [None] * len(NOTHING), lambda at: words[values[at]])
        return self._decimals(asked, words, values) or _by_words(
            [words[value] for value in values], numbers=asked.role in NUMBER_ROLES or asked.role == "interval"
        )

    def _words_of(self, asked: Asked) -> Memory[Any, Word]:
        """What values say in columns of one kind."""
        role, machine, english, _, sparse = asked
        texts = self._reader.columns[role, machine, english]
        nothing = _ABSENT if sparse else self._reader.columns[role, False, english][""]

        def word(value: object) -> Word:
            text = text_of(value)
            return nothing if value is None or (sparse and not text) else texts.work(text)

        return Memory(word, _comes_again)

    def _decimals(self, asked: Asked, words: Memory[Any, Word], values: Sequence[Any]) -> Column | None:
        """What a long column of numbers says; None for any other."""
        role = asked.role
        if len(values) < _MANY or not asked.machine or role in ("shown", "footnote"):
            return None
        if self._reader.public.has_numbered_names:
            return None
        texts = pa.array(["" if one is None else one if type(one) is str else str(one) for one in values], pa.string())
        if not pc.all(pc.match_substring_regex(texts, _DECIMAL_OR_NONE)).as_py():
            return None
        given = pc.not_equal(texts, "").to_pylist()
        nothing = words[""] if asked.type is str else words[None]
        part = NUMBER_ROLES.get(role or "")
        spans: list[Sequence[_Span | None] | None] = [None] * len(NOTHING)
        if part is not None:
            told = _drawn(texts)
            spans[part] = told if all(given) else [one if here else None for one, here in zip(told, given, strict=True)]
        speaks = given if words["1" if asked.type in (str, object) else asked.type(1)].speaks else [False] * len(given)
        never = [False] * len(given)
        empty = never if not nothing.empty or all(given) else [not here for here in given]
        return Column(never, never, speaks, empty, spans, lambda at: words[values[at]])


def _by_words(words: list[Word], *, numbers: bool) -> Column:
    marks, hides, speaks, empty, _, parts = zip(*words, strict=True)
    spans: list[Any] = [None] * len(NOTHING)
    if numbers:
        spans = [told if any(told) else None for told in zip(*parts, strict=True)]
    return Column(marks, hides, speaks, empty, spans, words.__getitem__)


def _drawn(texts: pa.StringArray) -> list[_Span]:
    """`published_numbers.drawn` of many texts: a whole number is exact, others have at least four digits."""
    plain = pc.replace_substring(texts, ",", ".")
    numbers = np.asarray(pc.cast(pc.if_else(pc.equal(plain, ""), "0", plain), pa.float64()))
    point = np.asarray(pc.find_substring(plain, "."))
    decimals = np.where(point >= 0, np.asarray(pc.utf8_length(plain)) - point - 1, 0)
    significant = np.asarray(pc.utf8_length(pc.utf8_ltrim(pc.replace_substring(plain, ".", ""), "-0")))
    power = significant - decimals - np.maximum(DRAWN_DIGITS, significant)
    half = np.where((decimals > 0) & (significant > 0), _HALVES[power + 20], 0.0)
    return list(zip((numbers - half).tolist(), (numbers + half).tolist(), strict=True))


def _comes_again(value: object) -> bool:
    """Whether a value is likely to come again: numbers with many decimals hardly do."""
    text = value if type(value) is str else str(value)
    return len(text) <= _SHORT or _DECIMALS.fullmatch(text) is None


def hiding(columns: Sequence[Column], codes: Iterable[int], counts: Sequence[int]) -> set[int]:
    """The rows that bear the mark of a hidden cell, or say by a code or by empty numbers that it is."""
    found = {at for column in columns if any(column.marks) for at, mark in enumerate(column.marks) if mark}
    for code in codes:
        found.update(at for at, hides in enumerate(columns[code].hides) if hides)
    if counts:
        first, *rest = (columns[at].empty for at in counts)
        if any(first):
            empty = [at for at, nothing in enumerate(first) if nothing]
            found.update(at for at in empty if all(column[at] for column in rest))
    return found


def silent(columns: Sequence[Column], size: int) -> set[int]:
    """The rows of which no value may be a result."""
    found: Iterable[int] = range(size)
    for speaks in (column.speaks for column in columns if any(column.speaks)):
        found = [at for at in found if not speaks[at]]
    return set(found)


def numbers(columns: Iterable[Column], size: int, contradicting: set[int]) -> Iterable[Plain]:
    """What columns of numbers print of each row; rows that contradict themselves are added to those."""
    parts: list[Any] = [None] * len(NOTHING)
    for column in columns:
        for part, spans in enumerate(column.spans):
            if spans is not None:
                parts[part] = spans if parts[part] is None else _both(parts[part], spans, contradicting)
    return zip(*[repeat(None, size) if one is None else one for one in parts], strict=True)


def _both(one: Sequence[Any], other: Sequence[Any], contradicting: set[int]) -> list[Any]:
    """What two columns say together."""
    both = []
    for at, (mine, theirs) in enumerate(zip(one, other, strict=True)):
        if mine is None or theirs is None or mine == theirs:
            both.append(mine or theirs)
            continue
        told = met((mine,), (theirs,))
        both.append(told[0] if told else None)
        if told is None:
            contradicting.add(at)
    return both
