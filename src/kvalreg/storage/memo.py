"""Stages that are not run again: what each made before, by what it was made of.

A stage is a pure function of declared inputs: files and values. Its key is their digest (`fingerprint`), its result a
JSON value and the files that it wrote. The result stands while the key is the same and its files lie as they were
written; otherwise the stage runs again. This is the only mechanism by which a build leaves work out::

    key = memo.key([delivery, descriptor], registry)
    result = memo.get("gate", registry, key)
    if result is None:
        result = gate(...)                                  # writes cells.parquet
        memo.put("gate", registry, key, result, [cells])
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any

from kvalreg.storage.content_store import ContentStore
from kvalreg.storage.fingerprint import Fingerprints, stamp
from kvalreg.storage.permissions import remove

WHOLE = "build"
"""The stage whose result is the whole build's."""


class Memo:
    """The results of one project's stages.

    Parameters
    ----------
    store
        Where they are kept: an entry for each stage and name.
    deliveries
        Their folder; see `Fingerprints`.
    use_cache
        Whether earlier results are used; new ones are kept in any case.
    """

    def __init__(self, store: ContentStore, deliveries: Path | None = None, *, use_cache: bool = True) -> None:
        self.store, self.fingerprints = store, Fingerprints(store, deliveries)
        self.use_cache = use_cache

    def key(self, paths: Iterable[Path], *values: object) -> str:
        """The key of a result that is made of these files, folders and values."""
        return self.fingerprints.key(paths, *values)

    def get(self, stage: str, name: str, key: str) -> Any | None:
        """What a stage made of the very same, when its files lie as it wrote them; otherwise None."""
        entry = self.store.read_json(f"{stage}/{name}") if self.use_cache else {}
        if not entry or entry.get("key") != key:
            return None
        files: dict[str, list[int]] = entry["files"]
        return entry["value"] if all([*stamp(Path(path))] == seen for path, seen in files.items()) else None

    def put(self, stage: str, name: str, key: str, value: Any, files: Iterable[Path] = ()) -> None:
        """Keep what a stage has made, with the files that it wrote as they are now."""
        stamps = {str(path): [*stamp(path)] for path in files}
        self.store.write_json(f"{stage}/{name}", {"key": key, "files": stamps, "value": value})

    def prune(self, stage: str, names: Collection[str]) -> None:
        """Drop a stage's results of all other names."""
        self.store.prune(names, stage)

    def retain(self, registries: Collection[str]) -> None:
        """Drop the results of all other registries; that of the whole build stays."""
        for path in self.store.folder.glob("*/*"):
            if path.parent.name != WHOLE and path.name not in registries:
                remove(path)

    def close(self) -> None:
        """Write down what was learned of files."""
        self.fingerprints.save()
