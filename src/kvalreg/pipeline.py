"""The whole run, from a project's files to its site.

Comes in: a project and a request. Goes out: a site, and an account of what succeeded and what failed. Each registry
goes its own way until the site is assembled: one registry's failure never blocks or blanks another's.
"""

from __future__ import annotations

from dataclasses import replace

from kvalreg.account import Account as Account
from kvalreg.account import Entry as Entry
from kvalreg.batch.accepted import accepted_pages
from kvalreg.batch.last_good import open_standing
from kvalreg.disclosure.ledger import published_files
from kvalreg.disclosure.published import load_published
from kvalreg.errors import ConfigurationError, Fault, full_disk_told
from kvalreg.inputs.approval import Which
from kvalreg.inputs.delivery import UnknownUnits
from kvalreg.inputs.descriptor_file import read_descriptors
from kvalreg.inputs.site_descriptor import read_site_descriptor
from kvalreg.inputs.slugs import Slugs, read_slugs, write_slugs
from kvalreg.inputs.units import read_units
from kvalreg.last_build import UNCHANGED, open_memo, parameters_of, remember, unchanged
from kvalreg.memory import give_back
from kvalreg.project import Project
from kvalreg.release.approval import is_built, release_site
from kvalreg.release.assembly import assemble
from kvalreg.release.draft import prepare_draft
from kvalreg.release.history import history
from kvalreg.release.lock import one_run
from kvalreg.request import Progress as Progress
from kvalreg.request import Request as Request
from kvalreg.site.content import Shown, Site
from kvalreg.site.parts import Parts
from kvalreg.site.quarto_yml import site_title
from kvalreg.site.renderer import Renderer, choose_renderer
from kvalreg.stages.execute import Execution, execute_pages
from kvalreg.stages.gate import gate_registries
from kvalreg.stages.read import read_inputs
from kvalreg.storage.memo import Memo


def unknown_units(*, skip: bool) -> UnknownUnits:
    """What a run does with rows of units that are not in `units.csv`."""
    return UnknownUnits.SKIP if skip else UnknownUnits.REFUSE


def build(project: Project, request: Request, progress: Progress) -> Account:
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
    skips = request.unknown_units is UnknownUnits.SKIP
    parameters = parameters_of(request.registries, request.years, request.renderer, skip_unknown_units=skips)
    with full_disk_told(project.root), one_run(project, request.wait):
        memo = open_memo(project, use_cache=request.cached)
        account = unchanged(project, parameters, memo)
        if account is None:
            account = _run(project, request, progress, memo)
            remember(project, parameters, account, memo)
        else:
            progress.say(UNCHANGED)
        return account


def build_draft(project: Project, request: Request, progress: Progress) -> Account:
    """The same run with deliveries that nobody has approved yet, into a place of its own."""
    with full_disk_told(project.root), one_run(project, request.wait):
        draft = prepare_draft(project)
        memo = open_memo(draft, use_cache=request.cached)
        account = _run(draft, replace(request, which=Which.ALL), progress, memo)
        memo.close()
        return account


def _run(project: Project, request: Request, progress: Progress, memo: Memo) -> Account:
    account = Account(site=project.site)
    choice = choose_renderer(request.renderer)
    progress.say(choice.reason)

    # read: the project's own files; a fault in a descriptor is that registry's alone
    inputs = read_inputs(project, request)
    states = open_standing(project, is_current=lambda: is_built(project))

    # gate: deliveries become published cells; a registry that is refused keeps what it has published before
    gated, waiting = gate_registries(project, inputs, states, memo, request.workers)
    account.warnings += [*waiting, *(warning for registry in gated.values() for warning in registry.warnings)]

    # execute: a notebook for each page; one page that fails keeps its registry as it was
    execute_pages(gated, Execution(project, request, progress, memo), states, account)
    give_back()

    # assemble: render and audit the site of all registries, without what fails, and switch it in
    parts = Parts(project, memo, request.workers)
    account.warnings += assemble(lambda: render_site(project, choice.renderer, parts), states)

    # keep: what was released is what a registry can go back to; a draft is nothing to go back to
    known = {*inputs.registries, *inputs.faults}
    memo.retain(known)
    if project.made is None:
        states.keep(gated, known)
    made_well = [entry for entry in account.entries if entry.name.split()[0] not in states.failures]
    account.entries = sorted([*made_well, *states.entries()], key=lambda entry: entry.name)
    return account


def render_site(project: Project, renderer: Renderer, parts: Parts) -> list[Fault]:
    """Assemble the site from every registry's accepted pages, render it and audit it; remarks on what was met."""
    parts.forget()
    site = parts.site(lambda registries: history(registries, project))
    remarks = site.slugs.remarks(project.relative(project.slugs))
    remarks += parts.stage(site)
    parts.forget()
    del site  # a nation's cells are large, and what follows reads none of them
    give_back()
    renderer.render(project.staged, project.site, lambda made: remarks.extend(release_site(made, project)))
    return remarks


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
