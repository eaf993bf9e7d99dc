"""Fallback: each registry's last good result, and which result each one shows in a build.

Owns `_build/last_good/<registry>/`: copies of the gated cells, of their pending ledger entry (SECRET), and of the pages
that were executed from just these cells, as the last complete site showed them. The cells' file holds the descriptor
and the units that they were computed with, so a registry falls back with all of it. A single failure makes the whole
registry fall back: pages of two deliveries are never mixed. Copies are no hard links, since damage to a file damages
all its names.

A registry's state in a build: *new* (its current result), then after a failure *stale* (its last good result, its pages
marked), then after another failure *omitted*. It never goes back, so a build ends.
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

_CELLS_FILE, _LEDGER_FILE, _PAGES_FOLDER, _CHECKSUMS_FILE = "cells.parquet", "ledger.parquet", "pages", "checksums.json"


class LastGoodStore:
    """The last good results of a project's registries.

    Parameters
    ----------
    root
        The folder of the copies; the project's own when not given.
    """

    def __init__(self, project: Project, root: Path | None = None) -> None:
        self._project, self._root = project, root or project.last_good_results

    def save(self, registry: str) -> None:
        """Save a copy of a registry's current result, unless it is the saved one."""
        cells, ledger_entry, pages = self._result_paths(registry)
        temp_folder = self._registry_folder(f".{registry}.new")
        shutil.rmtree(temp_folder, ignore_errors=True)
        saved_folder = self._registry_folder(registry)
        if self.is_current(registry) or not (cells.is_file() and ledger_entry.is_file() and pages.is_dir()):
            return
        # copy2 keeps times, by which `is_current` recognizes the copies
        make_private_folder(self._root, temp_folder.name, _PAGES_FOLDER)
        shutil.copy2(cells, temp_folder / _CELLS_FILE)
        shutil.copy2(ledger_entry, temp_folder / _LEDGER_FILE)
        for page in pages.glob("*.json"):
            shutil.copy2(page, temp_folder / _PAGES_FOLDER / page.name)
        write_private(
            temp_folder / _CHECKSUMS_FILE,
            json.dumps({name: _digest(temp_folder / name) for name in _files(temp_folder)}).encode(),
        )
        # a folder cannot be replaced atomically: an interruption between the renames leaves the old copy as `.old`,
        # where `_saved_folder` looks for it
        old_folder = self._registry_folder(f".{registry}.old")
        shutil.rmtree(old_folder, ignore_errors=True)
        if saved_folder.is_dir():
            saved_folder.rename(old_folder)
        remove(saved_folder)
        temp_folder.rename(saved_folder)
        shutil.rmtree(old_folder, ignore_errors=True)

    def is_current(self, registry: str) -> bool:
        """Whether a registry's current result is its last good one."""
        (cells, ledger_entry, pages), saved_folder = self._result_paths(registry), self._registry_folder(registry)
        has_same_cells = _is_unchanged_copy(saved_folder / _CELLS_FILE, cells) and _is_unchanged_copy(
            saved_folder / _LEDGER_FILE, ledger_entry
        )
        return has_same_cells and _has_same_pages(saved_folder / _PAGES_FOLDER, pages)

    def has(self, registry: str) -> bool:
        """Whether a registry has a last good result."""
        return self._saved_folder(registry) is not None

    def restore(self, registry: str) -> bool:
        """Make a registry's last good result its current one; False, and nothing is changed, where there is none."""
        saved_folder = self._saved_folder(registry)
        if saved_folder is None or not self._repair(registry, saved_folder):
            return False
        cells, ledger_entry, pages = self._result_paths(registry)
        # the ledger entry first: it alone can be refused, and cells without their entry must never be published
        if not (
            _is_unchanged_copy(saved_folder / _LEDGER_FILE, ledger_entry) or self._restore_entry(registry, saved_folder)
        ):
            return False
        if not _is_unchanged_copy(saved_folder / _CELLS_FILE, cells):
            _copy_atomically(saved_folder / _CELLS_FILE, cells)
        # exactly the saved pages: a page of the failed result must not stay
        page_names = {page.name for page in (saved_folder / _PAGES_FOLDER).glob("*.json")}
        make_private_folder(clear_path(pages / "page").parent)
        for path in pages.iterdir():
            if path.name not in page_names:
                remove(path)
        for name in page_names:
            _copy_atomically(saved_folder / _PAGES_FOLDER / name, pages / name)
        return True

    def restore_cells(self, registry: str) -> bool:
        """Restore a registry's cells and ledger entry, even unchanged ones, but not its pages; False as above."""
        saved_folder = self._saved_folder(registry)
        if saved_folder is None or not self._repair(registry, saved_folder):
            return False
        if not self._restore_entry(registry, saved_folder):
            return False
        _copy_atomically(saved_folder / _CELLS_FILE, self._result_paths(registry)[0])
        return True

    def _repair(self, registry: str, saved_folder: Path) -> bool:
        """Whether a saved copy is intact; a damaged file of it is replaced by the current one, where that is equal.

        Copies from before there were checksums count as intact.
        """
        try:
            checksums = dict(json.loads((saved_folder / _CHECKSUMS_FILE).read_bytes()))
        except FileNotFoundError:
            return True
        except (OSError, ValueError, TypeError):
            return False
        cells, ledger_entry, pages = self._result_paths(registry)
        originals = {_CELLS_FILE: cells, _LEDGER_FILE: ledger_entry}
        for name, digest in checksums.items():
            if _digest(saved_folder / name) != digest:
                original = originals.get(name, pages / Path(name).name)
                if _digest(original) != digest:
                    return False
                _copy_atomically(original, saved_folder / name)
        return {*_files(saved_folder)} <= {*checksums}

    def _restore_entry(self, registry: str, saved_folder: Path) -> bool:
        """Restore the pending ledger entry; False, and nothing is changed, where the saved one is damaged."""
        ledger_entry = self._result_paths(registry)[1]
        try:
            edition = read_entry((saved_folder / _LEDGER_FILE).read_bytes()).to_edition(NEXT)
        except (LedgerEntryError, OSError):
            return False
        # written by the ledger's own function, not copied: that also puts its checksum into the manifest
        remove(ledger_entry)
        save_edition(edition, registry, self._project.pending_ledger)
        shutil.copystat(saved_folder / _LEDGER_FILE, ledger_entry)
        return True

    def remove_current(self, registry: str) -> None:
        """Remove a registry's current result, so that the site is built without it; its last good one stays saved."""
        for path in self._result_paths(registry):
            remove(path)

    def prune(self, registries: Iterable[str]) -> None:
        """Remove the copies of registries that the project no longer has."""
        known_registries = set(registries)
        for path in self._root.iterdir() if self._root.is_dir() else ():
            if path.name not in known_registries:
                remove(path)

    def _saved_folder(self, registry: str) -> Path | None:
        """The folder of a registry's copy; ``.old`` where a run was killed between two renames of `save`."""
        return next(
            (folder for folder in map(self._registry_folder, (registry, f".{registry}.old")) if _is_complete(folder)),
            None,
        )

    def _registry_folder(self, name: str) -> Path:
        return self._root / name

    def _result_paths(self, registry: str) -> tuple[Path, Path, Path]:
        """The paths of a registry's current result: cells, pending ledger entry, pages."""
        project, file = self._project, f"{registry}.parquet"
        return project.published / file, project.pending_ledger / NEXT / file, project.last_good_pages / registry


@dataclass
class RegistryFallback:
    """The state of each registry in a build: new, stale or omitted.

    This is the one place where a registry's failure is handled, whatever it was and wherever it occurred.

    Parameters
    ----------
    failures
        The failures of each registry that has fallen back.
    omitted
        The registries that have no result in this build's site.
    """

    last_good: LastGoodStore
    project: Project
    failures: dict[str, list[TaskResult]] = field(default_factory=dict)
    omitted: set[str] = field(default_factory=set)

    def fall_back(self, registry: str, failures: Iterable[TaskResult]) -> bool:
        """Make a registry that has failed fall back to its last good result, or omit it where that has failed, too.

        Returns
        -------
        False when it was omitted already: then it cannot be at fault.
        """
        if registry in self.omitted:
            return False
        is_stale = registry not in self.failures and self.last_good.restore(registry)
        if is_stale:
            mark_stale(registry, None, self.project.last_good_pages)
        else:
            self.last_good.remove_current(registry)
            self.omitted.add(registry)
        # the first failure is reported, also when the last good result fails later
        task_results = self.failures.get(registry) or list(failures)
        fallback = Fallback.LAST_GOOD if is_stale else Fallback.OMITTED
        self.failures[registry] = [task_result.with_fallback(fallback) for task_result in task_results]
        return True

    @contextmanager
    def isolated(self, registry: str, failures: dict[str, list[TaskResult]] | None = None) -> Iterator[None]:
        """Contain every error of the block, but for global ones (see `diagnose`): only this registry falls back.

        Parameters
        ----------
        failures
            Where it is given, the failure is added to it, and the caller makes the registry fall back later.
        """
        try:
            yield
        except Exception as error:  # noqa: BLE001 - contained here: one registry's error must not stop the others
            failure = failed_registry_result(registry, diagnose(error, registry, self.project))
            if failures is None:
                self.fall_back(registry, [failure])
            else:
                failures[registry].append(failure)

    def published_ids(self) -> list[str]:
        """The ids of the registries that the site is built from."""
        return [path.stem for path in published_files(self.project)]

    def changed_ids(self) -> list[str]:
        """The ids of those whose state is new, with another result than their last good one."""
        return [
            name for name in self.published_ids() if name not in self.failures and not self.last_good.is_current(name)
        ]

    @contextmanager
    def reverted(self, registries: Iterable[str]) -> Iterator[None]:
        """Let these registries have their last good results, or none, while the block lasts."""
        # on the same disk as the results, and removed however the block ends
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
        """Save the results of these registries that the new site shows, and prune the others' copies.

        Parameters
        ----------
        known_registries
            Every registry that the project has.
        """
        for name in registries:
            if name not in self.failures:
                self.last_good.save(name)
        self.last_good.prune(known_registries)

    def failed_results(self) -> list[TaskResult]:
        """The task results of all failures."""
        return [task_result for task_results in self.failures.values() for task_result in task_results]


def open_fallbacks(project: Project, *, is_current: Callable[[], bool]) -> RegistryFallback:
    """The states of all registries before a run, each new; results that have no copy yet are saved first.

    Parameters
    ----------
    is_current
        Returns whether the current cells and pages are those of the last complete site. It is called only if needed.
    """
    # a project from before there were copies, or whose copies were deleted
    last_good = LastGoodStore(project)
    missing = [path.stem for path in published_files(project) if not last_good.has(path.stem)]
    if missing and project.build_override is None and is_current():
        for registry in missing:
            last_good.save(registry)
    return RegistryFallback(last_good, project)


def failed_registry_result(registry: str, diagnostics: Iterable[Diagnostic]) -> TaskResult:
    """The task result of a registry that failed."""
    return TaskResult(printable(registry), ok=False, error="\n".join(map(str, diagnostics)), exit_code=EXIT_FAILED)


def _files(saved_folder: Path) -> list[str]:
    """The files of a saved result, relative to its folder."""
    pages = sorted((saved_folder / _PAGES_FOLDER).glob("*.json"))
    return [_CELLS_FILE, _LEDGER_FILE, *(f"{_PAGES_FOLDER}/{page.name}" for page in pages)]


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
    """Whether one file is a copy of another and neither was written since: `shutil.copy2` keeps size and time."""
    try:
        stats = left.stat(), right.stat()
    except OSError:
        return False
    return (stats[0].st_size, stats[0].st_mtime_ns) == (stats[1].st_size, stats[1].st_mtime_ns)


def _copy_atomically(source: Path, target: Path) -> None:
    """Copy a file atomically, and remove whatever else is at its path."""
    temp_path = clear_path(target).with_suffix(".new")
    shutil.copy2(source, temp_path)
    temp_path.replace(target)
