"""The site's content: every page and every file, gathered from their generators.

Input: each registry's published cells and its last good pages. Output: `SiteOutput`, ready to stage. A new kind of page
or file is one module with a `PageGenerator`, and one line in one of the lists below.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from kvalreg.report.markup import raw_html
from kvalreg.report.translation import get_translator
from kvalreg.site.about import generate_about_pages
from kvalreg.site.data_pages import generate_open_data, generate_registry_data
from kvalreg.site.dcat import generate_dcat_catalogue
from kvalreg.site.feed import generate_feed, generate_not_found_page
from kvalreg.site.front import generate_front_pages
from kvalreg.site.indicators import generate_indicator_pages
from kvalreg.site.lazy_data import extract_lazy_data
from kvalreg.site.medical_fields import generate_field_pages
from kvalreg.site.metadata import add_metadata, generate_preview_image
from kvalreg.site.number_translations import generate_number_translations
from kvalreg.site.provenance import Provenance
from kvalreg.site.registries import generate_registry_list
from kvalreg.site.reports import generate_report_pages
from kvalreg.site.revisions import generate_revision_pages
from kvalreg.site.search_index import generate_search_index
from kvalreg.site.series import generate_unit_series
from kvalreg.site.site_model import Site, SiteOutput
from kvalreg.site.staging import Page
from kvalreg.site.unit_selector import generate_unit_list, unit_selector_html
from kvalreg.site.units import generate_unit_pages

PageGenerator = Callable[[Site], SiteOutput]
REGISTRY_GENERATORS: tuple[PageGenerator, ...] = (
    generate_indicator_pages,
    generate_report_pages,
    generate_unit_series,
    generate_registry_data,
)
"""Generators of what belongs to one registry alone.

Invariant: from a site of several registries they make the same as from each by itself, which is what lets
`incremental_staging` stage one registry at a time.
"""
UNIT_GENERATORS: tuple[PageGenerator, ...] = (generate_unit_pages,)
"""Generators of units' pages, from registries' fragments. They are half of the work that all registries share."""
SHARED_GENERATORS: tuple[PageGenerator, ...] = (
    generate_front_pages,
    generate_registry_list,
    generate_field_pages,
    generate_about_pages,
    generate_unit_list,
    generate_search_index,
    generate_number_translations,
    generate_revision_pages,
    generate_open_data,
    generate_dcat_catalogue,
    generate_feed,
    generate_not_found_page,
    generate_preview_image,
)
"""Generators of all else that tells of several registries: from latest results, fragments, and pages' names."""
GENERATORS = (*REGISTRY_GENERATORS, *UNIT_GENERATORS, *SHARED_GENERATORS)
"""All generators; two that make the same address are refused when the site is staged."""


def generate_site(site: Site, generators: Sequence[PageGenerator] = GENERATORS) -> SiteOutput:
    """Every page and file of the site, or those of some generators."""
    outputs = [generator(site) for generator in generators]
    # what every page has, whichever generator made it: metadata, the provenance block, the unit selector
    provenance = Provenance(site)
    finished_pages = [
        _with_unit_selector(provenance.add_block(add_metadata(page, site)))
        for output in outputs
        for page in output.pages
    ]
    # last, since it looks at whole pages
    pages, unit_cells = extract_lazy_data(finished_pages)
    files = {address: file for output in outputs for address, file in output.files.items()}
    return SiteOutput(tuple(pages), files | unit_cells)


def _with_unit_selector(page: Page) -> Page:
    return replace(page, body=f"{raw_html(unit_selector_html(get_translator(page.language)))}\n\n{page.body}")
