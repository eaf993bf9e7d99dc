"""The cache of the audit: files that passed an earlier audit and have not changed are not read again.

Owns `FilePart` and `AuditCache`. An entry is found by a file's path and digest. It is valid while three inputs are the
same: the cells of the registries that the file describes, the code, and the names and years that the file may have
used. Only additions to the vocabulary are harmless, so a cache from before a name was removed is not used. Nothing
secret is in it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from kvalreg.audit.findings import Finding
from kvalreg.audit.vocabulary import Vocabulary
from kvalreg.storage.content_store import ContentStore
from kvalreg.storage.fingerprint import environment_fingerprint

_ENTRY = "site"


class FilePart(NamedTuple):
    """What one file states about one registry.

    Parameters
    ----------
    registry
        Empty for findings about the file itself.
    digest, pickled
        Of a file that describes several registries: the digest of the claims, and the claims.
    """

    path: str
    registry: str
    findings: tuple[Finding, ...]
    claims: int = 0
    digest: str = ""
    pickled: bytes = b""


class AuditCache:
    """Which files of a site passed the last audit.

    Parameters
    ----------
    published
        The digest of each registry's cells as they are now.
    """

    def __init__(self, folder: Path, published: Mapping[str, str], vocabulary: Vocabulary) -> None:
        self._store, self.published, self._vocabulary = ContentStore(folder), published, vocabulary.words
        entry = self._store.read_json(_ENTRY)
        before = entry.get("vocabulary", {})
        has_words = all(set(before.get(name, ())) <= set(words) for name, words in self._vocabulary.items())
        usable = entry.get("code") == environment_fingerprint() and has_words
        self._before: dict[str, Any] = entry if usable else {"published": {}, "files": {}, "claims": {}}
        self._files: dict[str, tuple[str, list[str], int]] = {}
        self._claims: dict[str, set[str]] = {registry: set() for registry in published}

    def cached_count(self, path: str, digest: str) -> int | None:
        """The number of claims of an unchanged file that passed; None for a file that must be read."""
        known = self._before["files"].get(path)
        if known is None or known[0] != digest or not all(map(self._is_same, known[1])):
            return None
        self._files[path] = known
        return int(known[2])

    def _is_same(self, registry: str) -> bool:
        """Whether a registry's cells are those of the last audit."""
        now = self.published.get(registry)
        return now is not None and self._before["published"].get(registry) == now

    def has_claims(self, registry: str, digest: str) -> bool:
        """Whether these claims of a shared file passed."""
        return self._is_same(registry) and digest in self._before["claims"].get(registry, ())

    def record(self, path: str, digest: str, parts: Collection[FilePart]) -> None:
        """Record what passed of a file: all of it, or its claims about some registries."""
        # One registry's finding makes the whole file due again, but the other registries' claims in it stay cached.
        for part in parts:
            if part.digest and not part.findings:
                self._claims[part.registry].add(part.digest)
        if not any(part.findings for part in parts):
            registries = sorted({part.registry for part in parts} - {""})
            self._files[path] = (digest, registries, sum(part.claims for part in parts))

    def save(self) -> None:
        """Write what passed this audit."""
        # Claims of files that were not read this time stay valid as long as their registry's cells do.
        for registry, claims in self._claims.items():
            if self._is_same(registry):
                claims.update(self._before["claims"].get(registry, ()))
        entry = {
            "code": environment_fingerprint(),
            "vocabulary": self._vocabulary,
            "published": dict(self.published),
            "files": self._files,
            "claims": {registry: sorted(claims) for registry, claims in self._claims.items()},
        }
        self._store.write_json(_ENTRY, entry)
