"""What everybody knows before reading a page: the units, the registries' definitions, the words of the site.

Owns names: which unit, indicator, context, year or level a text, an id or an address speaks of. Comes in: the project's
own public files. Goes out: `Public`, and `Spot`, a place with what is known about it. It never sees a result.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple, TypeVar

from babel import Locale

from kvalreg.disclosure.published import Status
from kvalreg.inputs.descriptor import LEAST_SECRET, Registry
from kvalreg.inputs.descriptor_file import read_descriptors
from kvalreg.inputs.units import Level, Units, read_units
from kvalreg.project import Project
from kvalreg.report.addresses import anchor
from kvalreg.report.not_shown import SIGNS, NotShown, limit_of
from kvalreg.report.wording import LANGUAGES, words

CONTEXTS = ("caregiver", "resident")
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_MONTHS = "|".join(
    sorted({Locale.parse(name).months["format"]["wide"][at] for name in LANGUAGES for at in range(1, 13)})
)
_DAY_OR_VERSION = re.compile(rf"(?<!\d)\d{{1,2}}\.? (?:{_MONTHS})\b|(?<![\d.])\d+\.\d+\.\d+(?![\d.]*\d)")
_FEW_LETTERS = 2
_TELLING_ID = 6
"""An indicator's bare id of at least so many letters is recognised inside a longer name."""
_LEAST_ORGNR = 6
"""An orgnr of at least so many digits is recognised in running text as well."""


_MOST_REMEMBERED = 60_000
"""Texts of which something is remembered at most, so that a site of any size fits into memory."""
_K = TypeVar("_K", bound=Hashable)
_V = TypeVar("_V")


class Memory(dict[_K, _V]):
    """What is worked out of each text, once: a site repeats the same few texts a thousandfold.

    Parameters
    ----------
    work
        What is worked out.
    keeps
        Whether a text is worth remembering; all are where this is None.
    """

    def __init__(self, work: Callable[[_K], _V], keeps: Callable[[_K], bool] | None = None) -> None:
        super().__init__()
        self.work = work
        self._keeps = keeps

    def __missing__(self, key: _K) -> _V:
        found = self.work(key)
        if self._keeps is None or self._keeps(key):
            if len(self) >= _MOST_REMEMBERED:
                self.clear()
            self[key] = found
        return found


class Place(NamedTuple):
    """A unit at a level; a county's `orgnr` is its name."""

    level: str
    orgnr: str


class Key(NamedTuple):
    """A cell."""

    registry: str
    ind_id: str
    context: str
    year: int
    place: Place


class Sentence(NamedTuple):
    """A sentence that tells a result: the units and the titles that it names, and its years.

    `patients` is the number of patients where the sentence tells nothing else.
    """

    places: tuple[Place, ...]
    titled: tuple[tuple[str, str], ...]
    years: tuple[int, ...]
    patients: int | None = None


class Spot(NamedTuple):
    """Where in a site something stands, and what is known there; None for what is not known."""

    file: str
    place: str = ""
    registry: str | None = None
    ind_id: str | None = None
    context: str | None = None
    year: int | None = None
    level: str | None = None
    orgnr: str | None = None
    english: bool = False

    def known(self, **facts: str | int | bool | None) -> Spot:
        """The same spot with the facts that are not None."""
        told = {name: fact for name, fact in facts.items() if fact is not None}
        return self._replace(**told) if told else self  # type: ignore[arg-type]


def tells_of_unit(spot: Spot) -> bool:
    """Whether what stands here is about some unit even where it names none."""
    return spot.orgnr is not None or spot.level == Level.NATION.value


@dataclass(frozen=True)
class Public:
    """The public's knowledge.

    Parameters
    ----------
    units
        The tree, from `registries/units.csv`.
    registries
        The descriptors, by id.
    """

    units: Units
    registries: Mapping[str, Registry]

    @classmethod
    def read(cls, root: Path) -> Public:
        """The knowledge of one project; a registry whose descriptor is faulty is not known."""
        project = Project.open(root)
        units = read_units(project.units, project.relative(project.units))
        return cls(units, read_descriptors(project)[0])

    # --- units -------------------------------------------------------------------------------------------------------
    @cached_property
    def places(self) -> dict[str, tuple[Place, ...]]:
        """Every name of a unit or county, and the units that bear it."""
        found: dict[str, list[Place]] = {}
        for unit in self.units:
            names = {unit.name, unit.short_name}
            if unit.level is Level.NATION:
                nation = {words(language)("units.nation") for language in LANGUAGES}
                names |= nation | {name[:1].lower() + name[1:] for name in nation}
            names |= {words(language).unit(name, unit.closed) for language in LANGUAGES for name in names}
            for name in names:
                found.setdefault(plain(name), []).append(Place(unit.level.value, unit.orgnr))
        for county in self.units.counties:
            found.setdefault(plain(county), []).append(Place(Level.COUNTY.value, county))
        return {name: tuple(places) for name, places in found.items()}

    @cached_property
    def named(self) -> Memory[str, tuple[Place, ...]]:
        """The units whose name a text is, or, cut short by a drawing, the one it begins with."""
        return Memory(self._look_up)

    @cached_property
    def _initials(self) -> frozenset[str]:
        begun = (name[:1] for name in self.places)
        return frozenset(letter for one in begun for letter in (one, one.upper(), one.lower())) | {" "}

    @cached_property
    def has_numbered_names(self) -> bool:
        """Whether any unit's name begins like a number."""
        return any(letter in self._initials for letter in "-0123456789")

    def may_name(self, values: Iterable[object]) -> bool:
        """Whether any of the values may be the name of a unit: one begins like a name, or with a space."""
        begun = {one[:1] if type(one) is str else str(one)[:1] for one in values}
        return any(letter in self._initials or letter.isspace() for letter in begun)

    def _look_up(self, text: str) -> tuple[Place, ...]:
        name = plain(text)
        if name.endswith("…"):
            begun = {place for full, places in self.places.items() if full.startswith(name[:-1]) for place in places}
            return tuple(begun) if len(begun) == 1 else ()
        return self.places.get(name) or self.places.get(name[:1].lower() + name[1:], ())

    def by_orgnr(self, text: str) -> tuple[Place, ...]:
        """The unit with this orgnr, or the county of this name."""
        return self._by_orgnr.get(text, ())

    @cached_property
    def _by_orgnr(self) -> dict[str, tuple[Place, ...]]:
        counties: dict[str, tuple[Place, ...]] = {
            name: (Place(Level.COUNTY.value, name),) for name in self.units.counties
        }
        return counties | {unit.orgnr: (Place(unit.level.value, unit.orgnr),) for unit in self.units}

    @cached_property
    def units_of(self) -> Memory[str, tuple[Place, ...]]:
        """The units whose orgnr or name a text is."""
        return Memory(lambda text: self.by_orgnr(text) or self.named[text])

    def mentioned(self, text: str) -> tuple[tuple[Place, ...], str]:
        """The units that a sentence speaks of, and the sentence without their names.

        The longest name wins: ``Vik HF`` is not ``Vik``. A name of one or two letters is often a word (``Å``, ``Li``),
        so it counts only right before a number.
        """
        found: list[Place] = []

        def note(match: re.Match[str]) -> str:
            name = match[1]
            if len(name) <= _FEW_LETTERS and not re.match(r"\s*[:=(–-]?\s*\d", text[match.end() :]):
                return match[0]
            found.extend(self.places.get(plain(name), ()) or self.by_orgnr(name))
            return " "

        rest = self._names.sub(note, " ".join(text.split(" ")))
        return tuple(dict.fromkeys(found)), rest

    @cached_property
    def _names(self) -> re.Pattern[str]:
        names = set(self.places) | {name[:1].upper() + name[1:] for name in self.places}
        names |= {unit.orgnr for unit in self.units if len(unit.orgnr) >= _LEAST_ORGNR}
        return re.compile(rf"(?<![\w-])({_longest_of(names)})(?:['’]?s)?(?!\w)")

    # --- indicators --------------------------------------------------------------------------------------------------
    @cached_property
    def anchors(self) -> dict[str, tuple[str, str]]:
        """Every indicator's id on a page, and the id itself: registry and indicator."""
        found = {}
        for registry in self.registries.values():
            for indicator in registry.indicators:
                for name in (anchor(indicator.id), anchor(indicator.id).removeprefix("ind-"), indicator.id):
                    found[name] = (registry.id, indicator.id)
        return found

    def indicator(self, text: str, registry: str | None) -> tuple[str, str] | None:
        """The indicator whose title or id this text is."""
        name = plain(text)
        if name in self.anchors:
            return self.anchors[name]
        found = [one for one in self._titles.get(name, ()) if registry in (None, one[0])]
        return found[0] if len(found) == 1 else None

    @cached_property
    def _titles(self) -> dict[str, list[tuple[str, str]]]:
        found: dict[str, list[tuple[str, str]]] = {}
        for registry in self.registries.values():
            for indicator in registry.indicators:
                found.setdefault(plain(indicator.title), []).append((registry.id, indicator.id))
        return found

    def titled(self, text: str, registry: str | None) -> tuple[tuple[str, str], ...]:
        """The indicators whose title, and a colon, a sentence begins with: it tells the nation's result."""
        title, colon, _ = text.strip().partition(":")
        return tuple(one for one in self._titles.get(plain(title), ()) if colon and registry in (None, one[0]))

    def without_titles(self, text: str) -> str:
        """A text without the names of indicators, registries and fields: ``innen 30 dager``, ``diabetes type 1``."""
        return self._numbered_titles.sub(" ", text) if self._numbered_titles else text

    @cached_property
    def _numbered_titles(self) -> re.Pattern[str] | None:
        names = set(self._titles)
        for registry in self.registries.values():
            names |= {plain(name) for name in (registry.name, registry.short_name, *registry.medical_fields)}
        longest_first = sorted((name for name in names if re.search(r"\d", name)), key=lambda name: (-len(name), name))
        listed = "|".join(re.escape(name) for name in longest_first)
        return re.compile(rf"(?<!\w)(?:{listed})(?![\w,.]*\d)") if listed else None

    # --- sentences ---------------------------------------------------------------------------------------------------
    @cached_property
    def plain(self) -> Memory[str, str]:
        """Texts with single spaces."""
        return Memory(plain)

    @cached_property
    def mute(self) -> set[str | bytes]:
        """Documents and parts of them from which nothing follows where no unit is told of: much of any chart."""
        return set()

    @cached_property
    def sentences(self) -> Memory[str, tuple[Sentence, ...]]:
        """The sentences of a text that tell a result; most texts have none, and need no further look."""
        return Memory(self._sentences_in)

    def _sentences_in(self, text: str) -> tuple[Sentence, ...]:
        """The sentences that tell a result of whatever they are about."""
        told = (self._sentence[sentence] for sentence in _SENTENCE.split(self.without_notes(text)))
        return tuple(sentence for sentence in told if sentence is not None)

    @cached_property
    def _sentence(self) -> Memory[str, Sentence | None]:
        return Memory(self._one_sentence)

    def _one_sentence(self, sentence: str) -> Sentence | None:
        if not _SAYS_RESULT.search(sentence) or sentence.startswith(_TARGETS):
            return None
        places, rest = self.mentioned(sentence)
        says, named_years = self._without_names[rest]
        return Sentence(places, self.titled(sentence, None), named_years, _patients_in(sentence)) if says else None

    def without_notes(self, text: str) -> str:
        """A text without the notes that say why a value is not shown: their numbers are limits that everybody knows."""
        return self._notes.sub(" ", text) if ":" in text else text

    @cached_property
    def _notes(self) -> re.Pattern[str]:
        limits = {
            NotShown(status, limit_of(status, indicator, registry.secret_below_of(indicator)))
            for registry in self.registries.values()
            for indicator in registry.indicators
            for status in SIGNS
        } | {NotShown(Status.SECRET, LEAST_SECRET)}
        notes = {plain(one.note(words(language))) for one in limits for language in LANGUAGES}
        return re.compile("|".join(re.escape(note) for note in sorted(notes)))

    @cached_property
    def _without_names(self) -> Memory[str, tuple[bool, tuple[int, ...]]]:
        """Whether what is left of a sentence tells a result, and its years: many units share it."""
        return Memory(lambda rest: (self.says_result(rest), years(self.without_titles(rest))))

    @cached_property
    def tells(self) -> Memory[str, bool]:
        """Whether a sentence of a text tells a result of a unit or a title that it names."""
        return Memory(lambda text: any(one.places or one.titled for one in self.sentences[text]))

    def follows(self, text: str, spot: Spot) -> bool:
        """Whether anything can follow from a text here: of what it names, or of the unit that the spot tells of."""
        return bool(self.sentences[text]) and (tells_of_unit(spot) or self.tells[text])

    def says_result(self, text: str) -> bool:
        """Whether a text holds a number or a verdict that may be a result: no year, no ``95 %``, no title's number."""
        text = self.without_titles(self.without_notes(text))
        rest = re.sub(r"95\s?%", " ", without_years(without_days(text)))
        return _SAYS_RESULT.search(rest) is not None

    # --- addresses, ids, captions ------------------------------------------------------------------------------------
    def addressed(self, spot: Spot, address: str) -> Spot:
        """What an address adds: ``registre/slag/2026-forelopig/index.html``."""
        path = PurePosixPath(address)
        for part in path.parts[:-1]:
            year = re.fullmatch(r"((?:19|20)\d\d)(?:-forelopig)?", part)
            if year:
                spot = spot.known(year=int(year[1]))
            elif not re.match(r"\d", part):
                spot = self.placed(spot, part)
        return self.placed(spot, path.stem)

    def placed(self, spot: Spot, name: str) -> Spot:
        """What an id or a part of an address adds: ``enheter-ind-a-caregiver``, ``2024``, ``slag``."""
        if name in self.registries:
            spot = spot.known(registry=name)
        inside = (a for a in self._longest_anchors if a in name and _whole_in(a, name))
        ind = name if name in self.anchors else next(inside, "")
        if ind:
            registry, ind_id = self.anchors[ind]
            spot = spot.known(registry=registry, ind_id=ind_id)
        rest = name.replace(ind, "") if ind else name
        context = next((one for one in CONTEXTS if one in rest), None)
        year = years(rest)
        return spot.known(context=context, year=year[0] if len(year) == 1 else None)

    @cached_property
    def _longest_anchors(self) -> list[str]:
        telling = [name for name in self.anchors if name.startswith("ind-") or len(name) >= _TELLING_ID]
        return sorted(telling, key=lambda name: (-len(name), name))

    def captioned(self, spot: Spot, text: str) -> Spot:
        """What a caption adds: ``Sykehus i 2024``, ``Utvikling over tid, hele landet``."""
        found = self._unit_words.search(plain(text).lower())
        year = years(text)
        return spot.known(level=self.unit_words[found[1]] if found else None, year=year[0] if len(year) == 1 else None)

    @cached_property
    def unit_words(self) -> dict[str, str]:
        """The words for levels, in every language, small letters."""
        said = [(words(language).forms(f"units.{level}"), level.value) for language in LANGUAGES for level in Level]
        return {form.lower(): level for forms, level in said for form in forms}

    @cached_property
    def _unit_words(self) -> re.Pattern[str]:
        listed = "|".join(re.escape(word) for word in sorted(self.unit_words, key=len, reverse=True))
        return re.compile(rf"(?<!\w)({listed})(?!\w)")

    def headed(self, spot: Spot, text: str) -> Spot:
        """What a heading adds to all that stands below it: a context, or a unit."""
        units = self.named[text]
        if len(units) == 1:
            spot = spot.known(level=units[0].level, orgnr=units[0].orgnr)
        return spot.known(context=self.context(text))

    def context(self, text: str) -> str | None:
        """The context whose words stand in a text: ``etter hvor pasientene bor``."""
        return self._contexts[text]

    @cached_property
    def _contexts(self) -> Memory[str, str | None]:
        return Memory(self._context_in)

    def _context_in(self, text: str) -> str | None:
        low = plain(text).lower()
        return next((context for phrase, context in self._context_words if phrase in low), None)

    @cached_property
    def _context_words(self) -> tuple[tuple[str, str], ...]:
        return tuple((words(lang)(f"message.{one}").lower(), one) for lang in LANGUAGES for one in CONTEXTS)


def _longest_of(names: Iterable[str]) -> str:
    """A pattern for the longest of many names, by their letters: a list of hundreds is tried one by one."""
    tree: dict[str, Any] = {}
    for name in names:
        branch = tree
        for letter in name:
            branch = branch.setdefault(letter, {})
        branch[""] = {}
    return _pattern(tree)


def _pattern(tree: dict[str, Any]) -> str:
    longer = [re.escape(letter) + _pattern(branch) for letter, branch in sorted(tree.items()) if letter]
    if not longer:
        return ""
    told = longer[0] if len(longer) == 1 and "" not in tree else f"(?:{'|'.join(longer)})"
    return f"{told}?" if "" in tree else told


def _whole_in(word: str, name: str) -> bool:
    return re.search(rf"(?<![a-z0-9_]){re.escape(word)}(?![a-z0-9_])", name) is not None


def plain(text: str) -> str:
    """A text with single spaces and no space around it."""
    return " ".join(text.split())


def years(text: str) -> tuple[int, ...]:
    """The years that a text names."""
    return tuple(dict.fromkeys(int(year) for year in _YEAR.findall(text)))


def without_years(text: str) -> str:
    """A text without the years it names."""
    return _YEAR.sub(" ", text)


def without_days(text: str) -> str:
    """A text without days and versions: ``31. desember 2025``, ``0.1.0``."""
    return _DAY_OR_VERSION.sub(" ", text)


def catalogue(*keys: str) -> frozenset[str]:
    """The texts of these keys in every language: ``states.hidden``."""
    return frozenset(plain(form) for language in LANGUAGES for key in keys for form in words(language).forms(key))


LEVEL_WORDS = catalogue(
    *(f"levels.{a}{b}" for a in ("high", "moderate", "low") for b in ("", "_certain", "_uncertain"))
)
_TARGETS = tuple({text.partition("{")[0] for text in catalogue("message.target_min", "message.target_max")})
_NUMBER_WORDS = (
    "null|en|ett|én|to|tre|fire|fem|seks|sju|syv|åtte|ni|ti|elleve|tolv|"
    "one|two|three|four|five|six|seven|eight|nine|ten"
)
_SAYS_RESULT = re.compile(
    rf"\d|\b(?:{_NUMBER_WORDS}|alle|ingen|none|all)\s+(?:av|of|pasient\w*|patients?|tilfeller?|cases?)\b|"
    + "|".join(re.escape(phrase) for phrase in sorted(LEVEL_WORDS)),
    re.IGNORECASE,
)


def _of_patients(language: str) -> Iterator[str]:
    """Patterns of the sentences that tell how many patients a unit has, and no result."""
    say = words(language)
    for key, form in product(("message.unit", "message.unit_provisional"), say.forms("message.count_patients")):
        text = say(key, unit="UNIT", value=form.format(count="COUNT"), year="YEAR")
        pattern = re.escape(plain(text)).replace("UNIT", ".+").replace("YEAR", r"\d{4}")
        yield pattern.replace("COUNT", r"(?P<count>\d[\d ,]*)")


_PATIENTS = tuple(re.compile(pattern) for language in LANGUAGES for pattern in _of_patients(language))


def _patients_in(sentence: str) -> int | None:
    """The number of patients of a sentence that tells nothing else; None for any other."""
    found = next((match for one in _PATIENTS if (match := one.fullmatch(plain(sentence)))), None)
    return int(re.sub(r"\D", "", found["count"])) if found else None


_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-ZÆØÅ0-9])")
