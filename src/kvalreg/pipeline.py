"""The whole run, from a project's files to its site.

Comes in: a project and a request. Goes out: a site, and an account of what succeeded and what failed. Each registry
goes its own way until the site is assembled: one registry's failure never blocks or blanks another's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import KW_ONLY, dataclass, field, replace
from pathlib import Path
from typing import Protocol

from kvalreg.account import Account as Account
from kvalreg.account import Entry as Entry
from kvalreg.batch.accepted import accept, accepted_pages, forget_others, mark_delayed
from kvalreg.batch.cache import UNCHANGED, Cache, asked_for
from kvalreg.batch.execution import Outcome, Workplace, execute
from kvalreg.batch.plan import Job, check_notebooks, plan
from kvalreg.batch.reuse import MadePage, Reuse
from kvalreg.batch.workers import Workers
from kvalreg.disclosure.gate import publish
from kvalreg.disclosure.ledger import Edition, read_editions, save_edition
from kvalreg.disclosure.published import Published, Source, load_published, save_published
from kvalreg.disclosure.remembered import Remembered
from kvalreg.errors import (
    EXIT_FAILED,
    EXIT_UNEXPECTED,
    AwaitingError,
    ConfigurationError,
    Fault,
    FaultsError,
    NotebookError,
    UsageError,
    describe_unexpected,
    full_disk_told,
)
from kvalreg.inputs.approval import Which
from kvalreg.inputs.delivered import read_approved, read_deliveries
from kvalreg.inputs.delivery import UnknownUnits
from kvalreg.inputs.descriptor import Registry
from kvalreg.inputs.descriptor_file import completed, read_descriptors
from kvalreg.inputs.site_descriptor import read_site_descriptor
from kvalreg.inputs.slugs import Slugs, read_slugs, write_slugs
from kvalreg.inputs.units import Units, read_units
from kvalreg.kinds import Kind
from kvalreg.memory import give_back
from kvalreg.project import Project
from kvalreg.release.approval import release_site
from kvalreg.release.draft import prepare_draft
from kvalreg.release.history import history
from kvalreg.release.lock import one_run
from kvalreg.report.readability import Lix, lix, names_of
from kvalreg.report.text_check import hard_to_read
from kvalreg.site.content import Shown, Site
from kvalreg.site.extension import check_extension
from kvalreg.site.parts import Parts
from kvalreg.site.quarto_yml import site_title
from kvalreg.site.renderer import Choice, choose_renderer
from kvalreg.statistics.aggregation import aggregate


@dataclass(frozen=True)
class Request:
    """What a run is asked for.

    Parameters
    ----------
    registries
        Ids; all of the project's registries when empty.
    years
        Years whose pages are made; all when empty.
    renderer
        ``auto``, ``quarto`` or ``pandoc``.
    wait
        Seconds to wait for another run of the same project to end.
    cached
        Whether what is unchanged is used again.
    which
        Whether deliveries that wait for approval are read as well: for a draft (`Project.draft`) alone.
    cluster
        The address of a Dask scheduler whose workers run the notebooks; this machine when it is empty.
    """

    registries: tuple[str, ...] = ()
    years: tuple[int, ...] = ()
    renderer: str = "auto"
    _: KW_ONLY
    workers: int = 2
    unknown_units: UnknownUnits = UnknownUnits.REFUSE
    wait: float = 0
    cached: bool = True
    which: Which = Which.APPROVED
    cluster: str = ""


def unknown_units(*, skip: bool) -> UnknownUnits:
    """What a run does with rows of units that are not in `units.csv`."""
    return UnknownUnits.SKIP if skip else UnknownUnits.REFUSE


class Progress(Protocol):
    """Who is told how the run goes."""

    def say(self, text: str) -> None:
        """A line of news."""

    def begin(self, jobs: int) -> None:
        """So many pages will be made."""

    def done(self, outcome: Outcome) -> None:
        """One page was made, or failed."""

    def end(self) -> None:
        """No more pages come."""


def build(project: Project, request: Request, progress: Progress) -> Account:
    """Run the pipeline: read, publish through the gate, execute, render.

    Raises
    ------
    BusyError
        When another run has the project.
    UsageError, ConfigurationError
        Before anything is written: an unknown registry or year, faulty units, a notebook with wrong parameters, a
        renderer that is not there.
    RendererError
        When the site could not be rendered; the old site stays.
    DisclosureError
        When the finished site does not pass the audit; the old site stays.
    FullDiskError
        When there is no room on the disk; the old site stays, or the new one is whole.
    """
    skips = request.unknown_units is UnknownUnits.SKIP
    asked = asked_for(request.registries, request.years, request.renderer, skip_unknown_units=skips)
    with full_disk_told(project.root), one_run(project, request.wait):
        cache = Cache(project)
        account = cache.unchanged(asked) if request.cached else None
        if account is None:
            account = _built(project, request, progress, cache)
            cache.remember(asked, account)
        else:
            progress.say(UNCHANGED)
        return account


def build_draft(project: Project, request: Request, progress: Progress) -> Account:
    """The same run with deliveries that nobody has approved yet, into a place of its own."""
    with full_disk_told(project.root), one_run(project, request.wait):
        draft = prepare_draft(project)
        return _built(draft, replace(request, which=Which.ALL), progress, Cache(draft))


def _built(project: Project, request: Request, progress: Progress, cache: Cache) -> Account:
    account = Account()
    reuse = Reuse(cache, project, believed=request.cached)
    parts = Parts(project, cache, request.workers, believed=request.cached)
    choice = choose_renderer(request.renderer)
    progress.say(choice.reason)

    # read, and check all that can be checked before anything runs
    read_site_descriptor(project)
    check_extension(project)
    units = read_units(project.units, project.relative(project.units))
    read_slugs(project.slugs, project.relative(project.slugs))
    registries, faults = read_descriptors(project)
    chosen = _chosen(request.registries, registries, faults)

    # through the gate: a registry that is refused keeps what it has published before
    inputs = Inputs(units, registries, faults, request.unknown_units, request.which, request.workers)
    gated = _gated(project, chosen, inputs, Kept(reuse, parts), account)
    for entry in account.entries:
        mark_delayed(entry.name, None, project.accepted)
    jobs = _of_years([job for planned in gated.values() for job in planned.jobs], request.years)
    for registry_id, planned in gated.items():
        if planned.edition is not None:
            save_published(planned.published, project.published)
            save_edition(planned.edition, registry_id, project.next_ledger)
            reuse.keep_cells(registry_id, planned.key, planned.warnings)
            reuse.keep_choices(registry_id, planned.choices)
        account.warnings.extend(planned.warnings)
        forget_others(registry_id, {job.address for job in planned.jobs}, project.accepted)

    # execute: pages that succeed are accepted, the others keep their last good page
    changed = []
    for job in jobs:
        made = reuse.page(job)
        if made is None:
            changed.append(job)
        else:
            _tell_made(job, made, account)
    place = Workplace(project.published, project.logs, request.workers, request.cluster)
    progress.begin(len(changed))
    for outcome in execute(changed, place):
        if outcome.error is None:
            accept(outcome.job, outcome.markdown, project.accepted)
            published = gated[outcome.job.registry].published
            measured = lix(outcome.prose, names_of(published.registry, published.units))
            made = MadePage(measured.value, _page_remarks(outcome.job, measured))
            reuse.keep_page(outcome.job, made)
            _tell_made(outcome.job, made, account)
        else:
            mark_delayed(outcome.job.registry, {outcome.job.address}, project.accepted)
            account.entries.append(_failed(outcome.job, outcome.error, outcome.log, project))
        progress.done(outcome)
    progress.end()
    reuse.close({registry_id: {job.address for job in planned.jobs} for registry_id, planned in gated.items()})
    del gated, jobs, changed  # a nation's cells are large, and all that follows reads what was kept of them
    give_back()

    # assemble the whole site from accepted pages, render it, and attack it before it takes the old one's place
    account.warnings += render_site(project, choice, parts)
    account.entries.sort(key=lambda entry: entry.name)
    account.site = project.site
    return account


def render_site(project: Project, choice: Choice, parts: Parts) -> list[Fault]:
    """Assemble the site from every registry's accepted pages, render it and attack it; remarks on what was met."""
    site = parts.site(lambda registries: history(registries, project))
    remarks = site.slugs.remarks(project.relative(project.slugs))
    parts.stage(site)
    parts.forget()
    del site
    give_back()
    choice.renderer.render(project.staged, project.site, lambda made: remarks.extend(release_site(made, project)))
    return remarks


def gather(project: Project) -> Site:
    """What the site may be made of, read as a whole: every registry that has accepted pages."""
    found = sorted(path.stem for path in project.published.glob("*.parquet") if project.descriptor(path.stem).exists())
    kept = {registry: pages for registry in found if (pages := accepted_pages(registry, project.accepted))}
    shown = tuple(
        Shown(load_published(registry, project.published), tuple(pages), number)
        for number, (registry, pages) in enumerate(kept.items(), start=1)
    )
    slugs = read_slugs(project.slugs, project.relative(project.slugs))
    title = site_title(project.quarto_yml)
    return Site(shown, slugs, read_site_descriptor(project), title, history(list(kept), project))


def keep_slugs(project: Project) -> Slugs:
    """Write down the addresses of units and medical fields that are not written down yet; `new` names them.

    Raises
    ------
    ConfigurationError
        Units, descriptors or the file of addresses are faulty: nothing is written.
    """
    units = read_units(project.units, project.relative(project.units))
    registries, faults = read_descriptors(project)
    if faults:
        raise ConfigurationError(fault for found in faults.values() for fault in found)
    kept = read_slugs(project.slugs, project.relative(project.slugs))
    names = sorted({name for registry in registries.values() for name in registry.medical_fields})
    slugs = kept.completed(units, names)
    if slugs.new:
        write_slugs(slugs, project.slugs)
    return slugs


def _tell_made(job: Job, made: MadePage, account: Account) -> None:
    account.entries.append(Entry(job.name, ok=True, lix=made.lix))
    account.warnings.extend(made.remarks)


def _page_remarks(job: Job, measured: Lix) -> list[Fault]:
    if not measured.hard:
        return []
    todo = "Look at the registry's descriptions first: kvalreg check names them."
    return [Fault(hard_to_read(f"The page '{job.name}'", measured), todo, kind=Kind.HARD_TO_READ)]


_WORTHWHILE = 1_000_000
"""Bytes of deliveries from which on further processes are worth their start."""


@dataclass(frozen=True)
class Inputs:
    """The project's own files, read: units, good descriptors, and the faults of the others."""

    units: Units
    registries: dict[str, Registry]
    faults: dict[str, tuple[Fault, ...]]
    unknown_units: UnknownUnits
    which: Which
    workers: int


@dataclass(frozen=True)
class Planned:
    """A registry that is through the gate, and the pages to make of it.

    Parameters
    ----------
    edition
        What the ledger keeps of it; None when the cells were made before, and lie there.
    key
        What the cells are made of.
    choices
        What was chosen to be hidden in them; see `Remembered.used`.
    """

    published: Published
    edition: Edition | None
    warnings: list[Fault]
    jobs: tuple[Job, ...]
    key: str = ""
    choices: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Kept:
    """What earlier builds have left: what need not be made again, and registries' newest cells."""

    reuse: Reuse
    parts: Parts


def _gated(project: Project, chosen: list[str], inputs: Inputs, kept: Kept, account: Account) -> dict[str, Planned]:
    """Every chosen registry whose descriptor, deliveries and notebooks are in order; the others go into the account."""
    gated, reuse = {}, kept.reuse
    with _side_by_side(project, chosen, inputs, reuse) as passing:
        for registry_id in chosen:
            try:
                if registry_id in inputs.faults:
                    raise ConfigurationError(inputs.faults[registry_id])
                key = reuse.cells_key(registry_id, inputs.unknown_units)
                planned = _kept(project, registry_id, key, kept)
                if planned is None:
                    choices, way = reuse.choices(registry_id), passing.get(registry_id)
                    planned = way.result() if way else _through_the_gate(project, inputs, registry_id, choices)
                gated[registry_id] = replace(planned, key=key)
            except AwaitingError as error:  # as it should be: readers keep what they have
                account.warnings.extend(error.faults)
            except FaultsError as error:
                account.entries.append(Entry(registry_id, ok=False, error=str(error), exit_code=error.exit_code))
            except Exception as error:  # one registry's mishap stops no other
                described = str(error) if isinstance(error, _MishapError) else describe_unexpected(error)
                told = f"{described}\nSend these lines to whoever maintains kvalreg."
                account.entries.append(Entry(registry_id, ok=False, error=told, exit_code=EXIT_UNEXPECTED))
    return gated


class _MishapError(Exception):
    """An unexpected error in a process of ours, described there: its places in our code do not come with it."""


@contextmanager
def _side_by_side(
    project: Project, chosen: list[str], inputs: Inputs, reuse: Reuse
) -> Iterator[Mapping[str, Future[Planned]]]:
    """Registries on their way through the gate in processes of their own; none where there is little to do.

    Choosing what to hide takes seconds for a large registry, and nothing of one registry depends on another.
    """
    anew = [
        registry_id
        for registry_id in chosen
        if registry_id in inputs.registries
        and reuse.cells_remarks(registry_id, reuse.cells_key(registry_id, inputs.unknown_units)) is None
    ]
    size = sum(path.stat().st_size for one in anew for path in project.data(one).glob("*") if path.is_file())
    if len(anew) == 1 or inputs.workers == 1 or size < _WORTHWHILE:
        yield {}
        return
    with Workers(min(inputs.workers, len(anew))) as workers:
        yield {
            one: workers.submit(
                _elsewhere, project, replace(inputs, registries={one: inputs.registries[one]}), one, reuse.choices(one)
            )
            for one in anew
        }


def _elsewhere(project: Project, inputs: Inputs, registry_id: str, choices: dict[str, str]) -> Planned:
    try:
        return _through_the_gate(project, inputs, registry_id, choices)
    except FaultsError:
        raise
    except Exception as error:  # its traceback cannot be sent
        raise _MishapError(describe_unexpected(error)) from None


def _kept(project: Project, registry_id: str, key: str, kept: Kept) -> Planned | None:
    remarks = kept.reuse.cells_remarks(registry_id, key)
    if remarks is None:
        return None
    published = kept.parts.newest(registry_id) or load_published(registry_id, project.published)
    return Planned(published, None, remarks, tuple(plan(published, project)), key)


def _through_the_gate(project: Project, inputs: Inputs, registry_id: str, choices: dict[str, str]) -> Planned:
    registry, remarks = completed(inputs.registries[registry_id], project)
    read = read_approved if inputs.which is Which.APPROVED else read_deliveries
    delivered = read(project, registry, inputs.units, inputs.unknown_units)
    results = aggregate(delivered, registry, inputs.units)
    editions = read_editions(registry_id, project)
    remembered = Remembered(choices)
    published, edition = publish(results, Source(registry, inputs.units, delivered.deliveries), editions, remembered)
    jobs = tuple(plan(published, project))
    check_notebooks((job.notebook for job in jobs), project)
    return Planned(published, edition, [*remarks, *delivered.warnings], jobs, choices=remembered.used)


def _chosen(
    wanted: tuple[str, ...], registries: dict[str, Registry], faults: dict[str, tuple[Fault, ...]]
) -> list[str]:
    known = sorted({*registries, *faults})
    for registry_id in wanted:
        if registry_id not in known:
            raise UsageError(f"There is no registry {registry_id!r}. This project has: {', '.join(known) or 'none'}.")
    if not known:
        raise UsageError("This project has no registry: make registries/<id>/registry.yml first.")
    return list(dict.fromkeys(wanted)) or known


def _of_years(jobs: list[Job], years: tuple[int, ...]) -> list[Job]:
    """The pages of the years asked for, and their registries' own pages, which tell of the newest year."""
    if not years:
        return jobs
    present = {job.year for job in jobs if job.kind == "year"}
    for year in years:
        if jobs and year not in present:
            told = ", ".join(str(y) for y in sorted(present))
            raise UsageError(f"There are no results from {year}. The registries chosen have: {told}.")
    return [job for job in jobs if job.year in years or job.kind == "registry"]


def _failed(job: Job, error: NotebookError, log: Path | None, project: Project) -> Entry:
    return Entry(job.name, False, error.error, error.cell, project.relative(log) if log else "", EXIT_FAILED)
