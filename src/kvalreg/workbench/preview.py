"""A preview of one registry's pages, rebuilt while they are edited.

Input: a project, a registry and optionally a year. Output: a small site of these pages in `_build/workbench/`, or
diagnostics. It takes the same steps as a build, the gate included, and never touches `_site` or the caches of a build.
Deliveries that wait for approval are included: the preview is for those who approve them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NoReturn

from kvalreg.diagnostic_codes import DiagnosticCode
from kvalreg.disclosure.gate import apply_gate
from kvalreg.disclosure.ledger import read_editions
from kvalreg.disclosure.published import PublishedResults, RegistrySource, save_published
from kvalreg.errors import (
    ConfigurationError,
    Diagnostic,
    DiagnosticsError,
    KvalregError,
    NotebookError,
    UsageError,
)
from kvalreg.execution.execute import ExecutorConfig, execute
from kvalreg.execution.notebook_lint import lint_report_notebook
from kvalreg.execution.plan import Job, plan_jobs
from kvalreg.inputs.delivery import UnknownUnitPolicy
from kvalreg.inputs.descriptor_file import complete_descriptor, read_descriptor
from kvalreg.inputs.registry_deliveries import read_deliveries
from kvalreg.inputs.units import read_units
from kvalreg.pipeline import load_site
from kvalreg.project import Project
from kvalreg.site.front import generate_front_pages
from kvalreg.site.generators import generate_site
from kvalreg.site.renderer import RendererChoice
from kvalreg.site.reports import generate_report_pages
from kvalreg.site.series import generate_unit_series
from kvalreg.site.staging import stage
from kvalreg.site.unit_selector import generate_unit_list
from kvalreg.statistics.aggregation import aggregate
from kvalreg.storage.last_good import prune_pages, save_last_good
from kvalreg.storage.permissions import make_private_folder
from kvalreg.workbench.check import internal_error
from kvalreg.workbench.file_watcher import snapshot, wait_for_change

_PAGE_GENERATORS = (generate_front_pages, generate_report_pages, generate_unit_series, generate_unit_list)
"""The pages beside the registry's own: enough for the menu and a selected unit, and no more than is fast."""


@dataclass(frozen=True)
class PreviewRequest:
    """What to preview: a registry, one year or the latest, and the policy for rows of unknown units."""

    registry: str
    year: int | None = None
    unknown_units: UnknownUnitPolicy = UnknownUnitPolicy.REFUSE
    workers: int = 2


@dataclass
class Preview:
    """A registry's preview.

    Parameters
    ----------
    project
        The project whose files are read.
    request
        What to preview.
    renderer_choice
        The renderer.
    """

    project: Project
    request: PreviewRequest
    renderer_choice: RendererChoice
    address: str = ""
    """The page to open first, relative to the site; empty until the first successful build."""
    # The inputs with which each page was last executed, so that only changed notebooks run again.
    _inputs_by_address: dict[str, tuple[bytes, bytes]] = field(default_factory=dict)

    @property
    def output_project(self) -> Project:
        """The same sources, with an output folder of its own."""
        folder = self.project.workbench
        return replace(self.project, build_override=folder, output=folder / "pages")

    @property
    def sources(self) -> list[Path]:
        """The inputs of the pages: a change in any of these rebuilds them."""
        project, registry = self.project, self.request.registry
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

    def build(self) -> tuple[Diagnostic, ...]:
        """Build the pages; returns the diagnostics if that fails, and the last good pages stay."""
        try:
            return self._build()
        except DiagnosticsError as error:
            return error.diagnostics
        except KvalregError as error:
            return (Diagnostic(str(error), code=DiagnosticCode.BUILD_FAILED),)
        except Exception as error:  # noqa: BLE001 - the next save may work: a preview goes on
            return (internal_error(error),)

    def _build(self) -> tuple[Diagnostic, ...]:
        make_private_folder(self.project.workbench)  # it holds numbers of deliveries that nobody has approved
        # Read, aggregate and gate, as a build does.
        output_project, published = self.output_project, self._gate_registry()
        # Plan the pages, and refuse notebooks that a build would refuse.
        jobs = self._select_jobs(published)
        _check_notebooks(jobs, self.project)
        # Execute. Notebooks read the gated cells from disk, and pages of years that are gone are removed.
        save_published(published, output_project.published)
        prune_pages(self.request.registry, {job.address for job in jobs}, output_project.last_good_pages)
        diagnostics = self._execute(jobs)
        if diagnostics:
            return diagnostics
        # Assemble and render.
        site = load_site(output_project)
        content = generate_site(site, _PAGE_GENERATORS)
        self.renderer_choice.renderer.render(stage(output_project, content.pages, content.files), output_project.site)
        self.address = jobs[-1].address.removesuffix(".qmd") + ".html"
        return ()

    def _gate_registry(self) -> PublishedResults:
        """The registry's cells after the gate, as a build would publish them."""
        project = self.project
        units = read_units(project.units, project.display_path(project.units))
        descriptor = project.descriptor(self.request.registry)
        registry, _ = complete_descriptor(read_descriptor(descriptor, project.display_path(descriptor)), project)
        delivered = read_deliveries(project, registry, units, self.request.unknown_units)
        source = RegistrySource(registry, units, delivered.deliveries)
        return apply_gate(aggregate(delivered, registry, units), source, read_editions(registry.id, project))[0]

    def _select_jobs(self, published: PublishedResults) -> list[Job]:
        """The registry's own page, and that of the requested or the latest year."""
        jobs = plan_jobs(published, self.project)
        years = [job for job in jobs if job.kind == "year"]
        if not years:
            raise UsageError(
                f"{self.request.registry} has no results yet. Add a delivery to data/{self.request.registry}/."
            )
        year = self.request.year if self.request.year is not None else years[0].year
        selected_jobs = [job for job in years if job.year == year]
        if not selected_jobs:
            years_text = ", ".join(str(job.year) for job in years)
            raise UsageError(f"{self.request.registry} has no results from {year}. It has: {years_text}.")
        return [*(job for job in jobs if job.kind == "registry"), *selected_jobs]

    def _execute(self, jobs: list[Job]) -> tuple[Diagnostic, ...]:
        """Execute the notebooks whose numbers, texts or code have changed since their last execution."""
        output_project = self.output_project
        inputs_by_address = {job.address: _job_inputs(job, output_project) for job in jobs}
        changed_jobs = [
            job for job in jobs if self._inputs_by_address.get(job.address) != inputs_by_address[job.address]
        ]
        diagnostics = []
        for job_result in execute(
            changed_jobs, ExecutorConfig(output_project.published, output_project.logs, self.request.workers)
        ):
            if job_result.error is None:
                save_last_good(job_result.job, job_result.markdown, output_project.last_good_pages)
                self._inputs_by_address[job_result.job.address] = inputs_by_address[job_result.job.address]
            else:
                # The last good page stays, but belongs to earlier inputs: going back to them must run it again.
                self._inputs_by_address.pop(job_result.job.address, None)
                diagnostics.append(_notebook_diagnostic(job_result.job, job_result.error, self.project))
        return tuple(diagnostics)


def watch_preview(
    preview: Preview, on_built: Callable[[tuple[Diagnostic, ...], float], object], sleep: Callable[[float], object]
) -> NoReturn:
    """Build the pages, and rebuild them after each save, until `sleep` raises.

    Parameters
    ----------
    on_built
        Receives the diagnostics (none when the build succeeded), and the seconds that it took.
    """
    while True:
        # The snapshot is older than the build: a save during the build starts the next one at once.
        previous, start_time = snapshot(preview.sources), time.monotonic()
        on_built(preview.build(), time.monotonic() - start_time)
        wait_for_change(preview.sources, previous, sleep)


def _job_inputs(job: Job, output_project: Project) -> tuple[bytes, bytes]:
    return job.notebook.read_bytes(), (output_project.published / f"{job.registry}.parquet").read_bytes()


def _check_notebooks(jobs: Iterable[Job], project: Project) -> None:
    """Refuse notebooks with errors, except saved outputs: while one works in Jupyter, they are there."""
    diagnostics = [
        diagnostic
        for path in sorted({job.notebook for job in jobs})
        for diagnostic in lint_report_notebook(path, project.display_path(path))
        if diagnostic.code is not DiagnosticCode.OUTPUTS_SAVED
    ]
    if diagnostics:
        raise ConfigurationError(diagnostics)


def _notebook_diagnostic(job: Job, error: NotebookError, project: Project) -> Diagnostic:
    cell = f"cell {error.cell}" if error.cell is not None else ""
    hint = "Correct the cell, and save."
    return Diagnostic(
        error.cause, hint, project.display_path(job.notebook), key=cell, code=DiagnosticCode.NOTEBOOK_FAILED
    )
