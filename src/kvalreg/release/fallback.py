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

from kvalreg.disclosure.ledger import NEXT, published_files, save_edition
from kvalreg.disclosure.ledger_entry import LedgerEntryError, read_entry
from kvalreg.errors import EXIT_FAILED, Diagnostic
from kvalreg.execution.diagnose import diagnose
from kvalreg.inputs.text_file import printable
from kvalreg.project import Project
from kvalreg.run_result import Fallback, TaskResult
from kvalreg.storage.last_good import mark_stale
from kvalreg.storage.permissions import clear_path, make_private_folder, remove, write_private

_CELLS_FILE, _LEDGER_FILE, _PAGES_FOLDER, _SUMS = "cells.parquet", "ledger.parquet", "pages", "checksums.json"


class LastGoodStore:
    """The last good results of a project's registries.

    Parameters
    ----------
    place
        Where they are kept; the project's own place when not given.
    """

    def __init__(self, project: Project, root: Path | None = None) -> None:
        self._project, self._root = project, root or project.last_good_results

    def save(self, registry: str) -> None:
        """Keep a registry's result as it lies there now; files that are kept already are not copied again."""
        cells, ledger_entry, pages = self._result_paths(registry)
        temp_folder = self._registry_folder(f".{registry}.new")
        shutil.rmtree(temp_folder, ignore_errors=True)
        saved_folder = self._registry_folder(registry)
        if self.is_current(registry) or not (cells.is_file() and ledger_entry.is_file() and pages.is_dir()):
            return
        make_private_folder(self._root, temp_folder.name, _PAGES_FOLDER)
        shutil.copy2(cells, temp_folder / _CELLS_FILE)
        shutil.copy2(ledger_entry, temp_folder / _LEDGER_FILE)
        for page in pages.glob("*.json"):
            shutil.copy2(page, temp_folder / _PAGES_FOLDER / page.name)
        write_private(
            temp_folder / _SUMS,
            json.dumps({name: _digest(temp_folder / name) for name in _files(temp_folder)}).encode(),
        )
        old_folder = self._registry_folder(f".{registry}.old")
        shutil.rmtree(old_folder, ignore_errors=True)
        if saved_folder.is_dir():
            saved_folder.rename(old_folder)
        remove(saved_folder)
        temp_folder.rename(saved_folder)
        shutil.rmtree(old_folder, ignore_errors=True)

    def is_current(self, registry: str) -> bool:
        """Whether a registry's result, as it lies there now, is its last good one."""
        (cells, ledger_entry, pages), saved_folder = self._result_paths(registry), self._registry_folder(registry)
        has_same_cells = _is_unchanged_copy(saved_folder / _CELLS_FILE, cells) and _is_unchanged_copy(
            saved_folder / _LEDGER_FILE, ledger_entry
        )
        return has_same_cells and _has_same_pages(saved_folder / _PAGES_FOLDER, pages)

    def has(self, registry: str) -> bool:
        """Whether a registry has a last good result."""
        return self._saved_folder(registry) is not None

    def restore(self, registry: str) -> bool:
        """Put a registry's last good result back in its place; False, and nothing is done, where there is none."""
        saved_folder = self._saved_folder(registry)
        if saved_folder is None or not self._is_mended(registry, saved_folder):
            return False
        cells, ledger_entry, pages = self._result_paths(registry)
        if not (
            _is_unchanged_copy(saved_folder / _LEDGER_FILE, ledger_entry)
            or self._put_entry_back(registry, saved_folder)
        ):
            return False
        if not _is_unchanged_copy(saved_folder / _CELLS_FILE, cells):
            _copy_atomically(saved_folder / _CELLS_FILE, cells)
        page_names = {page.name for page in (saved_folder / _PAGES_FOLDER).glob("*.json")}
        make_private_folder(clear_path(pages / "page").parent)
        for path in pages.iterdir():
            if path.name not in page_names:
                remove(path)
        for name in page_names:
            _copy_atomically(saved_folder / _PAGES_FOLDER / name, pages / name)
        return True

    def put_back(self, registry: str) -> bool:
        """Put a registry's cells and its entry back, whatever lies there, and leave its pages; False as `restore`."""
        kept = self._saved_folder(registry)
        if kept is None or not self._is_mended(registry, kept) or not self._put_entry_back(registry, kept):
            return False
        _copy_atomically(kept / _CELLS_FILE, self._result_paths(registry)[0])
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
        cells, entry, pages = self._result_paths(registry)
        places = {_CELLS_FILE: cells, _LEDGER_FILE: entry}
        for name, digest in sums.items():
            if _digest(kept / name) != digest:
                place = places.get(name, pages / Path(name).name)
                if _digest(place) != digest:
                    return False
                _copy_atomically(place, kept / name)
        return {*_files(kept)} <= {*sums}

    def _put_entry_back(self, registry: str, kept: Path) -> bool:
        """False, and nothing is done, where the kept entry is damaged."""
        entry = self._result_paths(registry)[1]
        try:
            edition = read_entry((kept / _LEDGER_FILE).read_bytes()).to_edition(NEXT)
        except (LedgerEntryError, OSError):
            return False
        remove(entry)
        save_edition(edition, registry, self._project.pending_ledger)
        shutil.copystat(kept / _LEDGER_FILE, entry)
        return True

    def remove_current(self, registry: str) -> None:
        """Take a registry's result away, so that the site is made without it; its last good one stays kept."""
        for path in self._result_paths(registry):
            remove(path)

    def prune(self, registries: Iterable[str]) -> None:
        """Forget registries that the project does not have any longer."""
        known_registries = set(registries)
        for path in self._root.iterdir() if self._root.is_dir() else ():
            if path.name not in known_registries:
                remove(path)

    def _saved_folder(self, registry: str) -> Path | None:
        """Where it lies; a run that was killed between two steps has left it aside."""
        return next(
            (folder for folder in map(self._registry_folder, (registry, f".{registry}.old")) if _is_complete(folder)),
            None,
        )

    def _registry_folder(self, name: str) -> Path:
        return self._root / name

    def _result_paths(self, registry: str) -> tuple[Path, Path, Path]:
        """Where a registry's result lies: cells, what the ledger will keep, pages."""
        project, file = self._project, f"{registry}.parquet"
        return project.published / file, project.pending_ledger / NEXT / file, project.last_good_pages / registry


@dataclass
class RegistryFallback:
    """Where each registry of a build stands: with its new result, with its last good one, or left out.

    This is the one place where a registry's failure is answered, whatever it was and wherever it was met.
    """

    last_good: LastGoodStore
    project: Project
    failures: dict[str, list[TaskResult]] = field(default_factory=dict)
    omitted: set[str] = field(default_factory=set)

    def fall_back(self, registry: str, failures: Iterable[TaskResult]) -> bool:
        """A registry has failed: it goes on with its last good result, or, where that has failed too, without any.

        Returns
        -------
        False when it was left out already: then it is not to blame.
        """
        if registry in self.omitted:
            return False
        is_stale = registry not in self.failures and self.last_good.restore(registry)
        if is_stale:
            mark_stale(registry, None, self.project.last_good_pages)
        else:
            self.last_good.remove_current(registry)
            self.omitted.add(registry)
        task_results = self.failures.get(registry) or list(failures)
        fallback = Fallback.LAST_GOOD if is_stale else Fallback.OMITTED
        self.failures[registry] = [task_result.with_fallback(fallback) for task_result in task_results]
        return True

    @contextmanager
    def isolated(self, registry: str) -> Iterator[None]:
        """Whatever fails in this block is this registry's fault alone, and stops no other; see `diagnose`."""
        try:
            yield
        except Exception as error:
            self.fall_back(registry, [failed_registry_result(registry, diagnose(error, registry, self.project))])

    def published_ids(self) -> list[str]:
        """The registries that the site is made of, by id."""
        return [path.stem for path in published_files(self.project)]

    def changed_ids(self) -> list[str]:
        """Of these the ones that stand with a result that is not their last good one."""
        return [
            name for name in self.published_ids() if name not in self.failures and not self.last_good.is_current(name)
        ]

    @contextmanager
    def reverted(self, registries: Iterable[str]) -> Iterator[None]:
        """While the block lasts, these registries stand as if their new results had failed."""
        with tempfile.TemporaryDirectory(prefix="kvalreg-", dir=self.project.last_good_results.parent) as folder:
            new_results = LastGoodStore(self.project, Path(folder))
            for name in registries:
                new_results.save(name)
                if not self.last_good.restore(name):
                    self.last_good.remove_current(name)
            try:
                yield
            finally:
                for name in registries:
                    new_results.restore(name)

    def save_released(self, registries: Iterable[str], known_registries: Iterable[str]) -> None:
        """Keep the results that were released just now, of these registries; forget what the project has no more.

        Parameters
        ----------
        known
            Every registry that the project has.
        """
        for name in registries:
            if name not in self.failures:
                self.last_good.save(name)
        self.last_good.prune(known_registries)

    def failed_results(self) -> list[TaskResult]:
        """What is told of all failures."""
        return [task_result for task_results in self.failures.values() for task_result in task_results]


def open_fallbacks(project: Project, *, is_current: Callable[[], bool]) -> RegistryFallback:
    """Where each registry stands before a run; what the last build released is kept first where nothing is kept of it.

    Parameters
    ----------
    is_current
        Tells whether the cells and pages that lie there now are those that the last build released.
    """
    last_good = LastGoodStore(project)
    missing = [path.stem for path in published_files(project) if not last_good.has(path.stem)]
    if missing and project.build_override is None and is_current():
        for registry in missing:
            last_good.save(registry)
    return RegistryFallback(last_good, project)


def failed_registry_result(registry: str, diagnostics: Iterable[Diagnostic]) -> TaskResult:
    """What is told of a registry's faults."""
    details = tuple(diagnostics)
    return TaskResult(printable(registry), ok=False, error="\n".join(map(str, details)), exit_code=EXIT_FAILED)


def _files(kept: Path) -> list[str]:
    """The files of a kept result."""
    return [
        _CELLS_FILE,
        _LEDGER_FILE,
        *(f"{_PAGES_FOLDER}/{page.name}" for page in sorted((kept / _PAGES_FOLDER).glob("*.json"))),
    ]


def _digest(path: Path) -> str:
    """A file's SHA-256; empty where it cannot be read."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""


def _is_complete(folder: Path) -> bool:
    return (folder / _CELLS_FILE).is_file() and (folder / _LEDGER_FILE).is_file() and (folder / _PAGES_FOLDER).is_dir()


def _has_same_pages(left: Path, right: Path) -> bool:
    names = [{path.name for path in folder.glob("*.json")} for folder in (left, right)]
    return names[0] == names[1] and all(_is_unchanged_copy(left / name, right / name) for name in names[0])


def _is_unchanged_copy(left: Path, right: Path) -> bool:
    """Whether one file is a copy of another that nobody has written since."""
    try:
        stats = left.stat(), right.stat()
    except OSError:
        return False
    return (stats[0].st_size, stats[0].st_mtime_ns) == (stats[1].st_size, stats[1].st_mtime_ns)


def _copy_atomically(source: Path, target: Path) -> None:
    """Copy a file in one step, whatever lies in its place."""
    temp_path = clear_path(target).with_suffix(".new")
    shutil.copy2(source, temp_path)
    temp_path.replace(target)
