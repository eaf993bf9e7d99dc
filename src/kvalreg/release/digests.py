"""The digests of a site's files, by which is known what they held when they were looked at before.

Owns `Digests`, and `Recall`, a folder of what earlier looks kept with the digests that find it. Comes in: folders. Goes
out: the SHA-256 of each file, taken once for all who look at it. A file is never known by its time or its size.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path

from kvalreg.execution.worker_pool import WorkerPool, available_cpus

PARALLEL_THRESHOLD = 100_000_000
"""Bytes of files from which on further processes are worth their start."""
_BATCH_SIZE = 100
"""Files that a process is sent in one go: to send one costs more than that."""
_DigestByPath = dict[str, bytes]


class FileDigests:
    """The digests of files.

    Parameters
    ----------
    folders
        Whose files will be asked for: a process a core begins with them at once. Any other is taken when asked for.
    """

    def __init__(self, *folders: Path) -> None:
        self._future_by_path: dict[str, Future[_DigestByPath]] = {}
        self._pool: WorkerPool | None = None
        files = sorted(file for folder in folders for file in _list_files(folder))
        if sum(size for _, size in files) > PARALLEL_THRESHOLD and available_cpus() > 1:
            self._pool = WorkerPool(available_cpus())
            for start in range(0, len(files), _BATCH_SIZE):
                batch = [path for path, _ in files[start : start + _BATCH_SIZE]]
                self._future_by_path |= dict.fromkeys(batch, self._pool.submit(_hash_files, batch))

    def __enter__(self) -> FileDigests:
        return self

    def __exit__(self, error: type[BaseException] | None, *details: object) -> None:
        if self._pool is not None:
            self._pool.__exit__(error, *details)

    def get(self, path: Path) -> bytes:
        """The digest of a file; OSError for one that cannot be read."""
        key = os.fspath(path)
        digests = self._future_by_path[key].result() if key in self._future_by_path else {}
        return digests.get(key) or hashlib.sha256(path.read_bytes()).digest()


@dataclass(frozen=True)
class HashCache:
    """What earlier looks at a site have kept.

    Parameters
    ----------
    folder
        Where it lies.
    digests
        Those of the site's files as they are now.
    """

    folder: Path
    digests: FileDigests = field(default_factory=FileDigests)


def _list_files(folder: Path) -> Iterator[tuple[str, int]]:
    """Every file below a folder that can be read, and its size."""
    for current_folder, _, names in os.walk(folder):
        for name in names:
            path = f"{current_folder}/{name}"
            if os.path.isfile(path):
                yield path, os.lstat(path).st_size


def _hash_files(paths: list[str]) -> _DigestByPath:
    digests = {}
    for path in paths:
        try:
            digests[path] = hashlib.sha256(Path(path).read_bytes()).digest()
        except OSError:
            continue  # who asks for it is told
    return digests
