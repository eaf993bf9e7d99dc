"""What a finished site must stand before it is put in place: the attack, and pages that are whole.

Comes in: a finished site that nobody sees yet. Goes out: nothing, or every fault. It also remembers which site was
built last and from which cells, so that a build that was stopped halfway cannot be published by mistake.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

from kvalreg.audit.findings import AUDIT_KINDS, LEDGER_KINDS
from kvalreg.batch.accepted import accepted_heads
from kvalreg.batch.last_good import LastGood
from kvalreg.disclosure.ledger import NEXT, damaged_next, next_is_named, published_files
from kvalreg.errors import DisclosureError, Fault, LedgerError, RegistriesError, SiteError, UsageError
from kvalreg.inputs.site_descriptor import read_site_descriptor
from kvalreg.kinds import Kind
from kvalreg.private_files import write_private
from kvalreg.project import Project
from kvalreg.release.archive import link_editions
from kvalreg.release.audit import audit
from kvalreg.release.digests import Digests, Recall
from kvalreg.release.history import standing_editions
from kvalreg.release.soundness import LinkFault, site_faults
from kvalreg.report.addresses import served

_OWN_ADDRESS = re.compile(r"(?:^|/)(?:registre|data|endringer)/([a-z][a-z0-9_-]*)(?=[/.])")
"""What begins the address of a registry's own page or file, as it is on the site or seen from a page."""
_STAYS = "It is not put in place; what was there before stays."


def release_site(site: Path, project: Project) -> list[Fault]:
    """Complete a site that has just been rendered with earlier editions, look at it, and remember how it was made.

    Returns
    -------
    What does not stop a build; see `approve`, also for what is raised.
    """
    link_editions(site, project, standing_editions(project))
    remarks = approve(site, project)
    write_private(project.built, json.dumps({"site": site.name, "made_of": _made_of(project)}).encode())
    return remarks


def approve(site: Path, project: Project) -> list[Fault]:
    """See that a finished site is whole, and attack it together with every edition that readers have seen.

    Returns
    -------
    What does not stop a build: dead links that pages share, as one of the menu, which stop a publication; and those to
    pages of a registry that is left out or delayed, which do not.

    Raises
    ------
    RegistriesError
        With every fault by the registry whose pages have it: pages that are not whole or tell no result, links that
        lead nowhere, other hosts that are asked, and hidden numbers that can be worked out.
    """
    staged = [path.relative_to(project.staged) for path in project.staged.rglob("*.qmd")]
    pages = [served(path.as_posix()) for path in staged if path.parts[0][0] not in "._"]
    with Digests(site) as digests, ThreadPoolExecutor(1) as beside:  # the audit mostly waits for processes
        attacked = beside.submit(audit, site, project, Recall(project.audited, digests))
        root = read_site_descriptor(project).path
        faults = site_faults(site, pages, root, Recall(project.looked_at, digests))
        findings = attacked.result().findings
    # a registry whose ledger is damaged keeps pages that were proven when they were made, and has been told of it
    passed_over = {*LEDGER_KINDS}
    if not any(registry_of(Fault("", file=page, kind=None), project) for page in pages):
        passed_over.add(Kind.NOT_ATTACKED)  # a site without registries has nothing to attack
    found = [(one.registry, one.as_fault()) for one in findings if one.kind not in passed_over]
    by_registry: dict[str, list[Fault]] = {}
    dead = [fault for fault in faults if isinstance(fault, LinkFault)]
    whole = [("", fault) for fault in faults if not isinstance(fault, LinkFault)]
    by_itself, on_many = _links_by_registry([_excused(fault, project) for fault in dead], project)
    for registry, fault in [*found, *whole, *by_itself]:
        by_registry.setdefault(registry or registry_of(fault, project), []).append(fault)
    shared = by_registry.pop("", [])
    if by_registry or shared:
        raise RegistriesError(by_registry, shared)
    return on_many


def _links_by_registry(dead: list[LinkFault], project: Project) -> tuple[list[tuple[str, Fault]], list[Fault]]:
    """Dead links by the registry on whose pages alone they are, or to whose pages they lead; and all others."""
    pages: dict[str, set[str]] = {}
    for fault in dead:
        pages.setdefault(fault.target, set()).add(registry_of(replace(fault, what=""), project))
    by_itself: list[tuple[str, Fault]] = []
    on_many: list[Fault] = []
    for fault in dead:
        places = pages[fault.target]
        there = registry_of(Fault("", file=fault.target, kind=None), project)
        owner = there if "" in places else next(iter(places)) if len(places) == 1 else ""
        if owner and not fault.excused:
            by_itself.append((owner, fault))
        else:
            on_many.append(fault)
    return by_itself, on_many


def _excused(fault: LinkFault, project: Project) -> LinkFault:
    """The same with the reason where a page of one registry leads to another, whose own fault keeps its page away."""
    there = registry_of(Fault("", file=fault.target, kind=None), project)
    if not there or registry_of(replace(fault, what=""), project) in ("", there):
        return fault
    pages = accepted_heads(there, project.accepted) if (project.published / f"{there}.parquet").exists() else []
    if pages and not any(page.delayed for page in pages):
        return fault
    why = f"Nothing is wrong here: {there} is left out, or shown as it was before."
    return replace(fault, todo=why, excused=True)


def registry_of(fault: Fault, project: Project) -> str:
    """The registry whose pages or files a fault is about, as addresses tell; empty where it is none's alone."""
    told = (found[1] for text in (fault.file, fault.what) for found in _OWN_ADDRESS.finditer(text))
    return next((registry for registry in told if project.has_registry(registry)), "")


def refuse(error: RegistriesError) -> NoReturn:
    """Say why no site is put in place: what is hidden may be given away, or the site is not whole.

    Raises
    ------
    DisclosureError, SiteError
    """
    if any(fault.kind in AUDIT_KINDS for fault in error.every):
        what, kind, raised = "The site does not pass the audit.", Kind.AUDIT_FAILED, DisclosureError
        raise raised([*error.every, Fault(what, _STAYS, kind=kind)])
    raise SiteError([*error.every, Fault("The finished site is not whole.", _STAYS, kind=Kind.PAGE_INCOMPLETE)])


def refuse_changed(error: RegistriesError) -> NoReturn:
    """Say why a built site is not published: one line for each registry, and one for what all share.

    Raises
    ------
    DisclosureError, SiteError
    """
    by_registry = {registry: [_in_one_line(registry, faults)] for registry, faults in error.faults.items()}
    shared = [_in_one_line("", error.shared)] if error.shared else []
    refuse(RegistriesError(by_registry, shared))


def _in_one_line(registry: str, faults: Sequence[Fault]) -> Fault:
    what = f"{registry}: {faults[0].what}" if registry else faults[0].what
    more = f"(And {len(faults) - 1} more.) " if len(faults) > 1 else ""
    todo = f"{more}The site is not as it was built: run kvalreg build, which makes such pages again, and publish then."
    return replace(faults[0], what=what, todo=todo)


def check_built(project: Project) -> None:
    """Refuse to publish what was not built to its end, or is not as it was built.

    Raises
    ------
    UsageError
        When there is no built site, or a later build has gone on to other cells without finishing its site.
    LedgerError
        When what was built of a registry is damaged.
    """
    if not project.site.is_dir() or not project.ledger.is_dir():
        raise UsageError(f"{project.site}: no site has been built here. Run kvalreg build first.")
    changed = _changed(project)
    damaged = damaged_next(changed or (), project)
    if damaged:
        raise LedgerError(replace(fault, what=f"{registry}: {fault.what}") for registry, fault in damaged.items())
    if changed is None or changed:
        of = f" (in {', '.join(changed)})" if changed else ""
        raise UsageError(
            f"{project.site}: the last build did not come to its end, so this site is older than the numbers that are "
            f"ready{of}. Run kvalreg build again, look at it, and then publish."
        )


def put_back_damaged(project: Project) -> list[str]:
    """Put back what was built of a registry and has been damaged since, from the copies that the build has kept.

    Nothing else is published by this: `check_built` holds what was put back against the checksums of the build.

    Returns
    -------
    The registries of which something was put back.
    """
    shown, changed = _told(project) or {}, _changed(project) or []
    suspects = changed if next_is_named(shown, project) else sorted({*shown, *changed})
    last_good = LastGood(project)
    return [registry for registry in damaged_next(suspects, project) if last_good.put_back(registry)]


def is_built(project: Project) -> bool:
    """Whether the site is made of the cells and pages that lie there now: the last build came to its end."""
    return _changed(project) == []


def _changed(project: Project) -> list[str] | None:
    """The registries that are not as the site was made of them; None where nobody knows what it was made of."""
    told, now = _told(project), _made_of(project)
    if told is None:
        return None
    return sorted(name for name in {*told, *now} if told.get(name) != now.get(name))


def _told(project: Project) -> dict[str, str] | None:
    """What the site was made of, by registry; None where that is not known."""
    try:
        told = json.loads(project.built.read_bytes())
        return dict(told["made_of"]) if told["site"] == project.site.resolve().name else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _made_of(project: Project) -> dict[str, str]:
    """Checksums of each registry's cells and of what the ledger will keep of it; they stay in `_build`."""
    found = {}
    for cells in published_files(project):
        digest = hashlib.sha256()
        for path in (cells, project.next_ledger / NEXT / cells.name):
            digest.update(hashlib.sha256(path.read_bytes()).digest() if path.is_file() else b"-")
        found[cells.stem] = digest.hexdigest()
    return found
