"""The third stage: a report notebook for every page whose cells, notebook or parameters have changed.

Comes in: the jobs of every registry that is through the gate. Goes out: an entry for each page of the run. One page
that fails keeps its registry as it was, since all pages of a registry tell of the same cells.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import astuple, dataclass

from kvalreg.diagnostic_codes import DiagnosticCode
from kvalreg.disclosure.published import load_source
from kvalreg.errors import EXIT_FAILED, Diagnostic, UsageError
from kvalreg.execution.diagnose import diagnose
from kvalreg.execution.execute import ExecutorConfig, JobResult, execute
from kvalreg.execution.plan import Job
from kvalreg.inputs.text_file import printable
from kvalreg.project import Project
from kvalreg.release.fallback import RegistryFallback, failed_registry_result
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
    gated: Mapping[str, GatedRegistry], run: Execution, states: RegistryFallback, result: RunResult
) -> None:
    """Execute what has changed, and tell of every page that was asked for.

    Raises
    ------
    UsageError
        When no registry has results from a year that was asked for.
    """
    jobs = [job for registry in gated.values() for job in registry.jobs]
    requested = {job.address for job in _of_years(jobs, run.request.years)}
    due = []
    for job in jobs:
        if job.registry in states.failures:
            continue
        stored = run.memo.get(STAGE, _name(job), _key(job, run))
        if stored is not None and job.address in requested:
            _add(job, stored, result)
        elif stored is None and (job.address in requested or _is_outdated(job, run.project)):
            due.append(job)
    failed: dict[str, list[TaskResult]] = {}
    project, progress = run.project, run.progress
    progress.start(len(due))
    executor = ExecutorConfig(project.published, project.logs, run.request.workers, run.request.cluster)
    for job_result in execute(due, executor):
        job = job_result.job
        try:
            if job_result.error is None and job_result.markdown.strip():
                _add(job, _save_page(job_result, run), result)
            else:
                failed.setdefault(job.registry, []).append(_failure(job_result, project))
        except Exception as error:  # what cannot be kept of a page is its registry's alone
            entry = failed_registry_result(job.registry, diagnose(error, job.registry, project))
            failed.setdefault(job.registry, []).append(entry)
        progress.advance(job_result)
    progress.finish()
    for registry, entries in failed.items():
        states.fall_back(registry, sorted(entries, key=lambda entry: entry.name))
    for registry in gated:
        run.memo.prune(f"{STAGE}/{registry}", {_name(job).partition("/")[2] for job in gated[registry].jobs})


def _save_page(job_result: JobResult, run: Execution) -> dict[str, object]:
    """Keep a page that succeeded; what is told of it."""
    job = job_result.job
    save_last_good(job, job_result.markdown, run.project.last_good_pages)
    source = load_source(job.registry, run.project.published)
    measured = lix(job_result.prose, exempt_names(source.registry, source.units) if source else frozenset())
    value: dict[str, object] = {
        "lix": measured.value,
        "remarks": diagnostics_to_dicts(_readability_warnings(job, measured)),
    }
    file = last_good_path(job.registry, job.address, run.project.last_good_pages)
    run.memo.put(STAGE, _name(job), _key(job, run), value, [file])
    return value


def _add(job: Job, stored: Mapping[str, object], result: RunResult) -> None:
    result.task_results.append(TaskResult(job.name, ok=True, lix=stored["lix"]))  # type: ignore[arg-type]
    result.warnings.extend(diagnostics_from_dicts(stored["remarks"]))  # type: ignore[arg-type]


def _name(job: Job) -> str:
    return f"{job.registry}/{job.address}"


def _key(job: Job, run: Execution) -> str:
    """What a page is made of: its registry's cells, its notebook and its job."""
    published = run.project.published / f"{job.registry}.parquet"
    return run.memo.key([job.notebook, published], *astuple(job)[2:], job.kind)


def _is_outdated(job: Job, project: Project) -> bool:
    """Whether a page that cannot be used again is there, and would tell of other cells than its registry's others."""
    return last_good_path(job.registry, job.address, project.last_good_pages).exists()


def _of_years(jobs: Iterable[Job], years: tuple[int, ...]) -> list[Job]:
    """The pages of the years asked for, and their registries' own pages, which tell of the newest year."""
    jobs = list(jobs)
    present = {job.year for job in jobs if job.kind == "year"}
    for year in years:
        if jobs and year not in present:
            listed = ", ".join(str(year) for year in sorted(present))
            raise UsageError(f"There are no results from {year}. The registries chosen have: {listed}.")
    return [job for job in jobs if not years or job.year in years or job.kind == "registry"]


def _readability_warnings(job: Job, measured: Lix) -> list[Diagnostic]:
    if not measured.is_hard:
        return []
    todo = "Look at the registry's descriptions first: kvalreg check names them."
    return [Diagnostic(readability_message(f"The page '{job.name}'", measured), todo, code=DiagnosticCode.HARD_TO_READ)]


def _failure(job_result: JobResult, project: Project) -> TaskResult:
    job, log = job_result.job, job_result.log
    notebook = printable(project.display_path(job.notebook))
    if job_result.error is None:
        fault = Diagnostic(
            "The page is empty.", "Show something through the report.", notebook, code=DiagnosticCode.PAGE_EMPTY
        )
        return TaskResult(job.name, ok=False, error=str(fault), exit_code=EXIT_FAILED)
    error, shown = job_result.error, project.display_path(log) if log else ""
    return TaskResult(job.name, False, error.cause, error.cell, shown, EXIT_FAILED, notebook=notebook)
