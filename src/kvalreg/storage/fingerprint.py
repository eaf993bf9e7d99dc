"""Fingerprints: the digest of all that a result depends on: files, values, and kvalreg with its libraries.

Input: paths and values. Output: keys. Every cache uses the same ones, so a new version of Python, of kvalreg or of a
library that it depends on invalidates all results. Light to import, so that a build in which nothing has changed ends
in a fraction of a second.

Two kinds of digest, for two kinds of cache:

- `Fingerprints` recognizes a file by its size and time, as make and git do. Builds use it: a missed change costs a
  stale page, and only a file that was changed on purpose without changing its time is missed.
- `file_digest` reads the file. Audits use it: they must also see what somebody has tried to hide.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import suppress
from functools import cache
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import Any

from kvalreg import __version__
from kvalreg.project import shared_root
from kvalreg.storage.content_store import ContentStore

_PACKAGE = Path(__file__).resolve().parents[1]
_SHIPPED = ("_quarto.yml", "_extensions", "notebooks")
"""What kvalreg ships besides its package: they decide what pages look like."""
_CLOCK_RESOLUTION = 2.0
"""Seconds in which a file may be written twice with the same time; FAT counts in steps of two."""
_NOT_INPUT = {"__pycache__", "node_modules"}
_INDEX = "files"
"""The entry of the store that holds the index: by path a file's size, its time in nanoseconds, and its digest."""


class Fingerprints:
    """Digests of files, cached in a store by each file's size, times and inode.

    A file is read again when its size or its time differs. A digest is cached only when the file was older than the
    clock's resolution: a younger file could still change and have the same time. (Git calls such entries *racy*, see
    Documentation/technical/racy-git.txt.) An example, with a resolution of 2 s:

        12:00:00.0  a.csv is written
        12:00:00.5  a build reads it: 0.5 s old, so its digest is used and not cached
        12:00:01.0  a.csv is written again, with the same size; the disk notes the same time
        12:00:10.0  a build reads it, since nothing is cached: the change is seen, and now the digest is cached

    Whoever copies another file over one may keep its size and time (``rsync -t``, archives); its inode, or the time
    that the system itself notes, is another one then. Not every disk notes these, so deliveries, which are few, are
    read in each run.

    Parameters
    ----------
    deliveries
        The folder of deliveries.
    """

    def __init__(self, store: ContentStore, deliveries: Path | None = None) -> None:
        self._store, self._deliveries = store, deliveries
        self._index: dict[str, list[Any]] = store.read_json(_INDEX)
        self._read_now: dict[str, list[Any]] = {}
        self._environment = ""

    def of_file(self, path: Path) -> str:
        """A file's SHA-256; empty for one that cannot be read."""
        index = self._read_now if self._deliveries in path.parents else self._index
        try:
            stat = path.stat()
            seen = [stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino]
            known = index.get(str(path))
            if known and known[:-1] == seen:
                return str(known[-1])
            digest = file_digest(path)
        except OSError:
            return ""
        if time.time() - max(stat.st_mtime, stat.st_ctime) > _CLOCK_RESOLUTION:
            index[str(path)] = [*seen, digest]
        return digest

    def key(self, paths: Iterable[Path], *values: object) -> str:
        """The digest of these files and folders, of these values, and of kvalreg and its libraries."""
        files = [file for path in paths for file in files_of(path)]
        contents = (f"{path}={self.of_file(path)}" for path in files)
        return digest_of([self.environment, json.dumps(values, default=str), *contents])

    @property
    def environment(self) -> str:
        """The same as `environment_fingerprint`, with files known by size and time."""
        if not self._environment:
            self._environment = _environment(self.of_file)
        return self._environment

    def save(self) -> None:
        """Store the index, without files that no longer exist: it must not grow."""
        existing = {path: known for path, known in self._index.items() if os.path.exists(path)}  # noqa: PTH110 - many
        self._store.write_json(_INDEX, existing)


@cache
def environment_fingerprint() -> str:
    """The digest of kvalreg in this process: its code, what it ships, its libraries' versions, and Python's.

    It does not depend on paths, so machines can compare theirs.
    """
    return _environment(file_digest)


def file_digest(path: Path) -> str:
    """A file's SHA-256, read now; OSError for one that cannot be read."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def digest_of(texts: Iterable[str]) -> str:
    """The SHA-256 of lines; `surrogatepass`, since the name of a file need not be valid UTF-8."""
    return hashlib.sha256("\n".join(texts).encode("utf-8", "surrogatepass")).hexdigest()


def files_of(path: Path) -> list[Path]:
    """A file itself, or every file of a folder, by name."""
    # sorted, since the order of a folder's entries differs between disks and the digest must not
    if path.is_file():
        return [path]
    return sorted(Path(file) for file, _ in walk(path))


def walk(folder: Path, excluded: Collection[Path] = ()) -> Iterator[tuple[str, os.stat_result]]:
    """Every file below a folder with its status; symbolic links are not followed, excluded paths are skipped."""
    try:
        entries = list(os.scandir(folder))
    except OSError:
        return
    for entry in entries:
        if entry.name in _NOT_INPUT or Path(entry.path) in excluded:
            continue
        if entry.is_dir(follow_symlinks=False):
            yield from walk(Path(entry.path), excluded)
        else:
            with suppress(OSError):
                yield entry.path, entry.stat(follow_symlinks=False)


def stamp(path: Path) -> tuple[int, int]:
    """A file's size and time in nanoseconds; (-1, -1) for one that does not exist."""
    try:
        stat = path.stat()
    except OSError:
        return -1, -1
    return stat.st_size, stat.st_mtime_ns


def _environment(digest: Callable[[Path], str]) -> str:
    shared = shared_root()
    roots = [(_PACKAGE, _PACKAGE), *((shared, shared / name) for name in _SHIPPED)]
    # names are relative to their root: a wheel and a checkout of the same version have the same fingerprint
    files = [(file.relative_to(root).as_posix(), file) for root, path in roots for file in files_of(path)]
    return digest_of([sys.version, *_versions(), *(f"{name}={digest(file)}" for name, file in files)])


def _versions() -> list[str]:
    """kvalreg's version and those of the libraries that it requires, as far as they are installed."""
    versions = [__version__]
    with suppress(PackageNotFoundError):
        for requirement in requires("kvalreg") or ():
            name = re.split(r"[\s<>=!~;\[]", requirement, maxsplit=1)[0]  # "highspy>=1.7; extra == 'x'" -> "highspy"
            with suppress(PackageNotFoundError):
                versions.append(f"{name}={version(name)}")
    return versions
