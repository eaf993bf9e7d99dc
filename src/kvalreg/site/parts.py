"""Each registry's part of the staged site, made anew only when what it is made of has changed.

Owns ``_build/newest/``. Comes in: published cells and accepted pages, as files. Goes out: the whole staged project. A
registry's own pages and files are made of its cells and pages, and of little else, `Around`; what all registries share
is made of every registry's newest cells, and of what its part tells of each unit. So a registry that has not changed
is neither read nor written: its files lie in the staged folder as they were put there.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

from kvalreg.batch.accepted import AcceptedPage, accepted_heads, accepted_pages
from kvalreg.batch.cache import Cache
from kvalreg.batch.diagnosis import describing, diagnose
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

_FEW = 2
"""So many registries are worked on here; more, side by side in processes of their own."""


@dataclass(frozen=True)
class Around:
    """What a registry's own pages know of the rest of the site.

    Parameters
    ----------
    elsewhere
        See `Site.elsewhere`.
    """

    slugs: Slugs
    descriptor: SiteDescriptor
    title: str
    number: int
    elsewhere: Elsewhere = field(default_factory=dict)

    def told(self, linked: Collection[str]) -> str:
        """All of it, of other registries only those that a page links to: a registry that fails changes few others."""
        others = {name: sorted((page, sorted(parts)) for page, parts in self.elsewhere[name].items()) for name in
                  sorted(linked) if name in self.elsewhere}  # fmt: skip
        return repr((replace(self, elsewhere={}), others))


class Parts:
    """One build's registries, as parts of the site.

    Parameters
    ----------
    workers
        How many processes may work side by side.
    believed
        Whether what was kept before is used; what is made is kept in any case.
    """

    def __init__(self, project: Project, cache: Cache, workers: int, *, believed: bool) -> None:
        self._project, self._cache, self._workers, self._believed = project, cache, workers, believed
        self._read: dict[str, tuple[str, Published]] = {}
        self._entries: dict[tuple[str, str], dict[str, Any]] = {}

    # --- what all registries share -----------------------------------------------------------------------------------
    def newest(self, registry: str) -> Published | None:
        """A registry's newest cells, when they are kept and of its cells as they are; see `newest_cells`."""
        kept, cells = self._entry("outlines", registry), self._cells(registry)
        file = self._project.newest / f"{registry}.parquet"
        if not cells or kept.get("cells") != cells or kept.get("newest") != [*stamp(file)]:
            return None
        if self._read.get(registry, ("",))[0] != cells:
            self._read[registry] = (cells, load_published(registry, file.parent))
        return self._read[registry][1]

    def site(self, seen: Callable[[list[str]], History]) -> Site:
        """The site as its shared pages need it: newest cells, and the pages' names without what is on them.

        Parameters
        ----------
        seen
            What readers have seen of these registries, by their ids.
        """
        project = self._project
        found = {path.stem for path in published_files(project)}
        shown = [one for registry in self._outlined(sorted(found)) if (one := self._shown(registry)).pages]
        self._forget_others(found)
        numbered = tuple(replace(one, number=number) for number, one in enumerate(shown, start=1))
        slugs = read_slugs(project.slugs, project.relative(project.slugs))
        ids = [one.published.registry.id for one in numbered]
        return Site(numbered, slugs, read_site_descriptor(project), site_title(project.quarto_yml), seen(ids))

    def _forget_others(self, registries: set[str]) -> None:
        for path in self._project.newest.glob("*"):
            if path.stem not in registries:
                remove(path)

    def _shown(self, registry: str) -> Shown:
        published = self.newest(registry)
        if published is None:  # it was made a moment ago
            raise RuntimeError(f"{registry}: its newest cells have gone while the site was made.")
        pages = self._entry("outlines", registry)["pages"]
        return Shown(published, tuple(AcceptedPage.model_validate(page) for page in pages))

    def _outlined(self, registries: list[str]) -> list[str]:
        """See that every registry's newest cells and its pages' names are kept."""
        keys = {registry: self._outline_key(registry) for registry in registries}
        due = [
            registry
            for registry in registries
            if self._entry("outlines", registry).get("key") != keys[registry] or self.newest(registry) is None
        ]
        for registry, outline in self._each(due, _outline, [(self._project, registry) for registry in due]):
            self._keep("outlines", registry, {"key": keys[registry], "cells": self._cells(registry), **outline})
        return registries

    def _outline_key(self, registry: str) -> str:
        return self._cache.key([self._project.published / f"{registry}.parquet", self._project.accepted / registry])

    # --- each registry's own -----------------------------------------------------------------------------------------
    def stage(self, site: Site) -> None:
        """Stage the whole site; only what has changed is made, and only what differs is written."""
        elsewhere = self._elsewhere(site)
        around = {
            one.published.registry.id: Around(site.slugs, site.descriptor, site.title, one.number, elsewhere)
            for one in site.shown
        }
        due = [registry for registry, told in around.items() if not self._intact(registry, told)]
        made = self._each(due, _part, [(self._project, registry, around[registry]) for registry in due])
        for registry, part in made:
            key = self._part_key(registry, around[registry], part["linked"])
            self._keep("parts", registry, {"key": key, **part})
        parts = [self._entry("parts", registry) for registry in around]
        shown = tuple(
            replace(
                one,
                shares=KeptShares(self._shares(registry)),
                headlines=part["headlines"],
                summary=Summary(**part["summary"]),
            )
            for one, (registry, part) in zip(site.shown, zip(around, parts, strict=True), strict=True)
        )
        parts += self._shared_by_all(replace(site, shown=shown))
        days = {at: date.fromisoformat(day) if day else None for part in parts for at, day in part["days"].items()}
        staged = [address for part in parts for address in part["files"]]
        stage(self._project, (), lists_of_pages(site, days), site.descriptor, staged)

    def _elsewhere(self, site: Site) -> Elsewhere:
        """Registries that are left out, and those that are shown as they were before with the pages they have."""
        project = self._project
        left_out: dict[str, Sections] = {
            path.name: {} for path in project.registries.iterdir() if project.has_registry(path.name)
        }
        shown = {one.published.registry.id: one for one in site.shown}
        delayed = {registry: sections(one) for registry, one in shown.items() if one.is_delayed}
        return {registry: told for registry, told in left_out.items() if registry not in shown} | delayed

    def remarks(self, site: Site) -> list[Fault]:
        """What is plain text on a registry's page since another one's page, to which it would link, is not there."""
        found = []
        for one in site.shown:
            for page, others in self._entry("parts", one.published.registry.id)["unlinked"].items():
                for other in others:
                    what = f"A link to a page of {other} that is not there is plain text."
                    todo = f"Nothing is wrong here: {other} is left out, or shown as it was before."
                    found.append(Fault(what, todo, page, kind=Kind.LINK_DEAD))
        return found

    def _shared_by_all(self, site: Site) -> list[dict[str, Any]]:
        """Stage what all registries share; the units' pages are made beside all else, as they are half of it."""
        before = self._cache.entry("shared") if self._believed else {}
        units = (self._project, _with_a_cell_of_each_unit(site), UNIT_MAKERS, before)
        others = (self._project, site, SHARED_MAKERS, before)
        if len(site.shown) <= _FEW or self._workers == 1:
            parts = [_shared(*units), _shared(*others)]
        else:
            with Workers(1) as worker:
                made = worker.submit(_shared, *units)
                parts = [_shared(*others), made.result()]
        self._cache.keep("shared", {address: known for part in parts for address, known in part["filled"].items()})
        return parts

    def forget(self) -> None:
        """Let go of what was read; it is read again when it is asked for."""
        self._read.clear()
        self._entries.clear()

    def _part_key(self, registry: str, around: Around, linked: Collection[str]) -> str:
        day = today()
        final, _ = deadlines(day)
        told = (around.told(linked), final.year, final.standing((), day))
        return self._cache.key([], self._entry("outlines", registry)["key"], repr(told))

    def _intact(self, registry: str, around: Around) -> bool:
        part = self._entry("parts", registry)
        staged = self._project.staged
        if part.get("key") != self._part_key(registry, around, part.get("linked", ())) or part.get("told") != [
            *stamp(self._shares(registry))
        ]:
            return False
        return all([*stamp(staged / address)] == seen for address, seen in part["files"].items())

    def _shares(self, registry: str) -> Path:
        return _shares_file(self._project, registry)

    # --- the cache ---------------------------------------------------------------------------------------------------
    def _entry(self, kind: str, registry: str) -> dict[str, Any]:
        if (kind, registry) not in self._entries:
            self._entries[kind, registry] = self._cache.entry(f"{kind}/{registry}") if self._believed else {}
        return self._entries[kind, registry]

    def _keep(self, kind: str, registry: str, entry: dict[str, Any]) -> None:
        self._cache.keep(f"{kind}/{registry}", entry)
        self._entries[kind, registry] = self._cache.entry(f"{kind}/{registry}")

    def _cells(self, registry: str) -> str:
        return self._cache.digest(self._project.published / f"{registry}.parquet")

    def _each(
        self, names: list[str], function: Callable[..., dict[str, Any]], calls: Sequence[tuple[Any, ...]]
    ) -> Iterable[tuple[str, dict[str, Any]]]:
        """What a function makes of each registry, by name; RegistriesError, after all the others, where one fails."""
        failed: dict[str, tuple[Fault, ...]] = {}
        for name, result in zip(names, self._results(function, calls), strict=True):
            try:
                made = result()
            except Exception as error:  # one registry's failure stops no other's work
                failed[name] = diagnose(error, name, self._project)
            else:
                yield name, made
        if failed:
            raise RegistriesError(failed)

    def _results(
        self, function: Callable[..., dict[str, Any]], calls: Sequence[tuple[Any, ...]]
    ) -> Iterator[Callable[[], dict[str, Any]]]:
        """What gives each call's result, or raises its error: here, or side by side in processes of their own."""
        if len(calls) <= _FEW or self._workers == 1:
            yield from (partial(function, *call) for call in calls)
            return
        with Workers(min(self._workers, len(calls))) as workers:
            futures = [workers.submit(describing, function, *call) for call in calls]
            yield from (future.result for future in futures)


def _outline(project: Project, registry: str) -> dict[str, Any]:
    """Keep a registry's newest cells, and tell which pages it has."""
    published = load_published(registry, project.published)
    pages = accepted_heads(registry, project.accepted)
    if pages and not any(page.address == registry_page(registry) for page in pages):
        what = "The registry's own page is damaged or missing."
        raise SiteError([Fault(what, "Build it again.", registry_page(registry), kind=Kind.PAGE_INCOMPLETE)])
    years = {page.year for page in told_of(published, pages)}
    file = save_published(newest_cells(published, years), project.newest)
    return {"newest": [*stamp(file)], "pages": [page.model_dump(mode="json") for page in pages]}


def _part(project: Project, registry: str, around: Around) -> dict[str, Any]:
    """Stage a registry's own pages and files, and tell which there are and what they tell of each unit."""
    published = load_published(registry, project.published)
    shown = Shown(published, tuple(accepted_pages(registry, project.accepted)), around.number)
    site = Site((shown,), around.slugs, around.descriptor, around.title, elsewhere=around.elsewhere)
    unlinked = {page.address: dead_elsewhere(page, around.elsewhere) for page in shown.pages}
    content = site_content(site, REGISTRY_MAKERS)
    KeptShares.keep(unit_shares(shown), _shares_file(project, registry))
    told = {(page.year, page.round) for page in told_of(published, shown.pages)} | {shown.newest.round}
    return {
        "summary": asdict(Summary.of(shown.newest)),
        "headlines": {year_page(registry, *year): shown.headline(*year) for year in sorted(told)},
        **_kept(stage_part(project, sources(content.pages, content.files, around.descriptor))),
        "told": [*stamp(_shares_file(project, registry))],
        "linked": sorted({other for page in shown.pages for other in linked_registries(page)}),
        "unlinked": {page: others for page, others in unlinked.items() if others},
    }


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
    kept = _kept(staged)
    filled = {address: [key, *kept["files"][address], kept["days"].get(address, "")] for address, key in keys.items()}
    return {"filled": filled, **kept}


def _with_a_cell_of_each_unit(site: Site) -> Site:
    """The site with as many cells as the units' pages need to be made of kept shares: a nation's take long to send."""
    return replace(
        site,
        shown=tuple(
            replace(one, published=replace(one.published, cells=one.published.cells.drop_duplicates("orgnr")))
            for one in site.shown
        ),
    )


def _kept(staged: Mapping[str, Staged]) -> dict[str, dict[str, Any]]:
    """What the cache keeps of staged files: their stamps, and the days of pages."""
    pages = {address: one.day for address, one in staged.items() if address.endswith(".qmd")}
    return {
        "files": {address: [*one.stamp] for address, one in staged.items()},
        "days": {address: day.isoformat() if day else "" for address, day in pages.items()},
    }


def _shares_file(project: Project, registry: str) -> Path:
    return project.newest / f"{registry}.shares"
