"""What fragments say about cells: numbers, hidden marks, and units named beside a number.

Owns the judgement of what is a number about a cell and what is not: years, targets, orgnr and titles are not. Comes
in: `Passage`s and `Record`s. Goes out: `Reading`s, for which the cell is known, and `Claim`s, for which it is known in
part. Which cells are hidden is not known here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from kvalreg.inputs.descriptor import IndicatorType
from kvalreg.inputs.units import Level
from kvalreg.release.audit_fragments import Field, Fragment, Passage, Record, TextKind, told
from kvalreg.release.audit_public import Key, Place, Public, Spot, catalogue, plain, without_years, years
from kvalreg.release.published_numbers import Numbers, drawn, printed, printed_interval
from kvalreg.report.tables import FOOTNOTE

HIDDEN_MARKS = catalogue("states.hidden")
_LEVEL_WORDS = catalogue(
    *(f"levels.{a}{b}" for a in ("high", "moderate", "low") for b in ("", "_certain", "_uncertain"))
)
_FUNNEL_WORDS = catalogue(*(f"verdicts.{code}" for code in ("as_expected", "possible_deviation", "deviation")))
_CODES = {"high", "moderate", "low", "as_expected", "possible_deviation", "deviation"}
_CODES |= {"better", "worse", "increased", "decreased", "unclear"}
_VERDICTS = _LEVEL_WORDS | _FUNNEL_WORDS | _CODES
_TARGETS = tuple({text.partition("{")[0] for text in catalogue("message.target_min", "message.target_max")})
_ROLES = {
    "n": catalogue("table.patients") | {"denominator", "n", "patients", "nevner"},
    "x": frozenset({"var", "x", "numerator", "teller"}),
    "value": catalogue("table.value") | {"value", "verdi", "share"},
    "text": frozenset({"text"}),
    "low": frozenset({"low", "lower"}),
    "high": frozenset({"high", "upper"}),
    "interval": catalogue("table.interval") | {"interval", "ci"},
    "shown": frozenset({"shown"}),
    "footnote": frozenset({"footnote"}),
    "unit": catalogue("table.unit", "table.indicator", "table.year")
    | {"unit", "unit_name", "name", "short_name", "hospital", "title", "navn", "enhet"},
    "aside": catalogue("table.target", "table.change")
    | {"registry", "register", "registry_id", "ind_id", "indicator", "context", "year", "orgnr", "unit_id", "target"}
    | {"level_green", "level_yellow", "level_direction", "min_denominator", "provisional", "dashed", "change_from"}
    | {
        "coverage_year",
        "dg_year",
        "series_from",
        "registry_name",
        "unit_level",
        "latest_update",
        "latest_affirm",
        "$schema",
        "parent",
    },
}
_ROLE_OF = {name.lower(): role for role, names in _ROLES.items() for name in names}
_NUMBER_WORDS = (
    "null|en|ett|én|to|tre|fire|fem|seks|sju|syv|åtte|ni|ti|elleve|tolv|"
    "one|two|three|four|five|six|seven|eight|nine|ten"
)
_SAYS_RESULT = re.compile(
    rf"\d|\b(?:{_NUMBER_WORDS}|alle|ingen|none|all)\s+(?:av|of|pasient\w*|patients?|tilfeller?|cases?)\b|"
    + "|".join(re.escape(phrase) for phrase in sorted(_LEVEL_WORDS)),
    re.IGNORECASE,
)
HIDDEN_CODE = "hidden"
"""What open data has in the column ``footnote`` of a hidden cell."""
_ADDRESS = re.compile(r"[\w./-]+\.(?:json|csv|html)")
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-ZÆØÅ0-9])")


@dataclass(frozen=True, slots=True)
class Reading:
    """One place that tells of one cell. `numbers` is None where the cell is marked as hidden.

    The key's context is empty where nothing around it tells which it is.
    """

    key: Key
    numbers: Numbers | None
    spot: Spot


@dataclass(frozen=True, slots=True)
class Claim:
    """A number, or a verdict, beside these units; what the spot does not know may be anything.

    `years` is empty where none is named.
    """

    places: tuple[Place, ...]
    years: tuple[int, ...]
    spot: Spot


@dataclass(frozen=True, slots=True)
class Unattached:
    """A row of one of our own tables that tells of no cell we can name."""

    spot: Spot


def read_fragment(public: Public, fragment: Fragment) -> Iterator[Reading | Claim | Unattached]:
    """Everything that a fragment says about cells."""
    if isinstance(fragment, Passage):
        yield from _passage(public, fragment)
    else:
        yield from _record(public, fragment)


# --- texts -----------------------------------------------------------------------------------------------------------
def _passage(public: Public, passage: Passage) -> Iterator[Claim]:
    spot = passage.spot
    if passage.kind is TextKind.LABEL and (places := _of_level(public.named(passage.text), spot)):
        yield Claim(places, _years(spot), spot)
        return
    for sentence in _SENTENCE.split(passage.text):
        if not _SAYS_RESULT.search(sentence) or sentence.startswith(_TARGETS):
            continue
        places, rest = public.mentioned(sentence)
        titled = public.titled(sentence, spot.registry)
        if titled:
            places = (*places, _nation(public))
        if not places and passage.kind is TextKind.PROSE:
            places = _about(public, spot)
        if places and _says_result(public, rest):
            where = spot.known(registry=titled[0][0], ind_id=titled[0][1]) if len(titled) == 1 else spot
            yield Claim(places, years(public.without_titles(rest)) or _years(spot), where)


def _says_result(public: Public, text: str) -> bool:
    """Whether a text holds a number or a verdict that may be a result: no year, no ``95 %``, no title's number."""
    rest = re.sub(r"95\s?%", " ", without_years(public.without_titles(text)))
    return _SAYS_RESULT.search(rest) is not None


def _years(spot: Spot) -> tuple[int, ...]:
    return () if spot.year is None else (spot.year,)


def _nation(public: Public) -> Place:
    return Place(Level.NATION.value, public.units.nation.orgnr)


def _about(public: Public, spot: Spot) -> tuple[Place, ...]:
    """The unit that the surroundings tell of."""
    if spot.orgnr is not None:
        return _of_level(public.by_orgnr(spot.orgnr), spot)
    return (_nation(public),) if spot.level == Level.NATION.value else ()


def _of_level(places: tuple[Place, ...], spot: Spot) -> tuple[Place, ...]:
    """Of several units with one name, those of the level that the surroundings tell of; all where none is."""
    return tuple(place for place in places if place.level == spot.level) or places


# --- records ---------------------------------------------------------------------------------------------------------
def _record(public: Public, record: Record) -> Iterator[Reading | Claim | Unattached]:
    spot, places = _identify(public, record)
    hidden, speaks = _hidden(record), _speaks(public, record)
    if not (hidden or speaks):
        return
    key = _key(spot, places)
    if key is not None:
        numbers = _numbers(public, record, key)
        if hidden:
            yield Reading(key, None, spot)
        elif numbers:
            yield Reading(key, numbers, spot)
            return
    if places and speaks:
        yield Claim(places, _years(spot), spot)
    if record.own and key is None:
        yield Unattached(record.spot)


def _key(spot: Spot, places: tuple[Place, ...]) -> Key | None:
    """The cell that a record is about; its context is empty where nothing tells it."""
    if spot.registry is None or spot.ind_id is None or spot.year is None or len(places) != 1:
        return None
    return Key(spot.registry, spot.ind_id, spot.context or "", spot.year, places[0])


def _identify(public: Public, record: Record) -> tuple[Spot, tuple[Place, ...]]:
    """Which cell a record is about, from its own fields first, then from what stands around it."""
    spot = told(public, record.spot, {one.name: one.text for one in record.fields})
    names: tuple[Place, ...] = ()
    keyed = next((public.by_orgnr(one.text) for one in record.fields if one.name.lower() == "orgnr"), ())
    for at, one in enumerate(record.fields):
        role = _role(one)
        if one.machine or role not in ("unit", None):
            continue
        names = names or _of_level(public.named(one.text) or _long_orgnr(public, one.text), spot)
        if at == 0 or role == "unit":
            found = _indicator_named(public, one.text, spot)
            spot = spot.known(registry=found[0], ind_id=found[1]) if found else spot
            spot = spot.known(context=public.context(one.text))
            year = re.match(r"((?:19|20)\d\d)(?!\d)", one.text)
            spot = spot.known(year=int(year[1])) if year else spot
    if names:
        # Names repeat, and an orgnr does not; where the two contradict each other, the name is what readers see.
        return spot, tuple(place for place in names if place in keyed) or names
    return spot, _about(public, spot)


def _long_orgnr(public: Public, text: str) -> tuple[Place, ...]:
    return public.by_orgnr(text) if re.fullmatch(r"\d{6,}", text) else ()


def _indicator_named(public: Public, text: str, spot: Spot) -> tuple[str, str] | None:
    """The indicator that a row's first cell names, with or without a remark after it, or links to."""
    link = re.search(r"#(ind-[a-z0-9_-]+)", text)
    if link and link[1] in public.anchors:
        return public.anchors[link[1]]
    found = public.indicator(text, spot.registry)
    if found or spot.registry is None:
        return found
    starts = [i for i in public.registries[spot.registry].indicators if text.startswith(plain(i.title))]
    return (spot.registry, max(starts, key=lambda i: len(i.title)).id) if starts else None


def _role(one: Field) -> str | None:
    name = one.name.lower()
    return _ROLE_OF.get(name) if name else None


def _hidden(record: Record) -> bool:
    """Whether the record says that its cell is hidden: with the mark, a code, ``shown: false``, or empty numbers."""
    roles = {_role(one): one.text for one in record.fields}
    if any(_is_mark(one.text) for one in record.fields) or roles.get("shown", "").lower() in ("false", "0"):
        return True
    if HIDDEN_CODE in roles.get("footnote", "").split():
        return True
    empty = [roles[name] for name in ("n", "x", "value") if name in roles]
    return bool(empty) and all(text.lower() in ("", "nan") for text in empty)


def _is_mark(text: str) -> bool:
    """Whether a text is the mark of a hidden cell, with or without the sign of its footnote."""
    return text.removesuffix(FOOTNOTE).rstrip() in HIDDEN_MARKS


def _speaks(public: Public, record: Record) -> bool:
    """Whether any field holds a number or a verdict that may be the cell's."""
    return any(_speaking(public, one) for one in record.fields if _role(one) not in ("aside", "unit", "shown"))


def _speaking(public: Public, one: Field) -> bool:
    if one.text in _VERDICTS:
        return True
    if one.text.lower() in ("", "nan", "true", "false") or _is_mark(one.text) or public.named(one.text):
        return False
    if _ADDRESS.fullmatch(one.text):
        return False
    if _role(one) is None and not one.machine:
        return _says_result(public, public.mentioned(one.text)[1]) and _long_orgnr(public, one.text) == ()
    return re.search(r"\d", one.text if one.machine else without_years(one.text)) is not None


def _numbers(public: Public, record: Record, key: Key) -> Numbers:
    """The record's numbers, each as exactly as it is told."""
    kind = public.registries[key.registry].indicator(key.ind_id).type
    found = Numbers()
    for one in record.fields:
        role = _role(one)
        more = _number(one, role, record.spot)
        if role == "x" and not kind.summed:
            more = Numbers(value=more.x)
        if kind is IndicatorType.ANTALL:  # A count is its own number of patients; its denominator says nothing.
            more = Numbers(n=more.value)
        found = found.meet(more) or found
    return found


def _number(one: Field, role: str | None, spot: Spot) -> Numbers:
    if role == "interval" or role == "value":
        limits = None if one.machine else printed_interval(one.text, english=spot.english)
        if role == "interval":
            return Numbers(low=limits[0], high=limits[1]) if limits else Numbers()
        value = drawn(one.text) if one.machine else printed(one.text, english=spot.english)
        return Numbers(value=value, low=limits[0], high=limits[1]) if limits else Numbers(value=value)
    if role == "text":
        return Numbers(value=printed(one.text, english=spot.english))
    if role in ("n", "x", "low", "high"):
        span = drawn(one.text) if one.machine else printed(one.text, english=spot.english)
        return Numbers(**{role: span})
    return Numbers()
