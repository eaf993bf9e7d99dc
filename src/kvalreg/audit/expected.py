"""What a number in each role must say, worked out from its cell anew: language, rounding, and what may not be told.

Comes in: a cell and its indicator. Goes out: the texts that may stand for it. Of a cell that is not shown the result is
nothing but the word for why; of a secret one there is no number at all, since `Published` has none.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import NamedTuple

from kvalreg.audit.cell_address import CellAddress
from kvalreg.audit.cells import Cell, PublishedCells
from kvalreg.audit.claims import Form
from kvalreg.disclosure.published import Status
from kvalreg.inputs.descriptor import Indicator
from kvalreg.report.not_shown import FOOTNOTES
from kvalreg.report.wording import Words
from kvalreg.statistics.funnel import Verdict

_DIGITS = 4
_RANKS = {("high", "certain"): 0, ("high", "uncertain"): 1, ("moderate", "certain"): 2, ("moderate", "uncertain"): 2}
_RANKS |= {("low", "uncertain"): 3, ("low", "certain"): 4}
_CHANGES = {"better": ("0",), "increased": ("1",), "unclear": ("2",), "decreased": ("3", "4"), "worse": ("4", "3")}
_FILTERED = {"better": "improved", "worse": "worsened", "unclear": "unchanged"}
Texts = tuple[str, ...]
NOTHING: Texts = ("",)


class Subject(NamedTuple):
    """A cell with all that its texts depend on."""

    cells: PublishedCells
    address: CellAddress
    cell: Cell
    indicator: Indicator
    words: Words

    @property
    def before(self) -> float:
        """The shown value of the year before; NaN where there is none."""
        cell = self.cells.before(self.address)
        return float(cell["value"]) if cell is not None and cell["shown"] else math.nan


def texts_of(role: str, form: Form, subject: Subject) -> Texts | None:
    """The texts that may stand in a role; None for a role that is not known."""
    made = _MADE.get((role, form))
    return None if made is None else made(subject)


def exact(number: float) -> str:
    """A number as files and attributes write it, to four significant digits; empty for none."""
    if math.isnan(number):
        return ""
    rounded = float(f"{number:.{_DIGITS}g}") if abs(number) < 10**_DIGITS else float(round(number))
    return str(int(rounded)) if rounded.is_integer() else str(rounded)


def same_number(told: str, meant: str) -> bool:
    """Whether two texts are one number, whatever their decimal sign; empty is the same as empty only."""
    if not told or not meant:
        return told == meant
    try:
        return math.isclose(float(told.replace(",", ".")), float(meant), rel_tol=1e-9, abs_tol=1e-12)
    except ValueError:
        return False


def _column(name: str) -> Callable[[Subject], Texts]:
    return lambda one: (exact(one.cell[name]),)


def _code(name: str) -> Callable[[Subject], Texts]:
    return lambda one: (str(one.cell[name]),)


def _value(one: Subject) -> Texts:
    cell, say = one.cell, one.words
    if not cell["shown"]:
        word = say(f"states.{cell['status']}")
        others = (say("revision.hidden"), "") if cell["status"] == Status.SECRET else ("",)
        return word, *(f"{word} {sign * times}" for sign in "*†‡" for times in range(1, 5)), *others
    text = say.value(one.indicator, cell["value"])
    return (text, f"{text} ({_interval(one)[0]})") if not math.isnan(cell["low"]) else (text,)


def _interval(one: Subject) -> Texts:
    if math.isnan(one.cell["low"]):
        return NOTHING
    return (one.words.interval(one.indicator, one.cell["low"], one.cell["high"]),)


def _patients(one: Subject) -> Texts:
    return (one.words.patients(one.indicator, one.cell["denominator"]),)


def _patients_sorted(one: Subject) -> Texts:
    told = one.words.patients(one.indicator, one.cell["denominator"])
    return (str(int(one.cell["denominator"])),) if told else NOTHING


def _target(one: Subject) -> Texts:
    green = one.indicator.level_green
    return NOTHING if green is None else (one.words.value(one.indicator, green),)


def _level(one: Subject) -> Texts:
    cell, say = one.cell, one.words
    if not cell["shown"]:
        return NOTHING
    if not cell["achievement"]:
        return say("levels.none"), ""
    keys = (f"{cell['achievement']}_{cell['certainty'] or 'unknown'}", cell["achievement"])
    told = (say(f"levels.{key}") for key in keys)
    return tuple(say("states.provisional_level", level=text) if cell["provisional"] else text for text in told)


def _level_sorted(one: Subject) -> Texts:
    cell = one.cell
    if not cell["shown"]:
        return NOTHING
    rank = str(_RANKS.get((cell["achievement"], cell["certainty"]), 5))
    return (rank,) if cell["achievement"] else (rank, "")


def _change(one: Subject) -> Texts:
    cell = one.cell
    if not cell["shown"]:
        return NOTHING
    year = "" if math.isnan(cell["change_from"]) else str(int(cell["change_from"]))
    return (one.words(f"change.{cell['change'] or 'none'}", year=year),)


def _verdict(one: Subject) -> Texts:
    code = one.cells.verdict(one.address)
    return (one.words(f"verdicts.{code}"),) if code else NOTHING


def _verdict_drawn(one: Subject) -> Texts:
    code = one.cells.verdict(one.address)
    return (code if code and Verdict(code).given else "none",)


def _verdict_sorted(one: Subject) -> Texts:
    return (str([str(code) for code in Verdict].index(one.cells.verdict(one.address))),)


def _value_before(one: Subject) -> Texts:
    return NOTHING if math.isnan(one.before) else (one.words.value(one.indicator, one.before),)


def _coverage(one: Subject) -> Texts:
    share = one.cell["coverage"]
    return NOTHING if math.isnan(share) else (one.words.frequency(share),)


def _sentence(one: Subject) -> Texts:
    """What a page says of a unit that a reader has picked, under each of the unit's names."""
    cell, say = one.cell, one.words
    names = one.cells.names(one.address.unit, say.language)
    suffix = "_provisional" if cell["provisional"] else ""
    if not cell["shown"] and not _patients(one)[0]:
        return tuple(say(f"message.unit_secret{suffix}", unit=name, year=cell["year"]) for name in names)
    if not cell["shown"]:
        value, rest = say("message.count_patients", count=int(cell["denominator"])), []
    else:
        value = say.as_subject(one.indicator, say.value(one.indicator, cell["value"]))
        rest = [f"{_level(one)[0]}."] if cell["achievement"] else []
        rest += [f"{_change(one)[0]}."] if cell["change"] else []
    sentences = (say(f"message.unit{suffix}", unit=name, value=value, year=cell["year"]) for name in names)
    return tuple(" ".join([sentence, *rest]) for sentence in sentences)


def _filter_level(one: Subject) -> Texts:
    return (one.cell["achievement"] or "without",) if one.cell["shown"] else (str(one.cell["status"]),)


def _filter_certainty(one: Subject) -> Texts:
    return one.cell["certainty"], ""


def _filter_change(one: Subject) -> Texts:
    return _FILTERED.get(one.cell["change"], ""), ""


_TEXT, _NUMBER, _SORT, _CODE = Form.TEXT, Form.NUMBER, Form.SORT, Form.CODE
_MADE: Mapping[tuple[str, Form], Callable[[Subject], Texts]] = {
    ("value", _TEXT): _value,
    ("value", _NUMBER): _column("value"),
    ("value", _SORT): _column("value"),
    ("low", _NUMBER): _column("low"),
    ("high", _NUMBER): _column("high"),
    ("interval", _TEXT): _interval,
    ("n", _TEXT): _patients,
    ("n", _NUMBER): _column("denominator"),
    ("n", _SORT): _patients_sorted,
    ("target", _TEXT): _target,
    ("achievement", _TEXT): _level,
    ("achievement", _SORT): _level_sorted,
    ("achievement", _CODE): _code("achievement"),
    ("change", _TEXT): _change,
    ("change", _SORT): lambda one: _CHANGES.get(one.cell["change"], NOTHING),
    ("change", _CODE): _code("change"),
    ("verdict", _TEXT): _verdict,
    ("verdict", _SORT): _verdict_sorted,
    ("verdict", _CODE): lambda one: (one.cells.verdict(one.address),),
    ("drawn-verdict", _CODE): _verdict_drawn,
    ("value-before", _TEXT): _value_before,
    ("value-before", _NUMBER): lambda one: (exact(one.before),),
    ("value-before", _SORT): lambda one: (exact(one.before),),
    ("coverage", _TEXT): _coverage,
    ("coverage", _NUMBER): _column("coverage"),
    ("provisional", _CODE): lambda one: (str(bool(one.cell["provisional"])).lower(),),
    ("provisional", _NUMBER): lambda one: (str(int(one.cell["provisional"])),),
    ("shown", _CODE): lambda one: (str(bool(one.cell["shown"])).lower(),),
    ("footnote", _CODE): lambda one: (FOOTNOTES[one.cell["status"]],),
    ("unit-sentence", Form.SENTENCE): _sentence,
    ("filter-niva", _CODE): _filter_level,
    ("filter-sikkerhet", _CODE): _filter_certainty,
    ("filter-endring", _CODE): _filter_change,
}
"""Every role of one cell in every form, and what makes its texts."""
