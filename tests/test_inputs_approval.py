"""Approval: readers keep what they have until a line names a delivery's checksum; never half of a registry."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from kvalreg.disclosure.published import load_published
from kvalreg.errors import ApprovalPendingError, ConfigurationError, DeliveryError
from kvalreg.inputs.delivery import UnknownUnitPolicy
from kvalreg.inputs.descriptor_file import read_descriptors
from kvalreg.inputs.registry_deliveries import read_approved_deliveries
from kvalreg.inputs.units import read_units
from kvalreg.pipeline import BuildRequest, build, build_draft
from kvalreg.project import Project
from kvalreg.release.publish import publish_edition
from small_project import Silence, delivery_of


@pytest.fixture(autouse=True)
def required(project: Project) -> None:
    """Registry alfa requires approval."""
    path = project.descriptor("alfa")
    path.write_text(path.read_text(encoding="utf-8") + "approval: required\n", encoding="utf-8")


def add(project: Project, name: str, text: str) -> Path:
    """One more delivery."""
    path = project.data("alfa") / name
    path.write_text(text, encoding="utf-8")
    with project.delivery_list("alfa").open("a", encoding="utf-8") as listed:
        listed.write(f"- file: {name}\n  latest_update: 2025-03-01\n  latest_affirm: 2024-12-31\n")
    return path


def approve(project: Project, *paths: Path) -> None:
    """Lines for these files as they are now."""
    sums = (hashlib.sha256(path.read_bytes()).hexdigest() for path in paths)
    lines = "".join(f"- sha256: {sha256}\n  by: Kari Nordmann\n  on: 2025-03-02\n" for sha256 in sums)
    project.approvals_file("alfa").write_text(lines, encoding="utf-8")


def read(project: Project) -> list[str]:
    """The deliveries that may be published."""
    units = read_units(project.units, "units.csv")
    registry = read_descriptors(project)[0]["alfa"]
    return [
        one.shown for one in read_approved_deliveries(project, registry, units, UnknownUnitPolicy.REFUSE).deliveries
    ]


def test_nothing_is_shown_before_it_is_approved(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """The message has the file, the whole line to add, and where to add it; with a name in it, it is right."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1780000000")  # 2026-05-28
    sha256 = hashlib.sha256((project.data("alfa") / "a.csv").read_bytes()).hexdigest()
    with pytest.raises(ApprovalPendingError) as error:
        read(project)
    assert str(error.value) == (
        "data/alfa/a.csv: Nobody has approved this delivery, so its numbers are not shown. See what it changes with "
        "kvalreg diff alfa. Then add to data/alfa/approved.yml: "
        f'- {{sha256: {sha256}, by: "NAME", on: 2026-05-28}} (KV336)'
    )
    assert error.value.exit_code == 0
    line = str(error.value).partition("approved.yml: ")[2].removesuffix(" (KV336)")
    project.approvals_file("alfa").write_text(line.replace("NAME", "Kari Nordmann, faglig leder"), encoding="utf-8")
    assert read(project) == ["data/alfa/a.csv"]


def test_the_approved_deliveries_are_shown(project: Project) -> None:
    """A new one waits while the old ones stay; once it is approved it counts."""
    first = project.data("alfa") / "a.csv"
    approve(project, first)
    second = add(project, "b.csv", delivery_of("alfa", (2024,)).replace(";80;", ";70;"))
    assert read(project) == ["data/alfa/a.csv"]
    approve(project, first, second)
    assert read(project) == ["data/alfa/a.csv", "data/alfa/b.csv"]


def test_a_faulty_delivery_that_waits_blocks_nothing(project: Project) -> None:
    """It is not read before somebody has approved it."""
    approve(project, project.data("alfa") / "a.csv")
    add(project, "b.csv", "no;delivery\n1;2\n")
    assert read(project) == ["data/alfa/a.csv"]


def test_a_registry_is_never_shown_half(project: Project) -> None:
    """An approved file is written over: what is left of the approved ones is not shown without it."""
    first = project.data("alfa") / "a.csv"
    second = add(project, "b.csv", delivery_of("alfa", (2024,)))
    approve(project, first, second)
    second.write_text(delivery_of("alfa", (2024,)).replace(";80;", ";70;"), encoding="utf-8")
    with pytest.raises(ApprovalPendingError, match=r"data/alfa/b\.csv"):
        read(project)


def test_an_approved_delivery_that_is_gone_is_a_fault(project: Project) -> None:
    """Nobody has decided that its numbers should go."""
    first = project.data("alfa") / "a.csv"
    second = add(project, "b.csv", delivery_of("alfa", (2024,)))
    approve(project, first, second)
    second.unlink()
    text = project.delivery_list("alfa").read_text(encoding="utf-8")
    project.delivery_list("alfa").write_text(text.partition("- file: b.csv")[0], encoding="utf-8")
    with pytest.raises(DeliveryError, match="is not here any longer"):
        read(project)


@pytest.mark.parametrize("line", ["- sha256: abc\n  by: K\n  on: 2025-01-01\n", "- by: K\n", "just text\n"])
def test_a_faulty_list_is_named(project: Project, line: str) -> None:
    """A checksum that is none, a missing field, a file that is no list."""
    project.approvals_file("alfa").write_text(line, encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"data/alfa/approved\.yml"):
        read(project)


def test_a_list_of_its_own_is_no_delivery(project: Project) -> None:
    """A registry that requires no approval reads every delivery, list or not."""
    path = project.descriptor("alfa")
    path.write_text(path.read_text(encoding="utf-8").replace("approval: required\n", ""), encoding="utf-8")
    assert read(project) == ["data/alfa/a.csv"]


@pytest.mark.usefixtures("instant")
def test_a_draft_shows_what_waits_and_touches_nothing(project: Project) -> None:
    """The draft has the new numbers of alfa and the old pages of beta; site, ledger and cells stay as they were."""
    first = project.data("alfa") / "a.csv"
    approve(project, first)
    request = BuildRequest(renderer="pandoc")
    assert build(project, request, Silence()).exit_code == 0
    publish_edition("2026-06", project)
    add(project, "b.csv", delivery_of("alfa", (2024,)).replace(";80;", ";60;"))
    kept = [project.site, project.published, project.ledger, project.last_good_pages]
    before = [tree(folder) for folder in kept]

    account = build_draft(project, BuildRequest(("alfa",), renderer="pandoc"), Silence())
    assert account.exit_code == 0
    assert [tree(folder) for folder in kept] == before
    draft = project.draft
    cells = load_published("alfa", draft.published).cells.set_index(["year", "orgnr"])["value"]
    assert cells[2024, "111"] == 0.6
    assert (draft.site / "registre/beta/2024/index.html").is_file()
    assert "60 av 100" in (draft.site / "endringer/index.html").read_text(encoding="utf-8")

    # what can be published keeps the old numbers, and says why
    account = build(project, request, Silence())
    assert account.exit_code == 0
    assert [warning.file for warning in account.warnings if warning.code == "KV336"] == ["data/alfa/b.csv"]
    assert load_published("alfa", project.published).cells.set_index(["year", "orgnr"])["value"][2024, "111"] == 0.8


def tree(folder: Path) -> dict[str, bytes]:
    """Every file of a folder."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
