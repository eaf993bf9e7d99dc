"""What earlier audits found in order: files that have not changed are not read again.

Owns `Shelf`, a folder of entries with checksums, and `AuditCache`, the entry of one site. A file is known by its bytes
and its place, and stays in order while the cells of the registries that it tells of are the same, the code is, and no
name or year has gone that it may have used. A damaged entry is as good as none. Nothing secret is in it.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Collection, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import kvalreg
from kvalreg.audit.vocabulary import Vocabulary

_DIGEST = 32
_PACKAGES = ("audit", "disclosure", "inputs", "report", "site", "statistics")
"""What an audit's answer depends on besides the site."""
_ENTRY = "site"


class Shelf:
    """Entries in a folder, by name.

    Parameters
    ----------
    folder
        Where they lie; made when it is not there.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def get(self, name: str) -> bytes | None:
        """An entry, or None when it is not there or not whole: then it is taken away."""
        try:
            stored = (self.folder / name).read_bytes()
        except OSError:
            return None
        content = stored[_DIGEST:]
        if hashlib.sha256(content).digest() == stored[:_DIGEST]:
            return content
        (self.folder / name).unlink(missing_ok=True)
        return None

    def put(self, name: str, content: bytes) -> None:
        """Keep an entry, in one step: who reads it meanwhile sees all of it or nothing."""
        aside = self.folder / f".{name}.{os.getpid()}"
        aside.write_bytes(hashlib.sha256(content).digest() + content)
        aside.replace(self.folder / name)

    def forget_others(self, kept: set[str]) -> None:
        """Drop the entries that are not among these."""
        for path in self.folder.iterdir():
            if path.name not in kept:
                path.unlink(missing_ok=True)


class AuditCache:
    """Which files of a site were in order at the last audit.

    Parameters
    ----------
    published
        The digest of each registry's cells as they are now.
    """

    def __init__(self, folder: Path, published: Mapping[str, str], vocabulary: Vocabulary) -> None:
        self._shelf, self._published, self._vocabulary = Shelf(folder), published, vocabulary
        stored = self._shelf.get(_ENTRY)
        entry: dict[str, Any] = json.loads(stored) if stored else {}
        usable = entry.get("code") == code_digest() and self._has_words_of(entry.get("vocabulary", {}))
        self._before: dict[str, Any] = entry if usable else {"published": {}, "files": {}, "claims": {}}
        self._files: dict[str, tuple[str, list[str], int]] = {}
        self._claims: dict[str, set[str]] = {registry: set() for registry in published}

    def count(self, path: str, digest: str) -> int | None:
        """How many claims a file has that is as it was and still in order; None for one that must be read."""
        known = self._before["files"].get(path)
        if known is None or known[0] != digest or not all(map(self.is_same, known[1])):
            return None
        self._files[path] = known
        return int(known[2])

    def is_same(self, registry: str) -> bool:
        """Whether a registry's cells are those of the last audit."""
        now = self._published.get(registry)
        return now is not None and self._before["published"].get(registry) == now

    def has_claims(self, registry: str, digest: str) -> bool:
        """Whether these claims of a shared file were in order."""
        return self.is_same(registry) and digest in self._before["claims"].get(registry, ())

    def keep(self, path: str, digest: str, registries: Collection[str], count: int) -> None:
        """Remember a file that is in order."""
        self._files[path] = (digest, sorted(registries), count)

    def keep_claims(self, registry: str, digest: str) -> None:
        """Remember claims of a shared file that are in order."""
        self._claims.setdefault(registry, set()).add(digest)

    def save(self) -> None:
        """Write down what is in order now."""
        kept = {
            registry: sorted(found | set(self._before["claims"].get(registry, ()) if self.is_same(registry) else ()))
            for registry, found in self._claims.items()
        }
        entry = {
            "code": code_digest(),
            "vocabulary": self._vocabulary.words,
            "published": dict(self._published),
            "files": self._files,
            "claims": kept,
        }
        self._shelf.put(_ENTRY, json.dumps(entry).encode())
        self._shelf.forget_others({_ENTRY})

    def _has_words_of(self, before: Mapping[str, list[str]]) -> bool:
        """Whether every name and year that was known then is known now."""
        now = self._vocabulary.words
        return all(set(before.get(name, ())) <= set(words) for name, words in now.items())


@cache
def code_digest() -> str:
    """A checksum of the code, the texts of the catalogues, and Python."""
    root = Path(kvalreg.__file__).parent
    digest = hashlib.sha256(sys.version.encode())
    for package in _PACKAGES:
        for path in sorted((root / package).rglob("*")):
            if path.suffix in (".py", ".toml", ".md"):
                digest.update(path.read_bytes())
    return digest.hexdigest()
