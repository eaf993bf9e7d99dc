"""The pages about the site: plain in each language, with an example each, and honest about what is not known."""

from __future__ import annotations

import re

import pytest

from kvalreg.inputs.site_descriptor import SiteDescriptor
from kvalreg.report.readability import LIX_LIMIT, lix_of_page
from kvalreg.site.about import ABOUT_PAGES, generate_about_pages
from kvalreg.site.data_pages import generate_open_data
from kvalreg.site.feed import crawler_files, generate_not_found_page
from kvalreg.site.provenance import Provenance
from kvalreg.site.site_model import Site
from kvalreg.site.staging import Page
from unmarked import unmarked

PAGES = {page.address: page for page in (*generate_about_pages(Site(())).pages, *generate_open_data(Site(())).pages)}
METHODS = ("tall", "nivaa", "sikkerhet", "skjulte-tall", "trakt", "dekningsgrad", "personvern", "kontakt")
EXAMPLE = {"": r"[Ee]t eksempel", "nn/": r"[Ee]it døme", "en/": r"[Aa]n example"}


@pytest.mark.parametrize("address", sorted(PAGES))
def test_every_text_reads_easily(address: str) -> None:
    """LIX is 40 at most, in bokmål, nynorsk and English."""
    measured = lix_of_page(PAGES[address].body)
    assert len(measured.sentences) >= 3
    assert measured.value <= LIX_LIMIT, [sentence.text for sentence in measured.hardest_sentences(3)]


@pytest.mark.parametrize("prefix", EXAMPLE)
def test_every_text_is_there_in_each_language_with_an_example(prefix: str) -> None:
    """The same nine texts, with the same sections, so that links between languages lead to the same place."""
    for name in ABOUT_PAGES:
        address = f"om/{'' if name == ABOUT_PAGES[0] else f'{name}/'}index.qmd"
        page, first = PAGES[prefix + address], PAGES[address]
        assert re.findall(r"\{#([\w-]+)\}", page.body) == re.findall(r"\{#([\w-]+)\}", first.body), page.address
        assert name not in METHODS or re.search(EXAMPLE[prefix], page.body), page.address
        assert page.title
        assert page.description
        assert "$" not in page.body


def test_the_accessibility_statement_has_its_parts() -> None:
    """Status, what is not accessible, how it was tested, whom to tell, and where to complain."""
    site = Site((), descriptor=SiteDescriptor(publisher="Sykehuset A/S [x](y)", email="a@example.org", phone="1"))
    pages = {page.address: page for page in generate_about_pages(site).pages}
    body = pages["om/tilgjengelighet/index.qmd"].body
    for part in ("status", "unntak", "prover", "kontakt", "klage"):
        assert f"{{#{part}}}" in body
    assert "WCAG 2.1" in body
    assert "uutilsynet.no" in body
    assert "a\\@example\\.org" in body
    assert "[x](y)" not in body  # a descriptor's texts are plain text
    assert "ikke oppgitt" in PAGES["om/kontakt/index.qmd"].body


def test_a_page_tells_how_to_cite_it_and_holds_no_date_of_today() -> None:
    """Authority, title, site and address; a site without results says so, and no clock is read."""
    site = Site((), descriptor=SiteDescriptor(url="https://example.org/r", publisher="Utgiver & co"), title="Nettsted")
    page = Page("om/index.qmd", "Om <tallene>", "Tekst.", "en")
    block = Provenance(site).block(page)
    assert "Utgiver &amp; co. <cite>Om &lt;tallene&gt;</cite>. Nettsted. https://example.org/r/om/" in unmarked(block)
    assert "No registry has published numbers yet." in block
    assert not re.search(r"20\d\d", block)
    assert Provenance(site).modified(page) is None


def test_the_sitemap_needs_an_address() -> None:
    """Without the site's URL there is none, since a sitemap has absolute URLs only; the 404 page is never in it."""
    days = dict.fromkeys(["index.qmd", *(page.address for page in generate_not_found_page(Site(())).pages)])
    assert set(crawler_files(Site(()), days)) == {"robots.txt"}
    placed = Site((), descriptor=SiteDescriptor(url="https://example.org/a/b"))
    files = crawler_files(placed, days)
    assert b"<loc>https://example.org/a/b/</loc>" in files["sitemap.xml"]
    assert b"404" not in files["sitemap.xml"]
    assert files["robots.txt"].endswith(b"Sitemap: https://example.org/a/b/sitemap.xml\n")


def test_links_of_the_404_page_begin_at_the_root() -> None:
    """It is shown at any depth, so no link of its own is relative."""
    (page,) = generate_not_found_page(Site(())).pages
    assert re.findall(r"\]\(([^)]*)\)", page.body) == ["/index.qmd", "/registre/index.qmd", "/data/index.qmd"]
