"""The site's own pages on a small project: their numbers by hand, their addresses, and what the audit finds on them."""

from __future__ import annotations

import json
import re
import shutil
from datetime import date
from pathlib import Path
from typing import Any

import html5lib
import pytest

from kvalreg.diagnostic_codes import DiagnosticCode
from kvalreg.disclosure.gate import apply_gate
from kvalreg.disclosure.ledger import save_edition
from kvalreg.disclosure.published import PublishedResults, RegistrySource, save_published
from kvalreg.inputs.delivery import UnknownUnitPolicy
from kvalreg.inputs.descriptor_file import read_descriptors
from kvalreg.inputs.registry_deliveries import read_deliveries
from kvalreg.inputs.slugs import Slugs
from kvalreg.inputs.units import read_units
from kvalreg.project import Project
from kvalreg.release.audit import audit_site
from kvalreg.site import pandoc
from kvalreg.site.generators import generate_site
from kvalreg.site.site_model import PublishedRegistry, Site, SiteOutput
from kvalreg.site.staging import stage
from kvalreg.statistics.aggregation import aggregate
from kvalreg.storage.last_good import LastGoodPage
from small_project import UNITS, write_registry

ROWS = """context;year;orgnr;ind_id;var;denominator
caregiver;2023;111;alfa_a;600;1000
caregiver;2023;112;alfa_a;190;200
caregiver;2023;113;alfa_a;45;50
caregiver;2023;121;alfa_a;190;200
caregiver;2023;122;alfa_a;30;60
caregiver;2024;111;alfa_a;970;1000
caregiver;2024;112;alfa_a;160;200
caregiver;2024;113;alfa_a;45;50
caregiver;2024;121;alfa_a;160;200
caregiver;2024;122;alfa_a;2;3
"""
"""2024: Vik 97 of 100 (far above the target of 90), Li 80 of 100 (far below), Øy 90 of 100 (unsure); Å has too few, and
Nes is hidden with it, since the two are all of Nes HF."""
VIK, LI, OY, A = ("sykehus/vik-sykehus", "sykehus/li-sykehus", "sykehus/oy-sykehus", "sykehus/a-sykehus")
INDICATOR = "registre/alfa/indikator/alfa_a"


def published(project: Project, registry_id: str) -> PublishedResults:
    """What a registry publishes, as the pipeline makes it, with its ledger saved."""
    units = read_units(project.units, "units.csv")
    registry = read_descriptors(project)[0][registry_id]
    delivered = read_deliveries(project, registry, units, UnknownUnitPolicy.REFUSE)
    gated = apply_gate(aggregate(delivered, registry, units), RegistrySource(registry, units, delivered.deliveries))
    save_edition(gated.edition, registry_id, project.pending_ledger)
    return gated.published


def last_good_page(address: str) -> LastGoodPage:
    """A registry's own page, with no result on it."""
    return LastGoodPage(
        registry="alfa", kind="registry", year=2024, round="final", language="nb", address=address, title="alfa",
        breadcrumb=(), synthetic=True, markdown="Tekst.", made=date(2025, 2, 1),
    )  # fmt: skip


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Project, SiteOutput]:
    """A site without a notebook's page: the output of all generators for one registry, rendered."""
    root = tmp_path_factory.mktemp("ways")
    write_registry(root, "alfa", ROWS)
    (root / "registries" / "units.csv").write_text(
        UNITS + "113;Øy sykehus;Øy;hospital;11;Vestfylke\n", encoding="utf-8"
    )
    project = Project(root)
    registry = published(project, "alfa")
    save_published(registry, project.published)
    registry_page = last_good_page("registre/alfa/index.qmd")
    content = generate_site(Site((PublishedRegistry(registry, (registry_page,)),), Slugs(fields={"Prøver": "prover"})))
    renderer, _ = pandoc.find()
    assert renderer is not None
    renderer.render(stage(project, content.pages, content.files), project.site)
    return project, content


def page(built: tuple[Project, SiteOutput], folder: str) -> Any:
    """A rendered page as a tree, which must be valid HTML."""
    path = built[0].site / folder / "index.html"
    return html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(path.read_bytes())


def text(element: Any) -> str:
    """The words of an element."""
    return " ".join("".join(element.itertext()).split())


def rows(tree: Any) -> list[list[str]]:
    """The rows of the page's first table of results."""
    table = next(t for t in tree.iter("table") if "kv-stack" in t.get("class", ""))
    return [[text(cell) for cell in row] for row in table.find("tbody")]


def boxes(tree: Any) -> dict[str, list[str]]:
    """The highlights of a unit's page: each list by its heading."""
    (highlights,) = (element for element in tree.iter("div") if element.get("class") == "kv-glance")
    return {text(box.find("h3")): [text(line) for line in box.iter("li")] for box in highlights.findall("div")}


def test_a_hospitals_numbers_are_its_own(built: tuple[Project, SiteOutput]) -> None:
    """970 of 1000 is 97 of 100; Wilson's interval of it is 95.8-97.9 %; it was 60 of 100."""
    assert rows(page(built, VIK)) == [
        ["Andel som fikk hjelp", "97 av 100 (96–98 %)", "1 000", "90 av 100", "Sikkert høy",
         "Bedre enn i 2023 (mer enn tilfeldig variasjon)"]
    ]  # fmt: skip
    assert boxes(page(built, VIK)) == {
        "Når målet, og det er sikkert": ["Andel som fikk hjelp 97 av 100 alfa, 2024"],
        "Når ikke målet, og det er sikkert": [],
        "Sikkert bedre enn året før": ["Andel som fikk hjelp 97 av 100 alfa, 2024"],
    }


def test_what_is_not_certain_is_in_no_list(built: tuple[Project, SiteOutput]) -> None:
    """45 of 50 reaches the target of 90, but its interval of 79-96 % does not tell; nor has it changed."""
    assert boxes(page(built, OY)) == {"Når målet, og det er sikkert": [], "Når ikke målet, og det er sikkert": []}


def test_a_target_missed_and_a_change_for_the_worse_are_listed(built: tuple[Project, SiteOutput]) -> None:
    """160 of 200 has an interval of 74-85 %, all below 90; it was 190 of 200."""
    lists = boxes(page(built, LI))
    line = "Andel som fikk hjelp 80 av 100 alfa, 2024"
    assert lists["Når ikke målet, og det er sikkert"] == lists["Sikkert dårligere enn året før"] == [line]


def test_a_secret_number_has_its_word_and_its_note(built: tuple[Project, SiteOutput]) -> None:
    """Three patients are too few: neither value, patients, level nor change is there, on page or in file."""
    tree = page(built, A)
    assert rows(tree) == [["Andel som fikk hjelp", "Vises ikke *", "", "90 av 100", "", ""]]
    note = "Vises ikke: færre enn 5 pasienter, eller skjult for å verne et slikt tall."
    assert [text(p) for p in tree.iter("p") if p.get("id") == "fotnote-alfa-secret-5"] == [f"* {note}"]
    (block,) = json.loads(built[1].files[f"{A}/tall.json"])
    expected = {"name": "Å sykehus", "cell": "Vises ikke", "text": "Å sykehus i 2024.", "note": note, "shown": False}
    assert block["units"]["122"] == expected


def test_a_unit_page_leads_up_down_and_beside(built: tuple[Project, SiteOutput]) -> None:
    """Vik belongs to Vik HF and Nord RHF, and Li and Øy lie beside it; the RHF has its two HFs below it."""
    links = {text(a): a.get("href") for a in page(built, VIK).find(".//dl").iter("a")}
    assert links == {
        "Vik HF": "../vik-hf/index.html",
        "Nord RHF": "../nord-rhf/index.html",
        "Li sykehus": "../li-sykehus/index.html",
        "Øy sykehus": "../oy-sykehus/index.html",
    }
    below = [text(a) for a in page(built, "sykehus/nord-rhf").find(".//dl").iter("a")]
    assert below == ["Vik HF", "Nes HF"]


def test_every_unit_is_in_the_list_as_they_belong_together(built: tuple[Project, SiteOutput]) -> None:
    """The region leads; each HF holds its hospitals."""
    tree = page(built, "sykehus")
    (hf,) = (li for li in tree.iter("li") if li.get("class") == "kv-unit-hf" and text(li).startswith("Nes HF"))
    assert [text(a) for a in hf.iter("a")] == ["Nes HF", "Nes sykehus", "Å sykehus"]


def test_an_indicators_page_has_every_unit_with_word_and_symbol(built: tuple[Project, SiteOutput]) -> None:
    """The nation first: 1337 of 1453, or 92 of 100; then the units by value, hidden ones last."""
    tree = page(built, INDICATOR)
    table = rows(tree)
    assert [row[0] for row in table] == ["Hele landet", "Vik", "Øy", "Li", "Nes", "Å"]
    assert [row[3] for row in table][1:4] == [
        "Sikkert høy",
        "Høy, men tallene er for små til å skille fra middels",
        "Middels, men tallene er for små til å skille fra høy eller lav",
    ]
    assert table[0][1].startswith("92 av 100")
    assert [row[1] for row in table[4:]] == ["Vises ikke *", "Vises ikke *"]
    assert sum(element.get("class") == "kv-symbol" for element in tree.iter()) >= 4
    assert [text(li) for li in tree.find(".//dl").iter("li")] == [
        "Høy måloppnåelse: minst 90 av 100",
        "Middels måloppnåelse: 80 av 100 til 90 av 100",
        "Lav måloppnåelse: under 80 av 100",
    ]


def test_a_field_has_its_registries_and_the_nations_results(built: tuple[Project, SiteOutput]) -> None:
    """One line for the indicator, with empty places for the reader's own hospital and the unit above."""
    (row,) = rows(page(built, "fagomrade/prover"))
    assert row[0] == "Andel som fikk hjelp"
    assert row[2:4] == ["", ""]


def test_the_list_of_registries_tells_how_many_targets_are_reached(built: tuple[Project, SiteOutput]) -> None:
    """Of three hospitals that are shown, Vik and Øy reach the target: 67 of 100."""
    (row,) = rows(page(built, "registre"))
    assert row[0] == "Register for alfaPrøver"
    assert row[2] == "67 av 100"


def test_search_finds_registries_indicators_units_and_fields(built: tuple[Project, SiteOutput]) -> None:
    """One entry each, and no result among them."""
    script = built[1].files["sok.js"].decode()
    entries = json.loads(script.removeprefix("window.kvSearch=").removesuffix(";\n"))
    assert {(kind, name) for _, name, kind, *_ in entries} >= {
        ("registry", "Register for alfa"),
        ("indicator", "Andel som fikk hjelp"),
        ("unit", "Å sykehus"),
        ("field", "Prøver"),
    }
    assert not re.search(r"\d", "".join(part for entry in entries for part in entry[1:]))


def test_the_untouched_pages_pass_the_audit_and_are_read_by_it(built: tuple[Project, SiteOutput]) -> None:
    """Every number on the pages of units and indicators is compared with its cell."""
    result = audit_site(built[0].site, built[0])
    assert result.report_text().startswith("The site passes the audit")
    assert result.claim_count >= 1


@pytest.mark.parametrize(
    ("address", "before", "after"),
    [
        (f"{A}/index.html", "Vises ikke\xa0<a", "2 av 3 <a"),
        (f"{A}/index.html", "</h1>", "</h1><p>Her fikk 2 av 3 pasienter hjelp i 2024.</p>"),
        (f"{INDICATOR}/index.html", ">Å</a></th><td", ">Å</a></th><td>67 av 100</td><td"),
        (f"{INDICATOR}/index.html", "</h1>", "</h1><p>Å sykehus: 2 av 3 pasienter.</p>"),
        (f"{A}/tall.json", '"shown":false', '"shown":false,"value":"2 av 3"'),
    ],
)
def test_a_planted_leak_is_found(
    built: tuple[Project, SiteOutput], tmp_path: Path, address: str, before: str, after: str
) -> None:
    """A hidden number on a unit's page, in its file or on an indicator's page stops the release."""
    site = tmp_path / "site"
    shutil.copytree(built[0].site, site)
    whole = (site / address).read_text("utf-8")
    assert before in whole
    (site / address).write_text(whole.replace(before, after, 1), encoding="utf-8")
    findings = audit_site(site, built[0]).findings
    assert {finding.code for finding in findings} & {
        DiagnosticCode.CELL_SUPPRESSED,
        DiagnosticCode.CELL_ADDRESS_MISSING,
        DiagnosticCode.COLUMN_ROLES_MISSING,
    }
    assert any(address in str(finding) for finding in findings)
