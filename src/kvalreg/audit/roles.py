"""What a text in each role must say, worked out from its cell anew: language, rounding, and what may not be said.

Owns every role: `NUMBERS`, `TEXTS`, `SORTED`, `CODES`, `COUNTED` and `RULES`. Comes in: a `Subject`. Goes out:
the texts that may stand for it. Of a cell that is not shown the result is nothing but the word for why; of a secret one
there is no number at all, since `Published` has none.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping, Sized
from functools import partial

import numpy as np

from kvalreg.audit.cells import Cell, Subject, Texts
from kvalreg.audit.claims import Form
from kvalreg.audit.vocabulary import DIGIT, YEAR
from kvalreg.disclosure.published import CellStatus
from kvalreg.report.footnotes import FOOTNOTE_CODES
from kvalreg.site.latest_results import LatestResults
from kvalreg.statistics.funnel import Verdict

_DIGITS = 4
_RANKS = {("high", "certain"): 0, ("high", "uncertain"): 1, ("moderate", "certain"): 2, ("moderate", "uncertain"): 2}
_RANKS |= {("low", "uncertain"): 3, ("low", "certain"): 4}
_CHANGES = {"better": ("0",), "increased": ("1",), "unclear": ("2",), "decreased": ("3", "4"), "worse": ("4", "3")}
"""Changes, and what a column of them is sorted by."""
_FILTERED = {"better": "improved", "worse": "worsened", "unclear": "unchanged"}
COUNT = re.compile(r"\d{1,3}(?:[ ,]\d{3})+|\d+")
"""A whole number, with or without signs between its thousands."""
NOTHING: Texts = ("",)


def exact(number: float) -> str:
    """A number as files and attributes write it, to four significant digits; empty for none."""
    if math.isnan(number):
        return ""
    rounded = float(f"{number:.{_DIGITS}g}") if abs(number) < 10**_DIGITS else float(round(number))
    return str(int(rounded)) if rounded.is_integer() else str(rounded)


def same_number(text: str, meant: str) -> bool:
    """Whether two texts are one number, whatever their decimal sign; empty is the same as empty only."""
    if not text or not meant:
        return text == meant
    try:
        return math.isclose(float(text.replace(",", ".")), float(meant), rel_tol=1e-9, abs_tol=1e-12)
    except ValueError:
        return False


# --- a cell ----------------------------------------------------------------------------------------------------------
def _value(subject: Subject) -> Texts:
    cell, words = subject.cell, subject.words
    if not cell["shown"]:
        word = words(f"states.{cell['status']}")
        others = (words("revision.hidden"), "") if cell["status"] == CellStatus.SECRET else NOTHING
        return word, *(f"{word} {sign * times}" for sign in "*†‡" for times in range(1, 5)), *others
    text = words.format_value(subject.indicator, cell["value"])
    return text, f"{text} ({_interval(subject)[0]})"


def _interval(subject: Subject) -> Texts:
    low, high = subject.cell["low"], subject.cell["high"]
    return NOTHING if math.isnan(low) else (subject.words.format_interval(subject.indicator, low, high),)


def _share(subject: Subject, share: float) -> Texts:
    return NOTHING if math.isnan(share) else (subject.words.format_frequency(share),)


def _patients(subject: Subject) -> Texts:
    return (subject.words.format_patients(subject.indicator, subject.cell["denominator"]),)


def _level(subject: Subject) -> Texts:
    cell, words = subject.cell, subject.words
    if not cell["shown"]:
        return NOTHING
    if not cell["achievement"]:
        return words("levels.none"), ""
    keys = (f"{cell['achievement']}_{cell['certainty'] or 'unknown'}", cell["achievement"])
    texts = (words(f"levels.{key}") for key in keys)
    return tuple(words("states.provisional_level", level=text) if cell["provisional"] else text for text in texts)


def _level_rank(subject: Subject) -> Texts:
    cell = subject.cell
    rank = str(_RANKS.get((cell["achievement"], cell["certainty"]), 5))
    return NOTHING if not cell["shown"] else (rank,) if cell["achievement"] else (rank, "")


def _change(subject: Subject) -> Texts:
    cell = subject.cell
    year = "" if math.isnan(cell["change_from"]) else str(int(cell["change_from"]))
    return (subject.words(f"change.{cell['change'] or 'none'}", year=year),) if cell["shown"] else NOTHING


def _verdict(subject: Subject) -> Texts:
    return (subject.words(f"verdicts.{subject.verdict}"),) if subject.verdict else NOTHING


def _verdict_code(subject: Subject) -> Texts:
    code = subject.verdict
    return (code,) if code and Verdict(code).is_verdict else (code, "none")


def _sentence(subject: Subject) -> Texts:
    """What a page says of a unit that a reader has picked, under each of the unit's names."""
    cell, words = subject.cell, subject.words
    suffix, patients = "_provisional" if cell["provisional"] else "", cell["denominator"]
    key, value, rest = f"message.unit{suffix}", "", []
    if cell["shown"]:
        value = words.phrase_from_text(subject.indicator, _value(subject)[0])
        rest = [_level(subject)[0]] * bool(cell["achievement"]) + [_change(subject)[0]] * bool(cell["change"])
    elif _patients(subject) == NOTHING:
        key = f"message.unit_secret{suffix}"
    else:
        value = words("message.count_patients", count=int(patients))
    names = subject.cells.names(subject.address.unit, words.language)
    sentences = (words(key, unit=name, value=value, year=cell["year"]) for name in names)
    return tuple(" ".join([sentence, *(f"{part}." for part in rest)]) for sentence in sentences)


# --- all units of a level --------------------------------------------------------------------------------------------
def _common(subject: Subject) -> float:
    """The share of all shown units together."""
    patients = sum(cell["denominator"] for cell in subject.shown)
    return float(sum(cell["var"] for cell in subject.shown) / patients) if patients else math.nan


def _with_level(subject: Subject, level: str = "") -> list[Cell]:
    return [cell for cell in subject.shown if cell["achievement"] and level in ("", cell["achievement"])]


def _unsure(subject: Subject) -> list[Cell]:
    """Those whose interval has values on both sides of the target, which itself counts as reached."""
    target, high_is_good = subject.indicator.level_green or 0, subject.indicator.level_direction == 1
    return [
        cell
        for cell in _with_level(subject)
        if (cell["low"] < target <= cell["high"] if high_is_good else cell["low"] <= target < cell["high"])
    ]


def _moved(subject: Subject, change: str = "") -> list[Cell]:
    """Those that can be compared with a shown result of the year before."""
    return [
        cell
        for cell in subject.shown
        if cell["change"] and change in ("", cell["change"]) and cell["change_from"] == cell["year"] - 1
        and not math.isnan(subject.before(cell["orgnr"]))
    ]  # fmt: skip


def _with_verdict(code: str, subject: Subject) -> list[str]:
    found = subject.cells.funnel(subject.address, subject.address.level)[1] if subject.shown else {}
    return [unit for unit in found if found[unit] == code]


COUNTED: Mapping[str, Callable[[Subject], Sized]] = {
    "units": _with_level,
    "units-shown": lambda subject: subject.shown,
    "units-hidden": lambda subject: [cell for cell in subject.units if not cell["shown"]],
    "units-unsure": _unsure,
    "units-moved": _moved,
    **{f"units-{level}": partial(_with_level, level=level) for level in ("high", "moderate", "low")},
    **{f"units-{change}": partial(_moved, change=change) for change in _CHANGES},
    **{f"units-{code}": partial(_with_verdict, str(code)) for code in Verdict},
}
"""Roles that count units of a level, and which units each one counts."""


# --- earlier editions ------------------------------------------------------------------------------------------------
def _past(role: str, subject: Subject, form: Form) -> Texts:
    """What an earlier edition showed; of a cell that is secret now no number, of one not shown no result."""
    now, texts = subject.cell, NOTHING
    for past in subject.past:
        if role == "value" and form == "text" and not past.cell["shown"]:
            texts += (subject.words(f"states.{past.cell['status']}"),)
        elif now["status"] != CellStatus.SECRET and (role == "n" or (now["shown"] and past.cell["shown"])):
            texts += (texts_of(past, role, form) or NOTHING)[:1]
    return texts


def _past_level(subject: Subject) -> Texts:
    """Which level a changed cell went from and to."""
    words, cells = subject.words, [past.cell for past in subject.past if past.cell["shown"] and subject.cell["shown"]]
    now, *before = (words(f"levels.{cell['achievement'] or 'none'}") for cell in (subject.cell, *cells))
    return *NOTHING, *(words("revision.level", before=was, now=now) for was in before)


# --- every role ------------------------------------------------------------------------------------------------------
def _reached(subject: Subject) -> float:
    """The share of a registry's newest results that reach their target."""
    reached, of = LatestResults(subject.cells.published).targets_reached
    return reached / of if of else math.nan


def _target(name: str, subject: Subject) -> float:
    target = getattr(subject.indicator, name)
    return math.nan if target is None else float(target)


def _flag(flag: object) -> Texts:
    return ("true", "1") if flag else ("false", "0")


def _is_provisional(subject: Subject) -> Texts:
    cells = subject.shown if subject.address.level else [subject.cell]
    return _flag(any(cell["provisional"] for cell in cells))


def _filter_level(subject: Subject) -> Texts:
    cell = subject.cell
    return ((cell["achievement"] or "without") if cell["shown"] else str(cell["status"]),)


NUMBERS: Mapping[str, Callable[[Subject], float]] = {
    "value": lambda subject: subject.cell["value"],
    "low": lambda subject: subject.cell["low"],
    "high": lambda subject: subject.cell["high"],
    "n": lambda subject: subject.cell["denominator"],
    "coverage": lambda subject: subject.cell["coverage"],
    "value-before": lambda subject: subject.before(subject.address.unit),
    "target": partial(_target, "level_green"),
    "target-moderate": partial(_target, "level_yellow"),
    "lowest": lambda subject: min((cell["value"] for cell in subject.shown), default=math.nan),
    "highest": lambda subject: max((cell["value"] for cell in subject.shown), default=math.nan),
    "common": _common,
    "reached": _reached,
}
"""Roles of numbers, which readers see in the unit of the result where `TEXTS` has nothing else."""
TEXTS: Mapping[str, Callable[[Subject], Texts]] = {
    "value": _value,
    "interval": _interval,
    "n": _patients,
    "coverage": lambda subject: _share(subject, subject.cell["coverage"]),
    "reached": lambda subject: _share(subject, _reached(subject)),
    "achievement": _level,
    "change": _change,
    "verdict": _verdict,
    "unit-sentence": _sentence,
    "levels": _past_level,
}
"""What readers see in a role, in the language of the page."""
SORTED: Mapping[str, Callable[[Subject], Texts]] = {
    "n": lambda subject: (exact(subject.cell["denominator"]), ""),
    "achievement": _level_rank,
    "change": lambda subject: _CHANGES.get(subject.cell["change"], NOTHING),
    "verdict": lambda subject: (str([*Verdict].index(Verdict(subject.verdict))),),
}
"""What a column is sorted by, where that is not the number itself."""
CODES: Mapping[str, Callable[[Subject], Texts]] = {
    "achievement": lambda subject: (subject.cell["achievement"],),
    "change": lambda subject: (subject.cell["change"],),
    "verdict": _verdict_code,
    "provisional": _is_provisional,
    "shown": lambda subject: _flag(subject.cell["shown"]),
    "footnote": lambda subject: (FOOTNOTE_CODES[subject.cell["status"]],),
    "past-footnote": lambda subject: (*NOTHING, *(FOOTNOTE_CODES[past.cell["status"]] for past in subject.past)),
    "filter-niva": _filter_level,
    "filter-sikkerhet": lambda subject: (subject.cell["certainty"], ""),
    "filter-endring": lambda subject: (_FILTERED.get(subject.cell["change"], ""), ""),
}
"""Words for programs."""


def texts_of(subject: Subject, role: str, form: Form) -> Texts | None:
    """The texts that may stand in a role; None where there is no such cell, or no such role of it."""
    key = (role, form)
    if key not in subject.texts:
        try:
            texts = _recomputed(subject, role, form)
            subject.texts[key] = tuple([" ".join(text.split()) for text in texts]) if form == "text" else texts
        except LookupError:
            subject.texts[key] = None
    return subject.texts[key]


def _recomputed(subject: Subject, role: str, form: Form) -> Texts:
    if form == "code":
        return CODES[role](subject)
    if form == "text" and role in TEXTS:
        return TEXTS[role](subject)
    if form == "sort" and role in SORTED:
        return SORTED[role](subject)
    if role in COUNTED:
        count = len(COUNTED[role](subject)) if subject.units else 0
        return str(count), subject.words.format_number(count)
    if role in ("past-value", "past-n"):
        return _past(role.removeprefix("past-"), subject, form)
    number = NUMBERS[role](subject)
    if form != "text" or math.isnan(number):
        return (exact(number),)
    return (subject.words.format_value(subject.indicator, number),)


# --- roles in which several texts are true ---------------------------------------------------------------------------
def _names_unit(subject: Subject, text: str) -> bool:
    """A chart breaks a long name into lines, also behind a hyphen."""
    names = subject.cells.names(subject.address.unit, subject.words.language)
    return text in names or "".join(text.split()) in {"".join(name.split()) for name in names}


def _is_part_of_name(subject: Subject, text: str) -> bool:
    """A drawing breaks long names into lines, and cuts what is longer."""
    names = subject.cells.names(subject.address.unit, subject.words.language)
    return any(text.rstrip("…") in name for name in names)


def _names_indicator(subject: Subject, text: str) -> bool:
    """An indicator's title, and words behind it."""
    indicator = subject.cells.indicators.get(subject.address.ind_id)
    title = " ".join(indicator.title.split()) if indicator else ""
    return bool(title) and text.startswith(title) and not DIGIT.search(YEAR.sub("", text.removeprefix(title)))


def _is_year(subject: Subject, text: str) -> bool:
    year = subject.address.year
    return text in (year, f"{year} ({subject.words('figure.provisional')})")


def _is_end_of_level(subject: Subject, text: str) -> bool:
    return any(same_number(text, repr(_target(name, subject))) for name in ("level_green", "level_yellow"))


def _is_limit(subject: Subject, text: str) -> bool:
    return all(int(re.sub(r"\D", "", number)) in subject.cells.limits for number in COUNT.findall(text))


def _is_count_of_changes(subject: Subject, text: str) -> bool:
    """There are never more changes than cells."""
    return bool(COUNT.fullmatch(text)) and int(re.sub(r"\D", "", text)) <= len(subject.cells.published.cells)


def _is_near_difference(subject: Subject, text: str) -> bool:
    """A dot of changes stands on the pile of those that moved alike: ``0.03~0.01`` has the pile's place and width."""
    cell, before = subject.cells.cell(subject.address), subject.before(subject.address.unit)
    if cell is None or not cell["shown"] or math.isnan(before):
        return False
    place, width = map(float, text.split("~"))
    return abs(place - (float(cell["value"]) - before)) <= width * 0.51


def _is_funnel(subject: Subject, text: str) -> bool:
    """The lines of a funnel, by numbers of patients: ``{"n": [...], "low95": [...], "high95": [...], ...}``."""
    columns = json.loads(text)
    found, _ = subject.cells.funnel(subject.address, subject.address.level)
    lines = [line for confidence in (0.95, 0.998) for line in found.limits(np.array(columns["n"], float), confidence)]
    drawn = [value for name in ("low95", "high95", "low998", "high998") for value in columns[name]]
    return [exact(float(value)) for line in lines for value in line] == [str(value) for value in drawn]


RULES: Mapping[str, Callable[[Subject, str], bool]] = {
    "unit": _names_unit,
    "unit-part": _is_part_of_name,
    "indicator": _names_indicator,
    "year": _is_year,
    "yours": lambda _, text: not text,
    "zone": _is_end_of_level,
    "limit": _is_limit,
    "changes": _is_count_of_changes,
    "difference": _is_near_difference,
    "funnel": _is_funnel,
}
"""Roles in which several texts are true, and what is asked of each."""
