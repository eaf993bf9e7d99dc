"""Each registry's part of the staged site, made anew only when what it is made of has changed.

Owns ``_build/newest/``. Comes in: published cells and accepted pages, as files. Goes out: the whole staged project. A
registry's own pages and files are made of its cells and pages, and of little else, `Around`; what all registries share
is made of every registry's newest cells, and of what its part tells of each unit. So a registry that has not changed
is neither read nor written: its files lie in the staged folder as they were put there.
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
"""The stages whose results are kept, and the entry for what all registries share."""


@dataclass(frozen=True)
class SharedDependencies:
    """What a registry's own pages know of the rest of the site.

    Parameters
    ----------
    elsewhere
        Of the registries that its pages link to; see `Site.elsewhere`.
    """

    slugs: Slugs
    descriptor: SiteDescriptor
    title: str
    number: int
    elsewhere: Elsewhere = field(default_factory=dict)

    def __str__(self) -> str:
        """The same text for the same content, in any order of sections."""
        elsewhere = {
            name: sorted((page, sorted(parts)) for page, parts in told.items())
            for name, told in sorted(self.elsewhere.items())
        }
        return repr((replace(self, elsewhere={}), elsewhere))


class IncrementalStager:
    """One build's registries, as parts of the site.

    Parameters
    ----------
    workers
        How many processes may work side by side.
    """

    def __init__(self, project: Project, memo: Memo, workers: int) -> None:
        self._project, self._memo, self._workers = project, memo, workers
        self._published: dict[str, PublishedResults] = {}
        self._outlines: dict[str, tuple[str, dict[str, Any]]] = {}

    # --- what all registries share -----------------------------------------------------------------------------------
    def load_site(self, load_history: Callable[[list[str]], EditionHistory]) -> Site:
        """The site as its shared pages need it: newest cells, and the pages' names without what is on them.

        Parameters
        ----------
        seen
            What readers have seen of these registries, by their ids.
        """
        project = self._project
        registry_ids = [path.stem for path in published_files(project)]
        self._outline(registry_ids)
        published_registries = [
            published_registry
            for registry_id in registry_ids
            if (published_registry := self._load_registry(registry_id)).pages
        ]
        for path in project.latest_results.glob("*"):
            if path.stem not in registry_ids:
                remove(path)
        numbered = tuple(
            replace(published_registry, number=number)
            for number, published_registry in enumerate(published_registries, start=1)
        )
        slugs = read_slugs(project.slugs, project.display_path(project.slugs))
        ids = [published_registry.published.registry.id for published_registry in numbered]
        return Site(numbered, slugs, read_site_descriptor(project), site_title(project.quarto_yml), load_history(ids))

    def _load_registry(self, registry_id: str) -> PublishedRegistry:
        if registry_id not in self._published:
            self._published[registry_id] = load_published(registry_id, self._project.latest_results)
        pages = self._outlines[registry_id][1]["pages"]
        return PublishedRegistry(
            self._published[registry_id], tuple(LastGoodPage.model_validate(page) for page in pages)
        )

    def _outline(self, registries: list[str]) -> None:
        """See that every registry's newest cells and its pages' names are kept."""
        project = self._project
        sources = {name: [project.published / f"{name}.parquet", project.last_good_pages / name] for name in registries}
        keys = {name: self._memo.key(paths) for name, paths in sources.items()}
        for name, outline in self._run_stage(OUTLINE, keys, outline_registry, {name: (project, name) for name in keys}):
            self._outlines[name] = (keys[name], outline)

    # --- each registry's own -----------------------------------------------------------------------------------------
    def stage(self, site: Site) -> list[Diagnostic]:
        """Stage the whole site; only what has changed is made, and only what differs is written.

        Returns
        -------
        Remarks on links between registries that are plain text, as the page they would lead to is not there.
        """
        elsewhere, dependencies = self._elsewhere(site), {}
        for published_registry in site.registries:
            linked = set(self._outlines[published_registry.published.registry.id][1]["linked"])
            others = {name: shared for name, shared in elsewhere.items() if name in linked}
            dependencies[published_registry.published.registry.id] = SharedDependencies(
                site.slugs, site.descriptor, site.title, published_registry.number, others
            )
        keys = {registry_id: self._registry_key(registry_id, known) for registry_id, known in dependencies.items()}
        calls = {registry_id: (self._project, registry_id, known) for registry_id, known in dependencies.items()}
        records = dict(self._run_stage(PART, keys, stage_registry, calls))
        published_registries = tuple(
            replace(
                published_registry,
                fragments=FragmentStore(_fragment_file(self._project, registry_id)),
                headlines=records[registry_id]["headlines"],
                summary=LatestSummary(**records[registry_id]["summary"]),
            )
            for published_registry, registry_id in zip(site.registries, dependencies, strict=True)
        )
        staged_addresses = [
            *(records[registry_id] for registry_id in dependencies),
            *self._stage_shared(replace(site, registries=published_registries)),
        ]
        changed = {address: day for record in staged_addresses for address, day in record["days"].items()}
        modified_by_address = {address: date.fromisoformat(day) if day else None for address, day in changed.items()}
        addresses = [address for record in staged_addresses for address in record["files"]]
        stage(self._project, (), crawler_files(site, modified_by_address), site.descriptor, addresses)
        return [
            _unlinked_diagnostic(page, other)
            for registry_id in dependencies
            for page, others in records[registry_id]["unlinked"].items()
            for other in others
        ]

    def _elsewhere(self, site: Site) -> Elsewhere:
        """Registries that are left out, and those that are shown as they were before with the pages they have."""
        project = self._project
        left_out: dict[str, LinkTargets] = {
            path.name: {} for path in project.registries.iterdir() if project.has_registry(path.name)
        }
        shown = {one.published.registry.id: one for one in site.registries}
        delayed = {registry: link_targets(one) for registry, one in shown.items() if one.is_stale}
        return {registry: pages for registry, pages in left_out.items() if registry not in shown} | delayed

    def _stage_shared(self, site: Site) -> list[dict[str, Any]]:
        """Stage what all registries share; the units' pages are made beside all else, as they are half of it."""
        store, use_cache = self._memo.store, self._memo.use_cache
        previous = store.read_json(SHARED) if use_cache else {}
        unit_call = (self._project, _with_one_cell_per_unit(site), UNIT_GENERATORS, previous)
        other_call = (self._project, site, SHARED_GENERATORS, previous)
        if len(site.registries) <= SERIAL_LIMIT or self._workers == 1:
            records = [_stage_generators(*unit_call), _stage_generators(*other_call)]
        else:
            with WorkerPool(1) as worker:
                future = worker.submit(_stage_generators, *unit_call)
                records = [_stage_generators(*other_call), future.result()]
        store.write_json(SHARED, {address: entry for record in records for address, entry in record["filled"].items()})
        return records

    def clear(self) -> None:
        """Let go of what was read; it is read again when it is asked for."""
        self._published.clear()
        self._outlines.clear()

    def _registry_key(self, registry_id: str, dependencies: SharedDependencies) -> str:
        day = today()
        final, _ = deadlines(day)
        return self._memo.key([], self._outlines[registry_id][0], str(dependencies), final.year, final.status((), day))

    def _run_stage(
        self,
        stage_name: str,
        keys: Mapping[str, str],
        function: Callable[..., tuple[dict[str, Any], list[Path]]],
        arguments: Mapping[str, tuple[Any, ...]],
    ) -> Iterator[tuple[str, dict[str, Any]]]:
        """What a stage makes of each registry; RegistriesError, after all the others, where one fails."""
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
            except Exception as error:  # one registry's failure stops no other's work
                failed[name] = diagnose(error, name, self._project)
            else:
                self._memo.put(stage_name, name, keys[name], value, files)
                yield name, value
        if failed:
            raise RegistriesError(failed)


def outline_registry(project: Project, registry: str) -> tuple[dict[str, Any], list[Path]]:
    """Keep a registry's newest cells, and tell which pages it has; also the files written."""
    published = load_published(registry, project.published)
    pages = load_last_good_pages(registry, project.last_good_pages)
    if pages and not any(page.address == registry_page(registry) for page in pages):
        what = "The registry's own page is damaged or missing."
        raise SiteError(
            [Diagnostic(what, "Build it again.", registry_page(registry), code=DiagnosticCode.PAGE_INCOMPLETE)]
        )
    years = {page.year for page in feed_pages(published, pages)}
    file = save_published(latest_cells(published, years), project.latest_results)
    value = {
        "pages": [page.model_dump(mode="json") | {"markdown": ""} for page in pages],
        "linked": sorted({other for page in pages for other in linked_registries(page)}),
    }
    return value, [file]


def stage_registry(project: Project, registry: str, around: SharedDependencies) -> tuple[dict[str, Any], list[Path]]:
    """Stage a registry's own pages and files, and tell which there are and what they tell of each unit."""
    published = load_published(registry, project.published)
    shown = PublishedRegistry(published, tuple(load_last_good_pages(registry, project.last_good_pages)), around.number)
    site = Site((shown,), around.slugs, around.descriptor, around.title, elsewhere=around.elsewhere)
    unlinked = {page.address: dead_elsewhere(page, around.elsewhere) for page in shown.pages}
    content = generate_site(site, REGISTRY_GENERATORS)
    shares = _fragment_file(project, registry)
    FragmentStore.save(unit_fragments(shown), shares)
    told = {(page.year, page.round) for page in feed_pages(published, shown.pages)} | {shown.latest.latest_round}
    value = {
        "summary": asdict(LatestSummary.from_results(shown.latest)),
        "headlines": {year_page(registry, *year): shown.headline(*year) for year in sorted(told)},
        "unlinked": {page: others for page, others in unlinked.items() if others},
        **_addresses(stage_files(project, page_sources(content.pages, content.files, around.descriptor))),
    }
    return value, [shares, *(project.staging / address for address in value["files"])]


def _stage_generators(
    project: Project, site: Site, generators: Sequence[PageGenerator], previous: Mapping[str, Any]
) -> dict[str, Any]:
    """Stage some of what all registries share, and tell which files there are, and what those were filled with.

    A file that is as it was filled before is left alone: neither it nor what it was filled with is read.
    """
    output = generate_site(site, generators)
    files = page_sources(output.pages, output.files, site.descriptor)
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
    told = _addresses(staged)
    filled_files = {
        address: [key, *staged[address].stamp, told["days"].get(address, "")] for address, key in keys.items()
    }
    return {"filled": filled_files, **told}


def _unlinked_diagnostic(page: str, other: str) -> Diagnostic:
    message = f"A link to a page of {other} that is not there is plain text."
    hint = f"Nothing is wrong here: {other} is left out, or shown as it was before."
    return Diagnostic(message, hint, page, code=DiagnosticCode.BROKEN_LINK)


def _with_one_cell_per_unit(site: Site) -> Site:
    """The site with as many cells as the units' pages need to be made of kept shares: a nation's take long to send."""
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


def _addresses(staged: Mapping[str, StagedFile]) -> dict[str, Any]:
    """Which files were staged, and the days of pages."""
    pages = {address: one.modified for address, one in staged.items() if address.endswith(".qmd")}
    return {"files": [*staged], "days": {address: day.isoformat() if day else "" for address, day in pages.items()}}


def _fragment_file(project: Project, registry_id: str) -> Path:
    return project.latest_results / f"{registry_id}.shares"
