"""Permanent addresses on the site: one rule for every page and every anchor.

Comes in: ids and years. Goes out: addresses as text. `docs` and `site.md` call them by the same names.
"""

from __future__ import annotations

import re

INTERIM_SUFFIX = "-forelopig"


def anchor(ind_id: str) -> str:
    """An indicator's id on a page: its own id with what HTML and addresses cannot carry replaced by ``-``."""
    return "ind-" + re.sub(r"[^a-z0-9_]+", "-", ind_id.lower()).strip("-")


def year_folder(year: int, round: str) -> str:  # noqa: A002
    """The last part of a registry-year page's address: ``2025``, or ``2026-forelopig`` while it is year-to-date."""
    return f"{year}{INTERIM_SUFFIX}" if round == "interim" else str(year)


def registry_page(registry_id: str) -> str:
    """The source of a registry's page; it is served as ``/registre/<id>/``."""
    return f"registre/{registry_id}/index.qmd"


def year_page(registry_id: str, year: int, round: str) -> str:  # noqa: A002
    """The source of a registry-year page; it is served as ``/registre/<id>/<year>/``."""
    return f"registre/{registry_id}/{year_folder(year, round)}/index.qmd"


def served(source: str) -> str:
    """The file that a page becomes, so that links work from a disk as well: ``a/index.qmd`` -> ``a/index.html``."""
    return re.sub(r"\.qmd$", ".html", source)
