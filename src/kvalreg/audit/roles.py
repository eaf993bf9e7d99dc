"""The texts of each role, computed from the published cell: number, rounding, language, and what must be left out.

Owns the roles of `NUMBERS`, `TEXTS`, `SORTED`, `CODES` and `COUNTED`. Input: a `Subject`. Output: the texts that
may stand for it. For a cell that is not shown, the result is only the word for the reason; for a secret cell there
is no number at all, since the published results have none.

For the value 0.91429 of a proportion with the interval 0.8512 to 0.9523, the form ``text`` in bokmål has the texts
``91 av 100`` and ``91 av 100 (85–95 %)``, and the form ``number`` has ``0.9143``. Any other text is a finding.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sized
from functools import partial

from kvalreg.audit.cells import Cell, Subject, Texts
from kvalreg.audit.claims import Form
from kvalreg.disclosure.published import CellStatus
from kvalreg.report.footnotes import FOOTNOTE_CODES
from kvalreg.site.latest_results import LatestResults
from kvalreg.statistics.funnel import Verdict

_SIGNIFICANT_DIGITS = 4
# The order of a sorted column: high levels first, and certain ones at both ends.
_LEVEL_RANKS = {
    ("high", "certain"): 0,
    ("high", "uncertain"): 1,
    ("moderate", "certain"): 2,
    ("moderate", "uncertain"): 2,
}
_LEVEL_RANKS |= {("low", "uncertain"): 3, ("low", "certain"): 4}
_CHANGE_RANKS = {"better": ("0",), "increased": ("1",), "unclear": ("2",), "decreased": ("3", "4"), "worse": ("4", "3")}
"""The ranks by which a column of changes may be sorted."""
_CHANGE_FILTERS = {"better": "improved", "worse": "worsened", "unclear": "unchanged"}
COUNT = re.compile(r"\d{1,3}(?:[ ,]\d{3})+|\d+")
"""A whole number, with or without separators of thousands."""
EMPTY: Texts = ("",)


def format_exact(number: float) -> str:
    """A number as files and attributes write it, to four significant digits; empty for NaN.

    >>> format_exact(0.914286), format_exact(12345.6), format_exact(2.0)
    ('0.9143', '12346', '2')
    """
    if math.isnan(number):
        return ""
    rounded = (
        float(f"{number:.{_SIGNIFICANT_DIGITS}g}") if abs(number) < 10**_SIGNIFICANT_DIGITS else float(round(number))
    )
    return str(int(rounded)) if rounded.is_integer() else str(rounded)


def same_number(text: str, expected: str) -> bool:
    """Whether two texts are the same number, with a decimal comma or point; an empty text equals only another."""
    if not text or not expected:
        return text == expected
    try:
        return math.isclose(float(text.replace(",", ".")), float(expected), rel_tol=1e-9, abs_tol=1e-12)
    except ValueError:
        return False


# --- a cell ----------------------------------------------------------------------------------------------------------
def _value(subject: Subject) -> Texts:
    cell, translator = subject.cell, subject.translator
    if not cell["shown"]:
        # The word for why, alone or with the sign of a footnote; in files, nothing.
        word = translator(f"states.{cell['status']}")
        other_texts = (translator("revision.hidden"), "") if cell["status"] == CellStatus.SECRET else EMPTY
        return word, *(f"{word} {sign * times}" for sign in "*†‡" for times in range(1, 5)), *other_texts
    text = translator.format_value(subject.indicator, cell["value"])
    return text, f"{text} ({_interval(subject)[0]})"


def _interval(subject: Subject) -> Texts:
    low, high = subject.cell["low"], subject.cell["high"]
    return EMPTY if math.isnan(low) else (subject.translator.format_interval(subject.indicator, low, high),)


def _frequency(subject: Subject, share: float) -> Texts:
    return EMPTY if math.isnan(share) else (subject.translator.format_frequency(share),)


def _patients(subject: Subject) -> Texts:
    return (subject.translator.format_patients(subject.indicator, subject.cell["denominator"]),)


def _level(subject: Subject) -> Texts:
    cell, translator = subject.cell, subject.translator
    if not cell["shown"]:
        return EMPTY
    if not cell["achievement"]:
        return translator("levels.none"), ""
    keys = (f"{cell['achievement']}_{cell['certainty'] or 'unknown'}", cell["achievement"])
    texts = (translator(f"levels.{key}") for key in keys)
    return tuple(translator("states.provisional_level", level=text) if cell["provisional"] else text for text in texts)


def _level_rank(subject: Subject) -> Texts:
    cell = subject.cell
    # 5 is behind all levels: a shown cell without one.
    rank = str(_LEVEL_RANKS.get((cell["achievement"], cell["certainty"]), 5))
    return EMPTY if not cell["shown"] else (rank,) if cell["achievement"] else (rank, "")


def _change_text(subject: Subject) -> Texts:
    cell = subject.cell
    year = "" if math.isnan(cell["change_from"]) else str(int(cell["change_from"]))
    return (subject.translator(f"change.{cell['change'] or 'none'}", year=year),) if cell["shown"] else EMPTY


def _verdict_text(subject: Subject) -> Texts:
    return (subject.translator(f"verdicts.{subject.verdict}"),) if subject.verdict else EMPTY


def _verdict_code(subject: Subject) -> Texts:
    code = subject.verdict
    return (code,) if code and Verdict(code).is_verdict else (code, "none")


def _unit_sentences(subject: Subject) -> Texts:
    """The sentence about a unit that a reader has selected, under each of the unit's names."""
    cell, translator = subject.cell, subject.translator
    suffix, patients = "_provisional" if cell["provisional"] else "", cell["denominator"]
    key, value, endings = f"message.unit{suffix}", "", list[str]()
    if cell["shown"]:
        # Shown: value, level and change. Secret: no number. Otherwise the number of patients alone.
        value = translator.phrase_from_text(subject.indicator, _value(subject)[0])
        endings = [_level(subject)[0]] * bool(cell["achievement"]) + [_change_text(subject)[0]] * bool(cell["change"])
    elif _patients(subject) == EMPTY:
        key = f"message.unit_secret{suffix}"
    else:
        value = translator("message.count_patients", count=int(patients))
    names = subject.cells.names(subject.address.unit, translator.language)
    # Built anew rather than taken from the page: the word order is that of the catalogue's message.
    sentences = (translator(key, unit=name, value=value, year=cell["year"]) for name in names)
    return tuple(" ".join([sentence, *(f"{ending}." for ending in endings)]) for sentence in sentences)


# --- all units of a level --------------------------------------------------------------------------------------------
def _pooled_value(subject: Subject) -> float:
    """The pooled proportion of all shown units: the sum of their numerators by the sum of their patients."""
    patients = sum(cell["denominator"] for cell in subject.shown)
    return float(sum(cell["var"] for cell in subject.shown) / patients) if patients else math.nan


def _units_with_level(subject: Subject, level: str = "") -> list[Cell]:
    return [cell for cell in subject.shown if cell["achievement"] and level in ("", cell["achievement"])]


def _uncertain_units(subject: Subject) -> list[Cell]:
    """Units whose interval has values on both sides of the target, which itself counts as reached.

    With the target 0.90 and high values good, 0.85 to 0.95 is uncertain and so is 0.85 to 0.90; 0.90 to 0.95 is not.
    """
    target, high_is_good = subject.indicator.level_green or 0, subject.indicator.level_direction == 1
    return [
        cell
        for cell in _units_with_level(subject)
        if (cell["low"] < target <= cell["high"] if high_is_good else cell["low"] <= target < cell["high"])
    ]


def _changed_units(subject: Subject, change: str = "") -> list[Cell]:
    """Units whose result can be compared with a shown result of the year before."""
    return [
        cell
        for cell in subject.shown
        if cell["change"] and change in ("", cell["change"]) and cell["change_from"] == cell["year"] - 1
        and not math.isnan(subject.before(cell["orgnr"]))
    ]  # fmt: skip


def _units_with_verdict(code: str, subject: Subject) -> list[str]:
    codes = subject.cells.funnel(subject.address, subject.address.level)[1] if subject.shown else {}
    return [unit for unit in codes if codes[unit] == code]


COUNTED: Mapping[str, Callable[[Subject], Sized]] = {
    "units": _units_with_level,
    "units-shown": lambda subject: subject.shown,
    "units-hidden": lambda subject: [cell for cell in subject.units if not cell["shown"]],
    "units-unsure": _uncertain_units,
    "units-moved": _changed_units,
    **{f"units-{level}": partial(_units_with_level, level=level) for level in ("high", "moderate", "low")},
    **{f"units-{change}": partial(_changed_units, change=change) for change in _CHANGE_RANKS},
    **{f"units-{code}": partial(_units_with_verdict, str(code)) for code in Verdict},
}
"""Roles that count units of a level, and the units that each of them counts."""


# --- earlier editions ------------------------------------------------------------------------------------------------
def _past_texts(role: str, subject: Subject, form: Form) -> Texts:
    """The texts of an earlier edition; no number of a cell that is secret now, and no result of one not shown now."""
    # A number that was published before may have been suppressed since: the new edition must not repeat it.
    now, texts = subject.cell, EMPTY
    for past in subject.past:
        if role == "value" and form == "text" and not past.cell["shown"]:
            texts += (subject.translator(f"states.{past.cell['status']}"),)
        elif now["status"] != CellStatus.SECRET and (role == "n" or (now["shown"] and past.cell["shown"])):
            texts += (texts_of(past, role, form) or EMPTY)[:1]
    return texts


def _past_level_texts(subject: Subject) -> Texts:
    """The earlier and the current level of a revised cell."""
    translator, cells = (
        subject.translator,
        [past.cell for past in subject.past if past.cell["shown"] and subject.cell["shown"]],
    )
    now, *before = (translator(f"levels.{cell['achievement'] or 'none'}") for cell in (subject.cell, *cells))
    return *EMPTY, *(translator("revision.level", before=was, now=now) for was in before)


# --- every role ------------------------------------------------------------------------------------------------------
def _targets_reached_share(subject: Subject) -> float:
    """The share of a registry's latest results that reach their target."""
    reached, total = LatestResults(subject.cells.published).targets_reached
    return reached / total if total else math.nan


def target_value(name: str, subject: Subject) -> float:
    """A limit of the indicator's levels, by its field's name; NaN where it has none."""
    target = getattr(subject.indicator, name)
    return math.nan if target is None else float(target)


def _flag_texts(flag: object) -> Texts:
    return ("true", "1") if flag else ("false", "0")


def _is_provisional(subject: Subject) -> Texts:
    cells = subject.shown if subject.address.level else [subject.cell]
    return _flag_texts(any(cell["provisional"] for cell in cells))


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
    "target": partial(target_value, "level_green"),
    "target-moderate": partial(target_value, "level_yellow"),
    "lowest": lambda subject: min((cell["value"] for cell in subject.shown), default=math.nan),
    "highest": lambda subject: max((cell["value"] for cell in subject.shown), default=math.nan),
    "common": _pooled_value,
    "reached": _targets_reached_share,
}
"""Roles of numbers; where `TEXTS` has no role of the name, readers see them formatted as the indicator's values."""
TEXTS: Mapping[str, Callable[[Subject], Texts]] = {
    "value": _value,
    "interval": _interval,
    "n": _patients,
    "coverage": lambda subject: _frequency(subject, subject.cell["coverage"]),
    "reached": lambda subject: _frequency(subject, _targets_reached_share(subject)),
    "achievement": _level,
    "change": _change_text,
    "verdict": _verdict_text,
    "unit-sentence": _unit_sentences,
    "levels": _past_level_texts,
}
"""The texts that readers see in a role, in the language of the page."""
SORTED: Mapping[str, Callable[[Subject], Texts]] = {
    "n": lambda subject: (format_exact(subject.cell["denominator"]), ""),
    "achievement": _level_rank,
    "change": lambda subject: _CHANGE_RANKS.get(subject.cell["change"], EMPTY),
    "verdict": lambda subject: (str([*Verdict].index(Verdict(subject.verdict))),),
}
"""Sort keys of columns that are not sorted by the number itself."""
CODES: Mapping[str, Callable[[Subject], Texts]] = {
    "achievement": lambda subject: (subject.cell["achievement"],),
    "change": lambda subject: (subject.cell["change"],),
    "verdict": _verdict_code,
    "provisional": _is_provisional,
    "shown": lambda subject: _flag_texts(subject.cell["shown"]),
    "footnote": lambda subject: (FOOTNOTE_CODES[subject.cell["status"]],),
    "past-footnote": lambda subject: (*EMPTY, *(FOOTNOTE_CODES[past.cell["status"]] for past in subject.past)),
    "filter-niva": _filter_level,
    "filter-sikkerhet": lambda subject: (subject.cell["certainty"], ""),
    "filter-endring": lambda subject: (_CHANGE_FILTERS.get(subject.cell["change"], ""), ""),
}
"""Codes for programs."""


def texts_of(subject: Subject, role: str, form: Form) -> Texts | None:
    """The texts that may stand in a role; None where there is no such cell, or no such role of it."""
    # Every lookup on the way (registry, cell, unit, role) raises a LookupError for what does not exist.
    key = (role, form)
    if key not in subject.texts:
        try:
            texts = _compute_texts(subject, role, form)
            subject.texts[key] = tuple([" ".join(text.split()) for text in texts]) if form == "text" else texts
        except LookupError:
            subject.texts[key] = None
    return subject.texts[key]


def _compute_texts(subject: Subject, role: str, form: Form) -> Texts:
    # In the order of precedence: a role may have a text, a sort key and a number of its own.
    if form == "code":
        return CODES[role](subject)
    if form == "text" and role in TEXTS:
        return TEXTS[role](subject)
    if form == "sort" and role in SORTED:
        return SORTED[role](subject)
    if role in COUNTED:
        count = len(COUNTED[role](subject)) if subject.units else 0
        return str(count), subject.translator.format_number(count)
    if role in ("past-value", "past-n"):
        return _past_texts(role.removeprefix("past-"), subject, form)
    number = NUMBERS[role](subject)
    if form != "text" or math.isnan(number):
        return (format_exact(number),)
    return (subject.translator.format_value(subject.indicator, number),)
