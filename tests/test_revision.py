"""What differs between two publications: what readers can see, and never what a secret cell showed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import TypeAdapter

from kvalreg.disclosure.gate import apply_gate
from kvalreg.disclosure.published import CellStatus, PublishedResults, RegistrySource
from kvalreg.inputs.delivery import UnknownUnitPolicy
from kvalreg.inputs.descriptor_file import read_descriptors
from kvalreg.inputs.registry_deliveries import read_deliveries
from kvalreg.inputs.units import read_units
from kvalreg.project import Project
from kvalreg.revision import SECRET_SNAPSHOT, CellRevision, CellSnapshot, RevisionKind, YearLevel, compare_publications
from kvalreg.statistics.aggregation import aggregate

FEW = CellStatus.FEW_PATIENTS
JUNE = {"111": (80, 100), "112": (45, 50), "121": (190, 200), "122": (30, 60)}


def published(project: Project, years: dict[int, dict[str, tuple[int, int]]], remark: str = "") -> PublishedResults:
    """Registry alfa through the gate, with these numerators and denominators."""
    rows = [f"caregiver;{year};{orgnr};alfa_a;{x};{n}" for year in years for orgnr, (x, n) in years[year].items()]
    text = "\n".join(["context;year;orgnr;ind_id;var;denominator", *rows])
    (project.data("alfa") / "a.csv").write_text(text, encoding="utf-8")
    listed = f"- file: a.csv\n  latest_update: 2025-02-01\n  latest_affirm: 2024-12-31\n  remark: '{remark}'\n"
    project.delivery_list("alfa").write_text(listed, encoding="utf-8")
    units = read_units(project.units, "units.csv")
    registry = read_descriptors(project)[0]["alfa"]
    delivered = read_deliveries(project, registry, units, UnknownUnitPolicy.REFUSE)
    return apply_gate(
        aggregate(delivered, registry, units), RegistrySource(registry, units, delivered.deliveries)
    ).published


def test_a_changed_value_is_told_with_both_values(project: Project) -> None:
    """111 goes from 80 to 82 of 100, so Vik HF, the region and the nation change too: (80, 82) + 45 + 190 + 30."""
    found = compare_publications(
        published(project, {2024: JUNE}), published(project, {2024: JUNE | {"111": (82, 100)}}, "Rettet.")
    )
    told = {change.orgnr: (change.before, change.after) for change in found.values}
    assert set(told) == {"0", "1", "11", "111", "Vestfylke"}
    assert told["111"] == (CellSnapshot(0.80, 100, "moderate"), CellSnapshot(0.82, 100, "moderate"))
    assert told["0"] == (CellSnapshot(345 / 410, 410, "moderate"), CellSnapshot(347 / 410, 410, "moderate"))
    assert {change.kind for change in found.values} == {RevisionKind.CHANGED}
    assert (found.new, found.gone) == ((), ())
    assert [reason.remark for reason in found.reasons] == ["Rettet."]


def test_what_reads_the_same_has_not_changed(project: Project) -> None:
    """8001 of 10 000 reads 80 av 100 as 8000 does: a difference that no reader can see is none."""
    large = JUNE | {"111": (8000, 10_000)}
    found = compare_publications(
        published(project, {2024: large}), published(project, {2024: large | {"111": (8001, 10_000)}})
    )
    assert found.values == ()
    assert not found


def test_a_cell_that_is_hidden_now_keeps_nothing(project: Project) -> None:
    """111 falls to 3 patients: it, and what protects it, is secret now, and no number of then or now is told."""
    found = compare_publications(published(project, {2024: JUNE}), published(project, {2024: JUNE | {"111": (1, 3)}}))
    hidden = [change for change in found.values if change.kind is RevisionKind.HIDDEN]
    assert "111" in {change.orgnr for change in hidden}
    before, after = CellSnapshot(None, None, "", CellStatus.SHOWN), CellSnapshot(None, None, "", CellStatus.SECRET)
    assert {(change.before, change.after) for change in hidden} == {(before, after)}


def test_a_cell_that_was_secret_is_told_as_it_is_now(project: Project) -> None:
    """111 had 3 patients and has 100: it is shown now, with nothing of before."""
    found = compare_publications(published(project, {2024: JUNE | {"111": (1, 3)}}), published(project, {2024: JUNE}))
    told = {change.orgnr: change for change in found.values if change.kind is RevisionKind.SHOWN}
    assert told["111"].before == CellSnapshot(None, None, "", CellStatus.SECRET)
    assert told["111"].after == CellSnapshot(0.80, 100, "moderate")


@pytest.mark.parametrize(
    ("before", "after", "kind", "told"),
    [
        # a result that is not reliable any longer: its patients of then and now, and not the result of then
        (
            (80, 100),
            (20, 25),
            RevisionKind.HIDDEN,
            (CellSnapshot(None, 100, "", CellStatus.SHOWN), CellSnapshot(None, 25, "", FEW)),
        ),
        (
            (20, 25),
            (80, 100),
            RevisionKind.SHOWN,
            (CellSnapshot(None, 25, "", FEW), CellSnapshot(0.80, 100, "moderate")),
        ),
        # another number of patients, with the same reason
        ((20, 25), (20, 26), RevisionKind.CHANGED, (CellSnapshot(None, 25, "", FEW), CellSnapshot(None, 26, "", FEW))),
        ((20, 25), (21, 25), None, ()),
        # another reason: of what is secret now, not even the patients of then
        (
            (20, 25),
            (1, 3),
            RevisionKind.REASON,
            (CellSnapshot(None, None, "", FEW), CellSnapshot(None, None, "", CellStatus.SECRET)),
        ),
        (
            (1, 3),
            (20, 25),
            RevisionKind.REASON,
            (CellSnapshot(None, None, "", CellStatus.SECRET), CellSnapshot(None, 25, "", FEW)),
        ),
        ((1, 3), (2, 4), None, ()),
    ],
)
def test_a_change_of_status_is_told_without_numbers_of_what_is_secret(
    project: Project,
    before: tuple[int, int],
    after: tuple[int, int],
    kind: RevisionKind | None,
    told: tuple[CellSnapshot, ...],
) -> None:
    """Hospital 111 with fewer than 30 patients is not reliable, with fewer than 5 it is secret."""
    path = project.descriptor("alfa")
    path.write_text(path.read_text("utf-8").replace("type: andel", "type: andel\n    min_denominator: 30"), "utf-8")
    found = compare_publications(
        published(project, {2024: JUNE | {"111": before}}), published(project, {2024: JUNE | {"111": after}})
    )
    of = [change for change in found.values if change.orgnr == "111"]
    assert [(change.kind, (change.before, change.after)) for change in of] == ([] if kind is None else [(kind, told)])


def test_an_edition_from_before_there_were_several_reasons_is_compared(project: Project) -> None:
    """Its cells have no status: what it did not show is told as it tells of secret cells."""
    new = published(project, {2024: JUNE})
    old = replace(new, cells=new.cells.drop(columns="status").assign(shown=new.cells["orgnr"] != "111"))
    assert [(one.kind, one.before.status) for one in compare_publications(old, new).values] == [
        (RevisionKind.SHOWN, CellStatus.SECRET)
    ]


def test_a_side_of_which_nothing_was_told_is_read_again() -> None:
    """Earlier versions wrote null for it in an edition's `changes.json`."""
    cell = '{"ind_id":"a","context":"caregiver","year":2024,"level":"hf","orgnr":"1","kind":"hidden"'
    read = TypeAdapter(CellRevision).validate_json(cell + ',"before":null,"after":null}')
    assert (read.before, read.after) == (SECRET_SNAPSHOT, SECRET_SNAPSHOT)


def test_a_new_year_is_told_as_a_whole(project: Project) -> None:
    """A year that was not there, or is not any longer, is one line for each level, and no cell of it is listed."""
    one, two = published(project, {2023: JUNE}), published(project, {2023: JUNE, 2024: JUNE})
    levels = {"nation", "rhf", "hf", "hospital", "county"}
    assert {whole.level for whole in compare_publications(one, two).new} == levels
    assert all(
        whole == YearLevel("alfa_a", "caregiver", 2024, whole.level) for whole in compare_publications(one, two).new
    )
    assert compare_publications(one, two).values == ()
    assert {whole.year for whole in compare_publications(two, one).gone} == {2024}


def test_a_registry_that_is_new_is_all_new(project: Project) -> None:
    """Nothing was published before, so nothing has changed."""
    found = compare_publications(None, published(project, {2024: JUNE}))
    assert found.values == ()
    assert len(found.new) == 5
    assert len(found.reasons) == 1


def test_the_same_publication_has_no_changes(project: Project, tmp_path: Path) -> None:
    """No delivery is new and no cell differs, hidden ones included."""
    assert tmp_path == project.root
    june = published(project, {2024: JUNE | {"111": (1, 3)}})
    assert not compare_publications(june, june)
    assert compare_publications(june, june).reasons == ()
