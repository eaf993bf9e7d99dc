"""The whole run, from a project's files to its site.

Comes in: a project and a request. Goes out: a site, and an account of what succeeded and what failed. Each registry
goes its own way until the site is assembled: one registry's failure never blocks or blanks another's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import KW_ONLY, dataclass, field, replace
from typing import Protocol

from kvalreg.account import Account as Account
from kvalreg.account import Entry as Entry
from kvalreg.batch.accepted import accept, accepted_pages, forget_others
from kvalreg.batch.cache import UNCHANGED, Cache, asked_for
from kvalreg.batch.diagnosis import describing, diagnose
from kvalreg.batch.execution import Outcome, Workplace, execute
from kvalreg.batch.last_good import LastGood, Standing, failure
from kvalreg.batch.plan import Job, check_notebooks, plan
from kvalreg.batch.reuse import MadePage, Reuse
from kvalreg.batch.workers import Workers
from kvalreg.disclosure.gate import publish
from kvalreg.disclosure.ledger import Edition, published_files, read_editions, save_edition
from kvalreg.disclosure.published import Published, Source, load_published, load_source, save_published
from kvalreg.disclosure.remembered import Remembered
from kvalreg.errors import (
    EXIT_FAILED,
    AwaitingError,
    ConfigurationError,
    Fault,
    UsageError,
    full_disk_told,
)
from kvalreg.inputs.approval import Which
from kvalreg.inputs.delivered import no_rows_delivered, read_approved, read_deliveries
from kvalreg.inputs.delivery import UnknownUnits
from kvalreg.inputs.descriptor import Registry
from kvalreg.inputs.descriptor_file import completed, read_descriptors
from kvalreg.inputs.site_descriptor import read_site_descriptor
from kvalreg.inputs.slugs import Slugs, read_slugs, write_slugs
from kvalreg.inputs.text_file import printable
from kvalreg.inputs.units import Units, read_units
from kvalreg.kinds import Kind
from kvalreg.memory import give_back
from kvalreg.project import Project
from kvalreg.release.approval import is_built, release_site
from kvalreg.release.assembly import assemble
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
    DisclosureError, SiteError
        When the finished site does not pass the audit or is not whole, and that is no single registry's fault; the old
        site stays.
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
    standing = Standing(_last_good(project), project)
    registries, faults = read_descriptors(project, lambda: _owners(project))
    chosen = _chosen(request.registries, registries, faults)

    # through the gate: a registry that is refused keeps what it has published before
    inputs = Inputs(units, registries, faults, request.unknown_units, request.which, request.workers)
    gated = _gated(project, chosen, inputs, Kept(reuse, parts), account)
    failed = {entry.name: entry for entry in account.entries}
    for registry_id in chosen:
        if printable(registry_id) in failed:
            standing.fail(registry_id, [failed[printable(registry_id)]])
    jobs = _of_years([job for planned in gated.values() for job in planned.jobs], request.years)
    for registry_id, planned in gated.items():
        account.warnings.extend(planned.warnings)
        try:
            _put_in_place(project, registry_id, planned, reuse)
        except Exception as error:  # one registry's failure stops no other
            standing.fail(registry_id, [failure(registry_id, diagnose(error, registry_id, project))])
    jobs = [job for job in jobs if job.registry not in standing.failures]

    # execute: one page that fails keeps its registry as it was, since its pages tell of the same cells
    changed = []
    for job in jobs:
        made = reuse.page(job)
        if made is None:
            changed.append(job)
        else:
            _tell_made(job, made, account)
    place = Workplace(project.published, project.logs, request.workers, request.cluster)
    broken: dict[str, list[Entry]] = {}
    progress.begin(len(changed))
    for outcome in execute(changed, place):
        if outcome.error is None and outcome.markdown.strip():
            accept(outcome.job, outcome.markdown, project.accepted)
            published = gated[outcome.job.registry].published
            measured = lix(outcome.prose, names_of(published.registry, published.units))
            made = MadePage(measured.value, _page_remarks(outcome.job, measured))
            reuse.keep_page(outcome.job, made)
            _tell_made(outcome.job, made, account)
        else:
            broken.setdefault(outcome.job.registry, []).append(_failed(outcome, project))
        progress.done(outcome)
    progress.end()
    for registry_id, entries in broken.items():
        standing.fail(registry_id, sorted(entries, key=lambda entry: entry.name))
    reuse.close({registry_id: {job.address for job in planned.jobs} for registry_id, planned in gated.items()})
    new = list(gated)
    del gated, jobs, changed  # a nation's cells are large, and all that follows reads what was kept of them
    give_back()

    # assemble the whole site from accepted pages, render it, and attack it before it takes the old one's place
    account.warnings += render_site(project, choice, parts, standing)
    if project.made is None:  # a draft is nothing to go back to
        standing.keep(new, known={*registries, *faults})
    made_well = [entry for entry in account.entries if entry.ok and entry.name.split()[0] not in standing.failures]
    account.entries = sorted([*made_well, *standing.entries()], key=lambda entry: entry.name)
    account.site = project.site
    return account


def _put_in_place(project: Project, registry_id: str, planned: Planned, reuse: Reuse) -> None:
    """Put a registry's new cells where its notebooks read them, and take pages away that they no longer have."""
    if planned.edition is not None:
        save_published(planned.published, project.published)
        save_edition(planned.edition, registry_id, project.next_ledger)
        reuse.keep_cells(registry_id, planned.key, planned.warnings)
        reuse.keep_choices(registry_id, planned.choices)
    forget_others(registry_id, {job.address for job in planned.jobs}, project.accepted)


def render_site(project: Project, choice: Choice, parts: Parts, standing: Standing) -> list[Fault]:
    """Assemble the site from every registry's accepted pages, render it and attack it; remarks on what was met."""

    def attempt() -> list[Fault]:
        parts.forget()
        site = parts.site(lambda registries: history(registries, project))
        remarks = site.slugs.remarks(project.relative(project.slugs))
        parts.stage(site)
        parts.forget()
        del site
        give_back()
        choice.renderer.render(project.staged, project.site, lambda made: remarks.extend(release_site(made, project)))
        return remarks

    return assemble(attempt, standing)


def _last_good(project: Project) -> LastGood:
    """What each registry can go back to; what the last build released is kept first where nothing is kept of it."""
    last_good = LastGood(project)
    without = [path.stem for path in published_files(project) if not last_good.has(path.stem)]
    if without and project.made is None and is_built(project):
        for registry_id in without:
            last_good.keep(registry_id)
    return last_good


def _owners(project: Project) -> dict[str, str]:
    """The indicator ids that are taken, and by which registry: who had one first keeps it."""
    sources = [load_source(path.stem, project.published) for path in published_files(project)]
    return {
        indicator.id: source.registry.id
        for source in sources
        if source is not None
        for indicator in source.registry.indicators
    }


def gather(project: Project) -> Site:
    """What the site may be made of, read as a whole: every registry that has accepted pages."""
    found = [path.stem for path in published_files(project)]
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
            except Exception as error:  # one registry's failure stops no other
                account.entries.append(failure(registry_id, diagnose(error, registry_id, project)))
    return gated


@contextmanager
def _side_by_side(
    project: Project, chosen: list[str], inputs: Inputs, reuse: Reuse
) -> Iterator[Mapping[str, Future[Planned]]]:
    """Registries on their way through the gate in processes of their own; none where there is little to do.

    Choosing what to hide takes seconds for a large registry, and nothing of one registry depends on another.
    """
    anew = [one for one in chosen if one in inputs.registries and not reuse.has_cells(one, inputs.unknown_units)]
    size = sum(path.stat().st_size for one in anew for path in project.data(one).glob("*") if path.is_file())
    if len(anew) == 1 or inputs.workers == 1 or size < _WORTHWHILE:
        yield {}
        return
    with Workers(min(inputs.workers, len(anew))) as workers:
        yield {
            one: workers.submit(
                describing,
                _through_the_gate,
                project,
                replace(inputs, registries={one: inputs.registries[one]}),
                one,
                reuse.choices(one),
            )
            for one in anew
        }


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
    if not len(delivered.rows):
        raise no_rows_delivered(project, registry_id)
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


def _failed(outcome: Outcome, project: Project) -> Entry:
    job, log = outcome.job, outcome.log
    notebook = printable(project.relative(job.notebook))
    if outcome.error is None:
        fault = Fault("The page is empty.", "Show something through the report.", notebook, kind=Kind.PAGE_EMPTY)
        return Entry(job.name, ok=False, error=str(fault), exit_code=EXIT_FAILED)
    error, told = outcome.error, project.relative(log) if log else ""
    return Entry(job.name, False, error.error, error.cell, told, EXIT_FAILED, notebook=notebook)
