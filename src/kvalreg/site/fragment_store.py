"""Registries' shares of what is told of each unit, kept in files; on a page a mark stands for each long text of theirs.

Owns the files' layout. Comes in: a registry's `UnitShare`s. Goes out: the same with marks in the places of texts, and
later the texts for the marks. A mark is the text's digest, so whatever holds marks tells all that it is made of: the
pages of units whose registries tell the same as before are known without a look at what these tell.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from functools import cached_property
from itertools import accumulate
from pathlib import Path
from typing import Any, BinaryIO, Self

from kvalreg.site.site_model import RegistryFragment
from kvalreg.site.staging import SHORTCODE_MARKER
from kvalreg.storage.permissions import clear_path

_PLACEHOLDER = re.compile(rb"<!--kv-kept ([0-9a-f]{32})-->")
_INLINE_MARKERS = ("```", "{{<", SHORTCODE_MARKER, "<script")
"""What a page is searched for as a whole; a text with any of it stays on the page."""


class FragmentStore(Mapping[str, RegistryFragment]):
    """A registry's shares in a file: a line of JSON, then its texts, which no JSON has to be read for.

    Parameters
    ----------
    file
        The line holds of each unit its share with marks, and then how long each text is, in their order.
    """

    def __init__(self, file: Path) -> None:
        self._file = file

    @classmethod
    def save(cls, fragments: Mapping[str, RegistryFragment], file: Path) -> FragmentStore:
        """Write shares down, in one step."""
        texts: dict[str, bytes] = {}
        encoded = {orgnr: _encode_fragment(fragment, texts) for orgnr, fragment in fragments.items()}
        sizes = {digest: len(text) for digest, text in texts.items()}
        temp_path = clear_path(file).with_suffix(".new")
        line = json.dumps([encoded, sizes], ensure_ascii=False).encode()
        temp_path.write_bytes(b"\n".join([line, b"".join(texts.values())]))
        temp_path.replace(file)
        return cls(file)

    @cached_property
    def _index(self) -> tuple[dict[str, Any], dict[str, int], int]:
        with self._file.open("rb") as file:
            line = file.readline()
        fragments, sizes = json.loads(line)
        return fragments, sizes, len(line)

    @property
    def digests(self) -> Iterable[str]:
        """Of the texts that marks stand for."""
        return self._index[1]

    @cached_property
    def _offsets(self) -> dict[str, int]:
        _, sizes, start = self._index
        return dict(zip(sizes, accumulate(sizes.values(), initial=start), strict=False))

    def read_text(self, digest: str, file: BinaryIO) -> bytes:
        """The text that a mark stands for, out of the opened file."""
        file.seek(self._offsets[digest])
        return file.read(self._index[1][digest])

    @property
    def file(self) -> Path:
        """Where the shares are."""
        return self._file

    def __getitem__(self, orgnr: str) -> RegistryFragment:
        return RegistryFragment(*self._index[0][orgnr])

    def __iter__(self) -> Iterator[str]:
        return iter(self._index[0])

    def __len__(self) -> int:
        return len(self._index[0])

    def __reduce__(self) -> tuple[type[FragmentStore], tuple[Path]]:
        return FragmentStore, (self._file,)


class PlaceholderFiller:
    """The texts of several registries' shares, read from their files while the block lasts."""

    def __init__(self, stores: Iterable[FragmentStore]) -> None:
        self._stores = tuple(stores)
        self._files: dict[Path, BinaryIO] = {}
        self._open = ExitStack()

    @cached_property
    def _store_by_digest(self) -> dict[str, FragmentStore]:
        return {digest: store for store in self._stores for digest in store.digests}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def fill(self, content: bytes) -> bytes:
        """A page or a file with the texts in the places of their marks."""
        parts = _PLACEHOLDER.split(content)
        for index in range(1, len(parts), 2):
            parts[index] = self._placeholder_text(parts[index])
        return b"".join(parts)

    def _placeholder_text(self, placeholder: bytes) -> bytes:
        digest = placeholder.decode()
        store = self._store_by_digest.get(digest)
        if store is None:  # it only looks like a mark
            return b"<!--kv-kept %s-->" % placeholder
        if store.file not in self._files:
            self._files[store.file] = self._open.enter_context(store.file.open("rb"))
        return store.read_text(digest, self._files[store.file])


def placeholder_key(content: bytes) -> str:
    """What a page or file with marks is made of; empty for one that has none."""
    return hashlib.sha256(content).hexdigest() if _PLACEHOLDER.search(content) else ""


def _encode_fragment(fragment: RegistryFragment, texts: dict[str, bytes]) -> list[object]:
    """A share with marks; the texts that they stand for are added to the others."""
    is_inline = any(marker in fragment.table for marker in _INLINE_MARKERS)
    table = fragment.table if is_inline else _make_placeholder(fragment.table, texts)
    return [
        fragment.highlights,
        table,
        _make_placeholder(fragment.cells_json, texts),
        _make_placeholder(fragment.api_json, texts),
    ]


def _make_placeholder(text: str, texts: dict[str, bytes]) -> str:
    if not text:
        return ""
    encoded = text.encode()
    digest = hashlib.sha256(encoded).hexdigest()[:32]
    texts[digest] = encoded
    return f"<!--kv-kept {digest}-->"
