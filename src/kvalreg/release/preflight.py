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
from functools import cache
from pathlib import Path
from typing import NoReturn

from kvalreg.audit.findings import AUDIT_KINDS, LEDGER_KINDS
from kvalreg.diagnostic_codes import DiagnosticCode
from kvalreg.disclosure.ledger import NEXT, damaged_next, next_is_named, published_files
from kvalreg.errors import Diagnostic, DisclosureError, LedgerError, RegistriesError, SiteError, UsageError
from kvalreg.inputs.site_descriptor import read_site_descriptor
from kvalreg.project import Project
from kvalreg.release.archive import link_editions
from kvalreg.release.audit import audit_site
from kvalreg.release.fallback import LastGoodStore
from kvalreg.release.history import active_editions
from kvalreg.release.site_lint import LinkDiagnostic, lint_site
from kvalreg.storage.fingerprint import file_digest
from kvalreg.storage.last_good import load_last_good_headers
from kvalreg.storage.permissions import write_private
from kvalreg.urls import output_path

_REGISTRY_PATH = re.compile(r"(?:^|/)(?:registre|data|endringer)/([a-z][a-z0-9_-]*)(?=[/.])")
"""What begins the address of a registry's own page or file, as it is on the site or seen from a page."""
_SITE_UNCHANGED = "It is not put in place; what was there before stays."


def finalize_site(site: Path, project: Project) -> list[Diagnostic]:
    """Complete a site that has just been rendered with earlier editions, look at it, and remember how it was made.

    Returns
    -------
    What does not stop a build; see `approve`, also for what is raised.
    """
    link_editions(site, project, active_editions(project))
    warnings = run_preflight(site, project)
    write_private(project.build_stamp, json.dumps({"site": site.name, "made_of": _content_digest(project)}).encode())
    return warnings


def run_preflight(site: Path, project: Project) -> list[Diagnostic]:
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
    staged_paths = [path.relative_to(project.staging) for path in project.staging.rglob("*.qmd")]
    pages = [output_path(path.as_posix()) for path in staged_paths if path.parts[0][0] not in "._"]
    digest_of = cache(file_digest)  # the audit and the link check read each file once, and never know it by its time
    with ThreadPoolExecutor(1) as executor:  # the audit mostly waits for processes
        audit_future = executor.submit(audit_site, site, project, project.audit_cache, digest_of)
        site_root = read_site_descriptor(project).path
        lint_diagnostics = lint_site(site, pages, site_root, project.lint_cache, digest_of)
        findings = audit_future.result().findings
    # a registry whose ledger is damaged keeps pages that were proven when they were made, and has been told of it
    ignored_codes = {*LEDGER_KINDS}
    if not any(registry_of_diagnostic(Diagnostic("", file=page, code=None), project) for page in pages):
        ignored_codes.add(DiagnosticCode.ATTACK_SKIPPED)  # a site without registries has nothing to attack
    audit_diagnostics = [
        (finding.registry, finding.as_fault()) for finding in findings if finding.kind not in ignored_codes
    ]
    diagnostics_by_registry: dict[str, list[Diagnostic]] = {}
    broken_links = [diagnostic for diagnostic in lint_diagnostics if isinstance(diagnostic, LinkDiagnostic)]
    page_diagnostics = [
        ("", diagnostic) for diagnostic in lint_diagnostics if not isinstance(diagnostic, LinkDiagnostic)
    ]
    attributed_links, shared_links = _attribute_links(
        [_excused(diagnostic, project) for diagnostic in broken_links], project
    )
    for registry, fault in [*audit_diagnostics, *page_diagnostics, *attributed_links]:
        diagnostics_by_registry.setdefault(registry or registry_of_diagnostic(fault, project), []).append(fault)
    shared_diagnostics = diagnostics_by_registry.pop("", [])
    if diagnostics_by_registry or shared_diagnostics:
        raise RegistriesError(diagnostics_by_registry, shared_diagnostics)
    return shared_links


def _attribute_links(
    broken_links: list[LinkDiagnostic], project: Project
) -> tuple[list[tuple[str, Diagnostic]], list[Diagnostic]]:
    """Dead links by the registry on whose pages alone they are, or to whose pages they lead; and all others."""
    registries_by_target: dict[str, set[str]] = {}
    for diagnostic in broken_links:
        registries_by_target.setdefault(diagnostic.target, set()).add(
            registry_of_diagnostic(replace(diagnostic, message=""), project)
        )
    attributed_links: list[tuple[str, Diagnostic]] = []
    shared_links: list[Diagnostic] = []
    for diagnostic in broken_links:
        registries = registries_by_target[diagnostic.target]
        target_registry = registry_of_diagnostic(Diagnostic("", file=diagnostic.target, code=None), project)
        owner = target_registry if "" in registries else next(iter(registries)) if len(registries) == 1 else ""
        if owner and not diagnostic.excused:
            attributed_links.append((owner, diagnostic))
        else:
            shared_links.append(diagnostic)
    return attributed_links, shared_links


def _excused(fault: LinkDiagnostic, project: Project) -> LinkDiagnostic:
    """The same with the reason where a page of one registry leads to another, whose own fault keeps its page away."""
    there = registry_of_diagnostic(Diagnostic("", file=fault.target, code=None), project)
    if not there or registry_of_diagnostic(replace(fault, message=""), project) in ("", there):
        return fault
    pages = (
        load_last_good_headers(there, project.last_good_pages)
        if (project.published / f"{there}.parquet").exists()
        else []
    )
    if pages and not any(page.delayed for page in pages):
        return fault
    why = f"Nothing is wrong here: {there} is left out, or shown as it was before."
    return replace(fault, hint=why, excused=True)


def registry_of_diagnostic(diagnostic: Diagnostic, project: Project) -> str:
    """The registry whose pages or files a fault is about, as addresses tell; empty where it is none's alone."""
    registry_ids = (
        match[1] for text in (diagnostic.file, diagnostic.message) for match in _REGISTRY_PATH.finditer(text)
    )
    return next((registry for registry in registry_ids if project.has_registry(registry)), "")


def raise_preflight_error(error: RegistriesError) -> NoReturn:
    """Say why no site is put in place: what is hidden may be given away, or the site is not whole.

    Raises
    ------
    DisclosureError, SiteError
    """
    if any(diagnostic.code in AUDIT_KINDS for diagnostic in error.all_diagnostics):
        message, code, error_class = "The site does not pass the audit.", DiagnosticCode.AUDIT_FAILED, DisclosureError
        raise error_class([*error.all_diagnostics, Diagnostic(message, _SITE_UNCHANGED, code=code)])
    raise SiteError(
        [
            *error.all_diagnostics,
            Diagnostic("The finished site is not whole.", _SITE_UNCHANGED, code=DiagnosticCode.PAGE_INCOMPLETE),
        ]
    )


def refuse_changed(error: RegistriesError) -> NoReturn:
    """Say why a built site is not published: one line for each registry, and one for what all share.

    Raises
    ------
    DisclosureError, SiteError
    """
    by_registry = {
        registry: [_in_one_line(registry, faults)] for registry, faults in error.diagnostics_by_registry.items()
    }
    shared = [_in_one_line("", error.shared_diagnostics)] if error.shared_diagnostics else []
    raise_preflight_error(RegistriesError(by_registry, shared))


def _in_one_line(registry: str, faults: Sequence[Diagnostic]) -> Diagnostic:
    what = f"{registry}: {faults[0].message}" if registry else faults[0].message
    more = f"(And {len(faults) - 1} more.) " if len(faults) > 1 else ""
    todo = f"{more}The site is not as it was built: run kvalreg build, which makes such pages again, and publish then."
    return replace(faults[0], message=what, hint=todo)


def require_complete_build(project: Project) -> None:
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
        raise LedgerError(replace(fault, message=f"{registry}: {fault.message}") for registry, fault in damaged.items())
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
    last_good = LastGoodStore(project)
    return [registry for registry in damaged_next(suspects, project) if last_good.put_back(registry)]


def is_build_complete(project: Project) -> bool:
    """Whether the site is made of the cells and pages that lie there now: the last build came to its end."""
    return _changed(project) == []


def _changed(project: Project) -> list[str] | None:
    """The registries that are not as the site was made of them; None where nobody knows what it was made of."""
    told, now = _told(project), _content_digest(project)
    if told is None:
        return None
    return sorted(name for name in {*told, *now} if told.get(name) != now.get(name))


def _told(project: Project) -> dict[str, str] | None:
    """What the site was made of, by registry; None where that is not known."""
    try:
        told = json.loads(project.build_stamp.read_bytes())
        return dict(told["made_of"]) if told["site"] == project.site.resolve().name else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _content_digest(project: Project) -> dict[str, str]:
    """Checksums of each registry's cells and of what the ledger will keep of it; they stay in `_build`."""
    found = {}
    for cells in published_files(project):
        digest = hashlib.sha256()
        for path in (cells, project.pending_ledger / NEXT / cells.name):
            digest.update(hashlib.sha256(path.read_bytes()).digest() if path.is_file() else b"-")
        found[cells.stem] = digest.hexdigest()
    return found
