"""Permanent URLs of the site: one rule for every page and every anchor.

Input: ids and years. Output: paths of page sources, relative URLs and anchors.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable
from functools import lru_cache
from zlib import crc32

INTERIM_SUFFIX = "-forelopig"
FRONT_PAGE = "index.qmd"
REGISTRIES_PAGE = "registre/index.qmd"
UNITS_PAGE = "sykehus/index.qmd"
FIELDS_PAGE = "fagomrade/index.qmd"
INDICATORS_ANCHOR = "indikatorer"
"""The section of a registry's page of open data with a row for each indicator, whose id is its `anchor`."""
EDITIONS_FOLDER = "utgaver"
"""The folder of the permanent editions: ``/utgaver/2026-06/``."""


# A page is named by the path of its source, `a/index.qmd`, in templates, links and tests: the renderer and
# `output_path` make HTML of it. None of these rules may change, since published URLs are cited in papers and plans.


def anchor(ind_id: str) -> str:
    """An indicator's id in HTML: its own id with characters that ids and URLs cannot have replaced by ``-``."""
    # The prefix begins it with a letter, as CSS selectors need, and keeps it apart from the page's other ids.
    return "ind-" + re.sub(r"[^a-z0-9_]+", "-", ind_id.lower()).strip("-")


def year_folder(year: int, round: str) -> str:  # noqa: A002
    """The last part of a registry-year page's path: ``2025``, or ``2026-forelopig`` while it is year-to-date."""
    return f"{year}{INTERIM_SUFFIX}" if round == "interim" else str(year)


def registry_page(registry_id: str) -> str:
    """The source of a registry's page; it is served as ``/registre/<id>/``."""
    return f"registre/{registry_id}/index.qmd"


def year_page(registry_id: str, year: int, round: str) -> str:  # noqa: A002
    """The source of a registry-year page; it is served as ``/registre/<id>/<year>/``."""
    return f"registre/{registry_id}/{year_folder(year, round)}/index.qmd"


def localized_page(source: str, language: str) -> str:
    """A page's source in a further language of its registry: ``en/registre/<id>/index.qmd``."""
    return f"{language}/{source}"


def indicator_page(registry_id: str, ind_id: str, ind_ids: Iterable[str] = ()) -> str:
    """The source of an indicator's page; it is served as ``/registre/<id>/indikator/<indicator>/``.

    Parameters
    ----------
    ind_ids
        The ids of the registry's indicators: those with equal anchors get a checksum of their id.
    """
    # "hjelp_1" and "HJELP_1" would have the same folder. Both get their CRC-32, and not only the second: the URL of one
    # must not depend on the order of the file.
    folder = anchor(ind_id).removeprefix("ind-")
    # "alfa a" and "alfa-a" have the same anchor; the checksum depends on the id alone, so a third does not move them
    if any(other_id != ind_id and anchor(other_id) == anchor(ind_id) for other_id in ind_ids):
        folder += f"-{crc32(ind_id.encode()):08x}"
    return f"registre/{registry_id}/indikator/{folder}/index.qmd"


def series_file(registry_id: str, ind_id: str, ind_ids: Iterable[str] = ()) -> str:
    """The file with every unit's years of an indicator, in the folder of the indicator's page; `ind_ids` as there."""
    return posixpath.join(posixpath.dirname(indicator_page(registry_id, ind_id, ind_ids)), "utvikling.json")


def data_page(registry_id: str) -> str:
    """The source of a registry's page of open data; it is served as ``/data/<id>/``."""
    return f"data/{registry_id}/index.qmd"


def unit_page(slug: str) -> str:
    """The source of a unit's page; it is served as ``/sykehus/<slug>/``."""
    return f"sykehus/{slug}/index.qmd"


def field_page(slug: str) -> str:
    """The source of a medical field's page; it is served as ``/fagomrade/<slug>/``."""
    return f"fagomrade/{slug}/index.qmd"


@lru_cache(1024)
def relative_url(source: str, base: str) -> str:
    """The relative URL of a page from the page `base`: ``../slag/index.html``."""
    # Relative, so that a site works below any path and from a disk. Worked, from registre/hjerte/index.qmd:
    #   target  registre/slag/index.html, folder of the base  registre/hjerte
    #   without the common beginning: slag/index.html and hjerte, so one level up: ../slag/index.html
    # Cached: every page of a registry links to the same few others.
    target_parts, base_parts = output_path(source).split("/"), base.split("/")[:-1]
    # the folders that both have in common go; what is left of the base is climbed, what is left of the target descended
    while base_parts and len(target_parts) > 1 and base_parts[0] == target_parts[0]:
        del base_parts[0], target_parts[0]
    return "/".join([".."] * len(base_parts) + target_parts)


def output_path(source: str) -> str:
    """The rendered file of a page's source: ``a/index.qmd`` -> ``a/index.html``; other files are unchanged."""
    return f"{source.removesuffix('.qmd')}.html" if source.endswith(".qmd") else source
