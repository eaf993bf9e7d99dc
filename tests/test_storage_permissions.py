"""Rights: true counts and what is not published yet are for their owner alone, a site is for everybody, always."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from kvalreg.disclosure.ledger import NEXT
from kvalreg.pipeline import BuildRequest, build, build_draft
from kvalreg.project import Project
from kvalreg.release.publish import publish_edition, roll_back
from kvalreg.site.renderer import choose_renderer
from kvalreg.storage.permissions import (
    make_private_folder,
    make_public_folder,
    make_world_readable,
    restrict_to_owner,
    write_private,
)
from kvalreg.storage.project_lock import project_lock
from kvalreg.workbench.preview import Preview, PreviewRequest
from small_project import Silence, write_notebook

BOTH = BuildRequest(renderer="pandoc")
UMASKS = pytest.mark.parametrize("mask", [0o000, 0o022, 0o077], ids=oct)


@contextmanager
def umask(mask: int) -> Iterator[None]:
    """What the system takes away from new files' rights, for a while."""
    before = os.umask(mask)
    try:
        yield
    finally:
        os.umask(before)


def rights(path: Path) -> int:
    """A file's rights, such as 0o644."""
    return path.stat().st_mode & 0o777


def everything(folder: Path) -> list[Path]:
    """A folder and all that is below it, links not followed and not among it."""
    below = [path for path in folder.rglob("*") if not path.is_symlink()]
    assert below, f"{folder} is empty"
    return [folder, *below]


def assert_for_the_owner_alone(path: Path) -> None:
    """Every folder and file has no right for anybody else."""
    assert {one: oct(rights(one)) for one in everything(path) if rights(one) & 0o077} == {}


def assert_for_everybody(site: Path, project: Project) -> None:
    """Every folder and file can be read by everybody and written by its owner, and so can the folders on the way."""
    found = everything(site.resolve())
    assert {oct(rights(path)) for path in found if path.is_dir()} == {"0o755"}
    assert {oct(rights(path)) for path in found if path.is_file()} == {"0o644"}
    way = [
        folder for folder in site.resolve().parents if folder.is_relative_to(project.root) and folder != project.root
    ]
    assert all(rights(folder) & 0o011 == 0o011 for folder in way)
    assert not any(rights(folder) & 0o022 for folder in way)


# --- the parts -------------------------------------------------------------------------------------------------------
@UMASKS
def test_private_files_are_private_from_their_first_byte(mask: int, tmp_path: Path) -> None:
    """A folder has 0700 and a file 0600; one of an earlier version with more loses it, and so does its leftover."""
    with umask(mask):
        folder = make_private_folder(tmp_path / "a" / "b", "c", "d")
        assert folder == tmp_path / "a" / "b" / "c" / "d"
        assert [oct(rights(tmp_path / "a" / "b" / below)) for below in ("", "c", "c/d")] == ["0o700"] * 3
        file = folder / "x.json"
        file.write_bytes(b"old")
        file.chmod(0o644)
        leftover = folder / "x.json.new"
        leftover.write_bytes(b"half")
        leftover.chmod(0o666)
        assert write_private(file, b"new").read_bytes() == b"new"
    assert oct(rights(file)) == "0o600"
    assert [path.name for path in folder.iterdir()] == ["x.json"]


def test_what_is_there_with_wider_rights_is_narrowed_and_its_links_are_not_followed(tmp_path: Path) -> None:
    """Only rights of others are taken: a file that its owner keeps from writing stays so."""
    inside, outside = tmp_path / "in" / "deep", tmp_path / "out"
    inside.mkdir(parents=True)
    outside.mkdir()
    for name, mode in (("a", 0o644), ("b", 0o444)):
        (inside / name).touch()
        (inside / name).chmod(mode)
    (outside / "c").touch(0o644)
    (tmp_path / "in" / "link").symlink_to(outside)
    restrict_to_owner(tmp_path / "in")
    restrict_to_owner(tmp_path / "there is none")
    assert_for_the_owner_alone(tmp_path / "in")
    assert [oct(rights(inside / name)) for name in ("a", "b")] == ["0o600", "0o400"]
    assert (oct(rights(outside)), oct(rights(outside / "c"))) == ("0o755", "0o644")


@UMASKS
def test_a_site_is_open_with_the_folders_made_for_it(mask: int, tmp_path: Path) -> None:
    """Folders that were there keep their rights: they are somebody's choice."""
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine").chmod(0o700)
    with umask(mask):
        site = make_public_folder(tmp_path / "mine" / "new" / "site")
        (site / "deep").mkdir()
        (site / "deep" / "index.html").touch()
        make_world_readable(site)
    assert [oct(rights(path)) for path in (tmp_path / "mine", site.parent, site, site / "deep")] == [
        "0o700",
        "0o755",
        "0o755",
        "0o755",
    ]
    assert oct(rights(site / "deep" / "index.html")) == "0o644"


def test_a_disk_without_rights_stops_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """FAT and some network disks refuse to change rights: then files have the disk's, and the docs say so."""

    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "chmod", refuse)
    monkeypatch.setattr(os, "fchmod", refuse)
    with umask(0o000):
        folder = tmp_path / "there"
        folder.mkdir()
        assert write_private(make_private_folder(folder, "new") / "x", b"1").read_bytes() == b"1"
        restrict_to_owner(folder)
        make_world_readable(folder)


# --- whole runs ------------------------------------------------------------------------------------------------------
@UMASKS
@pytest.mark.usefixtures("instant")
def test_true_counts_are_for_the_owner_and_sites_for_everybody(mask: int, project: Project) -> None:
    """Built, published, built again, published and taken back, under any umask."""
    with umask(mask):
        with project_lock(project):
            pass
        build(project, BOTH, Silence())
        with project_lock(project):
            publish_edition("2026-06", project)
        build(project, BuildRequest(renderer="pandoc", use_cache=False), Silence())
        with project_lock(project):
            publish_edition("2026-12", project)
            roll_back(project)
    for secret in (project.ledger, project.ledger / NEXT, project.ledger / "2026-06", project.cache):
        assert_for_the_owner_alone(secret)
    assert oct(rights(project.build_stamp)) == "0o600"
    assert {folder: oct(rights(folder)) for folder in project.private_folders if rights(folder) != 0o700} == {}
    for site in (project.public, project.site, *project.editions.iterdir(), *project.releases.iterdir()):
        assert_for_everybody(site, project)
    assert {path.name for path in project.build_folder.iterdir() if rights(path) & 0o044} <= {
        "editions",
        "releases",
        "site.lock",
        "site.rendered.json",
    }


@pytest.mark.usefixtures("instant")
def test_a_draft_is_for_the_owner_alone(project: Project) -> None:
    """What nobody has approved lies in folders that nobody else may enter."""
    with umask(0o000):
        build(project, BOTH, Silence())
        build_draft(project, BOTH, Silence())
    draft = project.draft
    assert (draft.site / "index.html").is_file()
    assert [oct(rights(path)) for path in (draft.build_folder, draft.site.resolve().parent)] == ["0o700", "0o700"]
    assert_for_the_owner_alone(draft.cache)
    assert_for_the_owner_alone(draft.pending_ledger)


def test_a_log_is_for_the_owner_alone(project: Project) -> None:
    """A log has no number, but whoever reads it learns which notebook failed, and why."""
    own = project.root / "notebooks" / "report" / "alfa"
    own.mkdir(parents=True)
    write_notebook(own / "year.ipynb", ["never = 1 / (2024 - year)", "from kvalreg.report import Report"])
    with umask(0o000):
        account = build(project, BuildRequest(("alfa",), (2024,), renderer="pandoc"), Silence())
    assert [entry.log for entry in account.task_results if entry.log] == ["_build/logs/alfa/alfa-2024.log"]
    assert_for_the_owner_alone(project.logs)


def test_a_preview_is_for_the_owner_alone(project: Project) -> None:
    """Its pages are served by the preview itself, to this machine."""
    with umask(0o000):
        assert Preview(project, PreviewRequest("alfa", 2024), choose_renderer("pandoc")).build() == ()
    assert (project.workbench / "pages" / "index.html").is_file()
    assert [oct(rights(path)) for path in (project.build_folder, project.workbench)] == ["0o755", "0o700"]


@pytest.mark.usefixtures("instant")
def test_rights_of_an_older_version_are_narrowed_by_the_next_run(project: Project) -> None:
    """Also when nothing is made again: all of `_build` could be read by everybody."""
    build(project, BOTH, Silence())
    with project_lock(project):
        publish_edition("2026-06", project)
    build(project, BOTH, Silence())
    for path in everything(project.build_folder):
        path.chmod(0o777 if path.is_dir() else 0o666)
    build(project, BOTH, Silence())
    for secret in (project.ledger, project.cache):
        assert_for_the_owner_alone(secret)
    assert oct(rights(project.build_stamp)) == "0o600"
    assert {folder: oct(rights(folder)) for folder in project.private_folders if rights(folder) != 0o700} == {}
    assert [oct(rights(path)) for path in (project.build_folder, project.releases, project.editions)] == ["0o755"] * 3
