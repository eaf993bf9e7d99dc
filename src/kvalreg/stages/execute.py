"""Stage three: a report notebook for every page whose cells, notebook or parameters have changed.

Input: the jobs of every registry that has passed the gate. Output: the last good pages, and a task result for each page
of the request. One page that fails makes its whole registry fall back, since all pages of a registry show the same
cells.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import astuple, dataclass

from kvalreg.diagnostic_codes import DiagnosticCode
from kvalreg.disclosure.published import load_source
from kvalreg.errors import EXIT_FAILED, Diagnostic, UsageError
from kvalreg.execution.execute import ExecutorConfig, JobResult, execute
from kvalreg.execution.plan import Job
from kvalreg.inputs.text_file import printable
from kvalreg.project import Project
from kvalreg.release.fallback import RegistryFallback
from kvalreg.report.readability import Lix, exempt_names, lix
from kvalreg.report.text_lint import readability_message
from kvalreg.request import BuildRequest, Progress
from kvalreg.run_result import RunResult, TaskResult, diagnostics_from_dicts, diagnostics_to_dicts
from kvalreg.stages.gate import GatedRegistry
from kvalreg.storage.last_good import last_good_path, save_last_good
from kvalreg.storage.memo import Memo

STAGE = "pages"


@dataclass(frozen=True)
class Execution:
    """What this stage works with."""

    project: Project
    request: BuildRequest
    progress: Progress
    memo: Memo


def execute_pages(
    gated: Mapping[str, GatedRegistry], run: Execution, fallback: RegistryFallback, run_result: RunResult
) -> None:
    """Execute the pages that have changed, and add a task result for every page of the request.

    Raises
    ------
    UsageError
        When no registry has results for a requested year.
    """
    jobs = [job for registry in gated.values() for job in registry.jobs if job.registry not in fallback.failures]
    requested = {job.address for job in _of_years(jobs, run.request.years)}
    due = _collect_due(jobs, requested, run, run_result)
    failures: dict[str, list[TaskResult]] = defaultdict(list)
    project, progress = run.project, run.progress
    progress.start(len(due))
    executor = ExecutorConfig(project.published, project.logs, run.request.workers, run.request.cluster)
    for job_result in execute(due, executor):
        job = job_result.job
        if job_result.error is not None or not job_result.markdown.strip():
            failures[job.registry].append(_failure(job_result, project))
        else:
            with fallback.isolated(job.registry, failures):  # a page that cannot be saved fails its registry only
                _add(job, _save_page(job_result, run), run_result)
        progress.advance(job_result)
    progress.finish()
    # registries fall back when all their pages are done, so that every failure is reported
    for registry, task_results in failures.items():
        fallback.fall_back(registry, sorted(task_results, key=lambda task_result: task_result.name))
    for registry, gated_registry in gated.items():
        run.memo.prune(f"{STAGE}/{registry}", {job.address for job in gated_registry.jobs})


def _collect_due(jobs: Iterable[Job], requested: set[str], run: Execution, run_result: RunResult) -> list[Job]:
    """The jobs to execute; the stored results of the others are added.

    A page that was not requested is executed, too, when it exists and its inputs have changed: it would show other
    cells than its registry's requested pages.
    """
    due = []
    for job in jobs:
        stored = run.memo.get(STAGE, _name(job), _key(job, run))
        page = last_good_path(job.registry, job.address, run.project.last_good_pages)
        if stored is None and (job.address in requested or page.exists()):
            due.append(job)
        elif stored is not None and job.address in requested:
            _add(job, stored, run_result)
    return due


def _save_page(job_result: JobResult, run: Execution) -> dict[str, object]:
    """Save a page that succeeded as its last good one; return its readability and the warnings about it."""
    job = job_result.job
    save_last_good(job, job_result.markdown, run.project.last_good_pages)
    source = load_source(job.registry, run.project.published)
    readability = lix(job_result.prose, exempt_names(source.registry, source.units) if source else frozenset())
    value: dict[str, object] = {
        "lix": readability.value,
        "remarks": diagnostics_to_dicts(_readability_warnings(job, readability)),
    }
    file = last_good_path(job.registry, job.address, run.project.last_good_pages)
    run.memo.put(STAGE, _name(job), _key(job, run), value, [file])
    return value


def _add(job: Job, stored: Mapping[str, object], run_result: RunResult) -> None:
    run_result.task_results.append(TaskResult(job.name, ok=True, lix=stored["lix"]))  # type: ignore[arg-type]
    run_result.warnings.extend(diagnostics_from_dicts(stored["remarks"]))  # type: ignore[arg-type]


def _name(job: Job) -> str:
    return f"{job.registry}/{job.address}"


def _key(job: Job, run: Execution) -> str:
    """The key of a page: its registry's cells, its notebook and its parameters."""
    published = run.project.published / f"{job.registry}.parquet"
    return run.memo.key([job.notebook, published], *astuple(job)[2:], job.kind)


def _of_years(jobs: Iterable[Job], years: tuple[int, ...]) -> list[Job]:
    """The pages of the requested years, and the registries' own pages, which show the newest year."""
    jobs = list(jobs)
    available = {job.year for job in jobs if job.kind == "year"}
    for year in years:
        if jobs and year not in available:
            listed = ", ".join(str(year) for year in sorted(available))
            raise UsageError(f"There are no results from {year}. The registries chosen have: {listed}.")
    return [job for job in jobs if not years or job.year in years or job.kind == "registry"]


def _readability_warnings(job: Job, readability: Lix) -> list[Diagnostic]:
    if not readability.is_hard:
        return []
    message = readability_message(f"The page '{job.name}'", readability)
    hint = "Look at the registry's descriptions first: kvalreg check names them."
    return [Diagnostic(message, hint, code=DiagnosticCode.HARD_TO_READ)]


def _failure(job_result: JobResult, project: Project) -> TaskResult:
    job, error = job_result.job, job_result.error
    notebook = printable(project.display_path(job.notebook))
    if error is None:
        hint = "Show something through the report."
        diagnostic = Diagnostic("The page is empty.", hint, notebook, code=DiagnosticCode.PAGE_EMPTY)
        return TaskResult(job.name, ok=False, error=str(diagnostic), exit_code=EXIT_FAILED)
    log = project.display_path(job_result.log) if job_result.log else ""
    return TaskResult(
        job.name, ok=False, error=error.cause, cell=error.cell, log=log, exit_code=EXIT_FAILED, notebook=notebook
    )
