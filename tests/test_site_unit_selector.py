"""The unit selector's Python side: the list of units, and the translations for the page's scripts."""

from __future__ import annotations

import json
import re

import pytest

from kvalreg.disclosure.gate import apply_gate
from kvalreg.disclosure.published import PublishedResults, RegistrySource
from kvalreg.inputs.delivery import UnknownUnitPolicy
from kvalreg.inputs.descriptor_file import read_descriptors
from kvalreg.inputs.registry_deliveries import read_deliveries
from kvalreg.inputs.units import read_units
from kvalreg.project import Project, shared_root
from kvalreg.report.translation import LANGUAGES, get_translator
from kvalreg.site.site_model import PublishedRegistry, Site
from kvalreg.site.unit_selector import UNIT_LIST, generate_unit_list, unit_selector_html
from kvalreg.statistics.aggregation import aggregate


def published(project: Project, registry_id: str) -> PublishedResults:
    """What a registry of the small project publishes."""
    units = read_units(project.units, "units.csv")
    registry = read_descriptors(project)[0][registry_id]
    delivered = read_deliveries(project, registry, units, UnknownUnitPolicy.REFUSE)
    return apply_gate(
        aggregate(delivered, registry, units), RegistrySource(registry, units, delivered.deliveries)
    ).published


def units_of(*registries: PublishedResults) -> list[dict[str, str]]:
    """The site's list of units, read as the page's scripts read it."""
    content = generate_unit_list(Site(tuple(PublishedRegistry(registry, ()) for registry in registries)))
    listed: list[dict[str, str]] = json.loads(content.files[UNIT_LIST])
    return listed


def test_the_list_has_every_unit_that_is_presented_and_those_above(project: Project) -> None:
    """Four hospitals deliver: they, their two HFs and the RHF are listed in the file's order, without the nation."""
    listed = units_of(published(project, "alfa"), published(project, "beta"))
    assert [unit["orgnr"] for unit in listed] == ["1", "11", "12", "111", "112", "121", "122"]
    page = "sykehus/vik-sykehus/index.html"
    assert listed[3] == {"orgnr": "111", "name": "Vik sykehus", "level": "hospital", "parent": "11", "page": page}
    assert {key for unit in listed for key in unit} == {"orgnr", "name", "level", "parent", "page"}


def test_a_unit_that_no_registry_presents_is_not_listed(project: Project) -> None:
    """A hospital without a row in any delivery, and an HF with no other hospital, cannot be chosen."""
    registry = published(project, "alfa")
    cells = registry.cells[~registry.cells["orgnr"].isin(["12", "121", "122"])]
    listed = units_of(PublishedResults(registry.source, cells))
    assert [unit["orgnr"] for unit in listed] == ["1", "11", "111", "112"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_has_every_text_that_the_scripts_use(language: str) -> None:
    """Each `say("...")` of the modules is an attribute of the selector's element, in the page's language."""
    keys = set()
    for script in (shared_root() / "_extensions" / "kvalreg").glob("*.js"):
        text = script.read_text("utf-8")
        if 'from "./page.js"' not in text:
            continue  # the explanation of a number has its own script with translations
        for call in re.findall(r"say\(([^()]*)", text):
            keys |= set(re.findall(r'"(\w+)"', call))
    assert {"choose", "change", "marked", "noCell"} <= keys
    html = unit_selector_html(get_translator(language))
    for key in keys | {"hospital", "hf", "rhf"}:
        attribute = re.sub(r"[A-Z]", lambda letter: f"-{letter[0].lower()}", key)
        assert re.search(rf' data-{attribute}="[^"]+"', html), key
