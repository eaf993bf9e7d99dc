"""Permanent URLs of the site: one rule for each sort of page and anchor.

Input: ids and years. Output: the path of a page's source (``registre/slag/index.qmd``), or of the file it becomes.
Readers and other sites link to these, so a rule here never changes.
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


def anchor(ind_id: str) -> str:
    """An indicator's id on a page: its own id, with what HTML and URLs cannot carry replaced by ``-``.

    >>> anchor("Slag Andel_1")
    'ind-slag-andel_1'
    """
    return "ind-" + re.sub(r"[^a-z0-9_]+", "-", ind_id.lower()).strip("-")


def year_folder(year: int, round: str) -> str:  # noqa: A002
    """The last part of a registry-year page's URL: ``2025``, or ``2026-forelopig`` while it is year-to-date."""
    return f"{year}{INTERIM_SUFFIX}" if round == "interim" else str(year)


def registry_page(registry_id: str) -> str:
    """The source of a registry's page; it is served as ``/registre/<id>/``."""
    return f"registre/{registry_id}/index.qmd"


def year_page(registry_id: str, year: int, round: str) -> str:  # noqa: A002
    """The source of a registry-year page; it is served as ``/registre/<id>/<year>/``."""
    return f"registre/{registry_id}/{year_folder(year, round)}/index.qmd"


def localized_page(source: str, language: str) -> str:
    """A page's source in a language that its registry offers besides its own: ``en/registre/<id>/index.qmd``."""
    return f"{language}/{source}"


def indicator_page(registry_id: str, ind_id: str, ind_ids: Iterable[str] = ()) -> str:
    """The source of an indicator's page; it is served as ``/registre/<id>/indikator/<indicator>/``.

    Parameters
    ----------
    ind_ids
        The ids of the registry's indicators: those whose anchors are equal get a checksum of their id.
    """
    folder = anchor(ind_id).removeprefix("ind-")
    # "alfa a" and "alfa-a" have the same anchor; the checksum depends on the id alone, so a third does not move them
    if any(other_id != ind_id and anchor(other_id) == anchor(ind_id) for other_id in ind_ids):
        folder += f"-{crc32(ind_id.encode()):08x}"
    return f"registre/{registry_id}/indikator/{folder}/index.qmd"


def series_file(registry_id: str, ind_id: str, ind_ids: Iterable[str] = ()) -> str:
    """The file with an indicator's time series of all units, next to the indicator's page; `ind_ids` as there."""
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
    """The URL of a page relative to another one.

    >>> relative_url("registre/slag/index.qmd", "registre/hofte/index.qmd")
    '../slag/index.html'
    """
    target_parts, base_parts = output_path(source).split("/"), base.split("/")[:-1]
    # the folders that both have in common go; what is left of the base is climbed, what is left of the target descended
    while base_parts and len(target_parts) > 1 and base_parts[0] == target_parts[0]:
        del base_parts[0], target_parts[0]
    return "/".join([".."] * len(base_parts) + target_parts)


def output_path(source: str) -> str:
    """The file that a page becomes: ``a/index.qmd`` -> ``a/index.html``. Links name it, so they work from a disk."""
    return f"{source.removesuffix('.qmd')}.html" if source.endswith(".qmd") else source
