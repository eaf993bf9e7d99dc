"""Editions: what readers see. Published once, archived for good, and withdrawn only by a rollback to an earlier one.

Input: a project whose site has been built. Output: ``releases/<name>/``, the target of the link ``_public``;
``editions/<name>/``, its permanent copy; a snapshot of its gated cells; and its entry in the ledger. A site that does
not pass the audit is neither built nor published; an unfinished build is not published.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from kvalreg.disclosure.edition import EDITION_NAME_PATTERN
from kvalreg.disclosure.ledger import commit_edition, prepare_edition, published_files
from kvalreg.errors import RegistriesError, UsageError
from kvalreg.project import Project
from kvalreg.release.archive import archive_edition, copy_release, link_editions
from kvalreg.release.checksums import forget_removed, record
from kvalreg.release.history import (
    active_editions,
    public_edition,
    published_editions,
    save_snapshot,
    withdrawn_editions,
)
from kvalreg.release.preflight import raise_preflight_error, refuse_changed, require_complete_build, run_preflight
from kvalreg.release.site_lint import LinkDiagnostic
from kvalreg.site.atomic_output import switch_link
from kvalreg.storage.last_good import load_last_good_headers
from kvalreg.storage.permissions import make_public_folder, make_world_readable

DEFAULT_RELEASES_KEPT = 3
"""How many complete releases are kept, including the one that readers see."""


def publish_edition(name: str, project: Project, keep: int = DEFAULT_RELEASES_KEPT) -> Path:
    """Publish the site that was built last, as an edition.

    Parameters
    ----------
    name
        The year and month, such as ``2026-06``, with a suffix where there are several: ``2026-06-b``. It must sort
        after those of all earlier editions.
    keep
        How many complete releases stay for `roll_back`. Permanent copies all stay.

    Returns
    -------
    The new target of ``_public``.

    Raises
    ------
    UsageError
        When the name is invalid, taken, or sorts too early; when no site has been built, or the build is unfinished.
    DisclosureError, SiteError, LedgerError
        When the site does not pass the audit, or is incomplete: it was changed after it was built. Or when a registry's
        cells or ledger entry are damaged; see `restore_damaged`.
    """
    # check: the site is tested again here, since files may have changed after the build
    _check_name(name, project)
    require_complete_build(project)
    site = project.site.resolve()
    try:
        warnings = run_preflight(site, project)
    except RegistriesError as error:
        refuse_changed(error)
    blocking = [warning for warning in warnings if not isinstance(warning, LinkDiagnostic) or not warning.excused]
    if blocking:
        raise_preflight_error(RegistriesError({}, blocking))

    # prepare: remove what an interrupted publication of the same name has left
    prepare_edition(name, project)
    previous_edition = public_edition(project)
    release_folder, archive_folder = project.releases / name, project.editions / name
    for folder in (project.snapshots / name, release_folder, archive_folder):
        _remove_atomically(folder)

    # write: the order makes every interruption harmless. Until the edition is archived, publishing can be repeated with
    # the same name; after that, `kvalreg rollback NAME` completes it. The ledger comes before the snapshot: a snapshot
    # without a ledger entry would mean that the ledger was lost
    temp_release = _make_temp_folder(release_folder)
    copy_release(site, temp_release, project.releases / previous_edition if previous_edition else None)
    temp_release.rename(release_folder)
    temp_archive = _make_temp_folder(archive_folder)
    archive_edition(release_folder, temp_archive, name)
    record(name, [(release_folder, release_folder), (temp_archive, archive_folder)], project)
    commit_edition(name, project)
    save_snapshot(name, previous_edition, project)
    link_editions(release_folder, project, (*active_editions(project), name))
    make_world_readable(release_folder)
    make_world_readable(temp_archive)
    temp_archive.rename(archive_folder)

    # switch: from here on readers see the edition
    switch_link(project.public, release_folder)
    _prune_releases(project, keep)
    forget_removed(project)
    return release_folder


def stale_registries(project: Project) -> list[str]:
    """The registries whose pages on the site are stale: their newer results failed."""
    registry_ids = (path.stem for path in published_files(project))
    return [
        name
        for name in registry_ids
        if any(page.delayed for page in load_last_good_headers(name, project.last_good_pages))
    ]


def roll_back(project: Project, name: str = "") -> str:
    """Publish an earlier edition again.

    The editions after it are withdrawn: later sites do not show them at their permanent URLs. The ledger still holds
    them, because readers have seen them: later editions are attacked together with them all the same.

    Parameters
    ----------
    name
        The edition; when empty, the newest release before the one that readers see.

    Returns
    -------
    The edition that readers see now.

    Raises
    ------
    UsageError
        When nothing has been published, or the edition's release is no longer kept.
    """
    current_edition = public_edition(project)
    if current_edition is None:
        raise UsageError("No edition has been published, so there is none to go back to.")
    kept_editions = [edition for edition in published_editions(project) if (project.releases / edition).is_dir()]
    earlier = [
        edition for edition in kept_editions if edition < current_edition and edition not in withdrawn_editions(project)
    ]
    name = name or (earlier[-1] if earlier else "")
    if name not in kept_editions or name == current_edition:
        alternatives = [edition for edition in kept_editions if edition != current_edition]
        message = (
            f"Readers see {current_edition} already."
            if name == current_edition
            else f"There is no release {name or 'before ' + current_edition} kept."
        )
        raise UsageError(f"{message} To go back to there are: {', '.join(alternatives) or 'none'}.")
    # withdraw the later editions, and take the edition itself back into use if it was withdrawn
    project.withdrawn.mkdir(parents=True, exist_ok=True)
    # an empty file for each: making or removing one is atomic
    for edition in published_editions(project):
        if edition > name:
            (project.withdrawn / edition).touch()
    (project.withdrawn / name).unlink(missing_ok=True)
    link_editions(
        project.releases / name, project, tuple(edition for edition in active_editions(project) if edition <= name)
    )
    make_world_readable(project.releases / name)
    switch_link(project.public, project.releases / name)
    return name


def _check_name(name: str, project: Project) -> None:
    if not EDITION_NAME_PATTERN.fullmatch(name):
        raise UsageError(f"{name!r} is no name of an edition. Write the year and month, such as 2026-06.")
    if project.public.exists() and not project.public.is_symlink():
        raise UsageError(f"{project.public}: this is no link of kvalreg's. Move it away: readers' site goes here.")
    existing = published_editions(project)
    if name in existing:
        raise UsageError(
            f"The edition {name} has been published already. Choose another name, such as {name}-b. "
            f"To let readers see it again: kvalreg rollback {name}"
        )
    if existing and name < existing[-1]:
        raise UsageError(f"The edition {name} would come before {existing[-1]}. Choose a later name.")


def _remove_atomically(folder: Path) -> None:
    """Remove a folder so that an interruption leaves no part of it under its name."""
    temp_folder = folder.with_name(f".{folder.name}.old")
    shutil.rmtree(temp_folder, ignore_errors=True)
    if folder.exists():
        folder.rename(temp_folder)
        shutil.rmtree(temp_folder, ignore_errors=True)


def _make_temp_folder(folder: Path) -> Path:
    temp_folder = folder.with_name(f".{folder.name}.new")
    shutil.rmtree(temp_folder, ignore_errors=True)
    return make_public_folder(temp_folder)


def _prune_releases(project: Project, keep: int) -> None:
    """Remove the oldest complete releases; permanent copies keep their hard-linked files."""
    # names of editions sort by time; the public one is kept, whatever its age after a rollback
    current_edition = public_edition(project)
    old_releases = sorted(path for path in project.releases.iterdir() if path.name != current_edition)
    for path in old_releases[: max(0, len(old_releases) - keep + 1)]:
        shutil.rmtree(path, ignore_errors=True)
