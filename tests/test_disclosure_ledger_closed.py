"""The ledger fails closed: what is missing, cut, flipped or another's stops its registry, by name, and no other."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from instant_pages import made_at_once
from kvalreg.diagnostic_codes import DiagnosticCode
from kvalreg.disclosure.ledger import NEXT, read_editions, save_edition
from kvalreg.disclosure.ledger_entry import MANIFEST_NAME, LedgerEntryError, checksum, read_entry
from kvalreg.errors import LedgerError
from kvalreg.pipeline import BuildRequest, build
from kvalreg.project import Project
from kvalreg.release.audit import audit_site
from kvalreg.release.preflight import _content_digests
from kvalreg.release.publish import publish_edition, roll_back
from kvalreg.workbench.check import CheckRequest as Asked
from kvalreg.workbench.check import check_project
from kvalreg.workbench.status import report_status
from small_project import UNITS, Silence, delivery_of, write_registry

JUNE, DECEMBER = "2026-06", "2026-12"
TODAY = date(2026, 12, 15)
BOTH = BuildRequest(renderer="pandoc")


@pytest.fixture(scope="module")
def twice(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """Two registries, published in June and in December; in each, alfa and beta hide a hospital of 3 and another."""
    root = tmp_path_factory.mktemp("twice")
    (root / "registries").mkdir()
    (root / "registries" / "units.csv").write_text(UNITS, encoding="utf-8")
    project = Project(root)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("kvalreg.stages.execute.execute", made_at_once)
        for registry in ("alfa", "beta"):
            write_registry(root, registry, few(registry, 90))
        for name, others in ((JUNE, 90), (DECEMBER, 91)):
            for registry in ("alfa", "beta"):
                (project.data(registry) / "a.csv").write_text(few(registry, others), encoding="utf-8")
            build(project, BOTH, Silence())
            publish_edition(name, project)
        build(project, BOTH, Silence())
    yield project
    shutil.rmtree(root)


@pytest.fixture
def published(twice: Project, tmp_path: Path) -> Project:
    """A copy of it, to be damaged."""
    return Project(Path(shutil.copytree(twice.root, tmp_path / "project", symlinks=True)))


def few(registry: str, others: int) -> str:
    """A year in which one hospital has 3 patients and one 12."""
    text = delivery_of(registry, (2023,))
    sizes = (("111", 1, 3), ("112", 6, 12), ("121", 20, others), ("122", 30, 60))
    return text + "".join(f"caregiver;2024;{orgnr};{registry}_a;{x};{n}\n" for orgnr, x, n in sizes)


def entry(project: Project, registry: str = "alfa", name: str = JUNE) -> Path:
    """Where an entry lies."""
    return project.ledger / name / f"{registry}.parquet"


def stopped(project: Project, registry: str = "alfa") -> tuple[list[DiagnosticCode | None], str]:
    """The kinds of faults that stop a registry, and what is said; nothing when it is not stopped."""
    try:
        read_editions(registry, project)
    except LedgerError as error:
        return [fault.code for fault in error.diagnostics], str(error)
    return [], ""


def assert_only_alfa_is_stopped(project: Project, kind: DiagnosticCode, said: str) -> None:
    """One fault of this kind, that names the file and what to restore; beta has both its editions."""
    kinds, message = stopped(project)
    assert kinds == [kind]
    assert re.search(said, message), message
    assert [one.name for one in read_editions("beta", project)] == [JUNE, DECEMBER]


def manifest(project: Project, change: Callable[[dict[str, Any]], object], name: str = JUNE) -> None:
    """Change a manifest."""
    path = project.ledger / name / MANIFEST_NAME
    told = json.loads(path.read_bytes())
    change(told)
    path.write_text(json.dumps(told), encoding="utf-8")


def flip(path: Path, at: float) -> None:
    """Change one bit of a file, so far into it."""
    content = bytearray(path.read_bytes())
    content[int(at * len(content))] ^= 1
    path.write_bytes(content)


# --- what is written -------------------------------------------------------------------------------------------------
def test_editions_are_read_as_they_were_written(published: Project) -> None:
    """Oldest first, with the hidden counts; and each entry says whose it is, what it is, and has its checksum."""
    june, december = read_editions("alfa", published)
    assert (june.name, december.name) == (JUNE, DECEMBER)
    for one, others in ((june, 90), (december, 91)):
        cells = pd.DataFrame(one.secret).query("year == 2024 and level == 'hospital'").set_index("orgnr")
        assert cells["n"].to_dict() == {"111": 3, "112": 12, "121": others, "122": 60}
        assert cells["state"].to_dict()["111"] == "hidden"
        assert [unit.orgnr for unit in one.units][:2] == ["0", "1"]
        meta = pq.read_schema(entry(published, "alfa", one.name)).metadata[b"kvalreg-ledger"]
        assert json.loads(meta) == {"version": 2, "registry": "alfa", "edition": one.name}
        told = json.loads((published.ledger / one.name / MANIFEST_NAME).read_bytes())
        assert (told["version"], told["edition"], sorted(told["entries"])) == (2, one.name, ["alfa", "beta"])
        assert told["entries"]["alfa"] == checksum(entry(published, "alfa", one.name).read_bytes())


def test_what_is_built_is_no_edition(published: Project) -> None:
    """What lies in `next` binds nothing, whatever it is."""
    flip(entry(published, name=NEXT), 0.5)
    assert stopped(published) == ([], "")


def test_a_new_registry_was_in_no_edition(published: Project) -> None:
    """It is read as such, and passes."""
    assert read_editions("gamma", published) == ()


def test_an_edition_that_was_taken_back_counts(published: Project) -> None:
    """Readers have seen it."""
    roll_back(published)
    assert [one.name for one in read_editions("alfa", published)] == [JUNE, DECEMBER]
    entry(published, name=DECEMBER).unlink()
    assert stopped(published)[0] == [DiagnosticCode.LEDGER_MISSING]


# --- what stops a registry -------------------------------------------------------------------------------------------
def test_a_missing_entry(published: Project) -> None:
    """The message names the file, what follows, and what to restore."""
    entry(published).unlink()
    assert stopped(published)[1] == (
        "_build/ledger/2026-06/alfa.parquet: The ledger's entry for the edition 2026-06 is missing. "
        "Nothing new of alfa is published, as it could give away what was hidden. "
        "Restore _build/ledger/2026-06 from a backup. (KV711)"
    )
    assert_only_alfa_is_stopped(published, DiagnosticCode.LEDGER_MISSING, "is missing")


def test_a_missing_folder(published: Project) -> None:
    """All registries of that edition are stopped."""
    shutil.rmtree(published.ledger / JUNE)
    for registry in ("alfa", "beta"):
        kinds, said = stopped(published, registry)
        assert kinds == [DiagnosticCode.LEDGER_MISSING]
        assert f"_build/ledger/2026-06/{registry}.parquet" in said
    assert stopped(published, "gamma") == ([], "")


def test_a_missing_ledger(published: Project) -> None:
    """One fault names all editions; a registry that was in none is not stopped."""
    shutil.rmtree(published.ledger)
    for registry in ("alfa", "beta"):
        kinds, said = stopped(published, registry)
        assert kinds == [DiagnosticCode.LEDGER_MISSING]
        assert said.startswith("_build/ledger: The ledger has none of the editions that readers have seen: 2026-06, 20")
        assert "Restore _build/ledger from a backup" in said
    assert stopped(published, "gamma") == ([], "")


@pytest.mark.parametrize("part", [0, 4, 0.5, 0.9, 0.999])
def test_a_cut_entry(published: Project, part: float) -> None:
    """However little is missing; also nothing but the first four bytes, which are those of Parquet."""
    content = entry(published).read_bytes()
    entry(published).write_bytes(content[: int(part * len(content)) if part < 1 else int(part)])
    assert_only_alfa_is_stopped(published, DiagnosticCode.LEDGER_DAMAGED, "is damaged")


@pytest.mark.parametrize("at", [round(part, 2) for part in np.linspace(0, 0.99, 12)])
def test_a_flipped_bit(published: Project, at: float) -> None:
    """Wherever it is: Parquet alone reads some of them back as another count."""
    flip(entry(published), at)
    assert_only_alfa_is_stopped(published, DiagnosticCode.LEDGER_DAMAGED, "is damaged")


def test_another_registrys_entry(published: Project) -> None:
    """With its own name for a place, it is told whose it is."""
    shutil.copyfile(entry(published, "beta"), entry(published))
    assert_only_alfa_is_stopped(
        published, DiagnosticCode.LEDGER_OWNER_MISMATCH, "is another's: it is that of beta in 2026-06"
    )


def test_another_editions_entry(published: Project) -> None:
    """December's numbers are not June's."""
    shutil.copyfile(entry(published, name=DECEMBER), entry(published))
    assert_only_alfa_is_stopped(
        published, DiagnosticCode.LEDGER_OWNER_MISMATCH, "is another's: it is that of alfa in 2026-12"
    )


def test_another_registrys_entry_with_its_checksum(published: Project) -> None:
    """An entry says itself whose it is, whatever the manifest says."""
    content = entry(published, "beta").read_bytes()
    entry(published).write_bytes(content)
    manifest(published, lambda told: told["entries"].update(alfa=checksum(content)))
    assert_only_alfa_is_stopped(published, DiagnosticCode.LEDGER_OWNER_MISMATCH, "is another's")


def test_another_editions_folder(published: Project) -> None:
    """A whole folder under another's name."""
    shutil.rmtree(published.ledger / JUNE)
    shutil.copytree(published.ledger / DECEMBER, published.ledger / JUNE)
    for registry in ("alfa", "beta"):
        assert stopped(published, registry)[0] == [DiagnosticCode.LEDGER_OWNER_MISMATCH]


def test_another_editions_manifest(published: Project) -> None:
    """It holds checksums of other entries."""
    manifest(published, lambda told: told.update(edition=DECEMBER))
    assert stopped(published)[0] == stopped(published, "beta")[0] == [DiagnosticCode.LEDGER_OWNER_MISMATCH]


def test_a_missing_manifest(published: Project) -> None:
    """An entry that should have a checksum is not read without."""
    (published.ledger / JUNE / MANIFEST_NAME).unlink()
    for registry in ("alfa", "beta"):
        kinds, said = stopped(published, registry)
        assert kinds == [DiagnosticCode.LEDGER_DAMAGED]
        assert "no manifest.json beside it names it" in said


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"version": 2}', b"\xff\xfe"])
def test_a_damaged_manifest(published: Project, content: bytes) -> None:
    """All registries of that edition are stopped."""
    (published.ledger / JUNE / MANIFEST_NAME).write_bytes(content)
    for registry in ("alfa", "beta"):
        kinds, said = stopped(published, registry)
        assert kinds == [DiagnosticCode.LEDGER_DAMAGED]
        assert "manifest.json beside it is damaged" in said
    assert stopped(published, "gamma") == ([], "")


def test_an_entry_without_a_line_in_the_manifest(published: Project) -> None:
    """Somebody has put it there."""
    manifest(published, lambda told: told["entries"].pop("alfa"))
    assert_only_alfa_is_stopped(published, DiagnosticCode.LEDGER_DAMAGED, "no manifest.json beside it names it")


def test_an_entry_of_an_edition_that_did_not_show_the_registry(published: Project) -> None:
    """Either the entry is none of ours, or what the edition showed has been lost."""
    entry(published, "gamma").write_bytes(entry(published).read_bytes())
    kinds, said = stopped(published, "gamma")
    assert kinds == [DiagnosticCode.SNAPSHOT_LOST]
    assert said.startswith("_build/snapshots/2026-06/gamma.parquet: What the edition 2026-06 showed is missing")
    entry(published, "gamma").unlink()
    manifest(published, lambda told: told["entries"].update(gamma="0" * 64))
    assert stopped(published, "gamma")[0] == [DiagnosticCode.SNAPSHOT_LOST]
    assert stopped(published) == ([], "")


def test_a_newer_versions_entry(published: Project) -> None:
    """What it means nobody knows here."""
    table = pq.read_table(entry(published))
    told = json.dumps({"version": 3, "registry": "alfa", "edition": JUNE}).encode()
    pq.write_table(table.replace_schema_metadata({**table.schema.metadata, b"kvalreg-ledger": told}), entry(published))
    manifest(published, lambda told: told["entries"].update(alfa=checksum(entry(published).read_bytes())))
    assert_only_alfa_is_stopped(published, DiagnosticCode.LEDGER_DAMAGED, "written by a newer version of kvalreg")


# --- what was published ----------------------------------------------------------------------------------------------
Change = Callable[[pd.DataFrame], pd.DataFrame]


def rewrite(project: Project, change: Change) -> None:
    """Alfa's entry of June with other cells, a checksum and all else in order."""
    (june, *_) = read_editions("alfa", project)
    save_edition(replace(june, secret=change(pd.DataFrame(june.secret))), "alfa", project.ledger)


def at(cells: pd.DataFrame, orgnr: str) -> pd.Series[bool]:
    """A hospital's row in 2024."""
    return (cells["year"] == 2024) & (cells["level"] == "hospital") & (cells["orgnr"] == orgnr)


def set_to(unit: str, /, **values: Any) -> Change:
    """A change of a hospital's row."""

    def change(cells: pd.DataFrame) -> pd.DataFrame:
        for name, value in values.items():
            cells.loc[at(cells, unit), name] = value
        return cells

    return change


@pytest.mark.parametrize(
    "change",
    [
        set_to("121", n=89.0),
        set_to("121", x=21.0),
        set_to("121", x=np.nan),
        set_to("121", state="hidden"),
        set_to("121", state="absent"),
        set_to("111", state="shown"),
        set_to("111", state="not_reliable"),
        set_to("111", orgnr="122"),
        set_to("111", orgnr="999"),
        lambda cells: cells[~at(cells, "121")],
        lambda cells: cells[~at(cells, "111")],
        lambda cells: cells[:0],
        lambda cells: cells.assign(year=cells["year"] + 1),
        lambda cells: pd.concat([cells, cells[-1:]]),
    ],
)
def test_an_entry_that_says_something_else_than_was_published(published: Project, change: Change) -> None:
    """Shown numbers, what was shown, what was hidden, and which cells there were at all."""
    rewrite(published, change)
    assert_only_alfa_is_stopped(
        published, DiagnosticCode.LEDGER_CONFLICT, "_build/ledger/2026-06 and _build/snapshots/2026-06"
    )


def test_hidden_counts_are_not_compared_with_what_was_published(published: Project) -> None:
    """Nothing of them was: only the checksum speaks for them."""
    rewrite(published, set_to("111", n=4.0))
    assert stopped(published) == ([], "")


def test_no_message_tells_a_count(published: Project) -> None:
    """Messages may be read by others than those who may read the ledger."""
    rewrite(published, set_to("121", n=8741.0))
    assert not {"8741", "90", "121", "111"} & set(re.findall(r"\d+", stopped(published)[1]))


@pytest.mark.parametrize("content", [b"", b"PAR1", b"PAR1" * 100])
def test_a_damaged_snapshot(published: Project, content: bytes) -> None:
    """What cannot be compared is not believed."""
    (published.snapshots / JUNE / "alfa.parquet").write_bytes(content)
    assert_only_alfa_is_stopped(published, DiagnosticCode.SNAPSHOT_LOST, "What the edition 2026-06 showed is damaged")


def test_another_editions_snapshot(published: Project) -> None:
    """It showed other numbers."""
    shutil.copyfile(published.snapshots / DECEMBER / "alfa.parquet", published.snapshots / JUNE / "alfa.parquet")
    assert_only_alfa_is_stopped(published, DiagnosticCode.LEDGER_CONFLICT, "does not say what was published")


def test_a_missing_snapshot(published: Project) -> None:
    """One registry's, and all of an edition's; a registry of which the manifest does not know was not in it."""
    (published.snapshots / JUNE / "alfa.parquet").unlink()
    assert_only_alfa_is_stopped(
        published, DiagnosticCode.SNAPSHOT_LOST, "is missing, and the ledger has an entry for it"
    )
    shutil.rmtree(published.snapshots / JUNE)
    assert stopped(published, "beta")[0] == [DiagnosticCode.SNAPSHOT_LOST]
    assert stopped(published, "gamma") == ([], "")


def test_nothing_is_left_of_an_edition_but_its_pages(published: Project) -> None:
    """Then nobody knows which registries were in it, and none goes on."""
    for folder in (published.snapshots, published.ledger):
        shutil.rmtree(folder / JUNE)
    for registry in ("alfa", "beta", "gamma"):
        kinds, said = stopped(published, registry)
        assert kinds == [DiagnosticCode.SNAPSHOT_LOST]
        assert "nothing else tells which registries were in it" in said


@pytest.mark.parametrize("kept", ["editions", "withdrawn", "public"])
def test_any_trace_of_an_edition_counts(published: Project, kept: str) -> None:
    """Its pages, its having been taken back, or readers' own link."""
    roll_back(published)
    roll_back(published, DECEMBER)
    (published.withdrawn / DECEMBER).touch()
    traces = {"editions": published.editions, "withdrawn": published.withdrawn, "public": published.public}
    for name, folder in traces.items():
        if name == "public" != kept:
            folder.unlink()
        elif name != kept:
            shutil.rmtree(folder)
    for folder in (published.ledger, published.snapshots):
        shutil.rmtree(folder)
    assert stopped(published)[0][0] == DiagnosticCode.SNAPSHOT_LOST


# --- older versions --------------------------------------------------------------------------------------------------
def as_older(project: Project, change: Change = lambda cells: cells) -> None:
    """June as the version before checksums wrote it: no version, no owner, no manifest, one mark for all not shown."""
    for registry in ("alfa", "beta"):
        path, shown = entry(project, registry), project.snapshots / JUNE / f"{registry}.parquet"
        found = read_entry(path.read_bytes())
        cells = found.cells.to_pandas()
        cells["state"] = cells["state"].replace("not_reliable", "hidden")
        if registry == "alfa":
            cells = change(cells)
        table = pa.Table.from_pandas(cells, preserve_index=False)
        units = {b"kvalreg-units": found.cells.schema.metadata[b"kvalreg-units"]}
        pq.write_table(table.replace_schema_metadata({**table.schema.metadata, **units}), path)
        before = pq.read_table(shown)
        pq.write_table(before.drop_columns(["status"]), shown)
    (project.ledger / JUNE / MANIFEST_NAME).unlink()


def test_an_older_versions_entries_are_read_where_they_say_what_was_published(published: Project) -> None:
    """As they are, and no manifest is made for them."""
    as_older(published)
    for registry in ("alfa", "beta"):
        june, december = read_editions(registry, published)
        cells = pd.DataFrame(june.secret)
        assert cells.loc[at(cells, "111"), "n"].tolist() == [3]
        assert set(cells["state"]) == {"shown", "hidden"}
        assert (june.name, december.name) == (JUNE, DECEMBER)
    assert not (published.ledger / JUNE / MANIFEST_NAME).exists()


@pytest.mark.parametrize(
    "change",
    [set_to("121", n=89.0), set_to("121", state="hidden"), set_to("112", state="shown"), set_to("111", orgnr="1")],
)
def test_an_older_versions_entry_that_says_something_else(published: Project, change: Change) -> None:
    """It has no checksum, so what was published is all there is to know it by."""
    as_older(published, change)
    assert_only_alfa_is_stopped(published, DiagnosticCode.LEDGER_CONFLICT, "does not say what was published")


def test_an_older_versions_entry_of_another_registry_or_cut(published: Project) -> None:
    """It does not say whose it is, but its cells do."""
    as_older(published)
    content = entry(published).read_bytes()
    shutil.copyfile(entry(published, "beta"), entry(published))
    assert_only_alfa_is_stopped(published, DiagnosticCode.LEDGER_CONFLICT, "does not say what was published")
    entry(published).write_bytes(content[:-9])
    assert_only_alfa_is_stopped(published, DiagnosticCode.LEDGER_DAMAGED, "cannot be read")
    entry(published).unlink()
    assert_only_alfa_is_stopped(published, DiagnosticCode.LEDGER_MISSING, "is missing")


def test_an_older_versions_entry_without_a_snapshot(published: Project) -> None:
    """There is nothing to know it by."""
    as_older(published)
    shutil.rmtree(published.snapshots / JUNE)
    assert stopped(published)[0] == [DiagnosticCode.SNAPSHOT_LOST]


def test_random_bytes_are_no_entry() -> None:
    """Whatever a reader of Parquet makes of them, the answer is the same, and without a word of them."""
    draw = np.random.default_rng(15)
    for size in (0, 3, 8, 100, 5000):
        content = b"PAR1" + draw.bytes(size) + b"PAR1"
        with pytest.raises(LedgerEntryError) as error:
            read_entry(content)
        assert error.value.code is DiagnosticCode.LEDGER_DAMAGED


# --- whole runs ------------------------------------------------------------------------------------------------------
def gone(project: Project) -> None:
    """June's folder is not there."""
    entry(project).unlink()


def flipped(project: Project) -> None:
    """A bit of June's entry."""
    flip(entry(project), 0.4)


def disagreeing(project: Project) -> None:
    """June's entry says something else."""
    rewrite(project, set_to("121", n=89.0))


@pytest.mark.usefixtures("instant")
@pytest.mark.parametrize("damage", [gone, flipped, disagreeing])
def test_a_build_stops_the_registry_and_no_other(published: Project, damage: Callable[[Project], None]) -> None:
    """Alfa keeps its last good pages, marked as delayed; beta's new numbers are on the site; check and status tell.

    Restored, alfa goes on as if nothing had been.
    """
    before, kept = published.root / "before", published.published / "alfa.parquet"
    shutil.copytree(published.ledger, before)
    cells = kept.read_bytes()
    damage(published)
    for registry in ("alfa", "beta"):
        (published.data(registry) / "a.csv").write_text(few(registry, 95), encoding="utf-8")
    account = build(published, BOTH, Silence())
    (failed,) = [one for one in account.task_results if not one.ok]
    assert (failed.name, failed.exit_code) == ("alfa", 1)
    assert "_build/ledger/2026-06" in failed.error
    assert "from a backup. (KV71" in failed.error
    assert kept.read_bytes() == cells
    alfa, beta = (
        (published.site / f"registre/{one}/2024/index.html").read_text(encoding="utf-8") for one in ("alfa", "beta")
    )
    assert "kv-delayed" in alfa
    assert "kv-delayed" not in beta
    assert (">166<" in alfa, ">170<" in alfa) == (True, False)
    assert (">166<" in beta, ">170<" in beta) == (False, True)
    (found,) = [one.stopped for one in report_status(published, ("alfa",), TODAY).registries]
    assert "KV71" in "".join(found)
    told = check_project(published, Asked(TODAY, ("alfa",)))
    assert [one.diagnostic.code for one in told.findings if one.exit_code] == [stopped(published)[0][0]]

    shutil.rmtree(published.ledger)
    before.rename(published.ledger)
    assert build(published, BOTH, Silence()).exit_code == 0
    assert "kv-delayed" not in (published.site / "registre/alfa/2024/index.html").read_text(encoding="utf-8")


@pytest.mark.usefixtures("instant")
def test_a_build_without_a_ledger_names_every_registry_that_was_in_an_edition(published: Project) -> None:
    """A new registry goes on. Nothing has changed but the ledger, so what was kept of earlier builds is not used."""
    write_registry(published.root, "gamma", delivery_of("gamma"))
    shutil.rmtree(published.ledger)
    account = build(published, BOTH, Silence())
    assert [one.name for one in account.task_results if not one.ok] == ["alfa", "beta"]
    assert {one.name for one in account.task_results if one.ok} == {"gamma", "gamma 2023", "gamma 2024"}
    assert account.exit_code == 1


@pytest.mark.parametrize("name", [JUNE, NEXT])
def test_an_audit_by_hand_does_not_pass_what_it_cannot_prove(published: Project, name: str) -> None:
    """What alfa's editions give away together is not known; what beta's do, is."""
    assert audit_site(published.site, published).passed
    flip(entry(published, name=name), 0.5)
    found = audit_site(published.site, published)
    assert [(one.kind, one.registry) for one in found.findings] == [(DiagnosticCode.LEDGER_DAMAGED, "alfa")]
    assert f"_build/ledger/{name}/alfa.parquet" in found.report_text()


@pytest.mark.usefixtures("instant")
def test_what_was_built_is_published_only_when_it_is_whole(published: Project) -> None:
    """An entry that was damaged after the build stops the publication before anything is changed."""
    before = {path: path.stat().st_mtime_ns for path in published.build_folder.rglob("*.parquet")}
    content = entry(published, name=NEXT).read_bytes()
    build(published, BOTH, Silence())
    for bad in (content[:-1], entry(published, "beta", NEXT).read_bytes()):
        entry(published, name=NEXT).write_bytes(bad)
        told = json.loads(published.build_stamp.read_bytes())
        published.build_stamp.write_text(json.dumps(told | {"made_of": _content_digests(published)}), encoding="utf-8")
        with pytest.raises(LedgerError, match=r"next/alfa\.parquet: The ledger's entry for what was built last is"):
            publish_edition("2027-06", published)
    entry(published, name=NEXT).write_bytes(content)
    assert not list(published.build_folder.rglob("*2027-06*"))
    after = {path: path.stat().st_mtime_ns for path in published.build_folder.rglob("*.parquet")}
    assert set(after) == set(before)


@pytest.mark.usefixtures("instant")
@pytest.mark.parametrize("at_step", ["copy_release", "close_edition", "save_snapshot", "link_editions", "switch"])
def test_a_publication_that_is_stopped_stops_no_registry(
    published: Project, monkeypatch: pytest.MonkeyPatch, at_step: str
) -> None:
    """Whatever it has left, registries are built, and the same name can be published."""

    def halt(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(f"kvalreg.release.publish.{at_step}", halt)
        with pytest.raises(KeyboardInterrupt):
            publish_edition("2027-06", published)
    assert stopped(published) == stopped(published, "beta") == ([], "")
    if at_step == "switch":  # its permanent place is there: it is published, and readers are shown it
        roll_back(published, "2027-06")
    else:
        publish_edition("2027-06", published)
    assert [one.name for one in read_editions("alfa", published)] == [JUNE, DECEMBER, "2027-06"]
