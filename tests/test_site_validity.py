"""Whole sites checked by independent programs: valid HTML, no dead links, no requests to another host."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from lxml import etree, html

from kvalreg.inputs.delivery import UnknownUnitPolicy
from kvalreg.inputs.imongr import import_imongr
from kvalreg.pipeline import BuildRequest, RunResult, build
from kvalreg.project import Project
from kvalreg.site import quarto
from small_project import UNITS, Silence, delivery_of, write_registry
from test_browser_access import violations

CHECKOUT = Path(__file__).parents[1]
VALIDATOR = CHECKOUT / ".venv" / "html-validate" / "node_modules" / ".bin" / "html-validate"
BARE = """\
id: {id}
name: Register uten {id}
short_name: {id}
language: nn
medical_fields: [Prøver]
about: {{}}
indicators:
  - id: {id}_a
    title: Indikator & «tegn» < 5 > 3
    type: andel
"""
"""A registry with nothing but what it must have, and signs that HTML cannot take as they are."""


@pytest.fixture(scope="module")
def by_quarto(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small site with a registry that has left out all it can, made by Quarto."""
    renderer, reason = quarto.find()
    if renderer is None:
        pytest.skip(f"needs Quarto, and {reason}")
    root = tmp_path_factory.mktemp("quarto")
    for registry in ("alfa", "beta"):
        write_registry(root, registry, delivery_of(registry, (2024,)))
    (root / "registries" / "beta" / "registry.yml").write_text(BARE.format(id="beta"), encoding="utf-8")
    (root / "registries" / "units.csv").write_text(UNITS, encoding="utf-8")
    (root / "registries" / "site.yml").write_text("url: https://example.org/\n", encoding="utf-8")
    assert build(Project(root), BuildRequest(renderer="quarto"), Silence()).exit_code == 0
    return root / "_site"


@pytest.fixture(scope="module")
def of_real_deliveries(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site of two registries' real deliveries, all years."""
    root = tmp_path_factory.mktemp("real") / "project"
    import_imongr(shared / "data" / "real", root, UnknownUnitPolicy.SKIP)
    assert build(Project(root), BuildRequest(renderer="pandoc"), Silence()).exit_code == 0
    return root / "_site"


@pytest.fixture(
    params=[
        "demo",
        pytest.param("quarto", marks=pytest.mark.xdist_group("quarto")),
        pytest.param("real", marks=pytest.mark.xdist_group("real")),
    ]
)
def site(request: pytest.FixtureRequest) -> Path:
    """The demo by the embedded renderer, a small site by Quarto, and the real deliveries where there are any."""
    if request.param == "demo":
        demo: tuple[Project, RunResult] = request.getfixturevalue("demo")
        return demo[0].site.resolve()
    name = "by_quarto" if request.param == "quarto" else "of_real_deliveries"
    path: Path = request.getfixturevalue(name)
    return path.resolve()  # the site is a link, and addresses are compared as whole paths


def pages(site: Path) -> list[Path]:
    """Every page but those of Quarto's library."""
    return [path for path in sorted(site.rglob("*.html")) if path.relative_to(site).parts[0] != "site_libs"]


def test_html_is_valid(site: Path, tmp_path: Path) -> None:
    """html-validate finds no error on any page, in one run over all of them."""
    if not VALIDATOR.exists():
        if os.environ.get("CI"):
            pytest.fail("CI has no html-validate: tests/install_html_validate.sh should have installed it")
        pytest.skip("needs html-validate: run tests/install_html_validate.sh .venv")
    (tmp_path / "rules.json").write_text('{"root": true, "extends": ["html-validate:standard"]}', encoding="utf-8")
    listed = [str(path) for path in pages(site)]
    assert len(listed) > 30
    command = [str(VALIDATOR), "--config", str(tmp_path / "rules.json"), "--formatter", "json"]
    result = subprocess.run([*command, *listed], capture_output=True, text=True, encoding="utf-8", check=False)
    assert result.stderr == ""
    errors = [
        f"{Path(file['filePath']).relative_to(site)}:{error['line']}: {error['ruleId']}: {error['message']}"
        for file in json.loads(result.stdout or "[]")
        for error in file["messages"]
    ]
    assert errors[:20] == []
    assert result.returncode == 0


KINDS = (
    "index.html",
    "registre/index.html",
    "registre/*/index.html",
    "registre/*/20*/index.html",
    "registre/*/indikator/*/index.html",
    "sykehus/index.html",
    "sykehus/*/index.html",
    "fagomrade/*/index.html",
    "data/index.html",
    "om/index.html",
)
"""One page of every kind; the demo's are checked in `test_browser_access.py`."""
WCAG = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}
"""What the law asks for: Quarto's own scripts rewrite the skip link, which a rule beyond it does not like."""


@pytest.mark.parametrize("size", [{"width": 360, "height": 740}, {"width": 1280, "height": 900}], ids=["phone", "desk"])
@pytest.mark.parametrize(
    "site_fixture",
    [
        pytest.param("by_quarto", marks=pytest.mark.xdist_group("quarto")),
        pytest.param("of_real_deliveries", marks=pytest.mark.xdist_group("real")),
    ],
)
def test_axe_finds_nothing_on_any_kind_of_page(
    site_fixture: str, size: dict[str, int], visit: Any, serve: Callable[[Path], str], request: pytest.FixtureRequest
) -> None:
    """WCAG 2.1 A and AA, without sideways scrolling, by Quarto and with real names and numbers."""
    site: Path = request.getfixturevalue(site_fixture).resolve()
    address = serve(site)
    for kind in KINDS:
        page = visit(f"{address}/{sorted(site.glob(kind))[-1].relative_to(site)}", viewport=size, bypass_csp=True)
        page.locator(".kv-chooser button").first.wait_for()
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"], page.url
        assert violations(page, WCAG) == [], page.url
        page.close()


def test_the_validator_can_fail(tmp_path: Path) -> None:
    """A page with two equal ids does not pass: the test above is one that can fail."""
    if not VALIDATOR.exists():
        pytest.skip("needs html-validate: run tests/install_html_validate.sh .venv")
    (tmp_path / "rules.json").write_text('{"root": true, "extends": ["html-validate:standard"]}', encoding="utf-8")
    twins = '<p id="a"></p><p id="a"></p>'
    page = f'<!DOCTYPE html>\n<html lang="nb"><head><title>A</title></head><body>{twins}</body></html>'
    (tmp_path / "a.html").write_text(page, encoding="utf-8")
    command = [str(VALIDATOR), "--config", str(tmp_path / "rules.json"), str(tmp_path / "a.html")]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 1
    assert "no-dup-id" in result.stdout


def test_every_link_and_anchor_leads_somewhere_and_nothing_is_fetched_elsewhere(site: Path) -> None:
    """Every address on every page: a file of the site and an id on it, or a link out that a reader chooses."""
    read = {path: html.fromstring(path.read_bytes()) for path in pages(site)}
    ids = {path: set(tree.xpath("//@id")) | set(tree.xpath("//a/@name")) for path, tree in read.items()}
    dead: list[str] = []
    foreign: list[str] = []
    for path, tree in read.items():
        here = path.relative_to(site).as_posix()
        metadata_links = tree.xpath("//link[@rel='canonical' or @rel='alternate']/@href")
        loaded = set(tree.xpath("//link/@href | //*/@src | //*/@data-src | //*/@poster | //form/@action")) - set(
            metadata_links
        )
        for address in sorted({*tree.xpath("//a/@href"), *loaded}):
            parts = urlsplit(address)
            if parts.scheme == "data":
                continue
            if parts.scheme or parts.netloc:
                foreign += [f"{here}: {address}"] if address in loaded else []
                continue
            base = site if parts.path.startswith("/") else path.parent
            target = (base / unquote(parts.path).lstrip("/")).resolve() if parts.path else path
            target = target / "index.html" if target.is_dir() else target
            if not target.is_file() or (
                parts.fragment and target in ids and unquote(parts.fragment) not in ids[target]
            ):
                dead.append(f"{here}: {address}")
    assert dead[:20] == []
    assert foreign[:20] == []
    sheets = "".join(sheet.read_text("utf-8") for sheet in site.rglob("*.css"))
    assert re.findall(r"url\([\"']?(?:https?:)?//[^)]*", sheets) == []


@pytest.mark.parametrize("address", ["#nowhere", "gone.html", "b.html#nowhere"])
def test_the_check_of_links_can_fail(tmp_path: Path, address: str) -> None:
    """A link to a missing anchor or page is found; the same page without it passes."""
    (tmp_path / "b.html").write_text('<html lang="nb"><p id="here">B</p></html>', encoding="utf-8")
    page = tmp_path / "a.html"
    page.write_text('<html lang="nb"><a href="b.html#here">B</a></html>', encoding="utf-8")
    test_every_link_and_anchor_leads_somewhere_and_nothing_is_fetched_elsewhere(tmp_path)
    page.write_text(f'<html lang="nb"><a href="{address}">B</a></html>', encoding="utf-8")
    with pytest.raises(AssertionError, match=re.escape(address)):
        test_every_link_and_anchor_leads_somewhere_and_nothing_is_fetched_elsewhere(tmp_path)


def test_every_page_tells_what_it_is_and_where_it_comes_from(site: Path) -> None:
    """Each page has a description for lists, a preview, and last of all how it was made and how to cite it."""
    for path in pages(site):
        tree = html.fromstring(path.read_bytes())
        assert tree.xpath("string(//meta[@name='description']/@content)").strip(), path
        assert tree.xpath("string(//meta[@property='og:title']/@content)").strip(), path
        if path.name != "404.html":
            block = tree.xpath("//main//section[@class='kv-provenance']")
            assert len(block) == 1, path
            assert len(block[0].xpath(".//dt")) == 4, path
            assert re.search(r"20\d\d", block[0].text_content()), path


def test_the_feed_and_the_sitemap_are_well_formed_and_lead_to_pages(site: Path) -> None:
    """Each entry has an id of its own, a title, a moment and a summary; the sitemap has every page but the 404 page."""
    atom = {"a": "http://www.w3.org/2005/Atom"}
    feed = etree.parse(site / "nytt.xml")
    entries = feed.xpath("/a:feed/a:entry", namespaces=atom)
    names = feed.xpath("//a:id/text()", namespaces=atom)
    assert len(entries) >= 2
    assert len(names) == len(set(names)) == len(entries) + 1
    for part in ("title", "updated", "summary", "link"):
        assert all(entry.xpath(f"a:{part}", namespaces=atom) for entry in entries), part
    if not (site / "sitemap.xml").exists():  # a project that has not said where it is published
        assert "Sitemap:" not in (site / "robots.txt").read_text("utf-8")
        return
    urls = etree.parse(site / "sitemap.xml").xpath("//*[local-name()='loc']/text()")
    served = {str(urlsplit(address).path).lstrip("/") for address in urls}
    expected = {path.relative_to(site).as_posix().removesuffix("index.html") for path in pages(site)} - {"404.html"}
    assert served == {page for page in expected if not re.match(r"utgaver/\d", page)}
    assert f"Sitemap: {urls[0].split('//')[0]}//example.org/sitemap.xml" in (site / "robots.txt").read_text("utf-8")
