"""A registry's part of the site is staged again only when one of its inputs has changed."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from kvalreg.last_build import open_memo
from kvalreg.pipeline import BuildRequest, build, load_site
from kvalreg.project import Project
from kvalreg.release.history import edition_history
from kvalreg.run_result import RunResult
from kvalreg.site import incremental_staging
from kvalreg.site.feed import crawler_files
from kvalreg.site.fragment_store import PlaceholderFiller
from kvalreg.site.generators import generate_site
from kvalreg.site.incremental_staging import IncrementalStager, SharedDependencies
from kvalreg.site.modified_dates import resolve_date
from kvalreg.site.staging import stage
from small_project import Silence, delivery_of, write_registry

REGISTRIES = ("alfa", "beta")
pytestmark = pytest.mark.usefixtures("instant")
REQUEST = BuildRequest(renderer="pandoc", workers=1)
Tree = dict[str, bytes]


@pytest.fixture
def staged_registries(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The registries whose part was staged."""
    registry_ids: list[str] = []
    make = incremental_staging.stage_registry

    def record_call(
        project: Project, registry: str, dependencies: SharedDependencies
    ) -> tuple[dict[str, object], list[Path]]:
        registry_ids.append(registry)
        return make(project, registry, dependencies)

    monkeypatch.setattr(incremental_staging, "stage_registry", record_call)
    return registry_ids


def tree(folder: Path) -> Tree:
    """Every file of a staged project or site."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }


def staged_whole(project: Project, build_folder: Path) -> Tree:
    """The staged project, generated at once from all cells."""
    site = load_site(project)
    content = generate_site(site)
    whole = Project(project.root, build_override=build_folder)
    stage(
        whole,
        content.pages,
        {**content.files, **crawler_files(site, {page.address: page.modified for page in content.pages})},
        site.descriptor,
    )
    return tree(whole.staging)


def test_parts_make_the_same_site_as_the_whole(demo: tuple[Project, RunResult], tmp_path: Path) -> None:
    """The demo's site, staged registry by registry from latest cells, is that of all cells at once, byte for byte."""
    project, _ = demo
    assert tree(project.staging) == staged_whole(project, tmp_path)


def test_stored_parts_make_the_same_site(project: Project, staged_registries: list[str], tmp_path: Path) -> None:
    """With both registries from the cache, the staged folder is the same."""
    build(project, REQUEST, Silence())
    assert staged_registries == [*REGISTRIES]
    again = IncrementalStager(project, open_memo(project), 1)
    again.stage(again.load_site(lambda registries: edition_history(registries, project)))
    assert staged_registries == [*REGISTRIES]
    assert tree(project.staging) == staged_whole(project, tmp_path / "whole")


def _delivery(project: Project) -> None:
    (project.data("beta") / "a.csv").write_text(delivery_of("beta").replace("45;50", "46;50"), encoding="utf-8")


def _staged_page(project: Project) -> None:
    (project.staging / "registre" / "beta" / "index.qmd").write_text("Noe annet.", encoding="utf-8")


def _entry(project: Project) -> None:
    path = project.build_folder / "cache" / "parts" / "beta"
    path.write_bytes(path.read_bytes()[:-20])
    (project.data("alfa") / "a.csv").write_text(delivery_of("alfa").replace("45;50", "46;50"), encoding="utf-8")


def _fragments(project: Project) -> None:
    path = project.latest_results / "beta.shares"
    path.write_bytes(path.read_bytes()[:-20])


def _latest_cells(project: Project) -> None:
    path = project.latest_results / "beta.parquet"
    path.write_bytes(path.read_bytes()[:-20])


@pytest.mark.parametrize(
    ("change", "again"),
    [(_delivery, ["beta"]), (_staged_page, ["beta"]), (_entry, [*REGISTRIES]), (_fragments, ["beta"])],
)
def test_only_what_has_changed_is_staged(
    project: Project, staged_registries: list[str], change: Callable[[Project], None], again: list[str]
) -> None:
    """A delivery, a staged page that was edited, or a damaged entry makes that registry due, and no other."""
    build(project, REQUEST, Silence())
    staged_registries.clear()
    change(project)
    build(project, REQUEST, Silence())
    assert staged_registries == again


def test_damaged_latest_cells_are_stored_again(project: Project, tmp_path: Path) -> None:
    """A truncated file is not used: its cells are taken from the registry's published ones again."""
    build(project, REQUEST, Silence())
    _latest_cells(project)
    _delivery(project)
    build(project, REQUEST, Silence())
    assert tree(project.staging) == staged_whole(project, tmp_path / "whole")


UNIT_FILES = ("sykehus/*/index.qmd", "sykehus/*/tall.json", "api/v1/units/*.json")


@pytest.mark.parametrize("pattern", UNIT_FILES)
def test_a_unit_s_file_that_was_touched_is_made_again(project: Project, tmp_path: Path, pattern: str) -> None:
    """Whatever its content is, and though no registry's fragment of the unit has changed."""
    build(project, REQUEST, Silence())
    file = sorted(project.staging.glob(pattern))[0]
    file.write_text("Noe annet.", encoding="utf-8")
    build(project, REQUEST, Silence())
    assert tree(project.staging) == staged_whole(project, tmp_path / "whole")


def test_units_files_are_filled_again_when_their_entry_is_damaged(project: Project, tmp_path: Path) -> None:
    """A truncated entry counts as none: every file is filled and compared."""
    build(project, REQUEST, Silence())
    path = project.build_folder / "cache" / "shared"
    path.write_bytes(path.read_bytes()[:-20])
    _delivery(project)
    build(project, REQUEST, Silence())
    assert tree(project.staging) == staged_whole(project, tmp_path / "whole")


def test_only_files_of_units_with_a_changed_fragment_are_filled(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A delivery that changes one hospital's number fills its files and those above it; no delivery, none.

    The small file beside the region's page has its rounded value, which has not changed.
    """
    build(project, REQUEST, Silence())
    before = tree(project.staging)
    filled: list[bytes] = []
    fill = PlaceholderFiller.fill

    def record_fill(self: PlaceholderFiller, content: bytes) -> bytes:
        filled.append(fill(self, content))
        return filled[-1]

    monkeypatch.setattr(PlaceholderFiller, "fill", record_fill)
    again = IncrementalStager(project, open_memo(project), 1)
    again.stage(again.load_site(lambda registries: edition_history(registries, project)))
    assert not filled
    _delivery(project)
    build(project, REQUEST, Silence())
    files = {
        path.relative_to(project.staging).as_posix() for pattern in UNIT_FILES for path in project.staging.glob(pattern)
    }
    after = tree(project.staging)
    changed = {address: after[address] for address in files if after[address] != before[address]}
    assert sorted(changed) == [
        *(f"api/v1/units/{orgnr}.json" for orgnr in ("0", "1", "11", "112")),
        *("sykehus/li-sykehus/index.qmd", "sykehus/li-sykehus/tall.json"),
        *("sykehus/nord-rhf/index.qmd", "sykehus/vik-hf/index.qmd", "sykehus/vik-hf/tall.json"),
    ]
    assert sorted(resolve_date(content, None)[0] for content in filled) == sorted(changed.values())


def test_a_new_registry_changes_the_numbers_of_those_after_it(project: Project, staged_registries: list[str]) -> None:
    """A registry's number in the API depends on all of them: those after a new one are staged again, others not."""
    build(project, REQUEST, Silence())
    staged_registries.clear()
    write_registry(project.root, "bravo", delivery_of("bravo"))
    build(project, REQUEST, Silence())
    assert staged_registries == ["bravo"]
    write_registry(project.root, "andre", delivery_of("andre"))
    staged_registries.clear()
    build(project, REQUEST, Silence())
    assert staged_registries == ["andre", "beta", "bravo"]


def test_a_registry_that_is_gone_leaves_nothing(project: Project) -> None:
    """Neither its pages nor its files stay in the staged project, nor anything that was stored of it."""
    build(project, REQUEST, Silence())
    shutil.rmtree(project.descriptor("beta").parent)
    build(project, REQUEST, Silence())
    assert not [address for address in tree(project.staging) if "/beta/" in address]
    assert (project.staging / "registre" / "alfa" / "index.qmd").is_file()
    assert not (project.build_folder / "cache" / "parts" / "beta").exists()
    assert {path.stem for path in project.latest_results.iterdir()} == {"alfa"}


def test_one_day_can_change_pages_without_a_delivery(
    project: Project, staged_registries: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The day after the deadline pages say that results are overdue, and are staged again; the day before, not."""
    for day, due in (
        ("1749945600", REGISTRIES),
        ("1749945601", ()),
        ("1750032000", REGISTRIES),
    ):  # 15, 15, 16 June 2025
        monkeypatch.setenv("SOURCE_DATE_EPOCH", day)
        staged_registries.clear()
        again = IncrementalStager(project, open_memo(project), 1)
        if not (project.published / "alfa.parquet").exists():
            build(project, REQUEST, Silence())
        else:
            again.stage(again.load_site(lambda registries: edition_history(registries, project)))
        assert staged_registries == [*due]
