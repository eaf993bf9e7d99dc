"""Memoized stages: what a stage returned before, by the digest of its inputs.

A stage is a pure function of declared inputs: files and values. Its key is their digest (`fingerprint`); its result is
a JSON value and the files that it wrote. The result is used while the key is the same and the files are as they were
written; otherwise the stage runs again. This is the only mechanism by which a build skips work::

    key = memo.key([delivery, descriptor], registry)
    result = memo.get("gate", registry, key)
    if result is None:
        result = gate(...)                                  # writes cells.parquet
        memo.put("gate", registry, key, result, [cells])

Invariant: a key covers *all* that the stage reads. An input that is not declared leads to stale results; so stages read
whole folders (a registry's descriptor, its deliveries), and the key holds the folder. Each stage has one entry for each
name, so the store does not grow.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any

from kvalreg.storage.content_store import ContentStore
from kvalreg.storage.fingerprint import Fingerprints, stamp
from kvalreg.storage.permissions import remove

WHOLE = "build"
"""The stage that is the whole build; see `kvalreg.last_build`."""


class Memo:
    """The results of one project's stages.

    Parameters
    ----------
    store
        Where they are stored: an entry for each stage and name.
    deliveries
        Their folder; see `Fingerprints`.
    use_cache
        Whether earlier results are used; new ones are stored in any case.
    """

    def __init__(self, store: ContentStore, deliveries: Path | None = None, *, use_cache: bool = True) -> None:
        self.store, self.fingerprints = store, Fingerprints(store, deliveries)
        self.use_cache = use_cache

    def key(self, paths: Iterable[Path], *values: object) -> str:
        """The key of a result that depends on these files, folders and values."""
        return self.fingerprints.key(paths, *values)

    def get(self, stage: str, name: str, key: str) -> Any | None:
        """A stage's result for this key, when its files are as it wrote them; otherwise None."""
        entry = self.store.read_json(f"{stage}/{name}") if self.use_cache else {}
        if not entry or entry.get("key") != key:
            return None
        files: dict[str, list[int]] = entry["files"]
        # size and time are enough here: only a stage writes these files, and it then stores a new stamp
        return entry["value"] if all([*stamp(Path(path))] == stored for path, stored in files.items()) else None

    def put(self, stage: str, name: str, key: str, value: Any, files: Iterable[Path] = ()) -> None:
        """Store a stage's result, with the stamps of the files that it wrote."""
        # lists, since JSON has no tuples, and `get` compares
        stamps = {str(path): [*stamp(path)] for path in files}
        self.store.write_json(f"{stage}/{name}", {"key": key, "files": stamps, "value": value})

    def prune(self, stage: str, names: Collection[str]) -> None:
        """Remove a stage's results for all other names."""
        self.store.prune(names, stage)

    def retain(self, registries: Collection[str]) -> None:
        """Remove the results of all other registries; that of the whole build stays."""
        for path in self.store.folder.glob("*/*"):
            if path.parent.name != WHOLE and path.name not in registries:
                remove(path)

    def close(self) -> None:
        """Store the index of files."""
        self.fingerprints.save()
