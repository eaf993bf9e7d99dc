"""Editions: what readers see. Published once, kept for good, and taken back only by going back to an earlier one.

Comes in: a project whose site has been built. Goes out: ``releases/<name>/``, to which ``_public`` leads;
``editions/<name>/``, its permanent copy; its gated cells; and an edition of the ledger. A site that does not pass the
audit is neither built nor published, and one that was not built to its end is not published.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from kvalreg.batch.accepted import accepted_heads
from kvalreg.disclosure.edition import EDITION_NAME
from kvalreg.disclosure.ledger import close_edition, prepare_edition, published_files
from kvalreg.errors import RegistriesError, UsageError
from kvalreg.private_files import open_folder, open_to_readers
from kvalreg.project import Project
from kvalreg.release.approval import approve, check_built, refuse, refuse_changed
from kvalreg.release.archive import copy_release, keep_edition, link_editions
from kvalreg.release.history import (
    public_edition,
    published_editions,
    save_snapshot,
    standing_editions,
    withdrawn_editions,
)
from kvalreg.release.soundness import LinkFault
from kvalreg.site.output import switch

KEEP = 3
"""How many whole releases are kept, the one that readers see among them."""


def publish_edition(name: str, project: Project, keep: int = KEEP) -> Path:
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
    check_built(project)
    site = project.site.resolve()
    try:
        shared = [fault for fault in approve(site, project) if not isinstance(fault, LinkFault) or not fault.excused]
    except RegistriesError as error:
        refuse_changed(error)
    if shared:
        refuse(RegistriesError({}, shared))
    prepare_edition(name, project)
    before = public_edition(project)
    release, permanent = project.releases / name, project.editions / name
    for folder in (project.snapshots / name, release, permanent):
        _forget(folder)

    # a run that is stopped before the edition has its permanent place can be repeated with the same name; one that is
    # stopped right after it is completed by kvalreg rollback NAME. The ledger comes before the snapshot: a snapshot
    # without an entry in the ledger is a ledger that has been lost
    with_new = _aside(release)
    copy_release(site, with_new, project.releases / before if before else None)
    with_new.rename(release)
    permanent_aside = _aside(permanent)
    keep_edition(release, permanent_aside, name)
    close_edition(name, project)
    save_snapshot(name, before, project)
    link_editions(release, project, (*standing_editions(project), name))
    open_to_readers(release)
    open_to_readers(permanent_aside)
    permanent_aside.rename(permanent)
    switch(project.public, release)
    _forget_releases(project, keep)
    return release


def delayed_registries(project: Project) -> list[str]:
    """The registries that the site shows as they were before, since what came after it failed."""
    shown = (path.stem for path in published_files(project))
    return [name for name in shown if any(page.delayed for page in accepted_heads(name, project.accepted))]


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
    now = public_edition(project)
    if now is None:
        raise UsageError("No edition has been published, so there is none to go back to.")
    kept = [one for one in published_editions(project) if (project.releases / one).is_dir()]
    earlier = [one for one in kept if one < now and one not in withdrawn_editions(project)]
    name = name or (earlier[-1] if earlier else "")
    if name not in kept or name == now:
        others = [one for one in kept if one != now]
        what = f"Readers see {now} already." if name == now else f"There is no release {name or 'before ' + now} kept."
        raise UsageError(f"{what} To go back to there are: {', '.join(others) or 'none'}.")
    project.withdrawn.mkdir(parents=True, exist_ok=True)
    for one in published_editions(project):
        if one > name:
            (project.withdrawn / one).touch()
    (project.withdrawn / name).unlink(missing_ok=True)
    link_editions(project.releases / name, project, tuple(one for one in standing_editions(project) if one <= name))
    open_to_readers(project.releases / name)
    switch(project.public, project.releases / name)
    return name


def _check_name(name: str, project: Project) -> None:
    if not EDITION_NAME.fullmatch(name):
        raise UsageError(f"{name!r} is no name of an edition. Write the year and month, such as 2026-06.")
    if project.public.exists() and not project.public.is_symlink():
        raise UsageError(f"{project.public}: this is no link of kvalreg's. Move it away: readers' site goes here.")
    there = published_editions(project)
    if name in there:
        raise UsageError(
            f"The edition {name} has been published already. Choose another name, such as {name}-b. "
            f"To let readers see it again: kvalreg rollback {name}"
        )
    if there and name < there[-1]:
        raise UsageError(f"The edition {name} would come before {there[-1]}. Choose a later name.")


def _forget(folder: Path) -> None:
    """Remove a folder in one step, so that no halt leaves a part of it."""
    aside = folder.with_name(f".{folder.name}.old")
    shutil.rmtree(aside, ignore_errors=True)
    if folder.exists():
        folder.rename(aside)
        shutil.rmtree(aside, ignore_errors=True)


def _aside(folder: Path) -> Path:
    aside = folder.with_name(f".{folder.name}.new")
    shutil.rmtree(aside, ignore_errors=True)
    return open_folder(aside)


def _forget_releases(project: Project, keep: int) -> None:
    """Remove the oldest whole releases; what they share with permanent copies stays there."""
    now = public_edition(project)
    others = sorted(path for path in project.releases.iterdir() if path.name != now)
    for path in others[: max(0, len(others) - keep + 1)]:
        shutil.rmtree(path, ignore_errors=True)
