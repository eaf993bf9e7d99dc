"""One registry's fault is its own, also between a build and its publication."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

import single_faults as faults
from kvalreg.diagnostic_codes import DiagnosticCode
from kvalreg.errors import DisclosureError, LedgerError, SiteError, UsageError
from kvalreg.pipeline import build
from kvalreg.project import Project
from kvalreg.release.audit import audit_site
from kvalreg.release.preflight import restore_damaged
from kvalreg.release.publish import publish_edition
from small_project import Silence
from sound_projects import PANDOC, beta_is_renewed, check_whole, is_delayed, renewed

pytest_plugins = ("sound_fixtures",)
ENTRY, CELLS = "ledger/next/alfa.parquet", "published/alfa.parquet"


def lost(path: str) -> Callable[[Project], None]:
    """Take a file of the build's away."""
    return lambda project: (project.build_folder / path).unlink()


def junk(path: str) -> Callable[[Project], None]:
    """Write over a file of the build's."""

    def plant(project: Project) -> None:
        (project.build_folder / path).write_bytes(b"junk")

    return plant


def folder(path: str) -> Callable[[Project], None]:
    """A folder in a file's place."""

    def plant(project: Project) -> None:
        (project.build_folder / path).unlink()
        (project.build_folder / path / "junk").mkdir(parents=True)

    return plant


def other_cells(project: Project) -> None:
    """Beta's entry under alfa's name."""
    shutil.copyfile(project.build_folder / "ledger/next/beta.parquet", project.build_folder / ENTRY)


DAMAGE = {
    "an entry that is junk": (junk(ENTRY), ["alfa"]),
    "an entry that is gone": (lost(ENTRY), ["alfa"]),
    "an entry that is a folder": (folder(ENTRY), ["alfa"]),
    "an entry that is beta's": (other_cells, ["alfa"]),
    "cells that are junk": (junk(CELLS), ["alfa"]),
    "cells that are gone": (lost(CELLS), ["alfa"]),
    "checksums that are junk": (junk("ledger/next/manifest.json"), ["alfa", "beta"]),
}


@pytest.mark.parametrize("kind", DAMAGE)
def test_what_is_damaged_after_the_build_is_put_back(two: Project, kind: str) -> None:
    """The build has kept a copy of what it released: with it, what is published is what was built, to the byte."""
    faults.new_delivery(two)
    check_whole(two, renewed(two))
    before = {path: (two.build_folder / path).read_bytes() for path in (ENTRY, CELLS)}
    plant, put_back = DAMAGE[kind]
    plant(two)
    assert restore_damaged(two) == put_back
    publish_edition("2026-02", two)
    assert {path: (two.build_folder / path).read_bytes() for path in before} == before
    assert beta_is_renewed(replace(two, output=two.public))
    assert restore_damaged(two) == []


def test_a_registry_that_is_delayed_is_put_back_as_such(two: Project) -> None:
    """Its pages keep their mark, and the publication tells of the delay."""
    faults.DELIVERIES["an unknown unit"].plant(two)
    renewed(two)
    junk(ENTRY)(two)
    assert restore_damaged(two) == ["alfa"]
    publish_edition("2026-02", two)
    assert is_delayed(replace(two, output=two.public))


def test_what_cannot_be_put_back_is_named_and_nothing_is_published(two: Project) -> None:
    """The copy is damaged too: one line with the registry, the file and what to do, which helps."""
    check_whole(two, renewed(two))
    junk(ENTRY)(two)
    junk("last_good/alfa/ledger.parquet")(two)
    assert restore_damaged(two) == []
    with pytest.raises(LedgerError) as refused:
        publish_edition("2026-02", two)
    (line,) = str(refused.value).splitlines()
    for told in ("_build/ledger/next/alfa.parquet: alfa: ", "Run kvalreg build --no-cache", "KV712"):
        assert told in line
    assert two.public.resolve().name == "2026-01"
    build(two, replace(PANDOC, use_cache=False), Silence())
    publish_edition("2026-02", two)


def test_a_build_that_was_stopped_is_no_damage(two: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Newer cells without their site are not put back in silence: whoever publishes is told, with the registry."""
    faults.new_delivery(two)

    def stopped(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("kvalreg.pipeline.render_site", stopped)
        with pytest.raises(KeyboardInterrupt):
            build(two, PANDOC, Silence())
    newer = (two.build_folder / ENTRY).read_bytes()
    assert restore_damaged(two) == []
    with pytest.raises(UsageError, match=r"older than the numbers that are ready \(in alfa\)"):
        publish_edition("2026-02", two)
    assert (two.build_folder / ENTRY).read_bytes() == newer


PAGE = "registre/alfa/2024/index.html"


def another_number(page: Path) -> None:
    """A number that is not its cell's."""
    page.write_text(page.read_text(encoding="utf-8").replace("84 av 100", "74 av 100"), encoding="utf-8")


def nowhere(page: Path) -> None:
    """A link that leads nowhere, in a page's place."""
    page.unlink()
    page.symlink_to("nowhere.html")


def no_page(page: Path) -> None:
    """A folder in a page's place."""
    page.unlink()
    page.mkdir()


CHANGED: dict[str, Callable[[Path], None]] = {
    "a number": another_number,
    "no page": Path.unlink,
    "a link to nowhere": nowhere,
    "a folder": no_page,
}


@pytest.mark.usefixtures("instant")
@pytest.mark.parametrize("kind", CHANGED)
def test_a_page_that_was_changed_after_the_build_is_named_and_made_again(project: Project, kind: str) -> None:
    """A publication refuses it with one line for its registry; the next build makes it again, as it was built."""
    build(project, PANDOC, Silence())
    page = project.site / PAGE
    built = page.read_text(encoding="utf-8")
    CHANGED[kind](page)
    with pytest.raises((DisclosureError, SiteError)) as refused:
        publish_edition("2026-01", project)
    lines = [line for line in str(refused.value).splitlines() if ": alfa: " in line]
    (line,) = lines
    assert line.startswith(PAGE)
    assert "run kvalreg build, which makes such pages again, and publish then." in line
    assert ": beta: " not in str(refused.value)
    assert not project.public.exists()
    assert build(project, PANDOC, Silence()).exit_code == 0
    publish_edition("2026-01", project)
    assert (project.public / PAGE).read_text(encoding="utf-8") == built


@pytest.mark.usefixtures("instant")
def test_a_permanent_copy_passes_the_audit_by_itself(project: Project) -> None:
    """Its mark names a year of which no registry has numbers; without snapshots the ledger still tells the edition."""
    build(project, PANDOC, Silence())
    publish_edition("2031-05", project)
    copy = project.editions / "2031-05"
    assert audit_site(copy, project).findings == ()
    shutil.rmtree(project.snapshots)
    assert {finding.code for finding in audit_site(copy, project).findings} == {DiagnosticCode.SNAPSHOT_LOST}
