"""A registry's part of the site is made anew only when something that it is made of has changed."""

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
from kvalreg.site import incremental_staging as parts
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
def made(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The registries whose part was made."""
    names: list[str] = []
    make = parts.stage_registry

    def part(project: Project, registry: str, around: SharedDependencies) -> tuple[dict[str, object], list[Path]]:
        names.append(registry)
        return make(project, registry, around)

    monkeypatch.setattr(parts, "stage_registry", part)
    return names


def tree(folder: Path) -> Tree:
    """Every file of a staged project or site."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }


def staged_whole(project: Project, place: Path) -> Tree:
    """The staged project made in one go, of everything that there is."""
    site = load_site(project)
    content = generate_site(site)
    whole = Project(project.root, build_override=place)
    stage(
        whole,
        content.pages,
        {**content.files, **crawler_files(site, {page.address: page.modified for page in content.pages})},
        site.descriptor,
    )
    return tree(whole.staging)


def test_parts_make_the_same_site_as_the_whole(demo: tuple[Project, RunResult], tmp_path: Path) -> None:
    """The demo's site, staged registry by registry from newest cells, is that of all cells at once, byte for byte."""
    project, _ = demo
    assert tree(project.staging) == staged_whole(project, tmp_path)


def test_what_was_kept_makes_the_same_site(project: Project, made: list[str], tmp_path: Path) -> None:
    """With both registries from the cache, and a staged folder that is cleaned of all else, nothing differs."""
    build(project, REQUEST, Silence())
    assert made == [*REGISTRIES]
    again = IncrementalStager(project, open_memo(project), 1)
    again.stage(again.load_site(lambda registries: edition_history(registries, project)))
    assert made == [*REGISTRIES]
    assert tree(project.staging) == staged_whole(project, tmp_path / "whole")


def _delivery(project: Project) -> None:
    (project.data("beta") / "a.csv").write_text(delivery_of("beta").replace("45;50", "46;50"), encoding="utf-8")


def _staged_page(project: Project) -> None:
    (project.staging / "registre" / "beta" / "index.qmd").write_text("Noe annet.", encoding="utf-8")


def _entry(project: Project) -> None:
    path = project.build_folder / "cache" / "parts" / "beta"
    path.write_bytes(path.read_bytes()[:-20])
    (project.data("alfa") / "a.csv").write_text(delivery_of("alfa").replace("45;50", "46;50"), encoding="utf-8")


def _shares(project: Project) -> None:
    path = project.latest_results / "beta.shares"
    path.write_bytes(path.read_bytes()[:-20])


def _newest(project: Project) -> None:
    path = project.latest_results / "beta.parquet"
    path.write_bytes(path.read_bytes()[:-20])


@pytest.mark.parametrize(
    ("change", "again"), [(_delivery, ["beta"]), (_staged_page, ["beta"]), (_entry, [*REGISTRIES]), (_shares, ["beta"])]
)
def test_only_what_has_changed_is_made(
    project: Project, made: list[str], change: Callable[[Project], None], again: list[str]
) -> None:
    """A delivery, a staged page that somebody has touched and damaged entries make one registry's part due."""
    build(project, REQUEST, Silence())
    made.clear()
    change(project)
    build(project, REQUEST, Silence())
    assert made == again


def test_damaged_newest_cells_are_made_again(project: Project, tmp_path: Path) -> None:
    """Cells that are cut are never read: they are taken from the registry's own anew."""
    build(project, REQUEST, Silence())
    _newest(project)
    _delivery(project)
    build(project, REQUEST, Silence())
    assert tree(project.staging) == staged_whole(project, tmp_path / "whole")


UNIT_FILES = ("sykehus/*/index.qmd", "sykehus/*/tall.json", "api/v1/units/*.json")


@pytest.mark.parametrize("pattern", UNIT_FILES)
def test_a_unit_s_file_that_was_touched_is_made_again(project: Project, tmp_path: Path, pattern: str) -> None:
    """Whatever stands in it, and though no registry tells anything new of the unit."""
    build(project, REQUEST, Silence())
    file = sorted(project.staging.glob(pattern))[0]
    file.write_text("Noe annet.", encoding="utf-8")
    build(project, REQUEST, Silence())
    assert tree(project.staging) == staged_whole(project, tmp_path / "whole")


def test_units_files_are_made_again_when_what_is_known_of_them_is_damaged(project: Project, tmp_path: Path) -> None:
    """An entry that is cut counts as none: every file is filled and compared."""
    build(project, REQUEST, Silence())
    path = project.build_folder / "cache" / "shared"
    path.write_bytes(path.read_bytes()[:-20])
    _delivery(project)
    build(project, REQUEST, Silence())
    assert tree(project.staging) == staged_whole(project, tmp_path / "whole")


def test_only_files_of_units_that_are_told_of_anew_are_filled(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A delivery that changes one hospital's number fills its files and those above it; no delivery, none.

    The small file beside the region's page tells its rounded value, which is as it was.
    """
    build(project, REQUEST, Silence())
    before = tree(project.staging)
    filled: list[bytes] = []
    fill = PlaceholderFiller.fill

    def told(self: PlaceholderFiller, content: bytes) -> bytes:
        filled.append(fill(self, content))
        return filled[-1]

    monkeypatch.setattr(PlaceholderFiller, "fill", told)
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


def test_a_new_registry_changes_the_numbers_of_those_after_it(project: Project, made: list[str]) -> None:
    """A registry's number in the API follows from all of them, so those after a new one are made again, others not."""
    build(project, REQUEST, Silence())
    made.clear()
    write_registry(project.root, "bravo", delivery_of("bravo"))
    build(project, REQUEST, Silence())
    assert made == ["bravo"]
    write_registry(project.root, "andre", delivery_of("andre"))
    made.clear()
    build(project, REQUEST, Silence())
    assert made == ["andre", "beta", "bravo"]


def test_a_registry_that_is_gone_leaves_nothing(project: Project) -> None:
    """Neither its pages nor its files stay in the staged project, nor anything that was kept of it."""
    build(project, REQUEST, Silence())
    shutil.rmtree(project.descriptor("beta").parent)
    build(project, REQUEST, Silence())
    assert not [address for address in tree(project.staging) if "/beta/" in address]
    assert (project.staging / "registre" / "alfa" / "index.qmd").is_file()
    assert not (project.build_folder / "cache" / "parts" / "beta").exists()
    assert {path.stem for path in project.latest_results.iterdir()} == {"alfa"}


def test_one_day_can_change_pages_without_a_delivery(
    project: Project, made: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The day after the deadline pages say that results are overdue, so they are made again; the day before, not."""
    for day, due in (
        ("1749945600", REGISTRIES),
        ("1749945601", ()),
        ("1750032000", REGISTRIES),
    ):  # 15, 15, 16 June 2025
        monkeypatch.setenv("SOURCE_DATE_EPOCH", day)
        made.clear()
        again = IncrementalStager(project, open_memo(project), 1)
        if not (project.published / "alfa.parquet").exists():
            build(project, REQUEST, Silence())
        else:
            again.stage(again.load_site(lambda registries: edition_history(registries, project)))
        assert made == [*due]
