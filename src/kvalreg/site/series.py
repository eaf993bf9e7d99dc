"""Every unit's years: one file per indicator and language, which the scripts of all the registry's pages share.

Comes in: one registry's published cells. Goes out: its files, as a pure function of those cells and a language. A page
of a year shows none that come after it; the scripts see to that.
"""

from __future__ import annotations

import json

from kvalreg.report.addresses import in_language, series_file
from kvalreg.report.selection import CONTEXTS
from kvalreg.report.yours import units_series
from kvalreg.site.content import Content, Site
from kvalreg.site.newest import Newest


def series(site: Site) -> Content:
    """The files of every registry, in each of its languages."""
    files: dict[str, bytes] = {}
    for shown in site.shown:
        for language in shown.published.registry.languages:
            files |= series_files(shown.newest, language)
    return Content(files=files)


def series_files(newest: Newest, language: str) -> dict[str, bytes]:
    """A registry's files by address: for each indicator a list of blocks, each with its ``ind_id`` and ``context``."""
    registry = newest.registry
    report = newest.report_of(int(newest.published.cells["year"].max()), "final", language)
    files = {}
    for indicator in registry.indicators:
        rows = {context: report.units_presented(indicator, context) for context in CONTEXTS}
        blocks = [
            {"ind_id": indicator.id, "context": context, "series": units_series(cells, indicator, report.words)}
            for context, cells in rows.items()
            if cells
        ]
        if not (blocks and indicator.include):
            continue
        address = series_file(registry.id, indicator.id, [one.id for one in registry.indicators])
        at = address if language == registry.language else in_language(address, language)
        files[at] = json.dumps(blocks, ensure_ascii=False, separators=(",", ":")).encode()
    return files
