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

from kvalreg.batch.workers import Workers, processors

WORTHWHILE = 100_000_000
"""Bytes of files from which on further processes are worth their start."""
_FILES_AT_ONCE = 100
"""Files that a process is sent in one go: to send one costs more than that."""
_Taken = dict[str, bytes]


class Digests:
    """The digests of files.

    Parameters
    ----------
    folders
        Whose files will be asked for: a process a core begins with them at once. Any other is taken when asked for.
    """

    def __init__(self, *folders: Path) -> None:
        self._shares: dict[str, Future[_Taken]] = {}
        self._workers: Workers | None = None
        files = sorted(file for folder in folders for file in _files(folder))
        if sum(size for _, size in files) > WORTHWHILE and processors() > 1:
            self._workers = Workers(processors())
            for at in range(0, len(files), _FILES_AT_ONCE):
                share = [path for path, _ in files[at : at + _FILES_AT_ONCE]]
                self._shares |= dict.fromkeys(share, self._workers.submit(_take, share))

    def __enter__(self) -> Digests:
        return self

    def __exit__(self, error: type[BaseException] | None, *others: object) -> None:
        if self._workers is not None:
            self._workers.__exit__(error, *others)

    def of(self, path: Path) -> bytes:
        """The digest of a file; OSError for one that cannot be read."""
        name = os.fspath(path)
        taken = self._shares[name].result() if name in self._shares else {}
        return taken.get(name) or hashlib.sha256(path.read_bytes()).digest()


@dataclass(frozen=True)
class Recall:
    """What earlier looks at a site have kept.

    Parameters
    ----------
    folder
        Where it lies.
    digests
        Those of the site's files as they are now.
    """

    folder: Path
    digests: Digests = field(default_factory=Digests)


def _files(folder: Path) -> Iterator[tuple[str, int]]:
    """Every file below a folder that can be read, and its size."""
    for place, _, names in os.walk(folder):
        for name in names:
            path = f"{place}/{name}"
            if os.path.isfile(path):  # noqa: PTH113 - neither a pipe nor a link that leads nowhere
                yield path, os.lstat(path).st_size


def _take(paths: list[str]) -> _Taken:
    taken = {}
    for path in paths:
        try:
            taken[path] = hashlib.sha256(Path(path).read_bytes()).digest()
        except OSError:
            continue  # who asks for it is told
    return taken
