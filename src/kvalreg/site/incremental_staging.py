"""The staged site, one registry at a time: a registry is staged again only when its inputs have changed.

Owns ``_build/newest/``. Input: published cells and last good pages, as files. Output: the whole staged project, byte
for byte what `generate_site` makes of all cells at once. Three stages, of which `Memo` runs only what is due:

1. *outline*, for each registry: its latest cells are stored, with the names of its pages and whom they link to.
2. *part*, for each registry: its own pages and files, generated from its cells and pages and from little else
   (`SharedDependencies`), and its fragment of each unit's page. A registry that has not changed is neither read nor
   written: its files lie in the staged folder as they were written.
3. *shared*, always: what tells of all registries, generated from their latest cells and their fragments.

Worked example: one hospital's number in registry B is corrected. B is outlined and staged again, and A is left alone.
The shared pages are generated, with placeholders for fragments; the pages of the hospital and of the units above it
have a placeholder with a new digest, so these alone are filled and written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

from kvalreg.clock import today
from kvalreg.diagnostic_codes import DiagnosticCode
from kvalreg.disclosure.ledger import published_files
from kvalreg.disclosure.published import PublishedResults, load_published, save_published
from kvalreg.errors import Diagnostic, RegistriesError, SiteError
from kvalreg.execution.diagnose import diagnose
from kvalreg.execution.parallel import SERIAL_LIMIT, run_each
from kvalreg.execution.worker_pool import WorkerPool
from kvalreg.inputs.rounds import deadlines
from kvalreg.inputs.site_descriptor import SiteDescriptor, read_site_descriptor
from kvalreg.inputs.slugs import Slugs, read_slugs
from kvalreg.project import Project
from kvalreg.revision import EditionHistory
from kvalreg.site.feed import crawler_files, feed_pages
from kvalreg.site.fragment_store import FragmentStore, PlaceholderFiller, placeholder_key
from kvalreg.site.generators import (
    REGISTRY_GENERATORS,
    SHARED_GENERATORS,
    UNIT_GENERATORS,
    PageGenerator,
    generate_site,
)
from kvalreg.site.internal_links import Elsewhere, LinkTargets, dead_elsewhere, link_targets, linked_registries
from kvalreg.site.latest_results import LatestSummary, latest_cells
from kvalreg.site.modified_dates import without_date
from kvalreg.site.quarto_yml import site_title
from kvalreg.site.site_model import PublishedRegistry, Site
from kvalreg.site.staging import StagedFile, file_stamp, page_sources, stage, stage_files
from kvalreg.site.unit_fragments import unit_fragments
from kvalreg.storage.last_good import LastGoodPage, load_last_good_pages
from kvalreg.storage.memo import Memo
from kvalreg.storage.permissions import remove
from kvalreg.urls import registry_page, year_page

OUTLINE, PART, SHARED = "outlines", "parts", "shared"
"""The stages whose results are stored, and the entry for what all registries share."""


@dataclass(frozen=True)
class SharedDependencies:
    """All that a registry's own pages depend on in the rest of the site: part of the key of its stage.

    Parameters
    ----------
    number
        Its position among the registries, from 1.
    elsewhere
        Of the registries that its pages link to; see `Site.elsewhere`.
    """

    slugs: Slugs
    descriptor: SiteDescriptor
    title: str
    number: int
    elsewhere: Elsewhere = field(default_factory=dict)

    def __str__(self) -> str:
        """The same text for the same content: sets of link targets have no order of their own."""
        elsewhere = {
            name: sorted((page, sorted(anchors)) for page, anchors in targets.items())
            for name, targets in sorted(self.elsewhere.items())
        }
        return repr((replace(self, elsewhere={}), elsewhere))


class IncrementalStager:
    """Stages one build's registries.

    Parameters
    ----------
    workers
        How many processes may run in parallel.
    """

    def __init__(self, project: Project, memo: Memo, workers: int) -> None:
        self._project, self._memo, self._workers = project, memo, workers
        self._published: dict[str, PublishedResults] = {}
        self._outlines: dict[str, tuple[str, dict[str, Any]]] = {}

    # --- the site in outline -----------------------------------------------------------------------------------------
    def load_site(self, load_history: Callable[[list[str]], EditionHistory]) -> Site:
        """The site as its shared pages need it: latest cells, and the pages' names without their content.

        Parameters
        ----------
        load_history
            Reads the editions that have been published of these registries, by their ids.
        """
        project = self._project
        registry_ids = [path.stem for path in published_files(project)]
        self._outline(registry_ids)
        for path in project.latest_results.glob("*"):
            if path.stem not in registry_ids:
                remove(path)
        # a registry without a page has published cells, but nothing for readers: it is left out, and has no number
        loaded = (self._load_registry(registry_id) for registry_id in registry_ids)
        numbered = enumerate((registry for registry in loaded if registry.pages), start=1)
        published_registries = tuple(replace(registry, number=number) for number, registry in numbered)
        slugs = read_slugs(project.slugs, project.display_path(project.slugs))
        history = load_history([registry.published.registry.id for registry in published_registries])
        descriptor, title = read_site_descriptor(project), site_title(project.quarto_yml)
        return Site(published_registries, slugs, descriptor, title, history)

    def _load_registry(self, registry_id: str) -> PublishedRegistry:
        if registry_id not in self._published:
            self._published[registry_id] = load_published(registry_id, self._project.latest_results)
        pages = self._outlines[registry_id][1]["pages"]
        return PublishedRegistry(
            self._published[registry_id], tuple(LastGoodPage.model_validate(page) for page in pages)
        )

    def _outline(self, registries: list[str]) -> None:
        """Store every registry's latest cells, and read the names of its pages."""
        project = self._project
        sources = {name: [project.published / f"{name}.parquet", project.last_good_pages / name] for name in registries}
        keys = {name: self._memo.key(paths) for name, paths in sources.items()}
        for name, outline in self._run_stage(OUTLINE, keys, outline_registry, {name: (project, name) for name in keys}):
            self._outlines[name] = (keys[name], outline)

    # --- each registry's own -----------------------------------------------------------------------------------------
    def stage(self, site: Site) -> list[Diagnostic]:
        """Stage the whole site; only what has changed is generated, and only what differs is written.

        Returns
        -------
        list[Diagnostic]
            Remarks on links between registries that have become plain text, since the page they lead to is missing.
        """
        # every registry's own pages and files, where an input has changed
        dependencies = self._dependencies(site)
        keys = {registry_id: self._registry_key(registry_id, shared) for registry_id, shared in dependencies.items()}
        arguments = {registry_id: (self._project, registry_id, shared) for registry_id, shared in dependencies.items()}
        records = dict(self._run_stage(PART, keys, stage_registry, arguments))

        # what all registries share, from what each registry's stage has stored for it
        published_registries = tuple(
            replace(
                registry,
                fragments=FragmentStore(_fragment_file(self._project, registry_id)),
                headlines=records[registry_id]["headlines"],
                summary=LatestSummary(**records[registry_id]["summary"]),
            )
            for registry, registry_id in zip(site.registries, dependencies, strict=True)
        )
        in_order = [records[registry_id] for registry_id in dependencies]  # the order of registries, not of stages
        staged = [*in_order, *self._stage_shared(replace(site, registries=published_registries))]

        # the sitemap, the renderer's project file, and an end to files that no longer belong to the site
        days = {address: day for record in staged for address, day in record["days"].items()}
        modified_by_address = {address: date.fromisoformat(day) if day else None for address, day in days.items()}
        addresses = [address for record in staged for address in record["files"]]
        stage(self._project, (), crawler_files(site, modified_by_address), site.descriptor, addresses)
        return [
            _unlinked_diagnostic(page, other)
            for record in in_order
            for page, registry_ids in record["unlinked"].items()
            for other in registry_ids
        ]

    def _dependencies(self, site: Site) -> dict[str, SharedDependencies]:
        """What each registry's pages know of the rest of the site, by registry id."""
        elsewhere, dependencies = self._elsewhere(site), {}
        for registry in site.registries:
            registry_id = registry.published.registry.id
            linked_ids = self._outlines[registry_id][1]["linked"]
            linked = {name: targets for name, targets in elsewhere.items() if name in linked_ids}
            dependencies[registry_id] = SharedDependencies(
                site.slugs, site.descriptor, site.title, registry.number, linked
            )
        return dependencies

    def _elsewhere(self, site: Site) -> Elsewhere:
        """Registries that are left out, without any page, and those that are stale, with the pages they have."""
        project, on_site = self._project, {registry.published.registry.id: registry for registry in site.registries}
        omitted: dict[str, LinkTargets] = {
            path.name: {}
            for path in project.registries.iterdir()
            if project.has_registry(path.name) and path.name not in on_site
        }
        return omitted | {name: link_targets(registry) for name, registry in on_site.items() if registry.is_stale}

    def _stage_shared(self, site: Site) -> list[dict[str, Any]]:
        """Stage what all registries share; the units' pages, half of the work, in a process of their own."""
        store, use_cache = self._memo.store, self._memo.use_cache
        previous = store.read_json(SHARED) if use_cache else {}
        unit_call = (self._project, _with_one_cell_per_unit(site), UNIT_GENERATORS, previous)
        other_call = (self._project, site, SHARED_GENERATORS, previous)
        # a process takes longer to start than a few registries' pages to generate
        if len(site.registries) <= SERIAL_LIMIT or self._workers == 1:
            records = [_stage_generators(*unit_call), _stage_generators(*other_call)]
        else:
            with WorkerPool(1) as worker:
                future = worker.submit(_stage_generators, *unit_call)
                records = [_stage_generators(*other_call), future.result()]
        store.write_json(SHARED, {address: entry for record in records for address, entry in record["filled"].items()})
        return records

    def clear(self) -> None:
        """Drop what was read, to free its memory; `load_site` reads it again."""
        self._published.clear()
        self._outlines.clear()

    def _registry_key(self, registry_id: str, dependencies: SharedDependencies) -> str:
        day = today()
        final, _ = deadlines(day)
        # pages say whether last year's results are overdue: of today's date they depend on that alone
        return self._memo.key([], self._outlines[registry_id][0], str(dependencies), final.year, final.status((), day))

    def _run_stage(
        self,
        stage_name: str,
        keys: Mapping[str, str],
        function: Callable[..., tuple[dict[str, Any], list[Path]]],
        arguments: Mapping[str, tuple[Any, ...]],
    ) -> Iterator[tuple[str, dict[str, Any]]]:
        """A stage's result for each registry: stored, or computed now; RegistriesError at the end if any failed."""
        due, failed = {}, dict[str, tuple[Diagnostic, ...]]()
        for name, key in keys.items():
            stored = self._memo.get(stage_name, name, key)
            if stored is None:
                due[name] = arguments[name]
            else:
                yield name, stored
        for name, result in run_each(function, due, self._workers):
            try:
                value, files = result()
            except Exception as error:  # noqa: BLE001  # one registry's failure stops no other's work
                failed[name] = diagnose(error, name, self._project)
            else:
                self._memo.put(stage_name, name, keys[name], value, files)
                yield name, value
        if failed:
            raise RegistriesError(failed)


def outline_registry(project: Project, registry: str) -> tuple[dict[str, Any], list[Path]]:
    """Store a registry's latest cells; its pages' names and the registries they link to, and the file written."""
    published = load_published(registry, project.published)
    pages = load_last_good_pages(registry, project.last_good_pages)
    # every page leads up to the registry's own: without that one, none of its pages can be on the site
    if pages and not any(page.address == registry_page(registry) for page in pages):
        message = "The registry's own page is damaged or missing."
        raise SiteError(
            [Diagnostic(message, "Build it again.", registry_page(registry), code=DiagnosticCode.PAGE_INCOMPLETE)]
        )
    years = {page.year for page in feed_pages(published, pages)}
    file = save_published(latest_cells(published, years), project.latest_results)
    value = {
        # the pages' text is left out: the shared pages need their addresses, titles and dates alone
        "pages": [page.model_dump(mode="json") | {"markdown": ""} for page in pages],
        "linked": sorted({other for page in pages for other in linked_registries(page)}),
    }
    return value, [file]


def stage_registry(
    project: Project, registry_id: str, dependencies: SharedDependencies
) -> tuple[dict[str, Any], list[Path]]:
    """Stage a registry's own pages and files; what the shared pages need to know of it, and the files written."""
    published = load_published(registry_id, project.published)
    pages = tuple(load_last_good_pages(registry_id, project.last_good_pages))
    registry = PublishedRegistry(published, pages, dependencies.number)
    elsewhere = dependencies.elsewhere
    site = Site((registry,), dependencies.slugs, dependencies.descriptor, dependencies.title, elsewhere=elsewhere)
    output = generate_site(site, REGISTRY_GENERATORS)
    sources = page_sources(output.pages, output.files, dependencies.descriptor)
    fragment_file = _fragment_file(project, registry_id)
    FragmentStore.save(unit_fragments(registry), fragment_file)
    # the shared pages quote the headlines of the years in the feed, and of the latest one
    rounds = {(page.year, page.round) for page in feed_pages(published, pages)} | {registry.latest.latest_round}
    unlinked = {page.address: dead_elsewhere(page, elsewhere) for page in pages}  # registries by page
    value = {
        "summary": asdict(LatestSummary.from_results(registry.latest)),
        "headlines": {year_page(registry_id, *round_): registry.headline(*round_) for round_ in sorted(rounds)},
        "unlinked": {page: registry_ids for page, registry_ids in unlinked.items() if registry_ids},
        **_staged_record(stage_files(project, sources)),
    }
    return value, [fragment_file, *(project.staging / address for address in value["files"])]


def _stage_generators(
    project: Project, site: Site, generators: Sequence[PageGenerator], previous: Mapping[str, Any]
) -> dict[str, Any]:
    """Stage some of what all registries share; which files there are, and the keys of those with placeholders.

    A file whose key and stamp are the previous ones is left alone: neither it nor its fragments' texts are read.
    """
    output = generate_site(site, generators)
    files = page_sources(output.pages, output.files, site.descriptor)
    # The day of the inputs is not part of the key: a page keeps its own day while nothing else on it changes.
    keys = {address: key for address, file in files.items() if (key := placeholder_key(without_date(file)))}
    staged = stage_files(project, {address: file for address, file in files.items() if address not in keys})
    with PlaceholderFiller(
        published_registry.fragments
        for published_registry in site.registries
        if isinstance(published_registry.fragments, FragmentStore)
    ) as filler:
        for address, key in keys.items():
            *cached, day = previous.get(address, [""])
            current_stamp = file_stamp(project.staging / address)
            if cached == [key, *current_stamp]:
                staged[address] = StagedFile(current_stamp, date.fromisoformat(day) if day else None)
            else:
                staged |= stage_files(project, {address: filler.fill(files[address])})
    record = _staged_record(staged)
    filled = {address: [key, *staged[address].stamp, record["days"].get(address, "")] for address, key in keys.items()}
    return {"filled": filled, **record}


def _unlinked_diagnostic(page: str, other: str) -> Diagnostic:
    message = f"A link to a page of {other} that is not there is plain text."
    hint = f"Nothing is wrong here: {other} is left out, or shown as it was before."
    return Diagnostic(message, hint, page, code=DiagnosticCode.BROKEN_LINK)


def _with_one_cell_per_unit(site: Site) -> Site:
    """The site with as few cells as units' pages need when fragments are stored: all cells would take long to send."""
    return replace(
        site,
        registries=tuple(
            replace(
                published_registry,
                published=replace(
                    published_registry.published, cells=published_registry.published.cells.drop_duplicates("orgnr")
                ),
            )
            for published_registry in site.registries
        ),
    )


def _staged_record(staged: Mapping[str, StagedFile]) -> dict[str, Any]:
    """Which files were staged, and when each page was last modified, as JSON."""
    pages = {address: file.modified for address, file in staged.items() if address.endswith(".qmd")}
    return {"files": [*staged], "days": {address: day.isoformat() if day else "" for address, day in pages.items()}}


def _fragment_file(project: Project, registry_id: str) -> Path:
    return project.latest_results / f"{registry_id}.shares"
