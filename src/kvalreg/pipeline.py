"""The whole run, from a project's files to its site.

Input: a project and a request. Output: a site, and a result that lists what succeeded and what failed. Registries are
independent until the site is assembled: one registry's failure never blocks or removes another's pages.

A stage that fails for one registry hands the error to `RegistryFallback`, and later stages see that registry with its
last good result, or not at all. Any other error ends the run, and the old site stays. `Memo` lets each stage skip what
has not changed.
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
    """The policy for rows of units that are not in `units.csv`, from the command's option."""
    return UnknownUnitPolicy.SKIP if skip else UnknownUnitPolicy.REFUSE


def build(project: Project, request: BuildRequest, progress: Progress) -> RunResult:
    """Run the pipeline: read, gate, execute, assemble, save.

    Raises
    ------
    BusyError
        When another run holds the project's lock.
    UsageError, ConfigurationError
        An unknown registry or year, invalid units, a missing renderer: the site is not changed.
    RendererError
        When the site could not be rendered; the old site stays.
    DisclosureError, SiteError
        When the finished site does not pass the audit or is incomplete, and no single registry causes that; the old
        site stays.
    DiskFullError
        When the disk is full; the site is complete, old or new.
    """
    skip_unknown_units = request.unknown_units is UnknownUnitPolicy.SKIP
    parameters = parameters_of(
        request.registries, request.years, request.renderer, skip_unknown_units=skip_unknown_units
    )
    with disk_full_guard(project.root), project_lock(project, request.wait):
        # the whole build is a memoized stage itself; see `kvalreg.last_build`
        memo = open_memo(project, use_cache=request.use_cache)
        run_result = unchanged_result(project, parameters, memo)
        if run_result is None:
            run_result = _run(project, request, progress, memo)
            save_result(project, parameters, run_result, memo)
        else:
            progress.info(UNCHANGED)
        return run_result


def build_draft(project: Project, request: BuildRequest, progress: Progress) -> RunResult:
    """The same run with deliveries that nobody has approved yet, into folders of its own."""
    with disk_full_guard(project.root), project_lock(project, request.wait):
        draft = prepare_draft(project)
        memo = open_memo(draft, use_cache=request.use_cache)
        run_result = _run(draft, replace(request, scope=DeliveryScope.ALL), progress, memo)
        memo.close()
        return run_result


def _run(project: Project, request: BuildRequest, progress: Progress, memo: Memo) -> RunResult:
    run_result = RunResult(site=project.site)
    renderer_choice = choose_renderer(request.renderer)
    progress.info(renderer_choice.reason)

    # read: the project's own files, validated; an invalid descriptor fails its own registry only
    inputs = read_inputs(project, request)
    fallback = open_fallbacks(project, is_current=lambda: is_build_complete(project))

    # gate: deliveries become published cells, after disclosure control; a refused registry keeps its last good cells
    gated, waiting = gate_registries(project, inputs, fallback, memo, request.workers)
    run_result.warnings += [*waiting, *(warning for registry in gated.values() for warning in registry.warnings)]

    # execute: one report notebook for each page; a page that fails makes its whole registry fall back
    execute_pages(gated, Execution(project, request, progress, memo), fallback, run_result)
    trim_heap()

    # assemble: render and audit one site of all registries, again without those at fault, and switch to it atomically
    stager = IncrementalStager(project, memo, request.workers)
    run_result.warnings += build_with_fallback(lambda: render_site(project, renderer_choice.renderer, stager), fallback)

    # save: the results of this site are what registries fall back to next time; those of a draft never are
    registry_ids = {*inputs.registries, *inputs.diagnostics}
    memo.retain(registry_ids)
    if project.build_override is None:
        fallback.save_released(gated, registry_ids)
    succeeded = [
        task_result for task_result in run_result.task_results if task_result.registry not in fallback.failures
    ]
    run_result.task_results = sorted([*succeeded, *fallback.failed_results()], key=lambda task_result: task_result.name)
    return run_result


def render_site(project: Project, renderer: Renderer, stager: IncrementalStager) -> list[Diagnostic]:
    """Assemble the site from every registry's last good pages, render it and audit it; return the warnings."""
    stager.clear()
    site = stager.load_site(lambda registries: edition_history(registries, project))
    warnings = site.slugs.warnings(project.display_path(project.slugs))
    warnings += stager.stage(site)
    stager.clear()
    del site  # national cells take a lot of memory, and nothing below reads them
    trim_heap()
    # the renderer calls back before it switches the link: a site that does not pass is never seen
    renderer.render(project.staging, project.site, lambda folder: warnings.extend(finalize_site(folder, project)))
    return warnings


def load_site(project: Project) -> Site:
    """All that the site is made from, read as a whole: every registry that has last good pages."""
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
    """Add the slugs of new units and medical fields to the file of slugs; `new_keys` of the result names them.

    Raises
    ------
    ConfigurationError
        Units, descriptors or the file of slugs are invalid: nothing is written.
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
