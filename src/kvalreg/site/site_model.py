"""The input and output of every page generator: `Site` and `SiteOutput`.

Owns both types. Invariant: generators read `PublishedResults` and last good pages only, and both are safe to publish,
so whatever a generator makes of them is safe as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

from kvalreg.disclosure.published import PublishedResults
from kvalreg.inputs.site_descriptor import SiteDescriptor
from kvalreg.inputs.slugs import Slugs
from kvalreg.inputs.unit_names import full_name, shown_names
from kvalreg.inputs.units import Unit, Units
from kvalreg.report.report import Report
from kvalreg.report.translation import get_translator
from kvalreg.revision import EditionHistory
from kvalreg.site.latest_results import LatestResults, LatestSummary
from kvalreg.site.open_data import json_columns, open_data_rows
from kvalreg.site.staging import Page
from kvalreg.storage.last_good import LastGoodPage
from kvalreg.urls import year_page


@dataclass(frozen=True)
class RegistryFragment:
    """One registry's part of a unit's page and files, as finished text; see `unit_fragments`.

    Parameters
    ----------
    highlights
        Lines of HTML with results that are certain, by the list that they belong to.
    table
        The table of the unit's results, with its notes, as HTML.
    cells_json
        The same results as JSON objects for scripts, with commas between.
    api_json
        The unit's latest cells as JSON objects for the API, with commas between.
    """

    highlights: Mapping[str, list[str]] = field(default_factory=dict)
    table: str = ""
    cells_json: str = ""
    api_json: str = ""


@dataclass(frozen=True)
class PublishedRegistry:
    """One registry on the site: its published cells, and the pages made of them.

    Parameters
    ----------
    number
        Its position among the registries, from 1.
    fragments, headlines, summary
        What has been stored of it: its fragments by unit, the most important message of its years' pages by address,
        and the summary of its latest results. Whatever is not stored is computed from the cells.
    """

    published: PublishedResults
    pages: tuple[LastGoodPage, ...]
    number: int = 1
    fragments: Mapping[str, RegistryFragment] | None = None
    headlines: Mapping[str, str] = field(default_factory=dict)
    summary: LatestSummary | None = None

    def headline(self, year: int, round_: str) -> str:
        """The most important message of a year as HTML, in the registry's own language."""
        registry = self.published.registry
        page_address = year_page(registry.id, year, round_)
        # a report is slow to make, and large: it is not kept after its headline
        if page_address in self.headlines:
            return self.headlines[page_address]
        return Report(self.published, year, round_, get_translator(registry.language)).headline_html()

    @cached_property
    def latest(self) -> LatestResults:
        """Its latest results, grouped once for all pages."""
        return LatestResults(self.published, self.summary)

    @cached_property
    def addresses(self) -> frozenset[str]:
        """The addresses of its pages that were made of notebooks."""
        return frozenset(page.address for page in self.pages)

    @property
    def is_stale(self) -> bool:
        """Whether its pages are those of an earlier build, since a later one failed."""
        return any(page.delayed for page in self.pages)

    @cached_property
    def rows(self) -> dict[str, list[Any]]:
        """Its rows of open data, column by column."""
        return open_data_rows(self.published)

    @cached_property
    def json_columns(self) -> dict[str, list[str]]:
        """Its rows of open data as JSON, column by column."""
        return json_columns(self.rows)


@dataclass(frozen=True)
class Site:
    """The input of every page generator.

    Parameters
    ----------
    registries
        The registries that have published something, by id.
    stored_slugs
        The slugs of units and medical fields that the project has stored.
    descriptor
        Who is responsible for the site, and where it is published.
    title
        The site's title.
    history
        The editions that readers have seen, and what has changed since the last one.
    elsewhere
        Registries that are left out or stale, and the pages of them that can be linked to; see `internal_links`.
    """

    registries: tuple[PublishedRegistry, ...]
    stored_slugs: Slugs = field(default_factory=Slugs)
    descriptor: SiteDescriptor = field(default_factory=SiteDescriptor)
    title: str = ""
    history: EditionHistory = field(default_factory=EditionHistory)
    elsewhere: Mapping[str, Mapping[str, frozenset[str]]] = field(default_factory=dict)

    @property
    def synthetic(self) -> bool:
        """Whether any registry is synthetic; the site then says so on its own pages."""
        return any(published_registry.published.registry.synthetic for published_registry in self.registries)

    @cached_property
    def sorted_registries(self) -> tuple[PublishedRegistry, ...]:
        """The registries by name."""
        return tuple(
            sorted(self.registries, key=lambda published_registry: published_registry.published.registry.name.lower())
        )

    @cached_property
    def units(self) -> Units:
        """Every unit that any registry knows, in the order of the units' own file, with the latest name of each."""
        unit_by_orgnr: dict[str, Unit] = {}
        # a stale registry has the units of an earlier build: names of the others come first, and are kept
        for published_registry in sorted(self.registries, key=lambda item: item.is_stale):
            for unit in published_registry.published.units:
                unit_by_orgnr.setdefault(unit.orgnr, unit)
        return Units(unit_by_orgnr)

    @cached_property
    def presented_orgnrs(self) -> frozenset[str]:
        """The units that any registry has a cell of, shown or hidden, and those above them."""
        orgnrs_with_cells = {
            orgnr
            for published_registry in self.registries
            for orgnr in published_registry.published.cells["orgnr"].unique()
        }
        # counties have cells too, but are in no units' file
        orgnrs_with_cells &= set(self.units.by_orgnr)
        ancestors = {unit.orgnr for orgnr in orgnrs_with_cells for unit in self.units.ancestors(orgnr)}
        return frozenset(orgnrs_with_cells | ancestors)

    @cached_property
    def _shown_names(self) -> dict[str, str]:
        return shown_names(self.units, self.presented_orgnrs)

    def name(self, unit: Unit) -> str:
        """A unit's name on the site's own pages: its full name, and no name in capitals."""
        return full_name(unit, self._shown_names)

    @cached_property
    def registries_by_field(self) -> dict[str, tuple[PublishedRegistry, ...]]:
        """The medical fields by name, and the registries of each by name."""
        # a registry is below each of its fields
        names = {
            name
            for published_registry in self.registries
            for name in published_registry.published.registry.medical_fields
        }
        return {
            name: tuple(
                published_registry
                for published_registry in self.sorted_registries
                if name in published_registry.published.registry.medical_fields
            )
            for name in sorted(names, key=str.lower)
        }

    @cached_property
    def slugs(self) -> Slugs:
        """The slug of every unit and field: the stored one, or else one derived from the name."""
        return self.stored_slugs.complete(self.units, self.registries_by_field)

    @cached_property
    def modified(self) -> date | None:
        """The day on which a registry's page last changed; None where there is no page."""
        return max(
            (page.made for published_registry in self.registries for page in published_registry.pages), default=None
        )


@dataclass(frozen=True)
class SiteOutput:
    """Pages, and files that are published as they are, by address: ``data/slag/2023.csv``."""

    pages: tuple[Page, ...] = ()
    files: Mapping[str, bytes] = field(default_factory=dict)
