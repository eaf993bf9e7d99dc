"""One registry's pages, made anew while somebody writes them.

Comes in: a project, a registry and, if wanted, a year. Goes out: a small site of just those pages in
`_build/workbench/`, or what is wrong. It goes the same way as a build, gate included, and never touches `_site` or what
a build keeps. Deliveries that wait for approval are shown as well: whoever may approve them wants to see them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NoReturn

from kvalreg.batch.accepted import accept, forget_others
from kvalreg.batch.execution import Workplace, execute
from kvalreg.batch.hygiene import report_faults
from kvalreg.batch.plan import Job, plan
from kvalreg.disclosure.gate import publish
from kvalreg.disclosure.ledger import read_editions
from kvalreg.disclosure.published import Published, Source, save_published
from kvalreg.errors import (
    ConfigurationError,
    Fault,
    FaultsError,
    KvalregError,
    NotebookError,
    UsageError,
    describe_unexpected,
)
from kvalreg.inputs.delivered import read_deliveries
from kvalreg.inputs.delivery import UnknownUnits
from kvalreg.inputs.descriptor_file import completed, read_descriptor
from kvalreg.inputs.units import read_units
from kvalreg.kinds import Kind
from kvalreg.pipeline import gather
from kvalreg.private_files import private_folder
from kvalreg.project import Project
from kvalreg.site.chooser import unit_list
from kvalreg.site.front import front
from kvalreg.site.pages import site_content
from kvalreg.site.renderer import Choice
from kvalreg.site.reports import reports
from kvalreg.site.series import series
from kvalreg.site.staging import stage
from kvalreg.statistics.aggregation import aggregate
from kvalreg.workbench.watch import snapshot, wait_for_change

_MAKERS = (front, reports, series, unit_list)
"""What a preview has beside the registry's own pages: enough for the menu and a chosen unit, no more than is quick."""


@dataclass(frozen=True)
class Wanted:
    """What is looked at: a registry, one year or the newest, and what happens to rows of unknown units."""

    registry: str
    year: int | None = None
    unknown_units: UnknownUnits = UnknownUnits.REFUSE
    workers: int = 2


@dataclass
class Preview:
    """A registry's preview.

    Parameters
    ----------
    project
        The project whose files are read.
    wanted
        What is looked at.
    choice
        The renderer.
    """

    project: Project
    wanted: Wanted
    choice: Choice
    address: str = ""
    """The page to open first, below the site: empty until pages have been made."""
    _made_of: dict[str, tuple[bytes, bytes]] = field(default_factory=dict)

    @property
    def own(self) -> Project:
        """The same sources, with a place of its own for what is made."""
        made = self.project.workbench
        return replace(self.project, made=made, output=made / "pages")

    @property
    def sources(self) -> list[Path]:
        """What the pages are made of: a change in any of these makes them anew."""
        project, registry = self.project, self.wanted.registry
        return [
            project.registries / registry,
            project.units,
            project.slugs,
            project.site_descriptor,
            project.data(registry),
            project.notebook("year", registry),
            project.notebook("registry", registry),
            project.quarto_yml,
            project.extension,
        ]

    def make(self) -> tuple[Fault, ...]:
        """Make the pages; nothing when they are made, else what is wrong, and the last good pages stay."""
        try:
            return self._make()
        except FaultsError as error:
            return error.faults
        except KvalregError as error:
            return (Fault(str(error), kind=Kind.NOT_MADE),)
        except Exception as error:  # the next save may be right again
            what = f"kvalreg stopped at an error that it did not expect.\n{describe_unexpected(error)}"
            return (Fault(what, "Send these lines to whoever maintains kvalreg.", kind=Kind.DEFECT),)

    def _make(self) -> tuple[Fault, ...]:
        private_folder(self.project.workbench)
        own, published = self.own, self._published()
        jobs = self._jobs(published)
        _check(jobs, self.project)
        save_published(published, own.published)
        forget_others(self.wanted.registry, {job.address for job in jobs}, own.accepted)
        failed = self._execute(jobs)
        if failed:
            return failed
        site = gather(own)
        content = site_content(site, _MAKERS)
        self.choice.renderer.render(stage(own, content.pages, content.files), own.site)
        self.address = jobs[-1].address.removesuffix(".qmd") + ".html"
        return ()

    def _published(self) -> Published:
        """The registry's cells, through the gate as a build would publish them."""
        project = self.project
        units = read_units(project.units, project.relative(project.units))
        descriptor = project.descriptor(self.wanted.registry)
        registry, _ = completed(read_descriptor(descriptor, project.relative(descriptor)), project)
        delivered = read_deliveries(project, registry, units, self.wanted.unknown_units)
        source = Source(registry, units, delivered.deliveries)
        return publish(aggregate(delivered, registry, units), source, read_editions(registry.id, project))[0]

    def _jobs(self, published: Published) -> list[Job]:
        """The registry's own page, and that of the year: the one asked for, or the newest."""
        jobs = plan(published, self.project)
        years = [job for job in jobs if job.kind == "year"]
        if not years:
            raise UsageError(
                f"{self.wanted.registry} has no results yet. Add a delivery to data/{self.wanted.registry}/."
            )
        year = self.wanted.year if self.wanted.year is not None else years[0].year
        chosen = [job for job in years if job.year == year]
        if not chosen:
            told = ", ".join(str(job.year) for job in years)
            raise UsageError(f"{self.wanted.registry} has no results from {year}. It has: {told}.")
        return [*(job for job in jobs if job.kind == "registry"), *chosen]

    def _execute(self, jobs: list[Job]) -> tuple[Fault, ...]:
        """Run the notebooks whose numbers, texts or code have changed since they were last run."""
        own = self.own
        now = {job.address: _ingredients(job, own) for job in jobs}
        due = [job for job in jobs if self._made_of.get(job.address) != now[job.address]]
        faults = []
        for outcome in execute(due, Workplace(own.published, own.logs, self.wanted.workers)):
            if outcome.error is None:
                accept(outcome.job, outcome.markdown, own.accepted)
                self._made_of[outcome.job.address] = now[outcome.job.address]
            else:
                self._made_of.pop(outcome.job.address, None)
                faults.append(_notebook_fault(outcome.job, outcome.error, self.project))
        return tuple(faults)


def follow(
    preview: Preview, tell: Callable[[tuple[Fault, ...], float], object], pause: Callable[[float], object]
) -> NoReturn:
    """Make the pages, and again after each save, until `pause` raises.

    Parameters
    ----------
    tell
        Takes what is wrong, nothing when the pages were made, and the seconds it took.
    """
    while True:
        before, started = snapshot(preview.sources), time.monotonic()
        tell(preview.make(), time.monotonic() - started)
        wait_for_change(preview.sources, before, pause)


def _ingredients(job: Job, own: Project) -> tuple[bytes, bytes]:
    return job.notebook.read_bytes(), (own.published / f"{job.registry}.parquet").read_bytes()


def _check(jobs: Iterable[Job], project: Project) -> None:
    """Refuse notebooks with faults, but for stored outputs: whoever works in Jupyter has them until the end."""
    faults = [
        fault
        for path in sorted({job.notebook for job in jobs})
        for fault in report_faults(path, project.relative(path))
        if fault.kind is not Kind.OUTPUTS_SAVED
    ]
    if faults:
        raise ConfigurationError(faults)


def _notebook_fault(job: Job, error: NotebookError, project: Project) -> Fault:
    cell = f"cell {error.cell}" if error.cell is not None else ""
    todo = "Correct the cell, and save."
    return Fault(error.error, todo, project.relative(job.notebook), key=cell, kind=Kind.NOTEBOOK_FAILED)
