"""The third stage: a report notebook for every page whose cells, notebook or parameters have changed.

Comes in: the jobs of every registry that is through the gate. Goes out: an entry for each page of the run. One page
that fails keeps its registry as it was, since all pages of a registry tell of the same cells.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import astuple, dataclass

from kvalreg.account import Account, Entry, faults_of, faults_told
from kvalreg.batch.accepted import accept, accepted_file
from kvalreg.batch.diagnosis import diagnose
from kvalreg.batch.execution import Outcome, Workplace, execute
from kvalreg.batch.last_good import Standing, failure
from kvalreg.batch.plan import Job
from kvalreg.disclosure.published import load_source
from kvalreg.errors import EXIT_FAILED, Fault, UsageError
from kvalreg.inputs.text_file import printable
from kvalreg.kinds import Kind
from kvalreg.project import Project
from kvalreg.report.readability import Lix, lix, names_of
from kvalreg.report.text_check import hard_to_read
from kvalreg.request import Progress, Request
from kvalreg.stages.gate import GatedRegistry
from kvalreg.storage.memo import Memo

STAGE = "pages"


@dataclass(frozen=True)
class Execution:
    """What this stage works with."""

    project: Project
    request: Request
    progress: Progress
    memo: Memo


def execute_pages(gated: Mapping[str, GatedRegistry], run: Execution, states: Standing, account: Account) -> None:
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
            _add(job, stored, account)
        elif stored is None and (job.address in requested or _is_outdated(job, run.project)):
            due.append(job)
    failed: dict[str, list[Entry]] = {}
    project, progress = run.project, run.progress
    progress.begin(len(due))
    place = Workplace(project.published, project.logs, run.request.workers, run.request.cluster)
    for outcome in execute(due, place):
        job = outcome.job
        try:
            if outcome.error is None and outcome.markdown.strip():
                _add(job, _accept(outcome, run), account)
            else:
                failed.setdefault(job.registry, []).append(_failure(outcome, project))
        except Exception as error:  # what cannot be kept of a page is its registry's alone
            entry = failure(job.registry, diagnose(error, job.registry, project))
            failed.setdefault(job.registry, []).append(entry)
        progress.done(outcome)
    progress.end()
    for registry, entries in failed.items():
        states.fail(registry, sorted(entries, key=lambda entry: entry.name))
    for registry in gated:
        run.memo.prune(f"{STAGE}/{registry}", {_name(job).partition("/")[2] for job in gated[registry].jobs})


def _accept(outcome: Outcome, run: Execution) -> dict[str, object]:
    """Keep a page that succeeded; what is told of it."""
    job = outcome.job
    accept(job, outcome.markdown, run.project.accepted)
    source = load_source(job.registry, run.project.published)
    measured = lix(outcome.prose, names_of(source.registry, source.units) if source else frozenset())
    value: dict[str, object] = {"lix": measured.value, "remarks": faults_told(_remarks(job, measured))}
    file = accepted_file(job.registry, job.address, run.project.accepted)
    run.memo.put(STAGE, _name(job), _key(job, run), value, [file])
    return value


def _add(job: Job, stored: Mapping[str, object], account: Account) -> None:
    account.entries.append(Entry(job.name, ok=True, lix=stored["lix"]))  # type: ignore[arg-type]
    account.warnings.extend(faults_of(stored["remarks"]))  # type: ignore[arg-type]


def _name(job: Job) -> str:
    return f"{job.registry}/{job.address}"


def _key(job: Job, run: Execution) -> str:
    """What a page is made of: its registry's cells, its notebook and its job."""
    published = run.project.published / f"{job.registry}.parquet"
    return run.memo.key([job.notebook, published], *astuple(job)[2:], job.kind)


def _is_outdated(job: Job, project: Project) -> bool:
    """Whether a page that cannot be used again is there, and would tell of other cells than its registry's others."""
    return accepted_file(job.registry, job.address, project.accepted).exists()


def _of_years(jobs: Iterable[Job], years: tuple[int, ...]) -> list[Job]:
    """The pages of the years asked for, and their registries' own pages, which tell of the newest year."""
    jobs = list(jobs)
    present = {job.year for job in jobs if job.kind == "year"}
    for year in years:
        if jobs and year not in present:
            listed = ", ".join(str(year) for year in sorted(present))
            raise UsageError(f"There are no results from {year}. The registries chosen have: {listed}.")
    return [job for job in jobs if not years or job.year in years or job.kind == "registry"]


def _remarks(job: Job, measured: Lix) -> list[Fault]:
    if not measured.hard:
        return []
    todo = "Look at the registry's descriptions first: kvalreg check names them."
    return [Fault(hard_to_read(f"The page '{job.name}'", measured), todo, kind=Kind.HARD_TO_READ)]


def _failure(outcome: Outcome, project: Project) -> Entry:
    job, log = outcome.job, outcome.log
    notebook = printable(project.relative(job.notebook))
    if outcome.error is None:
        fault = Fault("The page is empty.", "Show something through the report.", notebook, kind=Kind.PAGE_EMPTY)
        return Entry(job.name, ok=False, error=str(fault), exit_code=EXIT_FAILED)
    error, shown = outcome.error, project.relative(log) if log else ""
    return Entry(job.name, False, error.error, error.cell, shown, EXIT_FAILED, notebook=notebook)
