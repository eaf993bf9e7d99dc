"""A hospital that is closed: shown in the years up to then, with the year beside its name wherever it is listed."""

from __future__ import annotations

import json
from dataclasses import replace

from kvalreg.audit.cells import PublishedCells
from kvalreg.disclosure.published import PublishedResults
from kvalreg.inputs.units import Units
from kvalreg.report import Report
from kvalreg.report.translation import get_translator
from kvalreg.site.site_model import PublishedRegistry, Site
from kvalreg.site.unit_selector import generate_unit_list
from report_example import example


def closed() -> PublishedResults:
    """The example, whose hospital Dal was closed in 2021."""
    published = example()
    units = {unit.orgnr: replace(unit, closed=2021 if unit.orgnr == "113" else None) for unit in published.units}
    return replace(published, source=replace(published.source, units=Units(units)))


def test_its_name_has_the_year_in_tables_figures_and_the_readers_list() -> None:
    """In the language of the page; other hospitals keep their names."""
    for language, name in (("nb", "Dal (nedlagt 2021)"), ("nn", "Dal (nedlagd 2021)"), ("en", "Dal (closed 2021)")):
        report = Report(closed(), 2021, "final", get_translator(language, "nb"))
        assert f'<th scope="row">{name}</th>' in report.compare("a_hjelp").markdown
        assert f'"name":"{name}"' in report.units("a_hjelp").markdown
        assert '<th scope="row">Nes</th>' in report.compare("a_hjelp").markdown


def test_the_list_to_choose_from_has_the_year() -> None:
    """Whoever looks for it finds it, and learns why its numbers end."""
    content = generate_unit_list(Site((PublishedRegistry(closed(), ()),)))
    listed = {unit["orgnr"]: unit["name"] for unit in json.loads(next(iter(content.files.values())))}
    assert (listed["113"], listed["112"]) == ("Dal sykehus (nedlagt 2021)", "Li sykehus")


def test_the_audit_knows_it_by_that_name() -> None:
    """A row may name it with the year, in the language of the page, and without."""
    cells = PublishedCells(closed())
    for language, name in (("nb", "Dal (nedlagt 2021)"), ("nn", "Dal sykehus (nedlagd 2021)"), ("en", "Dal")):
        assert name in cells.names("113", language)
    assert "Dal (nedlagt 2021)" not in cells.names("112", "nb")
