"""The embedded renderer, against what a reader must find on the example site."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from kvalreg.errors import RendererError
from kvalreg.site import pandoc
from kvalreg.site.staging import Page, stage
from site_example import (
    ADDRESSES,
    NASTY,
    PAGES,
    RESOURCES,
    SPEC,
    Heading,
    example_project,
    foreign_requests,
    parse,
    read_page,
    site_pages,
)

YEAR = "registre/slag/2023/index.html"
TITLE = NASTY.replace("{{", "{\u2060{").replace("{{", "{\u2060{").replace("}}", "}\u2060}")


def _render(root: Path, pages: list[Page]) -> Path:
    renderer, _ = pandoc.find()
    assert renderer is not None
    staged = stage(example_project(root), pages, RESOURCES)
    renderer.render(staged, root / "_site")
    return root / "_site"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example, rendered."""
    return _render(tmp_path_factory.mktemp("pandoc"), PAGES)


def test_every_page_and_file_is_there(site: Path) -> None:
    """One page per address, the downloads, the library; nothing of the project's own files."""
    assert site_pages(site) == ADDRESSES
    assert (site / "data" / "slag.csv").read_bytes() == RESOURCES["data/slag.csv"]
    assert {path.name for path in (site / "site_libs" / "kvalreg").iterdir()} == {
        "cells.js", "choice.js", "chooser.js", "figures.js", "filters.js", "fold.js", "kvalreg.css", "kvalreg.js",
        "number.js", "number_answer.js", "number_drawn.js", "page.js", "rows.js", "search.js", "tables.js", "vega.js",
        "yours.js",
    }  # fmt: skip
    assert not list(site.rglob("*.qmd"))
    assert not list(site.rglob("*.yml*"))


@pytest.mark.parametrize("address", sorted(ADDRESSES))
def test_pages_are_valid_html(site: Path, address: str) -> None:
    """A strict parser finds nothing to complain about."""
    parse(site, address, strict=True)


@pytest.mark.parametrize("address", sorted(ADDRESSES))
def test_every_page_has_its_landmarks(site: Path, address: str) -> None:
    """One h1, one main, a skip link that leads to it, a language, a way home from disk."""
    tree = parse(site, address)
    assert [heading.level for heading in read_page(site, address).headings].count(1) == 1
    main = [element for element in tree.iter() if element.tag == "main"]
    first = next(element for element in tree.iter() if element.tag == "a")
    assert len(main) == 1
    assert first.get("href") == f"#{main[0].get('id')}"
    assert tree.get("lang") in ("nb", "nn", "en")
    home = next(element for element in tree.iter() if element.get("class") == "navbar-brand")
    assert home.get("href") == "../" * address.count("/") + "index.html"


def test_titles_name_the_page_and_the_site(site: Path) -> None:
    """ "Page – Site"; the front page, which is called as the site is, says it once."""
    name = "Resultater fra kvalitetsregistrene"
    assert read_page(site, "index.html").title == name
    assert read_page(site, "registre/nyre/index.html").title == f"Nyre – {name}"
    assert read_page(site, YEAR).title == f"{TITLE} – {name}"


def test_untrusted_text_is_shown_as_it_was_written(site: Path) -> None:
    """Markup, scripts, shortcodes and references in a title or paragraph are letters, nothing else."""
    page = read_page(site, YEAR)
    assert page.description == TITLE
    assert page.headings[0] == Heading(1, "", TITLE)
    assert page.breadcrumb == [("Registre", "registre/index.html"), (TITLE, YEAR)]
    assert f"{NASTY} forsiden" in page.text
    assert "{{ meta lang >}}" in page.text
    assert "alert" not in "".join(s.text or "" for s in parse(site, YEAR).iter() if s.tag == "script")


def test_headings_have_ids_and_the_contents_lead_to_them(site: Path) -> None:
    """Own ids are kept, others come from the text, and twins are told apart."""
    page = read_page(site, YEAR)
    assert page.headings[1:] == [
        Heading(2, "budskap", "Viktigste resultater"),
        Heading(3, "åpen-behandling-på-sykehus", "Åpen behandling på sykehus"),
        Heading(3, "ind-a", "Andre tall"),
        Heading(3, "åpen-behandling-på-sykehus-1", "Åpen behandling på sykehus"),
    ]
    assert page.contents == [(heading.text, f"{YEAR}#{heading.anchor}") for heading in page.headings[1:]]
    assert read_page(site, "om/index.html").contents == []


def test_links_lead_to_pages(site: Path) -> None:
    """`.qmd` becomes `.html`, a leading slash is the site's root, foreign addresses stay."""
    assert read_page(site, YEAR).links[2:] == [
        ("Les mer", f"{YEAR}#ind-a"),
        ("forsiden", "index.html"),
        ("registrene", "registre/index.html#alle"),
        ("nyre", "registre/nyre/index.html"),
        ("om", "om/index.html"),
        ("utenfor", "https://example.org/a?b=c#d"),
        ("post", "mailto:a@example.org"),
        ("Last ned CSV", "data/slag.csv"),
    ]
    for address in ADDRESSES:
        for _, target in read_page(site, address).links:
            path = target.split("#")[0]
            assert ":" in path or (site / path).is_file()


def test_figures_and_tables_are_whole(site: Path) -> None:
    """The drawing, its caption, its specification and its numbers are on the page as they were made."""
    page = read_page(site, YEAR)
    assert page.figures == [("Utvikling over tid", 1, SPEC)]
    assert page.tables[1:] == [
        [["År", "Andel"], ["2022", "80 %"], ["2023", "87 %"]],
        [["Enhet", "Andel"], ["Vik", "90 av 100"], ["Å", "Vises ikke"], ["Nes", "100 av 1000"]],
        [["År", "Andel"], ["2022", "80"]],
    ]


HTML = '<p data-a="1">\n\n  <b>x</b> &amp; `y`</p>'


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        (f"```{{=html}}\n{HTML}\n```", HTML),
        (f"````{{=html}}\n<pre>\n```\n</pre>\n````\n\n```{{=html}}\n{HTML}\n```", f"<pre>\n```\n</pre>\n{HTML}"),
        (f"````\n```{{=html}}\n{HTML}\n```\n````", "```{=html}\n&lt;p data-a="),
        (f"<!--kv-raw 1-->\n\n```{{=html}}\n{HTML}\n```", f"<!--kv-raw 1-->\n{HTML}"),
        (f"`<!--kv-raw 1-->`\n\n```{{=html}}\n{HTML}\n```", f"&lt;!--kv-raw 1--&gt;</code></p>\n{HTML}"),
        ('```{=html}\n<a href="/om/index.qmd#a">x</a>\n```', '<a href="../../../om/index.html#a">x</a>'),
    ],
    ids=["plain", "longer fence", "inside code", "a mark as a comment", "a mark as code", "a link"],
)
def test_finished_html_comes_through_as_it_was(tmp_path: Path, body: str, shown: str) -> None:
    """Raw blocks pass Pandoc by, whatever is in and around them; only their links are resolved."""
    page = Page("registre/slag/2023/index.qmd", "Slag", f"Før.\n\n{body}\n\nEtter.", "nb")
    html = (_render(tmp_path, [page]) / YEAR).read_text("utf-8")
    assert shown in html
    assert html.index("Før.") < html.index(shown) < html.index("Etter.")


def test_navigation_says_where_the_reader_is(site: Path) -> None:
    """The bar and the footer lead to the same pages from everywhere; the current one is marked."""
    for address in ADDRESSES:
        page = read_page(site, address)
        assert page.navigation[1:] == [
            ("Forside", "index.html"),
            ("Registre", "registre/index.html"),
            ("Sykehus", "sykehus/index.html"),
            ("Fagområder", "fagomrade/index.html"),
            ("Data", "data/index.html"),
            ("Om tallene", "om/index.html"),
        ]
        assert page.footer == [
            ("Endringer", "endringer/index.html"),
            ("Om tallene", "om/index.html"),
            ("English", "en/index.html"),
        ]
    assert read_page(site, "registre/index.html").current == ["Registre"]
    assert read_page(site, YEAR).current == []


def test_synthetic_pages_say_so_in_their_own_language(site: Path) -> None:
    """The banner is on every page of synthetic data, and on no other."""
    assert read_page(site, "index.html").banner == "Syntetiske data. Sykehusene og tallene finnes ikke."
    assert read_page(site, "registre/nyre/index.html").banner == "Syntetiske data. Sjukehusa og tala finst ikkje."
    assert read_page(site, "om/index.html").banner == ""


def test_nothing_is_requested_from_another_host(site: Path) -> None:
    """No page loads anything from outside the site, and each forbids it."""
    assert foreign_requests(site) == []
    for address in ADDRESSES:
        policies = [e.get("content") for e in parse(site, address).iter() if e.get("http-equiv")]
        assert len(policies) == 1
        assert "default-src 'none'" in policies[0]
        assert "unsafe-eval" not in policies[0]
        assert "http:" not in policies[0]


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ("```{python}\n1\n```", "executable cell 'python'"),
        ("::: {.callout-note}\nx\n:::", "class 'callout-note'"),
        ("::: {.panel-tabset}\n## A\n:::", "class 'panel-tabset'"),
        ("Se @fig-trend.", "citation or cross-reference '@fig-trend'"),
        ("$x^2$", "formula"),
        ("Tekst.[^1]\n\n[^1]: Note.", "footnote"),
        ("# Enda en tittel", "heading of level 1 'Enda en tittel'"),
        ("```{=latex}\nx\n```", "raw latex"),
        ("---\nlisting: default\n---", "front matter key 'listing'"),
        ("::: {layout-ncol=2}\nx\n:::", "attribute 'layout-ncol'"),
    ],
)
def test_what_is_not_supported_is_named_with_its_page(tmp_path: Path, body: str, named: str) -> None:
    """Nothing is silently lost: the page and the feature are named, and the old site stays."""
    good = _render(tmp_path, PAGES)
    with pytest.raises(RendererError) as caught:
        _render(tmp_path, [PAGES[0], replace(PAGES[4], body=body)])
    assert f"  om/index.qmd: {named}" in str(caught.value).splitlines()
    assert site_pages(good) == ADDRESSES


def test_a_shortcode_in_a_page_written_by_hand_is_refused(tmp_path: Path) -> None:
    """A staged page that somebody has edited is not rendered with its shortcode as text."""
    _render(tmp_path, PAGES)
    staged = tmp_path / "_build" / "site"
    (staged / "om" / "index.qmd").write_text("---\ntitle: Om\nlang: nb\n---\n\n{{< include x.qmd >}}\n")
    renderer, _ = pandoc.find()
    assert renderer is not None
    with pytest.raises(RendererError, match=r"om/index\.qmd: shortcode 'include'"):
        renderer.render(staged, tmp_path / "_site")
