"""Each registry's last good result, and where each one stands in a build.

Owns `_build/last_good/<registry>/`: copies of the gated cells, of what the ledger will keep of them (SECRET), and of
the pages that were made of just these, as the last released site showed them. Cells hold the descriptor and the units
they were made with, so a registry that fails goes on with all of it. One fault is enough: pages of two deliveries are
never mixed. What lies here is a copy and no link, since whoever damages a file damages all its names.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from kvalreg.account import Entry, Kept
from kvalreg.batch.accepted import mark_delayed
from kvalreg.batch.diagnosis import diagnose
from kvalreg.disclosure.ledger import NEXT, published_files, save_edition
from kvalreg.disclosure.ledger_entry import BadEntryError, read_entry
from kvalreg.errors import EXIT_FAILED, Fault
from kvalreg.inputs.text_file import printable
from kvalreg.private_files import clear_way, private_folder, remove, write_private
from kvalreg.project import Project

_CELLS, _ENTRY, _PAGES, _SUMS = "cells.parquet", "ledger.parquet", "pages", "checksums.json"


class LastGood:
    """The last good results of a project's registries.

    Parameters
    ----------
    place
        Where they are kept; the project's own place when not given.
    """

    def __init__(self, project: Project, place: Path | None = None) -> None:
        self._project, self._place = project, place or project.last_good

    def keep(self, registry: str) -> None:
        """Keep a registry's result as it lies there now; files that are kept already are not copied again."""
        cells, entry, pages = self._places(registry)
        aside = self._folder(f".{registry}.new")
        shutil.rmtree(aside, ignore_errors=True)
        before = self._folder(registry)
        if self.is_current(registry) or not (cells.is_file() and entry.is_file() and pages.is_dir()):
            return
        private_folder(self._place, aside.name, _PAGES)
        shutil.copy2(cells, aside / _CELLS)
        shutil.copy2(entry, aside / _ENTRY)
        for page in pages.glob("*.json"):
            shutil.copy2(page, aside / _PAGES / page.name)
        write_private(aside / _SUMS, json.dumps({name: _digest(aside / name) for name in _files(aside)}).encode())
        old = self._folder(f".{registry}.old")
        shutil.rmtree(old, ignore_errors=True)
        if before.is_dir():
            before.rename(old)
        remove(before)
        aside.rename(before)
        shutil.rmtree(old, ignore_errors=True)

    def is_current(self, registry: str) -> bool:
        """Whether a registry's result, as it lies there now, is its last good one."""
        (cells, entry, pages), kept = self._places(registry), self._folder(registry)
        same = _same(kept / _CELLS, cells) and _same(kept / _ENTRY, entry)
        return same and _same_files(kept / _PAGES, pages)

    def has(self, registry: str) -> bool:
        """Whether a registry has a last good result."""
        return self._kept(registry) is not None

    def restore(self, registry: str) -> bool:
        """Put a registry's last good result back in its place; False, and nothing is done, where there is none."""
        kept = self._kept(registry)
        if kept is None or not self._is_mended(registry, kept):
            return False
        cells, entry, pages = self._places(registry)
        if not (_same(kept / _ENTRY, entry) or self._put_entry_back(registry, kept)):
            return False
        if not _same(kept / _CELLS, cells):
            _replace(kept / _CELLS, cells)
        wanted = {page.name for page in (kept / _PAGES).glob("*.json")}
        private_folder(clear_way(pages / "page").parent)
        for path in pages.iterdir():
            if path.name not in wanted:
                remove(path)
        for name in wanted:
            _replace(kept / _PAGES / name, pages / name)
        return True

    def put_back(self, registry: str) -> bool:
        """Put a registry's cells and its entry back, whatever lies there, and leave its pages; False as `restore`."""
        kept = self._kept(registry)
        if kept is None or not self._is_mended(registry, kept) or not self._put_entry_back(registry, kept):
            return False
        _replace(kept / _CELLS, self._places(registry)[0])
        return True

    def _is_mended(self, registry: str, kept: Path) -> bool:
        """Whether a kept result is as it was kept: a damaged file is taken from where the result lies, if it is there.

        Copies that were kept before there were checksums are believed.
        """
        try:
            sums = dict(json.loads((kept / _SUMS).read_bytes()))
        except FileNotFoundError:
            return True
        except (OSError, ValueError, TypeError):
            return False
        cells, entry, pages = self._places(registry)
        places = {_CELLS: cells, _ENTRY: entry}
        for name, digest in sums.items():
            if _digest(kept / name) != digest:
                place = places.get(name, pages / Path(name).name)
                if _digest(place) != digest:
                    return False
                _replace(place, kept / name)
        return {*_files(kept)} <= {*sums}

    def _put_entry_back(self, registry: str, kept: Path) -> bool:
        """False, and nothing is done, where the kept entry is damaged."""
        entry = self._places(registry)[1]
        try:
            edition = read_entry((kept / _ENTRY).read_bytes()).edition(NEXT)
        except (BadEntryError, OSError):
            return False
        remove(entry)
        save_edition(edition, registry, self._project.next_ledger)
        shutil.copystat(kept / _ENTRY, entry)
        return True

    def leave_out(self, registry: str) -> None:
        """Take a registry's result away, so that the site is made without it; its last good one stays kept."""
        for place in self._places(registry):
            remove(place)

    def forget_others(self, registries: Iterable[str]) -> None:
        """Forget registries that the project does not have any longer."""
        known = set(registries)
        for path in self._place.iterdir() if self._place.is_dir() else ():
            if path.name not in known:
                remove(path)

    def _kept(self, registry: str) -> Path | None:
        """Where it lies; a run that was killed between two steps has left it aside."""
        return next((one for one in map(self._folder, (registry, f".{registry}.old")) if _is_whole(one)), None)

    def _folder(self, name: str) -> Path:
        return self._place / name

    def _places(self, registry: str) -> tuple[Path, Path, Path]:
        """Where a registry's result lies: cells, what the ledger will keep, pages."""
        project, file = self._project, f"{registry}.parquet"
        return project.published / file, project.next_ledger / NEXT / file, project.accepted / registry


@dataclass
class Standing:
    """Where each registry of a build stands: with its new result, with its last good one, or left out.

    This is the one place where a registry's failure is answered, whatever it was and wherever it was met.
    """

    last_good: LastGood
    project: Project
    failures: dict[str, list[Entry]] = field(default_factory=dict)
    left_out: set[str] = field(default_factory=set)

    def fail(self, registry: str, failures: Iterable[Entry]) -> bool:
        """A registry has failed: it goes on with its last good result, or, where that has failed too, without any.

        Returns
        -------
        False when it was left out already: then it is not to blame.
        """
        if registry in self.left_out:
            return False
        delayed = registry not in self.failures and self.last_good.restore(registry)
        if delayed:
            mark_delayed(registry, None, self.project.accepted)
        else:
            self.last_good.leave_out(registry)
            self.left_out.add(registry)
        told = self.failures.get(registry) or list(failures)
        kept = Kept.LAST_GOOD if delayed else Kept.NOTHING
        self.failures[registry] = [entry.with_kept(kept) for entry in told]
        return True

    @contextmanager
    def contained(self, registry: str) -> Iterator[None]:
        """Whatever fails in this block is this registry's fault alone, and stops no other; see `diagnose`."""
        try:
            yield
        except Exception as error:
            self.fail(registry, [failure(registry, diagnose(error, registry, self.project))])

    def shown(self) -> list[str]:
        """The registries that the site is made of, by id."""
        return [path.stem for path in published_files(self.project)]

    def new(self) -> list[str]:
        """Of these the ones that stand with a result that is not their last good one."""
        return [name for name in self.shown() if name not in self.failures and not self.last_good.is_current(name)]

    @contextmanager
    def without(self, registries: Iterable[str]) -> Iterator[None]:
        """While the block lasts, these registries stand as if their new results had failed."""
        with tempfile.TemporaryDirectory(prefix="kvalreg-", dir=self.project.last_good.parent) as folder:
            new = LastGood(self.project, Path(folder))
            for name in registries:
                new.keep(name)
                if not self.last_good.restore(name):
                    self.last_good.leave_out(name)
            try:
                yield
            finally:
                for name in registries:
                    new.restore(name)

    def keep(self, registries: Iterable[str], known: Iterable[str]) -> None:
        """Keep the results that were released just now, of these registries; forget what the project has no more.

        Parameters
        ----------
        known
            Every registry that the project has.
        """
        for name in registries:
            if name not in self.failures:
                self.last_good.keep(name)
        self.last_good.forget_others(known)

    def entries(self) -> list[Entry]:
        """What is told of all failures."""
        return [entry for entries in self.failures.values() for entry in entries]


def open_standing(project: Project, *, is_current: Callable[[], bool]) -> Standing:
    """Where each registry stands before a run; what the last build released is kept first where nothing is kept of it.

    Parameters
    ----------
    is_current
        Tells whether the cells and pages that lie there now are those that the last build released.
    """
    last_good = LastGood(project)
    missing = [path.stem for path in published_files(project) if not last_good.has(path.stem)]
    if missing and project.made is None and is_current():
        for registry in missing:
            last_good.keep(registry)
    return Standing(last_good, project)


def failure(registry: str, faults: Iterable[Fault]) -> Entry:
    """What is told of a registry's faults."""
    told = tuple(faults)
    return Entry(printable(registry), ok=False, error="\n".join(map(str, told)), exit_code=EXIT_FAILED)


def _files(kept: Path) -> list[str]:
    """The files of a kept result."""
    return [_CELLS, _ENTRY, *(f"{_PAGES}/{page.name}" for page in sorted((kept / _PAGES).glob("*.json")))]


def _digest(path: Path) -> str:
    """A file's SHA-256; empty where it cannot be read."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""


def _is_whole(folder: Path) -> bool:
    return (folder / _CELLS).is_file() and (folder / _ENTRY).is_file() and (folder / _PAGES).is_dir()


def _same_files(one: Path, other: Path) -> bool:
    names = [{path.name for path in folder.glob("*.json")} for folder in (one, other)]
    return names[0] == names[1] and all(_same(one / name, other / name) for name in names[0])


def _same(one: Path, other: Path) -> bool:
    """Whether one file is a copy of another that nobody has written since."""
    try:
        stats = one.stat(), other.stat()
    except OSError:
        return False
    return (stats[0].st_size, stats[0].st_mtime_ns) == (stats[1].st_size, stats[1].st_mtime_ns)


def _replace(source: Path, target: Path) -> None:
    """Copy a file in one step, whatever lies in its place."""
    aside = clear_way(target).with_suffix(".new")
    shutil.copy2(source, aside)
    aside.replace(target)
