"""Preflight: the tests that a finished site must pass before it replaces the old one: the audit and the site lint.

Input: a finished site that nobody sees yet. Output: nothing, or all diagnostics. It also records from which cells the
last site was built, so that an unfinished build cannot be published by mistake.
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

from kvalreg.audit.findings import AUDIT_CODES, LEDGER_CODES
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
"""The beginning of the URL of a registry's own page or file, relative to the site or to a page."""
_SITE_UNCHANGED = "It is not put in place; what was there before stays."


def finalize_site(site: Path, project: Project) -> list[Diagnostic]:
    """Add earlier editions to a site that has just been rendered, test it, and record what it was built from.

    Returns
    -------
    The warnings of `run_preflight`, which also says what is raised.
    """
    link_editions(site, project, active_editions(project))
    warnings = run_preflight(site, project)
    write_private(project.build_stamp, json.dumps({"site": site.name, "made_of": _content_digests(project)}).encode())
    return warnings


def run_preflight(site: Path, project: Project) -> list[Diagnostic]:
    """Test that a finished site is complete, and attack it together with every edition that readers have seen.

    Returns
    -------
    What does not stop a build: broken links that pages share, such as one of the menu, which stop a publication; and
    those to pages of a registry that is omitted or stale, which do not.

    Raises
    ------
    RegistriesError
        With every diagnostic by the registry whose pages have it: incomplete pages, pages without results, broken
        links, external hosts, and suppressed numbers that can be worked out.
    """
    staged_paths = [path.relative_to(project.staging) for path in project.staging.rglob("*.qmd")]
    pages = [output_path(path.as_posix()) for path in staged_paths if path.parts[0][0] not in "._"]
    # test: audit and lint run in parallel, since the audit mostly waits for worker processes. They share digests, so
    # each file is read once; not those of `Fingerprints`, which recognize a file by its time
    digest_of = cache(file_digest)
    with ThreadPoolExecutor(1) as executor:
        audit_future = executor.submit(audit_site, site, project, project.audit_cache, digest_of)
        site_root = read_site_descriptor(project).path
        lint_diagnostics = lint_site(site, pages, site_root, project.lint_cache, digest_of)
        findings = audit_future.result().findings

    # ignore: a registry whose ledger is damaged has failed at the gate, and shows pages that have passed before
    ignored_codes = {*LEDGER_CODES}
    if not any(registry_of_diagnostic(Diagnostic("", file=page, code=None), project) for page in pages):
        ignored_codes.add(DiagnosticCode.ATTACK_SKIPPED)  # a site without registries has nothing to attack
    audit_diagnostics = [
        (finding.registry, finding.to_diagnostic()) for finding in findings if finding.code not in ignored_codes
    ]

    # attribute: what belongs to one registry lets the others be released
    diagnostics_by_registry: dict[str, list[Diagnostic]] = {}
    broken_links = [diagnostic for diagnostic in lint_diagnostics if isinstance(diagnostic, LinkDiagnostic)]
    page_diagnostics = [
        ("", diagnostic) for diagnostic in lint_diagnostics if not isinstance(diagnostic, LinkDiagnostic)
    ]
    attributed_links, shared_links = _attribute_links(
        [_excused(diagnostic, project) for diagnostic in broken_links], project
    )
    for registry, diagnostic in [*audit_diagnostics, *page_diagnostics, *attributed_links]:
        owner = registry or registry_of_diagnostic(diagnostic, project)
        diagnostics_by_registry.setdefault(owner, []).append(diagnostic)
    shared_diagnostics = diagnostics_by_registry.pop("", [])
    if diagnostics_by_registry or shared_diagnostics:
        raise RegistriesError(diagnostics_by_registry, shared_diagnostics)
    return shared_links


def _attribute_links(
    broken_links: list[LinkDiagnostic], project: Project
) -> tuple[list[tuple[str, Diagnostic]], list[Diagnostic]]:
    """Broken links by the registry that must correct them, and all others.

    A target that pages of one registry alone link to is that registry's mistake; a target that shared pages link to is
    the mistake of the registry whose page is missing.
    """
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


def _excused(diagnostic: LinkDiagnostic, project: Project) -> LinkDiagnostic:
    """A link from one registry's page to another's, excused where the other is omitted or stale; else unchanged."""
    target_registry = registry_of_diagnostic(Diagnostic("", file=diagnostic.target, code=None), project)
    if not target_registry or registry_of_diagnostic(replace(diagnostic, message=""), project) in ("", target_registry):
        return diagnostic
    is_published = (project.published / f"{target_registry}.parquet").exists()
    pages = load_last_good_headers(target_registry, project.last_good_pages) if is_published else []
    if pages and not any(page.delayed for page in pages):
        return diagnostic
    hint = f"Nothing is wrong here: {target_registry} is left out, or shown as it was before."
    return replace(diagnostic, hint=hint, excused=True)


def registry_of_diagnostic(diagnostic: Diagnostic, project: Project) -> str:
    """The registry that a diagnostic's URLs belong to; empty where they belong to none."""
    registry_ids = (
        match[1] for text in (diagnostic.file, diagnostic.message) for match in _REGISTRY_PATH.finditer(text)
    )
    return next((registry for registry in registry_ids if project.has_registry(registry)), "")


def raise_preflight_error(error: RegistriesError) -> NoReturn:
    """Raise the error that says why a site does not replace the old one.

    Raises
    ------
    DisclosureError, SiteError
        The site does not pass the audit, or is incomplete.
    """
    if any(diagnostic.code in AUDIT_CODES for diagnostic in error.all_diagnostics):
        message, code, error_class = "The site does not pass the audit.", DiagnosticCode.AUDIT_FAILED, DisclosureError
        raise error_class([*error.all_diagnostics, Diagnostic(message, _SITE_UNCHANGED, code=code)])
    raise SiteError(
        [
            *error.all_diagnostics,
            Diagnostic("The finished site is not whole.", _SITE_UNCHANGED, code=DiagnosticCode.PAGE_INCOMPLETE),
        ]
    )


def refuse_changed(error: RegistriesError) -> NoReturn:
    """Raise the error that says why a built site is not published: one line for each registry, and a shared one.

    Raises
    ------
    DisclosureError, SiteError
        As `raise_preflight_error`.
    """
    diagnostics_by_registry = {
        registry: [_summarize(registry, diagnostics)] for registry, diagnostics in error.diagnostics_by_registry.items()
    }
    shared = [_summarize("", error.shared_diagnostics)] if error.shared_diagnostics else []
    raise_preflight_error(RegistriesError(diagnostics_by_registry, shared))


def _summarize(registry: str, diagnostics: Sequence[Diagnostic]) -> Diagnostic:
    """The first of several diagnostics, with the number of the others."""
    first, *rest = diagnostics
    message = f"{registry}: {first.message}" if registry else first.message
    more = f"(And {len(rest)} more.) " if rest else ""
    hint = f"{more}The site is not as it was built: run kvalreg build, which makes such pages again, and publish then."
    return replace(first, message=message, hint=hint)


def require_complete_build(project: Project) -> None:
    """Refuse to publish an unfinished build, or one that was changed since.

    Raises
    ------
    UsageError
        When there is no built site, or a later build has installed other cells without finishing its site.
    LedgerError
        When a registry's cells or ledger entry are damaged.
    """
    if not project.site.is_dir() or not project.ledger.is_dir():
        raise UsageError(f"{project.site}: no site has been built here. Run kvalreg build first.")
    changed = _changed_registries(project)
    damaged = damaged_next(changed or (), project)
    if damaged:
        raise LedgerError(
            replace(diagnostic, message=f"{registry}: {diagnostic.message}") for registry, diagnostic in damaged.items()
        )
    if changed is None or changed:
        listed = f" (in {', '.join(changed)})" if changed else ""
        raise UsageError(
            f"{project.site}: the last build did not come to its end, so this site is older than the numbers that are "
            f"ready{listed}. Run kvalreg build again, look at it, and then publish."
        )


def restore_damaged(project: Project) -> list[str]:
    """Restore cells and ledger entries that were damaged after the build, from the copies that the build has saved.

    This cannot publish anything else: `require_complete_build` compares what was restored with the build's checksums.

    Returns
    -------
    The registries of which something was restored.
    """
    # where the build's record itself is damaged, any registry may be
    recorded, changed = _recorded_digests(project) or {}, _changed_registries(project) or []
    suspects = changed if next_is_named(recorded, project) else sorted({*recorded, *changed})
    last_good = LastGoodStore(project)
    return [registry for registry in damaged_next(suspects, project) if last_good.restore_cells(registry)]


def is_build_complete(project: Project) -> bool:
    """Whether the site was built from the current cells: the last build has finished."""
    return _changed_registries(project) == []


def _changed_registries(project: Project) -> list[str] | None:
    """The registries whose cells are not those that the site was built from; None where these are not known."""
    recorded, current = _recorded_digests(project), _content_digests(project)
    if recorded is None:
        return None
    return sorted(name for name in {*recorded, *current} if recorded.get(name) != current.get(name))


def _recorded_digests(project: Project) -> dict[str, str] | None:
    """The digests of what the site was built from, by registry; None where they are not known."""
    try:
        build_stamp = json.loads(project.build_stamp.read_bytes())
        return dict(build_stamp["made_of"]) if build_stamp["site"] == project.site.resolve().name else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _content_digests(project: Project) -> dict[str, str]:
    """The digest of each registry's cells and pending ledger entry; of true counts, so they stay in `_build`."""
    digests = {}
    for cells in published_files(project):
        digest = hashlib.sha256()
        for path in (cells, project.pending_ledger / NEXT / cells.name):
            digest.update(hashlib.sha256(path.read_bytes()).digest() if path.is_file() else b"-")
        digests[cells.stem] = digest.hexdigest()
    return digests
