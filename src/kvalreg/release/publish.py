"""Editions: what readers see. Published once, kept for good, and taken back only by going back to an earlier one.

Comes in: a project whose site has been built. Goes out: ``releases/<name>/``, to which ``_public`` leads;
``editions/<name>/``, its permanent copy; their checksums; its gated cells; and an edition of the ledger. A site that
does not pass the audit is neither built nor published, and one that was not built to its end is not published.
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
"""How many whole releases are kept, the one that readers see among them."""


def publish_edition(name: str, project: Project, keep: int = DEFAULT_RELEASES_KEPT) -> Path:
    """Let readers see the site that was built last, as an edition.

    Parameters
    ----------
    name
        The year and month, such as ``2026-06``, and more where there are several: ``2026-06-b``. It comes after every
        earlier edition's by alphabet.
    keep
        How many whole releases stay for `roll_back`. Permanent copies all stay.

    Returns
    -------
    The folder that ``_public`` leads to now.

    Raises
    ------
    UsageError
        When the name is no edition's, is taken, or comes too early; when no site has been built, or not to its end.
    DisclosureError, SiteError, LedgerError
        When the site does not pass the audit, or is not whole: it has been changed since it was built. Or when what was
        built of a registry is damaged; see `put_back_damaged`.
    """
    _check_name(name, project)
    require_complete_build(project)
    site = project.site.resolve()
    try:
        shared_diagnostics = [
            fault
            for fault in run_preflight(site, project)
            if not isinstance(fault, LinkDiagnostic) or not fault.excused
        ]
    except RegistriesError as error:
        refuse_changed(error)
    if shared_diagnostics:
        raise_preflight_error(RegistriesError({}, shared_diagnostics))
    prepare_edition(name, project)
    previous_edition = public_edition(project)
    release_folder, archive_folder = project.releases / name, project.editions / name
    for folder in (project.snapshots / name, release_folder, archive_folder):
        _remove_atomically(folder)

    # a run that is stopped before the edition has its permanent place can be repeated with the same name; one that is
    # stopped right after it is completed by kvalreg rollback NAME. The ledger comes before the snapshot: a snapshot
    # without an entry in the ledger is a ledger that has been lost
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
    switch_link(project.public, release_folder)
    _prune_releases(project, keep)
    forget_removed(project)
    return release_folder


def stale_registries(project: Project) -> list[str]:
    """The registries that the site shows as they were before, since what came after it failed."""
    registry_ids = (path.stem for path in published_files(project))
    return [
        name
        for name in registry_ids
        if any(page.delayed for page in load_last_good_headers(name, project.last_good_pages))
    ]


def roll_back(project: Project, name: str = "") -> str:
    """Let readers see an earlier edition again.

    The editions after it are withdrawn: later sites do not show them at their permanent addresses. The ledger still
    holds them, because readers have seen them: what comes next is attacked together with them all the same.

    Parameters
    ----------
    name
        The edition; the newest kept one before the one that readers see when empty.

    Returns
    -------
    The edition that readers see now.

    Raises
    ------
    UsageError
        When nothing has been published, or the edition is not kept any longer.
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
    project.withdrawn.mkdir(parents=True, exist_ok=True)
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
    """Remove a folder in one step, so that no halt leaves a part of it."""
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
    """Remove the oldest whole releases; what they share with permanent copies stays there."""
    current_edition = public_edition(project)
    old_releases = sorted(path for path in project.releases.iterdir() if path.name != current_edition)
    for path in old_releases[: max(0, len(old_releases) - keep + 1)]:
        shutil.rmtree(path, ignore_errors=True)
