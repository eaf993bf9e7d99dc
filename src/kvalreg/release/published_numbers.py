"""From printed numbers back to counts: what a reader can work out about one cell.

Owns how exactly a printed number tells the true one. Comes in: texts such as ``87 av 100``, ``83–90 %``, ``1 562`` and
numbers of charts and data files. Goes out: spans that hold the true number, and the counts that fit all of them.
It knows nothing of sites or cells.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from kvalreg.statistics.intervals import Bools, Floats
from kvalreg.statistics.proportions import wilson

DRAWN_DIGITS = 4
"""Significant digits of the numbers that charts, files and sorting hold (`kvalreg.report.figures.theme.drawn`)."""
MOST_PATIENTS = 5000
"""Up to here a number of patients that is not printed is looked for by its interval."""
_SLACK = 1e-9
_PLAIN_NUMBER = re.compile(r"-?(\d+)(?:[.,](\d+))?")
_NORWEGIAN = r"\d{1,3}(?:[\u00a0\u202f\u2009 ]\d{3})+(?:,\d+)?(?!\d)|\d+(?:[.,]\d+)?"
_ENGLISH = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?(?!\d)|\d+(?:\.\d+)?"

_OF_NORWEGIAN, _OF_ENGLISH = (
    re.compile(rf"(?P<number>{number})(?:\s+(?:av|of)\s+(?P<of>{number})|(?P<percent>\s*%))?")
    for number in (_NORWEGIAN, _ENGLISH)
)


class Span(NamedTuple):
    """A number somewhere from `low` to `high`, ends included."""

    low: float
    high: float

    def meet(self, other: Span) -> Span | None:
        """What both say; None when they contradict each other."""
        low, high = max(self.low, other.low), min(self.high, other.high)
        return Span(low, high) if low <= high + _SLACK * max(1.0, abs(high)) else None

    @property
    def exact(self) -> bool:
        """Whether only one number is left."""
        return self.low == self.high


class Numbers(NamedTuple):
    """What is printed about one cell; None for what is not.

    Parameters
    ----------
    n, x
        Denominator and numerator.
    value
        The result in its own unit: a share from 0 to 1, or a mean, median or count.
    low, high
        The limits of its 95 % interval.
    """

    n: Span | None = None
    x: Span | None = None
    value: Span | None = None
    low: Span | None = None
    high: Span | None = None

    def meet(self, other: Numbers) -> Numbers | None:
        """What two places say together; None when they contradict each other."""
        both = met(self, other)
        return None if both is None else named(both)

    def __bool__(self) -> bool:
        return self != _NOTHING


_NOTHING = Numbers()
Plain = tuple[tuple[float, float] | None, ...]
"""Numbers without their names: a nation has millions of them."""


def plainly(numbers: Numbers) -> Plain:
    """Numbers without their names."""
    return tuple([span and (span.low, span.high) for span in numbers])


def met(one: Plain, other: Plain) -> Plain | None:
    """What two places say together; None when they contradict each other."""
    if one == other:
        return one
    both = []
    for mine, theirs in zip(one, other, strict=True):
        if mine is None or theirs is None or mine == theirs:
            both.append(mine or theirs)
            continue
        low, high = max(mine[0], theirs[0]), min(mine[1], theirs[1])
        if low > high + _SLACK * max(1.0, abs(high)):
            return None
        both.append((low, high))
    return tuple(both)


def all_met(told: Iterable[Plain]) -> Plain | None:
    """What many places say together; None when any contradict each other."""
    both: list[tuple[float, float] | None] = []
    for spans in map(set, zip(*told, strict=True)):
        spans.discard(None)
        if len(spans) <= 1:
            both.append(next(iter(spans), None))
            continue
        lows, highs = zip(*spans, strict=True)
        low, high = max(lows), min(highs)
        if low > high + _SLACK * max(1.0, abs(high)):
            return None
        both.append((low, high))
    return tuple(both)


def apart(low: Floats, high: Floats) -> Bools:
    """Where limits that several places tell contradict each other, as `met` would find; nan agrees with all."""
    return low > high + _SLACK * np.maximum(1.0, np.abs(high))


def together(told: Sequence[Plain]) -> Sequence[Plain]:
    """All that is printed about a cell, as one; unchanged where places contradict each other."""
    both = all_met(told) if len(told) > 1 else told[0]
    return told if both is None else [both]


def named(plain: Plain) -> Numbers:
    """Numbers with their names again."""
    return Numbers(*(span and Span(*span) for span in plain))


def printed(text: str, *, english: bool) -> Span | None:
    """The first number of a text written for readers: ``87 av 100``, ``87 %``, ``1,9 dager``, ``1 562``.

    Worked numbers: ``87 av 100`` is a share from 0.865 to 0.875; ``1,9 dager`` is 1.85 to 1.95; ``1 562`` is itself,
    give or take a half, which `counts` cuts away.
    """
    found = (_OF_ENGLISH if english else _OF_NORWEGIAN).search(text)
    if found is None:
        return None
    span = _around(found["number"], english=english)
    if found["of"]:
        of = _around(found["of"], english=english)
        per = (of.low + of.high) / 2
        return Span(span.low / per, span.high / per) if per else None
    return Span(span.low / 100, span.high / 100) if found["percent"] else span


def printed_interval(text: str, *, english: bool) -> tuple[Span, Span] | None:
    """The two limits of ``83–90 %`` or ``1,2–2,1``, also inside brackets; None when there is no interval."""
    number = _ENGLISH if english else _NORWEGIAN
    found = re.search(rf"({number})\s*–\s*({number})(\s*%)?", text)
    if found is None:
        return None
    low, high = _around(found[1], english=english), _around(found[2], english=english)
    if found[3]:
        return Span(low.low / 100, low.high / 100), Span(high.low / 100, high.high / 100)
    return low, high


def drawn(text: str) -> Span | None:
    """A number as a chart or a data file holds it: a whole number is exact, others have at least four digits."""
    if plain := _PLAIN_NUMBER.fullmatch(text):
        whole, decimals = plain.groups()
        number = float(text.replace(",", "."))
        if not decimals:
            return Span(number, number)
        significant = (whole + decimals).lstrip("0")
        digits, power = max(DRAWN_DIGITS, len(significant)), len(significant) - len(decimals) - 1
        half = 0.5 * 10.0 ** (power - digits + 1) if significant else 0.0
        return Span(number - half, number + half)
    try:
        number = float(text.strip().replace(",", "."))
    except ValueError:
        return None
    if not math.isfinite(number):
        return None
    if re.fullmatch(r"-?\d+", text.strip()):
        return Span(number, number)
    digits = max(DRAWN_DIGITS, len(re.sub(r"^0+|\D", "", text.lower().split("e")[0].lstrip("-0.,"))))
    half = 0.5 * 10.0 ** (math.floor(math.log10(abs(number))) - digits + 1) if number else 0.0
    return Span(number - half, number + half)


def counts(numbers: Numbers) -> tuple[Span | None, Span | None]:
    """The denominators and numerators of a share that fit everything printed about it, as spans of whole numbers.

    Worked numbers: 87 of 100, printed as ``87 av 100`` with 100 patients, leaves 87 alone, since 86.5 to 87.5 holds no
    other whole number. ``27 av 100`` with 788 patients leaves 209 to 216; the interval narrows that further.
    """
    n = _whole(numbers.n) or _from_interval(numbers)
    if n is None:
        return None, _whole(numbers.x)
    if numbers.x is not None:
        return n, _whole(numbers.x)
    if numbers.value is None and not (n.exact and numbers.low is not None):
        return n, Span(0, n.high)
    value = numbers.value or Span(0.0, 1.0)
    fitting = Span(
        max(0, math.ceil(n.low * value.low - _SLACK * n.low - _SLACK)),
        min(n.high, math.floor(n.high * value.high + _SLACK * n.high + _SLACK)),
    )
    if fitting.low > fitting.high:
        return n, _nearest(n, value)
    return n, fitting if fitting.exact or not n.exact else _by_interval(n, fitting, numbers)


def _around(text: str, *, english: bool) -> Span:
    """What a printed number is rounded from: half a unit of its last digit to either side."""
    plain = re.sub(r"[\u00a0\u202f\u2009 ]", "", text)
    plain = plain.replace(",", "") if english else plain.replace(",", ".")
    half = 0.5 * 10.0 ** -len(plain.partition(".")[2])
    return Span(float(plain) - half, float(plain) + half)


def _whole(span: Span | None) -> Span | None:
    """The whole numbers of a span. A printed whole number, a half to either side, is itself."""
    if span is None:
        return None
    if span.high - span.low <= 1:
        middle = round((span.low + span.high) / 2)
        return Span(middle, middle)
    return Span(math.ceil(span.low), math.floor(span.high))


def whole(low: Floats, high: Floats) -> tuple[Floats, Floats]:
    """The same for many spans at once; nan where there is none."""
    printed_whole = high - low <= 1
    middle = np.rint((low + high) / 2)
    return np.where(printed_whole, middle, np.ceil(low)), np.where(printed_whole, middle, np.floor(high))


def _nearest(n: Span, value: Span) -> Span:
    """Where no whole number fits, the number was rounded more than we think: the nearest ones."""
    middle = (value.low + value.high) / 2 * n.high
    return Span(max(0, math.floor(middle)), min(n.high, math.ceil(middle)))


def _by_interval(n: Span, fitting: Span, numbers: Numbers) -> Span:
    """The numerators whose Wilson interval is the printed one; all of them when none is."""
    if numbers.low is None or numbers.high is None:
        return fitting
    x = np.arange(fitting.low, fitting.high + 1)
    low, high = wilson(x, np.full(len(x), n.low))
    good = _inside(low, numbers.low) & _inside(high, numbers.high)
    return Span(float(x[good].min()), float(x[good].max())) if good.any() else fitting


def _from_interval(numbers: Numbers) -> Span | None:
    """The numbers of patients that a share and its interval allow: a percentage with its interval gives away n."""
    if numbers.value is None or numbers.low is None or numbers.high is None:
        return None
    n = np.arange(1, MOST_PATIENTS + 1)
    first = np.ceil(n * numbers.value.low - _SLACK)
    most = int((np.floor(n * numbers.value.high + _SLACK) - first).max())
    fits = np.zeros(len(n), dtype=np.bool_)
    for more in range(most + 1):
        x = np.minimum(first + more, n)
        low, high = wilson(x, n)
        fits |= _inside(x / n, numbers.value) & _inside(low, numbers.low) & _inside(high, numbers.high)
    return Span(float(n[fits].min()), float(n[fits].max())) if fits.any() else None


def _inside(values: Floats, span: Span) -> Bools:
    return (values >= span.low - _SLACK) & (values <= span.high + _SLACK)
