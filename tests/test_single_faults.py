"""One registry's fault is its own: the others are renewed, and it keeps its last good pages, marked as delayed.

Each test takes two registries that were sound a moment ago, plants one fault into alfa's files and a newer delivery
into beta's, and builds. Faults of pages, and those met while the site is made, are in `test_single_faults_pages.py`.
"""

from __future__ import annotations

import re

import pytest

import single_faults as faults
from kvalreg.errors import ConfigurationError
from kvalreg.pipeline import build
from kvalreg.project import Project
from small_project import Silence
from sound_projects import (
    BETA,
    PANDOC,
    YEAR,
    check_delayed,
    check_left_out,
    check_whole,
    is_delayed,
    line_of,
    renewed,
    words_of,
)

pytest_plugins = ("sound_fixtures",)


@pytest.mark.parametrize("kind", faults.DESCRIPTORS)
def test_a_faulty_descriptor(plain_two: Project, kind: str) -> None:
    """The file is named, or the folder where there is none."""
    faults.DESCRIPTORS[kind](plain_two)
    account = renewed(plain_two)
    check_delayed(plain_two, account, "alfa: ")
    assert re.match(r"alfa: (registries|data)/alfa", line_of(account))


@pytest.mark.parametrize("kind", faults.DELIVERIES)
def test_a_faulty_delivery(plain_two: Project, kind: str) -> None:
    """File and row are named."""
    faults.DELIVERIES[kind].plant(plain_two)
    check_delayed(plain_two, renewed(plain_two), faults.DELIVERIES[kind].named)


@pytest.mark.parametrize("kind", faults.NOTEBOOKS)
def test_a_faulty_notebook(plain_two: Project, kind: str) -> None:
    """One that cannot be run at all."""
    faults.NOTEBOOKS[kind].plant(plain_two)
    check_delayed(plain_two, renewed(plain_two), faults.NOTEBOOKS[kind].named)


@pytest.mark.parametrize("kind", faults.LEDGER)
def test_a_ledger_that_is_not_whole(plain_two: Project, kind: str) -> None:
    """Nobody knows what new numbers would give away."""
    faults.LEDGER[kind].plant(plain_two)
    check_delayed(plain_two, renewed(plain_two), faults.LEDGER[kind].named)


@pytest.mark.parametrize("kind", faults.HARMLESS)
def test_what_does_no_harm(plain_two: Project, kind: str) -> None:
    """Strange, and no fault."""
    faults.HARMLESS[kind](plain_two)
    check_whole(plain_two, renewed(plain_two))


@pytest.mark.parametrize("kind", faults.LEFT)
def test_damage_that_is_mended(plain_two: Project, kind: str) -> None:
    """What can be made again is made again."""
    faults.LEFT[kind](plain_two)
    check_whole(plain_two, renewed(plain_two))


@pytest.mark.parametrize(
    "kind",
    [
        "junk for cells",
        "junk for pages",
        "a file for pages",
        "junk for shares",
        "a page of beta's among alfa's",
        "a file for its logs",
    ],
)
def test_damage_beside_a_fault_takes_the_kept_copy(plain_two: Project, kind: str) -> None:
    """The last good result is a copy of its own, so damage where it was published does not reach it."""
    faults.LEFT[kind](plain_two)
    faults.DELIVERIES["an unknown unit"].plant(plain_two)
    check_delayed(plain_two, renewed(plain_two), "data/alfa/a.csv:10")


def test_a_last_good_result_that_is_damaged_beside_a_fault(plain_two: Project) -> None:
    """Its cells are junk: what lies where it was published is the same result, and stays."""
    faults.LEFT["junk for the last good cells"](plain_two)
    faults.DELIVERIES["an unknown unit"].plant(plain_two)
    check_delayed(plain_two, renewed(plain_two), "data/alfa/a.csv:10")


@pytest.mark.parametrize("kind", ["a tab", "nothing in it", "no file", "a title of 3 MB", "beta's id"])
def test_a_faulty_descriptor_of_a_new_registry(plain_one: Project, kind: str) -> None:
    """It never had good pages, so it is left out, and named."""
    faults.DESCRIPTORS[kind](plain_one)
    check_left_out(plain_one, renewed(plain_one), "registries/alfa")


@pytest.mark.parametrize("kind", ["no delivery", "no folder of data", "an unknown unit", "no table"])
def test_a_faulty_delivery_of_a_new_registry(plain_one: Project, kind: str) -> None:
    """The same."""
    faults.DELIVERIES[kind].plant(plain_one)
    check_left_out(plain_one, renewed(plain_one), faults.DELIVERIES[kind].named)


def test_a_faulty_notebook_of_a_new_registry(plain_one: Project) -> None:
    """The same."""
    faults.NOTEBOOKS["no JSON"].plant(plain_one)
    check_left_out(plain_one, renewed(plain_one), faults.NOTEBOOKS["no JSON"].named)


def test_a_registry_that_is_well_again_loses_its_mark(plain_two: Project) -> None:
    """A fault, and the next day none: its newest numbers are there, and nothing is delayed."""
    faults.DESCRIPTORS["a tab"](plain_two)
    renewed(plain_two)
    faults.new_delivery(plain_two)
    text = plain_two.descriptor("alfa").read_text(encoding="utf-8")
    plain_two.descriptor("alfa").write_text(text.replace("\t", "  "), encoding="utf-8")
    check_whole(plain_two, renewed(plain_two))
    assert "79 av 100" in words_of(plain_two)


def test_a_fault_that_stays_is_told_again(plain_two: Project) -> None:
    """The second build of the same fault shows the same pages and ends with the same line."""
    faults.DELIVERIES["an unknown unit"].plant(plain_two)
    first = renewed(plain_two)
    before = (plain_two.site / YEAR).read_bytes()
    check_delayed(plain_two, again := renewed(plain_two), "data/alfa/a.csv:10")
    assert again.failures == first.failures
    assert (plain_two.site / YEAR).read_bytes() == before


# --- what a registry's pages were made with --------------------------------------------------------------------------
CHANGES = {
    "a title": ("Andel som fikk hjelp", "Andel som fikk raskt svar"),
    "a name": ("name: Register for alfa", "name: Det nye registeret"),
    "a language": ("language: nb", "language: nn"),
    "a field": ("[Prøver]", "[Noe annet]"),
    "a target": ("level_green: 0.9", "level_green: 0.95"),
    "an indicator's id": ("id: alfa_a", "id: alfa_b"),
    "a type": ("type: andel", "type: dg_andel"),
    "one more indicator": (
        "indicators:\n",
        "indicators:\n  - id: alfa_b\n    title: Enda en\n    type: andel\n",
    ),
}


@pytest.mark.parametrize("kind", CHANGES)
def test_a_descriptor_that_changes_while_its_delivery_is_refused(two: Project, kind: str) -> None:
    """The pages keep the descriptor that they were made with, and the audit reads them by it."""
    old, new = CHANGES[kind]
    text = two.descriptor("alfa").read_text(encoding="utf-8")
    two.descriptor("alfa").write_text(text.replace(old, new), encoding="utf-8")
    faults.DELIVERIES["an unknown unit"].plant(two)
    check_delayed(two, renewed(two), "data/alfa/a.csv")
    assert "raskt svar" not in words_of(two)
    assert "Det nye registeret" not in words_of(two, "registre/index.html")
    assert "Noe annet" not in words_of(two, "fagomrade/index.html")


def test_a_unit_that_is_renamed_while_a_delivery_is_refused(two: Project) -> None:
    """The sound registry and the unit's own page have the new name, and the delayed one its old one."""
    two.units.write_text(two.units.read_text("utf-8").replace("Li sykehus;Li;", "Lia sykehus;Lia;"), "utf-8")
    faults.DELIVERIES["an unknown unit"].plant(two)
    check_delayed(two, renewed(two), "data/alfa/a.csv:10")
    indicator = "registre/{}/indikator/{}_a/index.html"
    assert " Lia " in words_of(two, indicator.format("beta", "beta"))
    assert " Li " in words_of(two, indicator.format("alfa", "alfa"))
    (unit,) = (page for page in two.site.glob("sykehus/li*/index.html"))
    assert "<h1" in unit.read_text(encoding="utf-8")
    assert "Lia sykehus" in re.sub(r"<[^>]+>", " ", unit.read_text(encoding="utf-8").partition("</h1>")[0])


def test_pages_of_many_registries_mark_a_delayed_ones_table(two: Project) -> None:
    """On pages of units and of medical fields the sentence stands above alfa's table, and not above beta's."""
    faults.DELIVERIES["an unknown unit"].plant(two)
    renewed(two)
    told = "Tallene fra dette registeret er fra forrige utgave. De nye er forsinket."
    for page in ("sykehus/vik-sykehus/index.html", "sykehus/nord-rhf/index.html", "fagomrade/prover/index.html"):
        text = (two.site / page).read_text(encoding="utf-8")
        alfa = re.search(r'<div[^>]* data-kv-cell="alfa">(.*?)</table>', text, re.DOTALL)
        beta = re.search(r'<div[^>]* data-kv-cell="beta">(.*?)</table>', text, re.DOTALL)
        assert alfa is not None
        assert beta is not None
        assert told in alfa[1]
        assert told not in beta[1]


@pytest.mark.parametrize("kind", faults.TEXTS)
def test_a_text_is_shown_as_text(two: Project, kind: str) -> None:
    """Whatever a registry writes breaks no page."""
    faults.TEXTS[kind](two)
    check_whole(two, renewed(two))


# --- what all share --------------------------------------------------------------------------------------------------
SHARED = {
    "two hospitals of one name": ("units.csv", "112;Li sykehus;", "112;Vik sykehus;", r"units\.csv:7: name: .*row 6"),
    "a hospital of digits": ("units.csv", "112;Li sykehus;Li;", "112;7;Li;", r"units\.csv:7: name: '7' has no letter"),
    "a unit without a parent": ("units.csv", "hospital;11;", "hospital;99;", r"units\.csv:6: parent"),
    "a broken site.yml": ("site.yml", "", "colour: red\n", r"site\.yml:1: colour"),
}


@pytest.mark.parametrize("kind", SHARED)
def test_what_all_share_is_refused_for_all(plain_two: Project, kind: str) -> None:
    """Nothing is built, every page stays as it was, and the file, row and cause are named."""
    name, old, new, told = SHARED[kind]
    path = plain_two.registries / name
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    path.write_text(text.replace(old, new, 1) if old else new, encoding="utf-8")
    before = {page: page.read_bytes() for page in plain_two.site.rglob("*.html")}
    with pytest.raises(ConfigurationError, match=told):
        build(plain_two, PANDOC, Silence())
    assert {page: page.read_bytes() for page in plain_two.site.rglob("*.html")} == before
    assert not is_delayed(plain_two, BETA)
