"""The whole run, from a project's files to its site.

Comes in: a project and a request. Goes out: a site, and an account of what succeeded and what failed. Each registry
goes its own way until the site is assembled: one registry's failure never blocks or blanks another's.
"""

from __future__ import annotations

from dataclasses import replace

from kvalreg.disclosure.ledger import published_files
from kvalreg.disclosure.published import load_published
from kvalreg.errors import ConfigurationError, Diagnostic, disk_full_guard
from kvalreg.inputs.approval import DeliveryScope
from kvalreg.inputs.delivery import UnknownUnitPolicy
from kvalreg.inputs.descriptor_file import read_descriptors
from kvalreg.inputs.site_descriptor import read_site_descriptor
from kvalreg.inputs.slugs import Slugs, read_slugs, write_slugs
from kvalreg.inputs.units import read_units
from kvalreg.last_build import UNCHANGED, open_memo, parameters_of, save_result, unchanged_result
from kvalreg.memory import trim_heap
from kvalreg.project import Project
from kvalreg.release.draft import prepare_draft
from kvalreg.release.fallback import open_fallbacks
from kvalreg.release.fault_isolation import build_with_fallback
from kvalreg.release.history import edition_history
from kvalreg.release.preflight import finalize_site, is_build_complete
from kvalreg.request import BuildRequest as BuildRequest
from kvalreg.request import Progress as Progress
from kvalreg.run_result import RunResult as RunResult
from kvalreg.run_result import TaskResult as TaskResult
from kvalreg.site.incremental_staging import IncrementalStager
from kvalreg.site.quarto_yml import site_title
from kvalreg.site.renderer import Renderer, choose_renderer
from kvalreg.site.site_model import PublishedRegistry, Site
from kvalreg.stages.execute import Execution, execute_pages
from kvalreg.stages.gate import gate_registries
from kvalreg.stages.read import read_inputs
from kvalreg.storage.last_good import load_last_good_pages
from kvalreg.storage.memo import Memo
from kvalreg.storage.project_lock import project_lock


def unknown_unit_policy(*, skip: bool) -> UnknownUnitPolicy:
    """What a run does with rows of units that are not in `units.csv`."""
    return UnknownUnitPolicy.SKIP if skip else UnknownUnitPolicy.REFUSE


def build(project: Project, request: BuildRequest, progress: Progress) -> RunResult:
    """Run the pipeline: read, gate, execute, assemble and render.

    Raises
    ------
    BusyError
        When another run has the project.
    UsageError, ConfigurationError
        An unknown registry or year, faulty units, a renderer that is not there: nothing of the site is changed.
    RendererError
        When the site could not be rendered; the old site stays.
    DisclosureError, SiteError
        When the finished site does not pass the audit or is not whole, and that is no single registry's fault; the old
        site stays.
    FullDiskError
        When there is no room on the disk; the old site stays, or the new one is whole.
    """
    skip_unknown_units = request.unknown_units is UnknownUnitPolicy.SKIP
    parameters = parameters_of(
        request.registries, request.years, request.renderer, skip_unknown_units=skip_unknown_units
    )
    with disk_full_guard(project.root), project_lock(project, request.wait):
        memo = open_memo(project, use_cache=request.use_cache)
        run_result = unchanged_result(project, parameters, memo)
        if run_result is None:
            run_result = _run(project, request, progress, memo)
            save_result(project, parameters, run_result, memo)
        else:
            progress.info(UNCHANGED)
        return run_result


def build_draft(project: Project, request: BuildRequest, progress: Progress) -> RunResult:
    """The same run with deliveries that nobody has approved yet, into a place of its own."""
    with disk_full_guard(project.root), project_lock(project, request.wait):
        draft = prepare_draft(project)
        memo = open_memo(draft, use_cache=request.use_cache)
        account = _run(draft, replace(request, scope=DeliveryScope.ALL), progress, memo)
        memo.close()
        return account


def _run(project: Project, request: BuildRequest, progress: Progress, memo: Memo) -> RunResult:
    account = RunResult(site=project.site)
    renderer_choice = choose_renderer(request.renderer)
    progress.info(renderer_choice.reason)

    # read: the project's own files; a fault in a descriptor is that registry's alone
    inputs = read_inputs(project, request)
    states = open_fallbacks(project, is_current=lambda: is_build_complete(project))

    # gate: deliveries become published cells; a registry that is refused keeps what it has published before
    gated, waiting = gate_registries(project, inputs, states, memo, request.workers)
    account.warnings += [*waiting, *(warning for registry in gated.values() for warning in registry.warnings)]

    # execute: a notebook for each page; one page that fails keeps its registry as it was
    execute_pages(gated, Execution(project, request, progress, memo), states, account)
    trim_heap()

    # assemble: render and audit the site of all registries, without what fails, and switch it in
    parts = IncrementalStager(project, memo, request.workers)
    account.warnings += build_with_fallback(lambda: render_site(project, renderer_choice.renderer, parts), states)

    # keep: what was released is what a registry can go back to; a draft is nothing to go back to
    known = {*inputs.registries, *inputs.faults}
    memo.retain(known)
    if project.build_override is None:
        states.save_released(gated, known)
    succeeded = [entry for entry in account.task_results if entry.name.split()[0] not in states.failures]
    account.task_results = sorted([*succeeded, *states.failed_results()], key=lambda entry: entry.name)
    return account


def render_site(project: Project, renderer: Renderer, stager: IncrementalStager) -> list[Diagnostic]:
    """Assemble the site from every registry's accepted pages, render it and audit it; remarks on what was met."""
    stager.clear()
    site = stager.load_site(lambda registries: edition_history(registries, project))
    remarks = site.slugs.warnings(project.display_path(project.slugs))
    remarks += stager.stage(site)
    stager.clear()
    del site  # a nation's cells are large, and what follows reads none of them
    trim_heap()
    renderer.render(project.staging, project.site, lambda made: remarks.extend(finalize_site(made, project)))
    return remarks


def load_site(project: Project) -> Site:
    """What the site may be made of, read as a whole: every registry that has accepted pages."""
    registry_ids = [path.stem for path in published_files(project)]
    pages_by_registry = {
        registry: pages
        for registry in registry_ids
        if (pages := load_last_good_pages(registry, project.last_good_pages))
    }
    published_registries = tuple(
        PublishedRegistry(load_published(registry, project.published), tuple(pages), number)
        for number, (registry, pages) in enumerate(pages_by_registry.items(), start=1)
    )
    slugs = read_slugs(project.slugs, project.display_path(project.slugs))
    title = site_title(project.quarto_yml)
    return Site(
        published_registries,
        slugs,
        read_site_descriptor(project),
        title,
        edition_history(list(pages_by_registry), project),
    )


def save_new_slugs(project: Project) -> Slugs:
    """Write down the addresses of units and medical fields that are not written down yet; `new` names them.

    Raises
    ------
    ConfigurationError
        Units, descriptors or the file of addresses are faulty: nothing is written.
    """
    units = read_units(project.units, project.display_path(project.units))
    registries, diagnostics_by_registry = read_descriptors(project)
    if diagnostics_by_registry:
        raise ConfigurationError(
            diagnostic for diagnostics in diagnostics_by_registry.values() for diagnostic in diagnostics
        )
    existing_slugs = read_slugs(project.slugs, project.display_path(project.slugs))
    medical_fields = sorted({name for registry in registries.values() for name in registry.medical_fields})
    slugs = existing_slugs.complete(units, medical_fields)
    if slugs.new_keys:
        write_slugs(slugs, project.slugs)
    return slugs
