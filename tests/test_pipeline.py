"""The whole run: what succeeds, what fails alone, and what stays published."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from kvalreg.disclosure.published import load_published
from kvalreg.errors import ConfigurationError, UsageError
from kvalreg.inputs.approval import DeliveryScope
from kvalreg.inputs.delivery import UnknownUnitPolicy
from kvalreg.inputs.descriptor import Registry
from kvalreg.inputs.registry_deliveries import RegistryDeliveries
from kvalreg.inputs.units import Units
from kvalreg.last_build import open_memo
from kvalreg.pipeline import BuildRequest, build
from kvalreg.project import Project
from kvalreg.release.fallback import open_fallbacks
from kvalreg.stages.gate import GatedRegistry, gate_registries
from kvalreg.stages.read import RunInputs, read_inputs
from kvalreg.statistics.aggregation import aggregate
from kvalreg.statistics.results import Results
from small_project import Silence, delivery_of, write_notebook
from unmarked import unmarked

PANDOC = BuildRequest(renderer="pandoc")
FRAGMENT = "from kvalreg.report.html_fragment import HtmlFragment\nHtmlFragment('ok')"


def text_of(project: Project, page: str) -> str:
    """A page of the site, tags removed."""
    html = (project.site / page).read_text(encoding="utf-8")
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", unmarked(html)))


def test_a_project_becomes_a_site(project: Project) -> None:
    """Front page, list, registry pages and one page per year; the national number is the hand-made sum 345 of 410."""
    account = build(project, PANDOC, Silence())
    assert (account.exit_code, [entry.ok for entry in account.task_results]) == (0, [True] * 6)
    pages = {path.relative_to(project.site).as_posix() for path in project.site.rglob("*.html")}
    assert {
        "index.html",
        "registre/index.html",
        "registre/alfa/index.html",
        "registre/alfa/2023/index.html",
        "registre/alfa/2024/index.html",
        "registre/beta/2024/index.html",
    } <= pages
    # 80 + 45 + 190 + 30 = 345 of 100 + 50 + 200 + 60 = 410, which is 84.1 %
    assert "84 av 100 pasienter i 2024" in text_of(project, "registre/alfa/2024/index.html")


def test_a_faulty_delivery_changes_nothing_that_was_published(project: Project) -> None:
    """A bad row refuses the registry: its published cells and pages stay, its neighbour is built, the code is 1."""
    build(project, PANDOC, Silence())
    cells = (project.published / "alfa.parquet").read_bytes()
    before = text_of(project, "registre/alfa/2024/index.html")
    bad = delivery_of("alfa") + "caregiver;2024;999;alfa_a;x;0\n"
    (project.data("alfa") / "a.csv").write_text(bad, encoding="utf-8")
    account = build(project, PANDOC, Silence())
    assert account.exit_code == 1
    (failed,) = [entry for entry in account.task_results if not entry.ok]
    assert failed.name == "alfa"
    for told in ("data/alfa/a.csv", "10", "orgnr", "var", "denominator"):
        assert told in failed.error
    assert (project.published / "alfa.parquet").read_bytes() == cells
    after = text_of(project, "registre/alfa/2024/index.html")
    mark = "Denne siden viser forrige utgave. Den nye er forsinket."
    assert mark in after
    assert after.replace(f"{mark} ", "") == before
    assert "forsinket" not in text_of(project, "registre/beta/2024/index.html")


def test_a_defect_met_by_one_registry_stops_no_other(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """An unexpected error is told by type and place, never by its message; the neighbour is published all the same."""

    def aggregate_or_fail(delivered: RegistryDeliveries, registry: Registry, units: Units) -> Results:
        if registry.id == "alfa":
            raise KeyError("8741 of 9000")
        return aggregate(delivered, registry, units)

    monkeypatch.setattr("kvalreg.stages.gate.aggregate", aggregate_or_fail)
    monkeypatch.setattr("kvalreg.stages.execute.execute", lambda *_: iter(()))
    account = build(project, PANDOC, Silence())
    assert [(entry.name, entry.exit_code) for entry in account.task_results] == [("alfa", 1)]
    assert [path.stem for path in project.published.iterdir()] == ["beta"]
    assert "KeyError" in account.task_results[0].error
    assert "8741" not in account.task_results[0].error


def test_a_failing_notebook_stops_neither_its_neighbours_nor_the_site(project: Project) -> None:
    """One registry's own notebook raises: its last good page stays, everything else is made, cell and log are told."""
    build(project, PANDOC, Silence())
    own = project.root / "notebooks" / "report" / "alfa"
    own.mkdir(parents=True)
    write_notebook(own / "year.ipynb", ["never = 1 / (2024 - year)", FRAGMENT])
    account = build(project, PANDOC, Silence())
    failed = {entry.name: entry for entry in account.task_results if not entry.ok}
    assert list(failed) == ["alfa 2024"]
    entry = failed["alfa 2024"]
    assert (entry.cell, entry.error, entry.log) == (
        2,
        "ZeroDivisionError: division by zero",
        "_build/logs/alfa/alfa-2024.log",
    )
    assert (project.root / entry.log).is_file()
    assert account.exit_code == 1
    assert "84 av 100 pasienter i 2024" in text_of(project, "registre/alfa/2024/index.html")
    assert "Den nye er forsinket" in text_of(project, "registre/alfa/2024/index.html")


def test_a_page_that_succeeds_again_loses_its_mark(project: Project) -> None:
    """The delayed mark goes when the delivery is corrected."""
    good = delivery_of("alfa")
    build(project, PANDOC, Silence())
    (project.data("alfa") / "a.csv").write_text(good + "x;x;x;x;x;x\n", encoding="utf-8")
    build(project, PANDOC, Silence())
    (project.data("alfa") / "a.csv").write_text(good, encoding="utf-8")
    assert build(project, PANDOC, Silence()).exit_code == 0
    assert "forsinket" not in text_of(project, "registre/alfa/2024/index.html")


def test_a_notebook_with_other_parameters_stops_its_registry_before_anything_runs(project: Project) -> None:
    """A missing parameter fails (1): no page of that registry runs, and nothing of it is written."""
    own = project.root / "notebooks" / "report" / "alfa"
    own.mkdir(parents=True)
    write_notebook(own / "year.ipynb", ["'ok'"], 'registry = "x"\nyear = 1')
    account = build(project, PANDOC, Silence())
    assert account.exit_code == 1
    assert not (project.published / "alfa.parquet").exists()
    assert {entry.name for entry in account.task_results if entry.ok} == {"beta", "beta 2023", "beta 2024"}


def test_year_to_date_has_its_own_page_until_it_is_final(project: Project) -> None:
    """2024 complete to October is 2024-forelopig and marked; complete to December it is 2024 and that page goes."""
    listed = project.delivery_list("alfa")
    text = listed.read_text(encoding="utf-8")
    listed.write_text(text.replace("2024-12-31", "2024-10-31"), encoding="utf-8")
    build(project, PANDOC, Silence())
    assert "Foreløpige tall" in text_of(project, "registre/alfa/2024-forelopig/index.html")
    assert not (project.site / "registre/alfa/2024").exists()
    listed.write_text(text, encoding="utf-8")
    build(project, PANDOC, Silence())
    assert (project.site / "registre/alfa/2024/index.html").exists()
    assert not (project.site / "registre/alfa/2024-forelopig").exists()


def test_one_registry_and_year_can_be_built_alone(project: Project) -> None:
    """Asking for alfa 2023 makes that page and the registry's own; the rest of the site is assembled as it was."""
    build(project, PANDOC, Silence())
    account = build(project, BuildRequest(("alfa",), (2023,), "pandoc"), Silence())
    assert [entry.name for entry in account.task_results] == ["alfa", "alfa 2023"]
    assert (project.site / "registre/beta/2024/index.html").exists()


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        (BuildRequest(("gamma",)), "no registry 'gamma'"),
        (BuildRequest(years=(1999,), renderer="pandoc"), "no results from 1999"),
    ],
)
def test_what_is_not_there_is_a_usage_error(project: Project, request_: BuildRequest, said: str) -> None:
    """An unknown registry or year is said before anything is written, with what there is."""
    with pytest.raises(UsageError, match=said):
        build(project, request_, Silence())
    assert not project.site.exists()


def test_faulty_units_stop_the_run(project: Project) -> None:
    """Every registry needs the units: faults there are configuration, and no file is written but the lock."""
    project.units.write_text("orgnr;name\n1;x\n", encoding="utf-8")
    with pytest.raises(ConfigurationError):
        build(project, PANDOC, Silence())
    assert [path for path in project.build_folder.rglob("*") if path.is_file()] == [project.lock]


def test_a_hidden_hospital_is_nowhere_on_the_site(project: Project) -> None:
    """A hospital with 4 patients, 3 of them helped: its numbers are absent from the published file and every page."""
    small = delivery_of("alfa").replace("2024;122;alfa_a;30;60", "2024;122;alfa_a;3;4")
    (project.data("alfa") / "a.csv").write_text(small, encoding="utf-8")
    build(project, PANDOC, Silence())
    cells = load_published("alfa", project.published).cells
    cell = cells[(cells["year"] == 2024) & (cells["orgnr"] == "122")].iloc[0]
    assert not cell["shown"]
    assert cell[["var", "denominator", "value", "low", "high", "coverage"]].isna().all()
    assert "Vises ikke" in text_of(project, "registre/alfa/2024/index.html")
    assert "75 av 100" not in text_of(project, "registre/alfa/2024/index.html")


def test_pages_tell_of_rows_that_were_left_out(project: Project) -> None:
    """Three rows of an unknown unit: both kinds of page say so, without how many; the other registry says nothing."""
    file = project.data("alfa") / "a.csv"
    file.write_text(delivery_of("alfa") + "caregiver;2024;999;alfa_a;1;1\n" * 3, encoding="utf-8")
    build(project, BuildRequest(renderer="pandoc", unknown_units=UnknownUnitPolicy.SKIP), Silence())
    said = "Noen rader i leveringen gjelder enheter som ikke finnes i listen over sykehus. De er ikke med i tallene."
    assert f"31. desember 2024. {said}" in text_of(project, "registre/alfa/2024/index.html")
    assert said in text_of(project, "registre/alfa/index.html")
    assert said not in text_of(project, "registre/beta/2024/index.html")


def test_a_site_never_appears_half(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """When rendering fails, the old site stays, byte for byte."""
    build(project, PANDOC, Silence())
    before = {path: path.read_bytes() for path in project.site.rglob("*") if path.is_file()}
    monkeypatch.setattr("kvalreg.site.pandoc.Pandoc.render", _fail)
    with pytest.raises(RuntimeError):
        build(project, replace(PANDOC, use_cache=False), Silence())
    assert {path: path.read_bytes() for path in project.site.rglob("*") if path.is_file()} == before


def _fail(*_: object) -> None:
    raise RuntimeError("no disk")


def test_the_real_deliveries_make_a_site(shared: Path, tmp_path: Path) -> None:
    """imongr's export becomes a project; national and HF numbers equal sums made here by hand from the CSV."""
    import csv
    from collections import defaultdict

    from kvalreg.inputs.imongr import import_imongr

    source = shared / "data" / "real"
    import_imongr(source, tmp_path / "real", UnknownUnitPolicy.SKIP)
    project = Project(tmp_path / "real")
    account = build(project, BuildRequest(years=(2019,), renderer="pandoc"), Silence())
    assert account.exit_code == 0
    assert any("444444444" in str(warning) for warning in account.warnings)

    with (source / "units.csv").open(encoding="utf-8") as file:
        parent = {row["OrgNr"]: row["NivaaOpp"] for row in csv.DictReader(file, delimiter=";")}
    for registry in ("hjerneslag", "hoftebrudd"):
        nation: dict[tuple[str, int], list[float]] = defaultdict(lambda: [0, 0])
        trusts: dict[tuple[str, int, str], list[float]] = defaultdict(lambda: [0, 0])
        with (source / f"{registry}.csv").open(encoding="utf-8") as file:
            for row in csv.DictReader(file, delimiter=";"):
                if row["orgnr"] in parent:
                    counts = (float(row["var"]), float(row["denominator"]))
                    for sums in (
                        nation[row["ind_id"], int(row["year"])],
                        trusts[row["ind_id"], int(row["year"]), parent[row["orgnr"]]],
                    ):
                        sums[0] += counts[0]
                        sums[1] += counts[1]
        cells = load_published(registry, project.published).cells
        shown = cells[cells["shown"] & cells["ind_id"].isin({ind_id for ind_id, _ in nation})]
        for _, cell in shown[shown["level"] == "nation"].iterrows():
            assert [cell["var"], cell["denominator"]] == nation[cell["ind_id"], cell["year"]]
        for _, cell in shown[shown["level"] == "hf"].iterrows():
            assert [cell["var"], cell["denominator"]] == trusts[cell["ind_id"], cell["year"], cell["orgnr"]]
        assert (shown["level"] == "nation").sum() > 50
        assert (project.site / "registre" / registry / "2019" / "index.html").exists()


def test_a_page_has_its_lix_and_a_hard_one_is_remarked(project: Project) -> None:
    """Every page that is made has its readability; above the limit, the sentence that weighs most is named."""
    hard = "Registreringskomplettheten dokumenterer pasientadministrative systemers gjennomsnittlige dekningsgrad."
    own = project.root / "notebooks" / "report" / "alfa"
    own.mkdir(parents=True)
    write_notebook(own / "registry.ipynb", [FRAGMENT.replace("ok", hard)])
    account = build(project, PANDOC, Silence())
    assert [entry.error for entry in account.task_results if not entry.ok] == []
    lix = {entry.name: entry.lix for entry in account.task_results}
    # 6 words in 1 sentence, all of them long: 6 + 100
    assert lix["alfa"] == pytest.approx(106)
    easy = lix["beta 2024"]
    assert easy is not None
    assert 10 < easy <= 40
    remarks = [warning.message for warning in account.warnings if "LIX" in warning.message]
    assert len(remarks) == 1
    assert all(f"«{hard}»" in what for what in remarks)
    assert account.exit_code == 0


def test_registries_pass_the_gate_side_by_side_as_one_by_one(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """In processes of their own they publish the same cells, and one that is faulty is told of and stops no other."""
    inputs = read_inputs(project, BuildRequest(scope=DeliveryScope.ALL))
    alone = _gated(project, inputs, 10**12, monkeypatch)
    beside = _gated(project, inputs, 0, monkeypatch)
    assert list(beside[0]) == ["alfa", "beta"]
    assert beside == alone
    (project.data("beta") / "a.csv").write_text("not a delivery", encoding="utf-8")
    gated, files, failed = _gated(project, inputs, 0, monkeypatch)
    assert (list(gated), failed) == (["alfa"], ["beta"])
    assert files["alfa"] == alone[1]["alfa"]


def _gated(
    project: Project, inputs: RunInputs, threshold: int, monkeypatch: pytest.MonkeyPatch
) -> tuple[dict[str, GatedRegistry], dict[str, bytes], list[str]]:
    """The registries that are through the gate, the bytes of their cells, and the registries that have failed."""
    monkeypatch.setattr("kvalreg.stages.gate._PARALLEL_THRESHOLD", threshold)
    monkeypatch.setattr("kvalreg.execution.parallel.SERIAL_LIMIT", 1)
    states = open_fallbacks(project, is_current=lambda: False)
    gated, _ = gate_registries(project, inputs, states, open_memo(project, use_cache=False), 2)
    return gated, {path.stem: path.read_bytes() for path in project.published.glob("*.parquet")}, [*states.failures]
