"""A small site with everything our own pages use, and a reader of rendered sites: what the site's tests compare."""

from __future__ import annotations

import json
import posixpath
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import html5lib

from kvalreg.project import Project
from kvalreg.report.markup import escape_markdown, raw_html
from kvalreg.report.translation import get_translator
from kvalreg.site.staging import Page
from kvalreg.site.unit_selector import UNIT_LIST, unit_selector_html

NASTY = (
    "A *b* _c_ `d` <script>alert(1)</script> & \"e\" 'f' {{< meta lang >}} {{{{ >}} $x$ @fig-a [g](h.html) -- ... ~i~"
)
SPEC = {
    "data": {"values": [{"year": "2022", "value": 0.8}, {"year": "2023", "value": 0.87}]},
    "transform": [{"filter": "datum.value > 0"}],
    "mark": "bar",
    "encoding": {"x": {"field": "year"}, "y": {"field": "value", "type": "quantitative"}},
    "width": "container",
    "height": 120,
    "description": "{{< meta lang >}} </script>",
}
_FIGURE = f"""<figure class="kv-figure" id="utvikling">
<figcaption>Utvikling over tid</figcaption>
<div class="kv-chart" role="img" aria-label="Fra 80 til 87 av 100">
<svg viewBox="0 0 560 120"><rect width="560" height="120" fill="#0b5c8f"/></svg></div>
<details class="kv-data"><summary>Vis tallene i en tabell</summary>
<div class="kv-scroll" tabindex="0" role="region" aria-label="Tall"><table class="kv-table"><caption>Tall</caption>
<thead><tr><th scope="col">År</th><th scope="col">Andel</th></tr></thead>
<tbody><tr><th scope="row">2022</th><td>80 %</td></tr>
<tr><th scope="row">2023</th><td>87 %</td></tr></tbody></table></div></details>
<p class="kv-downloads"><a class="kv-csv" href="../../../data/slag.csv" download>Last ned CSV</a></p>
<script type="application/json" class="kv-spec">{json.dumps(SPEC).replace("<", chr(92) + "u003c")}</script>
</figure>"""
_WIDE = "".join(f"<th scope='col'>Et langt kolonnenavn nummer {number}</th>" for number in range(9))
_YEAR = "\n\n".join(
    [
        raw_html('<p class="kv-lead">Her er resultatene.</p>'),
        "## Viktigste resultater {#budskap}",
        raw_html(
            '<ul class="kv-messages"><li class="kv-message"><span class="kv-level kv-high">'
            '<svg viewBox="0 0 16 16" aria-hidden="true"><circle cx="8" cy="8" r="6.5" fill="currentColor"/></svg> '
            'Høy måloppnåelse</span> <span><strong>87 av 100.</strong> <a href="#ind-a">Les mer</a></span></li></ul>'
        ),
        escape_markdown(NASTY) + " [forsiden](../../../index.qmd) og [registrene](/registre/index.qmd#alle).",
        raw_html(
            f'<div class="kv-scroll" tabindex="0" role="region" aria-label="Bred tabell"><table class="kv-table">'
            f"<thead><tr>{_WIDE}</tr></thead></table></div>"
            '<p>Se <a href="../../nyre/index.qmd">nyre</a>, <a href="/om/index.qmd">om</a>, '
            '<a href="https://example.org/a?b=c#d">utenfor</a> og <a href="mailto:a@example.org">post</a>.</p>'
        ),
        raw_html('<p title="{{< meta lang >}}">{{<em> meta lang >}}</em></p>'),
        escape_markdown("b58fc729-690b-4000-b19f-365a4093b2ff;7b7b3c206d657461206c616e67203e7d7d;"),
        "### Åpen behandling på sykehus",
        raw_html(_FIGURE),
        raw_html(
            '<div class="kv-scroll" tabindex="0" role="group" aria-label="Sykehus">'
            '<table class="kv-table" data-sortable>'
            '<thead><tr><th scope="col">Enhet</th><th scope="col">Andel</th></tr></thead><tbody>'
            '<tr data-unit="111"><th scope="row">Vik</th><td data-sort="0.9">90 av 100</td></tr>'
            '<tr data-unit="112"><th scope="row">Å</th><td data-sort="">Vises ikke</td></tr>'
            '<tr data-unit="113"><th scope="row">Nes</th><td data-sort="0.1">100 av 1000</td></tr>'
            "</tbody></table></div>"
        ),
        "### Andre tall {#ind-a}",
        "| År | Andel |\n|----|------:|\n| 2022 | 80 |\n\n- ett\n- *to*\n",
        "### Åpen behandling på sykehus",
        raw_html('<details class="kv-more"><summary>Les mer</summary><p>Mer.</p></details>'),
    ]
)
_PAGES = [
    Page(
        "index.qmd",
        "Resultater fra kvalitetsregistrene",
        raw_html('<p class="kv-lead">Velkommen.</p>')
        + "\n\n## Registre\n\n"
        + raw_html(
            '<div class="kv-cards"><a class="kv-card" href="registre/index.qmd"><strong>Alle</strong></a></div>'
        ),
        "nb",
        synthetic=True,
    ),
    Page("registre/index.qmd", "Registre", "## Alle {#alle}\n\n- [Slag](slag/2023/index.qmd)", "nb", synthetic=True),
    Page(
        "registre/slag/2023/index.qmd",
        NASTY,
        _YEAR,
        "nb",
        NASTY,
        (("Registre", "registre/index.qmd"), (NASTY, "registre/slag/2023/index.qmd")),
        synthetic=True,
    ),
    Page("registre/nyre/index.qmd", "Nyre", "Tala er trygge.\n\n## Resultat\n\nTekst.", "nn", synthetic=True),
    Page("om/index.qmd", "About the numbers", "Plain text.", "en"),
    Page("sykehus/index.qmd", "Sykehus", "Tekst.", "nb", synthetic=True),
    Page("fagomrade/index.qmd", "Fagområder", "Tekst.", "nb", synthetic=True),
    Page("endringer/index.qmd", "Endringer", "Tekst.", "nb", synthetic=True),
    Page("data/index.qmd", "Data", "Tekst.", "nb", synthetic=True),
    Page("en/index.qmd", "Results", "Plain text.", "en", synthetic=True),
]
PAGES = [
    replace(page, body=f"{raw_html(unit_selector_html(get_translator(page.language)))}\n\n{page.body}")
    for page in _PAGES
]
UNITS = [
    {"orgnr": "1", "name": "Nord RHF", "level": "rhf", "parent": "0"},
    {"orgnr": "11", "name": "Vik HF", "level": "hf", "parent": "1"},
    {"orgnr": "111", "name": "Vik sykehus", "level": "hospital", "parent": "11"},
    {"orgnr": "112", "name": "Å sykehus", "level": "hospital", "parent": "11"},
]
RESOURCES = {"data/slag.csv": b"year;value\r\n2023;0,87\r\n", UNIT_LIST: json.dumps(UNITS).encode()}
ADDRESSES = {page.address.replace(".qmd", ".html") for page in PAGES}


def example_project(root: Path) -> Project:
    """A project whose `_quarto.yml` and extension are the shared ones."""
    (root / "registries").mkdir(parents=True, exist_ok=True)
    return Project(root)


@dataclass(frozen=True)
class Heading:
    """A heading of the content and the id that leads to it."""

    level: int
    anchor: str
    text: str


@dataclass(frozen=True)
class ReadPage:
    """What a reader of a rendered page meets; addresses are the site's own, or foreign ones as they stand."""

    title: str
    language: str
    description: str
    banner: str
    navigation: list[tuple[str, str]]
    current: list[str]
    footer: list[tuple[str, str]]
    footer_text: str
    breadcrumb: list[tuple[str, str]]
    headings: list[Heading]
    contents: list[tuple[str, str]]
    figures: list[tuple[str, int, Any]]
    tables: list[list[list[str]]]
    links: list[tuple[str, str]]
    text: str


def site_pages(site: Path) -> set[str]:
    """Every page of a rendered site."""
    return {path.relative_to(site).as_posix() for path in site.rglob("*.html")}


def parse(site: Path, address: str, *, strict: bool = False) -> Any:
    """A rendered page as a tree; strict fails on any error in its HTML."""
    parser = html5lib.HTMLParser(strict=strict, namespaceHTMLElements=False)
    return parser.parse((site / address).read_bytes())


def read_page(site: Path, address: str) -> ReadPage:
    """Read one rendered page."""
    tree = parse(site, address)
    main = _find(tree, "main")[0]
    header = tree.find(".//*[@id='quarto-header']")
    footer = _find(tree, "footer")[0]
    breadcrumb = [nav for nav in _find(main, "nav") if nav.get("class") == "kv-breadcrumb"]
    outline = tree.find(".//*[@id='TOC']")
    return ReadPage(
        title=_text(_find(tree, "title")[0]),
        language=tree.get("lang"),
        description=next((m.get("content") for m in _find(tree, "meta") if m.get("name") == "description"), ""),
        banner=" ".join(_text(aside) for aside in _find(tree, "aside")),
        navigation=_links(header, address),
        current=[_text(a) for a in _find(header, "a") if a.get("aria-current") == "page"],
        footer=_links(footer, address),
        footer_text=_text(footer),
        breadcrumb=[link for nav in breadcrumb for link in _links(nav, address)],
        headings=_headings(main),
        contents=_links(outline, address) if outline is not None else [],
        figures=[_figure(figure) for figure in _find(main, "figure")],
        tables=[
            [[_text(c) for c in row if c.tag in ("th", "td")] for row in _find(t, "tr")] for t in _find(main, "table")
        ],
        links=_links(main, address),
        text=_text(main),
    )


def foreign_requests(site: Path) -> list[str]:
    """Every address of another host that a page would load by itself, in pages and style sheets."""
    found = []
    for address in sorted(site_pages(site)):
        for element in parse(site, address).iter():
            loads = [element.get("src"), element.get("srcset"), element.get("href") if element.tag == "link" else None]
            found += [f"{address}: {load}" for load in loads if load and re.match(r"(https?:)?//", load)]
    for sheet in sorted(site.rglob("*.css")):
        found += [
            f"{sheet.name}: {url}" for url in re.findall(r"url\([\"']?((?:https?:)?//[^)]*)", sheet.read_text("utf-8"))
        ]
    return found


def _find(tree: Any, tag: str) -> list[Any]:
    return [element for element in tree.iter() if element.tag == tag]


def _text(element: Any) -> str:
    parts: list[str] = []

    def walk(node: Any) -> None:
        if node.tag in ("script", "style"):
            return
        parts.append(node.text or "")
        for child in node:
            if isinstance(child.tag, str):
                walk(child)
            parts.append(child.tail or "")

    walk(element)
    return " ".join("".join(parts).split())


def _links(element: Any, address: str) -> list[tuple[str, str]]:
    return [(_text(a), _resolve(a.get("href"), address)) for a in _find(element, "a") if a.get("href")]


def _resolve(href: str, address: str) -> str:
    parts = urlsplit(href)
    if parts.scheme or parts.netloc:
        return href
    path = posixpath.normpath(posixpath.join(posixpath.dirname(address), parts.path)) if parts.path else address
    return path + (f"#{parts.fragment}" if parts.fragment else "")


def _headings(main: Any) -> list[Heading]:
    found = []
    for parent in main.iter():
        for child in parent:
            if isinstance(child.tag, str) and re.fullmatch("h[1-6]", child.tag):
                anchor = child.get("id") or (parent.get("id") if parent.tag == "section" else "") or ""
                found.append(Heading(int(child.tag[1]), anchor, _text(child)))
    return found


def _figure(figure: Any) -> tuple[str, int, Any]:
    spec = next((s for s in _find(figure, "script") if s.get("class") == "kv-spec"), None)
    svgs = sum(1 for element in figure.iter() if str(element.tag).endswith("svg"))
    return (_text(_find(figure, "figcaption")[0]), svgs, json.loads(spec.text) if spec is not None else None)
