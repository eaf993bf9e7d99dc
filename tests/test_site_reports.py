"""Notices above a report: that it is of an earlier edition, or that last year's results are overdue."""

from __future__ import annotations

import pytest

from kvalreg.clock import SOURCE_DATE
from kvalreg.site.reports import generate_report_pages
from kvalreg.site.site_model import PublishedRegistry, Site
from kvalreg.storage.last_good import LastGoodPage
from report_example import example
from unmarked import unmarked

JUNE_15_2026, JUNE_16_2026 = "1781524800", "1781611200"
"""Noon in UTC."""
OVERDUE = "Registeret har ikke publisert endelige resultater for 2025 ennå."


def bodies(*, delayed: bool = False) -> dict[str, str]:
    """The registry's page and the page of its newest year, 2024, by kind."""
    pages = tuple(
        LastGoodPage(
            registry="alfa", kind=kind, year=2024, round="final", language="nb", address=f"registre/alfa/{kind}.qmd",
            title="Alfa", breadcrumb=(), synthetic=True, markdown="Innhold.", delayed=delayed,
        )
        for kind in ("registry", "year")
    )  # fmt: skip
    pages_on_site = generate_report_pages(Site((PublishedRegistry(example(), pages),))).pages
    return {page.address.split("/")[-1].removesuffix(".qmd"): page.body for page in pages_on_site}


def test_a_registry_without_last_years_results_says_so_on_its_page(monkeypatch: pytest.MonkeyPatch) -> None:
    """From 16 June, above its latest results; the page of an earlier year has no notice."""
    monkeypatch.setenv(SOURCE_DATE, JUNE_16_2026)
    body_by_kind = bodies()
    assert OVERDUE in unmarked(body_by_kind["registry"])
    assert body_by_kind["registry"].endswith("Innhold.")
    assert body_by_kind["year"] == "Innhold."


def test_until_the_deadline_nothing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """On 15 June there is still time."""
    monkeypatch.setenv(SOURCE_DATE, JUNE_15_2026)
    assert bodies() == {"registry": "Innhold.", "year": "Innhold."}


def test_an_earlier_edition_is_marked(monkeypatch: pytest.MonkeyPatch) -> None:
    """A reader learns that a newer one was to be there."""
    monkeypatch.setenv(SOURCE_DATE, JUNE_15_2026)
    assert "Denne siden viser forrige utgave" in bodies(delayed=True)["year"]
