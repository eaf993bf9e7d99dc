"""Editions: a site that passes the audit is kept for good, and the ledger learns what it showed.

Comes in: a project whose site has been built. Goes out: ``editions/<name>/``, a copy of the site, and an edition of the
ledger. A site that does not pass is neither built nor published.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import NoReturn

from kvalreg.disclosure.ledger import close_edition
from kvalreg.errors import DisclosureError, Fault, UsageError
from kvalreg.kinds import Kind
from kvalreg.project import Project
from kvalreg.release.audit import FindingKind, audit

_NAME = re.compile(r"[0-9]{4}-[0-9]{2}[a-z0-9-]*")


def approve(site: Path, project: Project) -> list[Fault]:
    """Attack a finished site together with every edition that readers have seen.

    Returns
    -------
    What could not be checked, since no result was found there: a registry's own notebook may show none.

    Raises
    ------
    DisclosureError
        With every other finding, when something that is hidden can be worked out.
    """
    findings = audit(site, project.root, published_editions(project)).findings
    unchecked = [Fault(str(one), kind=Kind.NOT_ATTACKED) for one in findings if one.kind is FindingKind.NOTHING]
    if len(unchecked) < len(findings):
        _refuse([Fault(str(one), kind=Kind.AUDIT_FAILED) for one in findings])
    return unchecked


def _refuse(faults: list[Fault]) -> NoReturn:
    last = Fault(
        "The site does not pass the audit.", "It is not released; what was there before stays.", kind=Kind.AUDIT_FAILED
    )
    raise DisclosureError([*faults, last])


def publish_edition(name: str, project: Project) -> Path:
    """Keep the built site as an edition.

    Parameters
    ----------
    name
        The year and month, such as ``2026-06``, and more where there are several: ``2026-06-b``.

    Returns
    -------
    The edition's folder: what a web server serves.

    Raises
    ------
    UsageError
        When the name is no edition's, is taken, or no site has been built.
    DisclosureError
        When the site does not pass the audit, or the audit finds no result to check.
    """
    if not _NAME.fullmatch(name):
        raise UsageError(f"{name!r} is no name of an edition. Write the year and month, such as 2026-06.")
    target = project.editions / name
    if target.exists():
        raise UsageError(f"The edition {name} has been published already. Choose another name.")
    if not project.site.is_dir() or not project.ledger.is_dir():
        raise UsageError(f"{project.site}: no site has been built here. Run kvalreg build first.")
    unchecked = approve(project.site, project)
    if unchecked:
        _refuse(unchecked)
    aside = project.editions / f".{name}.new"
    shutil.rmtree(aside, ignore_errors=True)
    shutil.copytree(project.site, aside)
    close_edition(name, project.ledger)
    aside.rename(target)
    return target


def published_editions(project: Project) -> list[Path]:
    """The folders of every published edition, oldest first."""
    folders = project.editions.iterdir() if project.editions.is_dir() else ()
    return sorted(folder for folder in folders if not folder.name.startswith("."))
