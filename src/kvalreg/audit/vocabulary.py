"""Texts with digits that are no results: names, years, and kvalreg's own fixed texts.

Input: every registry's descriptor and units, and the texts that kvalreg is shipped with. Output: `Vocabulary`. A name
matches only as a whole, the longest first; of names that are all digits, only the site's phone number counts.

With the name "Sykehus 1013", the text "Sykehus 1013 har 91 pasienter" has the number 91 left, and "Sykehus 101" has
101 left, since it is another name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import PurePosixPath

import pyarrow.parquet as pq

from kvalreg import __version__
from kvalreg.clock import today
from kvalreg.disclosure.ledger import published_edition_names
from kvalreg.disclosure.published import RegistrySource, load_source
from kvalreg.inputs.site_descriptor import read_site_descriptor
from kvalreg.project import Project
from kvalreg.report.translation import LANGUAGES, get_translator
from kvalreg.site.open_data import slugs_of
from kvalreg.site.quarto_yml import site_title
from kvalreg.urls import indicator_page

DIGIT = re.compile(r"\d")
YEAR = re.compile(r"(?<![\d.,/])(?:19|20)\d\d(?![\d/]|[.,]\d)")
_PHONE_DIGITS = 5
"""Number of digits of the shortest phone numbers."""
_MARKUP = re.compile(r"""[*_`\\"'“”‘’]""")


@dataclass(frozen=True)
class Vocabulary:
    """What is known of all registries before a page is read.

    Parameters
    ----------
    pattern, names
        A pattern that matches every name and fixed text with a digit, as a whole, and these names: of registries and of
        the project.
    years
        The years that any registry has numbers from, or mentions in its descriptor.
    texts
        The registries' own descriptions.
    tokens
        Every word with a digit in registries' own texts.
    guide, project
        The texts of the pages about the site, and of the project's ``_quarto.yml``.
    language_of
        The language of each registry's texts.
    url
        The beginning of the site's addresses.
    """

    pattern: re.Pattern[str]
    names: frozenset[str]
    years: frozenset[str]
    texts: frozenset[str]
    tokens: frozenset[str]
    guide: str
    project: str
    language_of: Mapping[str, str]
    url: str

    @property
    def words(self) -> dict[str, list[str]]:
        """The parts that may change from one audit to the next, as lists."""
        text_sets = {"names": self.names, "years": self.years, "tokens": self.tokens, "texts": self.texts}
        return {**{name: sorted(texts) for name, texts in text_sets.items()}, "project": [self.project, self.url]}

    def has_number(self, text: str, *, years: bool = False) -> bool:
        """Whether a text has a digit outside names and fixed texts, and outside years where these may stand."""
        plain = " ".join(text.split())
        if not DIGIT.search(plain) or plain in self.texts:
            return False
        plain = self.pattern.sub("", plain)
        if years:
            plain = YEAR.sub(lambda year: "" if year[0] in self.years else year[0], plain)
        return bool(DIGIT.search(plain))

    def in_guide(self, text: str) -> bool:
        """Whether a text is part of the pages about the site."""
        return _without_markup(text) in self.guide

    def in_project(self, text: str) -> bool:
        """Whether a text is part of the project's ``_quarto.yml``."""
        return _without_markup(text) in self.project


def site_vocabulary(project: Project, registries: Iterable[str]) -> Vocabulary:
    """The vocabulary of a project's pages."""
    loaded = {registry: load_source(registry, project.published) for registry in registries}
    sources = {registry: source for registry, source in loaded.items() if source is not None}
    site = read_site_descriptor(project)
    texts = [site.publisher, site.email, site.phone, str(site.url or ""), site_title(project.quarto_yml)]
    names = _with_digits({name for source in sources.values() for name in _names(source)} | set(texts))
    names |= {text for text in map(str.strip, texts) if text.isdigit() and len(text) >= _PHONE_DIGITS}
    # A regular expression takes the first alternative that matches: longer names must come first.
    ordered = sorted({*names, *_with_digits(_fixed_texts())}, key=lambda name: (-len(name), name))
    # Whatever a descriptor says is public: its years and words with digits may be repeated anywhere.
    dumps = [source.registry.model_dump_json() for source in sources.values()]
    quarto_files = [
        path for path in (project.quarto_yml, project.quarto_yml.with_name("_quarto.yml.local")) if path.is_file()
    ]
    return Vocabulary(
        pattern=re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, ordered))})(?!\w)"),
        names=names,
        years=frozenset(map(str, _years(project, sources))) | {year for dump in dumps for year in YEAR.findall(dump)},
        texts=frozenset(" ".join(text.split()) for source in sources.values() for text in _descriptions(source)),
        tokens=frozenset(word for dump in dumps for word in re.findall(r"\w*\d\w*", dump.lower())),
        guide=_without_markup(" ".join(_guide_texts()).replace("$version", __version__)),
        project=_without_markup(" ".join(path.read_text(encoding="utf-8") for path in quarto_files)),
        language_of={registry: source.registry.language for registry, source in sources.items()},
        url=site.base_url or "/",
    )


def _with_digits(texts: Iterable[str]) -> frozenset[str]:
    texts_with_digits = (" ".join(text.split()) for text in texts if DIGIT.search(text))
    # A unit called "91" would make every 91 on the site a name.
    return frozenset(text for text in texts_with_digits if not text.isdigit())


def _names(source: RegistrySource) -> Iterator[str]:
    """Names and other texts of a registry that kvalreg writes into its own sentences and attributes."""
    registry = source.registry
    yield from (registry.name, registry.short_name, registry.id, registry.licence.name, str(registry.licence.url))
    yield from (*registry.medical_fields, *registry.keywords, registry.about.data_controller)
    ids = [indicator.id for indicator in registry.indicators]
    yield from slugs_of(ids).values()
    for indicator in registry.indicators:
        yield PurePosixPath(indicator_page(registry.id, indicator.id, ids)).parent.name
        yield from (indicator.id, indicator.title, indicator.short_description, indicator.measure_unit)
    yield from (work.period for work in registry.quality_improvement)
    yield from (delivery.remark for delivery in source.deliveries)
    for unit in source.units:
        yield from (unit.name, unit.short_name, unit.county or "")


def _descriptions(source: RegistrySource) -> Iterator[str]:
    yield source.registry.about.purpose
    for indicator in source.registry.indicators:
        yield from (indicator.short_description, indicator.long_description)


def _years(project: Project, sources: Mapping[str, RegistrySource]) -> Iterator[int]:
    """Years from the first of any cell to the next calendar year, and those of units, deliveries and editions."""
    tables = (pq.read_table(project.published / f"{registry}.parquet", columns=["year"]) for registry in sources)
    years = {year for table in tables for year in table["year"].unique().to_pylist()}
    if years:
        # Also years without a cell, which axes show, and the next one, in which a deadline may be.
        yield from range(min(years), max(*years, today().year) + 2)
    for source in sources.values():
        yield from (unit.closed for unit in source.units if unit.closed)
        for delivery in source.deliveries:
            yield from (day.year for day in (delivery.latest_update, delivery.latest_affirm) if day)
    yield from (int(name[:4]) for name in published_edition_names(project))


def _fixed_texts() -> Iterator[str]:
    """The texts of the message catalogues, which do not depend on results."""
    for language in LANGUAGES:
        for section in get_translator(language).catalogue.values():
            for forms in section.values():
                yield from (forms,) if isinstance(forms, str) else forms.values()


def _guide_texts() -> Iterator[str]:
    for language in LANGUAGES:
        folder = files("kvalreg.site").joinpath("om", language)
        yield from (path.read_text(encoding="utf-8") for path in folder.iterdir())


def _without_markup(text: str) -> str:
    """A text without the markup of Markdown, and without quotation marks, which Pandoc replaces by typographic ones."""
    return " ".join(_MARKUP.sub("", text).split())
