"""What of a registry need not be made again: its gated cells, what was chosen to be hidden in them, and its pages.

Comes in: the cache, and what a registry's cells and pages are made of. Goes out: what was made of the very same before,
when it still lies where it was put. A registry's cells are known by its files; a page by its registry's cells, its
notebook and its job.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any

from kvalreg.account import faults_of, faults_told
from kvalreg.batch.accepted import accepted_file
from kvalreg.batch.cache import Cache
from kvalreg.batch.plan import Job
from kvalreg.disclosure.ledger import NEXT, ledger_files
from kvalreg.errors import Fault
from kvalreg.project import Project


@dataclass(frozen=True)
class MadePage:
    """What is told of a page that was made: its readability, and remarks on it."""

    lix: float
    remarks: list[Fault]


class Reuse:
    """One build's use of the cache.

    Parameters
    ----------
    believed
        Whether what was kept before is used: not with ``--no-cache``. What is made is kept in any case.
    """

    def __init__(self, cache: Cache, project: Project, *, believed: bool) -> None:
        self._cache, self._project, self._believed = cache, project, believed
        self._kept: dict[str, dict[str, Any]] = {}

    # --- gated cells -------------------------------------------------------------------------------------------------
    def cells_key(self, registry: str, unknown_units: str) -> str:
        """What a registry's gated cells are made of."""
        project = self._project
        notebooks = project.root / "notebooks" / "report"
        sources = [project.units, project.descriptor(registry).parent, project.data(registry), notebooks]
        return self._cache.key([*sources, *ledger_files(registry, project)], registry, unknown_units)

    def cells_remarks(self, registry: str, key: str) -> list[Fault] | None:
        """The warnings that came with a registry's cells; None when the cells have to be made again."""
        kept = self._of(registry)
        cells = self._cells(registry)
        if not cells or kept.get("key") != key or kept.get("cells") != cells:
            return None
        return faults_of(kept["warnings"])

    def has_cells(self, registry: str, unknown_units: str) -> bool:
        """Whether a registry's cells need not be made again."""
        try:
            return self.cells_remarks(registry, self.cells_key(registry, unknown_units)) is not None
        except (KeyError, TypeError, ValueError):  # an entry that is not as we write them
            return False

    def keep_cells(self, registry: str, key: str, warnings: list[Fault]) -> None:
        """Keep that a registry's cells, as they lie there now, are made of this."""
        pages = self._of(registry).get("pages", {})
        told = {"key": key, "cells": self._cells(registry), "warnings": faults_told(warnings), "pages": pages}
        self._kept[registry] = told

    def choices(self, registry: str) -> dict[str, str]:
        """What was chosen to be hidden in the registry's tables; none of what other code has chosen."""
        kept = self._cache.entry(f"choices/{registry}") if self._believed else {}
        return dict(kept["choices"]) if kept.get("code") == self._cache.code() else {}

    def keep_choices(self, registry: str, choices: dict[str, str]) -> None:
        """Keep what was chosen to be hidden."""
        self._cache.keep(f"choices/{registry}", {"code": self._cache.code(), "choices": choices})

    # --- pages -------------------------------------------------------------------------------------------------------
    def page(self, job: Job) -> MadePage | None:
        """What is known of a job's page; None when it has to be made again."""
        kept = self._of(job.registry).get("pages", {}).get(job.address, {})
        if kept.get("key") != self._page_key(job) or kept.get("page") != self._accepted(job):
            return None
        return MadePage(kept["lix"], faults_of(kept["remarks"]))

    def keep_page(self, job: Job, made: MadePage) -> None:
        """Keep that a job's page, as it lies there now, is made of this."""
        kept: dict[str, Any] = {"key": self._page_key(job), "page": self._accepted(job)}
        kept |= {"lix": made.lix, "remarks": faults_told(made.remarks)}
        self._of(job.registry).setdefault("pages", {})[job.address] = kept

    def close(self, planned: dict[str, set[str]]) -> None:
        """Write down what was kept, of the pages that there are."""
        for registry, kept in self._kept.items():
            if registry in planned:
                kept["pages"] = {at: page for at, page in kept.get("pages", {}).items() if at in planned[registry]}
            self._cache.keep(f"registries/{registry}", kept)
        self._cache.close(path.parent.name for path in self._project.descriptors())

    def _of(self, registry: str) -> dict[str, Any]:
        if registry not in self._kept:
            self._kept[registry] = self._cache.entry(f"registries/{registry}") if self._believed else {}
        return self._kept[registry]

    def _page_key(self, job: Job) -> str:
        return self._cache.key([job.notebook, self._published(job.registry)], *astuple(job)[2:], job.kind)

    def _published(self, registry: str) -> Path:
        return self._project.published / f"{registry}.parquet"

    def _cells(self, registry: str) -> list[str]:
        edition = self._project.next_ledger / NEXT / f"{registry}.parquet"
        found = [self._cache.digest(path) for path in (self._published(registry), edition)]
        return found if all(found) else []

    def _accepted(self, job: Job) -> str:
        return self._cache.digest(accepted_file(job.registry, job.address, self._project.accepted))
