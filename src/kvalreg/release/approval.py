"""What a finished site must stand before it is put in place: the attack, and pages that are whole.

Comes in: a finished site that nobody sees yet. Goes out: nothing, or every fault. It also remembers which site was
built last and from which cells, so that a build that was stopped halfway cannot be published by mistake.
"""

from __future__ import annotations

import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NoReturn

from kvalreg.audit.findings import LEDGER_KINDS
from kvalreg.disclosure.ledger import NEXT
from kvalreg.errors import DisclosureError, Fault, SiteError, UsageError
from kvalreg.inputs.site_descriptor import read_site_descriptor
from kvalreg.kinds import Kind
from kvalreg.private_files import write_private
from kvalreg.project import Project
from kvalreg.release.archive import link_editions
from kvalreg.release.audit import audit
from kvalreg.release.digests import Digests, Recall
from kvalreg.release.history import standing_editions
from kvalreg.release.soundness import site_faults
from kvalreg.report.addresses import served


def release_site(site: Path, project: Project) -> list[Fault]:
    """Complete a site that has just been rendered with earlier editions, look at it, and remember how it was made.

    Returns
    -------
    What does not stop a build; see `approve`, also for what is raised.
    """
    link_editions(site, project, standing_editions(project))
    unchecked = approve(site, project)
    write_private(project.built, json.dumps({"site": site.name, "made_of": _made_of(project)}).encode())
    return unchecked


def approve(site: Path, project: Project) -> list[Fault]:
    """See that a finished site is whole, and attack it together with every edition that readers have seen.

    Returns
    -------
    What does not stop a build, but a publication: links that lead nowhere, and pages where no result was found, as a
    registry's own notebook may make them.

    Raises
    ------
    SiteError
        When a page is missing or not complete, or asks another host.
    DisclosureError
        With every other finding, when something that is hidden can be worked out.
    """
    staged = [path.relative_to(project.staged) for path in project.staged.rglob("*.qmd")]
    pages = [served(path.as_posix()) for path in staged if path.parts[0][0] not in "._"]
    with Digests(site) as digests, ThreadPoolExecutor(1) as beside:  # the audit mostly waits for processes
        attacked = beside.submit(audit, site, project, Recall(project.audited, digests))
        root = read_site_descriptor(project).path
        faults = site_faults(site, pages, root, Recall(project.looked_at, digests))
        dead = [fault for fault in faults if fault.kind is Kind.LINK_DEAD]
        if len(dead) < len(faults):
            last = Fault(
                "The finished site is not whole.",
                "It is not put in place; what was there before stays.",
                kind=Kind.PAGE_INCOMPLETE,
            )
            raise SiteError([*faults, last])
        findings = attacked.result().findings
    # a registry whose ledger is damaged keeps pages that were proven when they were made, and has been told of it
    findings = tuple(one for one in findings if one.kind not in LEDGER_KINDS)
    unchecked = [one.as_fault() for one in findings if one.kind is Kind.NOT_ATTACKED]
    if len(unchecked) < len(findings):
        refuse([one.as_fault() for one in findings])
    return [*dead, *unchecked]


def refuse(faults: list[Fault]) -> NoReturn:
    """Say why a site is not put in place."""
    last = Fault(
        "The site does not pass the audit.", "It is not released; what was there before stays.", kind=Kind.AUDIT_FAILED
    )
    raise DisclosureError([*faults, last])


def check_built(project: Project) -> None:
    """Refuse to publish what was not built to its end.

    Raises
    ------
    UsageError
        When there is no built site, or a later build has gone on to other cells without finishing its site.
    """
    if not project.site.is_dir() or not project.ledger.is_dir():
        raise UsageError(f"{project.site}: no site has been built here. Run kvalreg build first.")
    told = json.loads(project.built.read_text(encoding="utf-8")) if project.built.is_file() else {}
    if told != {"site": project.site.resolve().name, "made_of": _made_of(project)}:
        raise UsageError(
            f"{project.site}: the last build did not come to its end, so this site is older than the numbers that are "
            "ready. Run kvalreg build again, look at it, and then publish."
        )


def _made_of(project: Project) -> str:
    """A checksum of the cells that a site is made of and of what the ledger will keep; it stays in `_build`."""
    digest = hashlib.sha256()
    for folder in (project.published, project.next_ledger / NEXT):
        for path in sorted(folder.glob("*.parquet")):
            digest.update(path.name.encode() + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()
