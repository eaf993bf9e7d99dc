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

from kvalreg.batch.accepted import AcceptedPage, accepted_pages
from kvalreg.batch.diagnosis import diagnose
from kvalreg.batch.parallel import FEW, run_each
from kvalreg.batch.workers import Workers
from kvalreg.clock import today
from kvalreg.disclosure.ledger import published_files
from kvalreg.disclosure.published import Published, load_published, save_published
from kvalreg.errors import Fault, RegistriesError, SiteError
from kvalreg.inputs.rounds import deadlines
from kvalreg.inputs.site_descriptor import SiteDescriptor, read_site_descriptor
from kvalreg.inputs.slugs import Slugs, read_slugs
from kvalreg.kinds import Kind
from kvalreg.private_files import remove
from kvalreg.project import Project
from kvalreg.report.addresses import registry_page, year_page
from kvalreg.report.revision import History
from kvalreg.site.content import Shown, Site
from kvalreg.site.feed import lists_of_pages, told_of
from kvalreg.site.kept_shares import KeptShares, KeptTexts, key_of
from kvalreg.site.newest import Summary, newest_cells
from kvalreg.site.own_links import Elsewhere, Sections, dead_elsewhere, linked_registries, sections
from kvalreg.site.page_days import without_day
from kvalreg.site.pages import REGISTRY_MAKERS, SHARED_MAKERS, UNIT_MAKERS, Maker, site_content
from kvalreg.site.quarto_yml import site_title
from kvalreg.site.staging import Staged, sources, stage, stage_part, stamp
from kvalreg.site.unit_shares import unit_shares
from kvalreg.storage.memo import Memo

OUTLINE, PART, SHARED = "outlines", "parts", "shared"
"""The stages whose results are kept, and the entry for what all registries share."""


@dataclass(frozen=True)
class Around:
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


class Parts:
    """One build's registries, as parts of the site.

    Parameters
    ----------
    workers
        How many processes may work side by side.
    """

    def __init__(self, project: Project, memo: Memo, workers: int) -> None:
        self._project, self._memo, self._workers = project, memo, workers
        self._published: dict[str, Published] = {}
        self._outlines: dict[str, tuple[str, dict[str, Any]]] = {}

    # --- what all registries share -----------------------------------------------------------------------------------
    def site(self, seen: Callable[[list[str]], History]) -> Site:
        """The site as its shared pages need it: newest cells, and the pages' names without what is on them.

        Parameters
        ----------
        seen
            What readers have seen of these registries, by their ids.
        """
        project = self._project
        found = [path.stem for path in published_files(project)]
        self._outline(found)
        shown = [one for registry in found if (one := self._shown(registry)).pages]
        for path in project.newest.glob("*"):
            if path.stem not in found:
                remove(path)
        numbered = tuple(replace(one, number=number) for number, one in enumerate(shown, start=1))
        slugs = read_slugs(project.slugs, project.relative(project.slugs))
        ids = [one.published.registry.id for one in numbered]
        return Site(numbered, slugs, read_site_descriptor(project), site_title(project.quarto_yml), seen(ids))

    def _shown(self, registry: str) -> Shown:
        if registry not in self._published:
            self._published[registry] = load_published(registry, self._project.newest)
        pages = self._outlines[registry][1]["pages"]
        return Shown(self._published[registry], tuple(AcceptedPage.model_validate(page) for page in pages))

    def _outline(self, registries: list[str]) -> None:
        """See that every registry's newest cells and its pages' names are kept."""
        project = self._project
        sources = {name: [project.published / f"{name}.parquet", project.accepted / name] for name in registries}
        keys = {name: self._memo.key(paths) for name, paths in sources.items()}
        for name, outline in self._made(OUTLINE, keys, outline_registry, {name: (project, name) for name in keys}):
            self._outlines[name] = (keys[name], outline)

    # --- each registry's own -----------------------------------------------------------------------------------------
    def stage(self, site: Site) -> list[Fault]:
        """Stage the whole site; only what has changed is made, and only what differs is written.

        Returns
        -------
        Remarks on links between registries that are plain text, as the page they would lead to is not there.
        """
        elsewhere, around = self._elsewhere(site), {}
        for one in site.shown:
            linked = set(self._outlines[one.published.registry.id][1]["linked"])
            others = {name: told for name, told in elsewhere.items() if name in linked}
            around[one.published.registry.id] = Around(site.slugs, site.descriptor, site.title, one.number, others)
        keys = {registry: self._part_key(registry, known) for registry, known in around.items()}
        calls = {registry: (self._project, registry, known) for registry, known in around.items()}
        parts = dict(self._made(PART, keys, stage_registry, calls))
        shown = tuple(
            replace(
                one,
                shares=KeptShares(_shares_file(self._project, registry)),
                headlines=parts[registry]["headlines"],
                summary=Summary(**parts[registry]["summary"]),
            )
            for one, registry in zip(site.shown, around, strict=True)
        )
        staged = [*(parts[registry] for registry in around), *self._shared_by_all(replace(site, shown=shown))]
        changed = {address: day for part in staged for address, day in part["days"].items()}
        days = {address: date.fromisoformat(day) if day else None for address, day in changed.items()}
        addresses = [address for part in staged for address in part["files"]]
        stage(self._project, (), lists_of_pages(site, days), site.descriptor, addresses)
        return [
            _unlinked(page, other)
            for registry in around
            for page, others in parts[registry]["unlinked"].items()
            for other in others
        ]

    def _elsewhere(self, site: Site) -> Elsewhere:
        """Registries that are left out, and those that are shown as they were before with the pages they have."""
        project = self._project
        left_out: dict[str, Sections] = {
            path.name: {} for path in project.registries.iterdir() if project.has_registry(path.name)
        }
        shown = {one.published.registry.id: one for one in site.shown}
        delayed = {registry: sections(one) for registry, one in shown.items() if one.is_delayed}
        return {registry: told for registry, told in left_out.items() if registry not in shown} | delayed

    def _shared_by_all(self, site: Site) -> list[dict[str, Any]]:
        """Stage what all registries share; the units' pages are made beside all else, as they are half of it."""
        store, use_cache = self._memo.store, self._memo.use_cache
        before = store.read_json(SHARED) if use_cache else {}
        units = (self._project, _with_a_cell_of_each_unit(site), UNIT_MAKERS, before)
        others = (self._project, site, SHARED_MAKERS, before)
        if len(site.shown) <= FEW or self._workers == 1:
            parts = [_shared(*units), _shared(*others)]
        else:
            with Workers(1) as worker:
                made = worker.submit(_shared, *units)
                parts = [_shared(*others), made.result()]
        store.write_json(SHARED, {address: known for part in parts for address, known in part["filled"].items()})
        return parts

    def forget(self) -> None:
        """Let go of what was read; it is read again when it is asked for."""
        self._published.clear()
        self._outlines.clear()

    def _part_key(self, registry: str, around: Around) -> str:
        day = today()
        final, _ = deadlines(day)
        return self._memo.key([], self._outlines[registry][0], str(around), final.year, final.standing((), day))

    def _made(
        self,
        stage_name: str,
        keys: Mapping[str, str],
        function: Callable[..., tuple[dict[str, Any], list[Path]]],
        arguments: Mapping[str, tuple[Any, ...]],
    ) -> Iterator[tuple[str, dict[str, Any]]]:
        """What a stage makes of each registry; RegistriesError, after all the others, where one fails."""
        due, failed = {}, dict[str, tuple[Fault, ...]]()
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
    pages = accepted_pages(registry, project.accepted)
    if pages and not any(page.address == registry_page(registry) for page in pages):
        what = "The registry's own page is damaged or missing."
        raise SiteError([Fault(what, "Build it again.", registry_page(registry), kind=Kind.PAGE_INCOMPLETE)])
    years = {page.year for page in told_of(published, pages)}
    file = save_published(newest_cells(published, years), project.newest)
    value = {
        "pages": [page.model_dump(mode="json") | {"markdown": ""} for page in pages],
        "linked": sorted({other for page in pages for other in linked_registries(page)}),
    }
    return value, [file]


def stage_registry(project: Project, registry: str, around: Around) -> tuple[dict[str, Any], list[Path]]:
    """Stage a registry's own pages and files, and tell which there are and what they tell of each unit."""
    published = load_published(registry, project.published)
    shown = Shown(published, tuple(accepted_pages(registry, project.accepted)), around.number)
    site = Site((shown,), around.slugs, around.descriptor, around.title, elsewhere=around.elsewhere)
    unlinked = {page.address: dead_elsewhere(page, around.elsewhere) for page in shown.pages}
    content = site_content(site, REGISTRY_MAKERS)
    shares = _shares_file(project, registry)
    KeptShares.keep(unit_shares(shown), shares)
    told = {(page.year, page.round) for page in told_of(published, shown.pages)} | {shown.newest.round}
    value = {
        "summary": asdict(Summary.of(shown.newest)),
        "headlines": {year_page(registry, *year): shown.headline(*year) for year in sorted(told)},
        "unlinked": {page: others for page, others in unlinked.items() if others},
        **_addresses(stage_part(project, sources(content.pages, content.files, around.descriptor))),
    }
    return value, [shares, *(project.staged / address for address in value["files"])]


def _shared(project: Project, site: Site, makers: Sequence[Maker], before: Mapping[str, Any]) -> dict[str, Any]:
    """Stage some of what all registries share, and tell which files there are, and what those were filled with.

    A file that is as it was filled before is left alone: neither it nor what it was filled with is read.
    """
    content = site_content(site, makers)
    files = sources(content.pages, content.files, site.descriptor)
    keys = {address: key for address, file in files.items() if (key := key_of(without_day(file)))}
    staged = stage_part(project, {address: file for address, file in files.items() if address not in keys})
    with KeptTexts(one.shares for one in site.shown if isinstance(one.shares, KeptShares)) as texts:
        for address, key in keys.items():
            *known, day = before.get(address, [""])
            now = stamp(project.staged / address)
            if known == [key, *now]:
                staged[address] = Staged(now, date.fromisoformat(day) if day else None)
            else:
                staged |= stage_part(project, {address: texts.filled(files[address])})
    told = _addresses(staged)
    filled = {address: [key, *staged[address].stamp, told["days"].get(address, "")] for address, key in keys.items()}
    return {"filled": filled, **told}


def _unlinked(page: str, other: str) -> Fault:
    what = f"A link to a page of {other} that is not there is plain text."
    todo = f"Nothing is wrong here: {other} is left out, or shown as it was before."
    return Fault(what, todo, page, kind=Kind.LINK_DEAD)


def _with_a_cell_of_each_unit(site: Site) -> Site:
    """The site with as many cells as the units' pages need to be made of kept shares: a nation's take long to send."""
    return replace(
        site,
        shown=tuple(
            replace(one, published=replace(one.published, cells=one.published.cells.drop_duplicates("orgnr")))
            for one in site.shown
        ),
    )


def _addresses(staged: Mapping[str, Staged]) -> dict[str, Any]:
    """Which files were staged, and the days of pages."""
    pages = {address: one.day for address, one in staged.items() if address.endswith(".qmd")}
    return {"files": [*staged], "days": {address: day.isoformat() if day else "" for address, day in pages.items()}}


def _shares_file(project: Project, registry: str) -> Path:
    return project.newest / f"{registry}.shares"
