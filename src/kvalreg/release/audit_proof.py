"""What a registry's editions give away together, as findings of the audit.

Comes in: a project with its ledger. Goes out: a finding for each suppressed cell that can be worked out, or for each
edition that the ledger does not tell of for certain. The reasoning is `kvalreg.disclosure.proof`'s, the same that the
gate's choice has stood.
"""

from __future__ import annotations

from collections.abc import Iterator

from kvalreg.disclosure.ledger import NEXT, read_editions, read_next
from kvalreg.disclosure.proof import given_away
from kvalreg.errors import LedgerError
from kvalreg.project import Project
from kvalreg.release.audit_findings import Finding, FindingKind
from kvalreg.release.audit_public import Public

_TEXT = "What has been published gives away how many patients this unit has, or how many of them have the outcome"


def exposed(public: Public, project: Project, registry: str) -> Iterator[Finding]:
    """The suppressed cells that readers can work out from this edition and all before it."""
    try:
        editions = [*read_editions(registry, project), read_next(registry, project)]
    except LedgerError as error:
        yield from (Finding(FindingKind.UNPROVEN, str(fault), registry=registry) for fault in error.faults)
        return
    for one in sorted(given_away(editions, public.registries[registry].secret_below)):
        unit = f"{public.units[one.orgnr].name} ({one.orgnr})" if one.orgnr in public.units else one.orgnr
        text = f"{_TEXT}." if one.edition == NEXT else f"{_TEXT} in the edition {one.edition}."
        yield Finding(FindingKind.EXPOSED, text, "", "", registry, one.ind_id, one.context, one.year, unit)
