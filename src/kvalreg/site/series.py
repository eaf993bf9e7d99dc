"""Time series of every unit: one file per indicator and language, which the scripts of all the registry's pages share.

Input: one registry's published cells. Output: its files, as a pure function of those cells and a language. On the page
of a year the scripts show no later years.
"""

from __future__ import annotations

import json

from kvalreg.report.selected_unit import units_series
from kvalreg.report.selection import CONTEXTS
from kvalreg.site.latest_results import LatestResults
from kvalreg.site.site_model import Site, SiteOutput
from kvalreg.urls import localized_page, series_file


def generate_unit_series(site: Site) -> SiteOutput:
    """The files of every registry, in each of its languages."""
    files: dict[str, bytes] = {}
    for published_registry in site.registries:
        for language in published_registry.published.registry.languages:
            files |= series_files(published_registry.latest, language)
    return SiteOutput(files=files)


def series_files(latest: LatestResults, language: str) -> dict[str, bytes]:
    """A registry's files by address: for each indicator a list of blocks, each with its ``ind_id`` and ``context``."""
    registry = latest.registry
    # the report of the last year has all years before it
    report = latest.report_for(int(latest.published.cells["year"].max()), "final", language)
    files = {}
    for indicator in registry.indicators:
        rows = {context: report.presented_units(indicator, context) for context in CONTEXTS}
        blocks = [
            {"ind_id": indicator.id, "context": context, "series": units_series(cells, indicator, report.translator)}
            for context, cells in rows.items()
            if cells
        ]
        if not (blocks and indicator.include):
            continue
        address = series_file(registry.id, indicator.id, [item.id for item in registry.indicators])
        file_address = address if language == registry.language else localized_page(address, language)
        files[file_address] = json.dumps(blocks, ensure_ascii=False, separators=(",", ":")).encode()
    return files
