"""What may stand in kvalreg's texts with a digit in it without being a result: names, years, and its own fixed texts.

Comes in: every registry's descriptor and units, and the texts that kvalreg is shipped with. Goes out: `Vocabulary`. A
name counts only as a whole, the longest first. Of names that are nothing but digits only the site's phone number does.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import PurePosixPath
from typing import Any

from kvalreg import __version__
from kvalreg.disclosure.published import Source
from kvalreg.report.addresses import indicator_page
from kvalreg.report.wording import LANGUAGES, words
from kvalreg.site.open_data import slugs_of

DIGIT = re.compile(r"\d")
YEAR = re.compile(r"(?<![\d.,/])(?:19|20)\d\d(?![\d/]|[.,]\d)")
_PHONE = 5
"""Digits of the shortest phone numbers."""
_MARKUP = re.compile(r"""[*_`\\"'“”‘’]""")
_NEVER = re.compile(r"(?!)")


@dataclass(frozen=True)
class Vocabulary:
    """What is known beforehand of all registries.

    Parameters
    ----------
    names, spelled
        Matches every name with a digit, as a whole; the names themselves.
    years
        Those that any registry has numbers from, or names in its descriptor.
    fixed
        By language, texts of the catalogues that hold a digit and no number of anybody.
    guide
        By language, all that the pages about the site say.
    lang_of
        The language that each registry writes in.
    tokens
        Every word with a digit in registries' own texts.
    texts
        Registries' own descriptions with a digit, each as a whole.
    """

    names: re.Pattern[str]
    spelled: frozenset[str]
    years: frozenset[str]
    fixed: Mapping[str, tuple[str, ...]]
    guide: Mapping[str, str]
    lang_of: Mapping[str, str]
    tokens: frozenset[str]
    texts: frozenset[str]

    @property
    def words(self) -> dict[str, list[str]]:
        """All of it that comes from registries, as lists."""
        found = {"names": self.spelled, "years": self.years, "tokens": self.tokens, "texts": self.texts}
        return {name: sorted(words) for name, words in found.items()}

    def has_number(self, text: str, language: str, *, years: bool = False) -> bool:
        """Whether a text holds a digit that is of no name and no fixed text; nor of a year, where years may stand."""
        plain = " ".join(text.split())
        for fixed in self.fixed.get(language, ()):
            plain = plain.replace(fixed, "")
        plain = self.names.sub("", plain)
        if years:
            plain = YEAR.sub(lambda year: "" if year[0] in self.years else year[0], plain)
        return bool(DIGIT.search(plain))

    def in_guide(self, text: str, language: str) -> bool:
        """Whether a text is one of the pages about the site."""
        return _unmarked(text) in self.guide.get(language, "")


def vocabulary(sources: Mapping[str, Source], years: Iterable[int], texts: Iterable[str]) -> Vocabulary:
    """The vocabulary of a site.

    Parameters
    ----------
    sources
        Each registry with its units and deliveries.
    years
        The years of all cells.
    texts
        What the site's own descriptor says: publisher, title, phone.
    """
    names = {name for source in sources.values() for name in _names(source) if not name.strip().isdigit()}
    names |= {text for text in texts if not text.strip().isdigit() or len(text.strip()) >= _PHONE}
    told = {" ".join(name.split()) for name in names if DIGIT.search(name)}
    spelled = "|".join(re.escape(name) for name in sorted(told, key=lambda name: (-len(name), name)))
    dumps = [source.registry.model_dump_json() for source in sources.values()]
    dated = {day.year for source in sources.values() for one in source.deliveries
             for day in (one.latest_update, one.latest_affirm) if day}  # fmt: skip
    closed = {unit.closed for source in sources.values() for unit in source.units if unit.closed}
    return Vocabulary(
        re.compile(rf"(?<!\w)(?:{spelled})(?!\w)") if spelled else _NEVER,
        frozenset(told),
        frozenset(year for dump in dumps for year in YEAR.findall(dump))
        | {str(year) for year in {*years, *dated, *closed}},
        {language: tuple(_fixed(language)) for language in LANGUAGES},
        {language: _guide(language) for language in LANGUAGES},
        {registry: source.registry.language for registry, source in sources.items()},
        frozenset(word for dump in dumps for word in re.findall(r"\w*\d\w*", dump.lower())),
        frozenset(" ".join(text.split()) for source in sources.values() for text in _descriptions(source)),
    )


def _names(source: Source) -> Iterator[str]:
    """Every name and other text of a registry that kvalreg writes into its own sentences and attributes."""
    registry = source.registry
    yield from (registry.name, registry.short_name, registry.id, registry.licence.name, str(registry.licence.url))
    yield from (*registry.medical_fields, *registry.keywords, registry.about.data_controller)
    ids = [indicator.id for indicator in registry.indicators]
    yield from slugs_of(ids).values()
    for indicator in registry.indicators:
        yield PurePosixPath(indicator_page(registry.id, indicator.id, ids)).parent.name
        yield from (indicator.id, indicator.title, indicator.short_description, indicator.measure_unit)
    yield from (work.period for work in registry.quality_improvement)
    yield from (one.remark for one in source.deliveries)
    for unit in source.units:
        yield from (unit.name, unit.short_name, unit.county or "")


def _descriptions(source: Source) -> Iterator[str]:
    yield source.registry.about.purpose
    for indicator in source.registry.indicators:
        yield from (indicator.short_description, indicator.long_description)


def _fixed(language: str) -> Iterator[str]:
    """The longest first."""
    catalogue = words(language).catalogue
    texts = [text for section in catalogue.values() for told in section.values() for text in _forms(told)]
    found = {" ".join(text.split()) for text in texts if DIGIT.search(text) and "{" not in text}
    yield from sorted(found, key=lambda text: (-len(text), text))


def _forms(text: Any) -> Iterable[str]:
    return (text,) if isinstance(text, str) else text.values()


def _guide(language: str) -> str:
    folder = files("kvalreg.site").joinpath("om", language)
    texts = [path.read_text(encoding="utf-8") for path in folder.iterdir()]
    return _unmarked(" ".join(texts).replace("$version", __version__))


def _unmarked(text: str) -> str:
    """A text without Markdown's signs, and without quotation marks, which Pandoc makes others of."""
    return " ".join(_MARKUP.sub("", text).split())
