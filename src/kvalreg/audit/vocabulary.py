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
_PHONE = 5
"""Digits of the shortest phone numbers."""
_MARKUP = re.compile(r"""[*_`\\"'“”‘’]""")


@dataclass(frozen=True)
class Vocabulary:
    """What is known beforehand of all registries.

    Parameters
    ----------
    pattern, names
        Matches every name and fixed text with a digit, as a whole; those of registries and of the project.
    years
        Those that any registry has numbers from, or names in its descriptor.
    texts
        Registries' own descriptions, each as a whole.
    tokens
        Every word with a digit in registries' own texts.
    guide, project
        All that the pages about the site say, and what stands in the project's ``_quarto.yml``.
    language_of
        The language that each registry writes in.
    url
        What the site's addresses begin with.
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
        """All of it that may change from one audit to the next, as lists."""
        found = {"names": self.names, "years": self.years, "tokens": self.tokens, "texts": self.texts}
        return {**{name: sorted(words) for name, words in found.items()}, "project": [self.project, self.url]}

    def has_number(self, text: str, *, years: bool = False) -> bool:
        """Whether a text holds a digit that is of no name and no fixed text; nor of a year, where years may stand."""
        plain = " ".join(text.split())
        if not DIGIT.search(plain) or plain in self.texts:
            return False
        plain = self.pattern.sub("", plain)
        if years:
            plain = YEAR.sub(lambda year: "" if year[0] in self.years else year[0], plain)
        return bool(DIGIT.search(plain))

    def in_guide(self, text: str) -> bool:
        """Whether a text is one of the pages about the site."""
        return _unmarked(text) in self.guide

    def in_project(self, text: str) -> bool:
        """Whether a text stands in the project's ``_quarto.yml``."""
        return _unmarked(text) in self.project


def site_vocabulary(project: Project, registries: Iterable[str]) -> Vocabulary:
    """What may stand on a project's pages with a digit in it."""
    loaded = {registry: load_source(registry, project.published) for registry in registries}
    sources = {registry: source for registry, source in loaded.items() if source is not None}
    site = read_site_descriptor(project)
    texts = [site.publisher, site.email, site.phone, str(site.url or ""), site_title(project.quarto_yml)]
    names = _with_digits({name for source in sources.values() for name in _names(source)} | set(texts))
    names |= {text for text in map(str.strip, texts) if text.isdigit() and len(text) >= _PHONE}
    ordered = sorted({*names, *_with_digits(_fixed_texts())}, key=lambda name: (-len(name), name))
    dumps = [source.registry.model_dump_json() for source in sources.values()]
    own = [path for path in (project.quarto_yml, project.quarto_yml.with_name("_quarto.yml.local")) if path.is_file()]
    return Vocabulary(
        pattern=re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, ordered))})(?!\w)"),
        names=names,
        years=frozenset(map(str, _years(project, sources))) | {year for dump in dumps for year in YEAR.findall(dump)},
        texts=frozenset(" ".join(text.split()) for source in sources.values() for text in _descriptions(source)),
        tokens=frozenset(word for dump in dumps for word in re.findall(r"\w*\d\w*", dump.lower())),
        guide=_unmarked(" ".join(_guide()).replace("$version", __version__)),
        project=_unmarked(" ".join(path.read_text(encoding="utf-8") for path in own)),
        language_of={registry: source.registry.language for registry, source in sources.items()},
        url=site.base_url or "/",
    )


def _with_digits(texts: Iterable[str]) -> frozenset[str]:
    found = (" ".join(text.split()) for text in texts if DIGIT.search(text))
    return frozenset(text for text in found if not text.isdigit())


def _names(source: RegistrySource) -> Iterator[str]:
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
    yield from (delivery.remark for delivery in source.deliveries)
    for unit in source.units:
        yield from (unit.name, unit.short_name, unit.county or "")


def _descriptions(source: RegistrySource) -> Iterator[str]:
    yield source.registry.about.purpose
    for indicator in source.registry.indicators:
        yield from (indicator.short_description, indicator.long_description)


def _years(project: Project, sources: Mapping[str, RegistrySource]) -> Iterator[int]:
    """From the first year of any cell to the year after this one, and those of units, deliveries and editions."""
    tables = (pq.read_table(project.published / f"{registry}.parquet", columns=["year"]) for registry in sources)
    years = {year for table in tables for year in table["year"].unique().to_pylist()}
    if years:
        yield from range(min(years), max(*years, today().year) + 2)
    for source in sources.values():
        yield from (unit.closed for unit in source.units if unit.closed)
        for delivery in source.deliveries:
            yield from (day.year for day in (delivery.latest_update, delivery.latest_affirm) if day)
    yield from (int(name[:4]) for name in published_edition_names(project))


def _fixed_texts() -> Iterator[str]:
    """Texts of the catalogues, which are the same whatever the results are."""
    for language in LANGUAGES:
        for section in get_translator(language).catalogue.values():
            for forms in section.values():
                yield from (forms,) if isinstance(forms, str) else forms.values()


def _guide() -> Iterator[str]:
    for language in LANGUAGES:
        folder = files("kvalreg.site").joinpath("om", language)
        yield from (path.read_text(encoding="utf-8") for path in folder.iterdir())


def _unmarked(text: str) -> str:
    """A text without Markdown's signs, and without quotation marks, which Pandoc makes others of."""
    return " ".join(_MARKUP.sub("", text).split())
