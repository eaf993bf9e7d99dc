"""Registries' fragments of units' pages, stored in files; on a page a placeholder stands for each long text of theirs.

Owns the files' layout. Input: a registry's `RegistryFragment` of each unit. Output: the same with placeholders for
texts, and later the texts for the placeholders. A placeholder holds its text's digest, so a page with placeholders
identifies all of its content: where no registry has changed what it says of a unit, the unit's page is known to be the
same without a look at any text. Worked example::

    RegistryFragment(table="<table>1</table>")                  what a registry contributes
    <!--kv-kept be39...-->                                      the table's placeholder, on the page
    [{"974706563": [{}, "<!--kv-kept be39...-->", "", ""]},     the file's first line: fragments, and
     {"be39...": 16}]                                           how long each text is, in their order
    <table>1</table>                                            the rest of the file: the texts, end to end
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import astuple, replace
from functools import cached_property
from itertools import accumulate
from pathlib import Path
from typing import Any, BinaryIO, Self

from kvalreg.site.site_model import RegistryFragment
from kvalreg.site.staging import SHORTCODE_MARKER
from kvalreg.storage.permissions import clear_path

_PLACEHOLDER = re.compile(rb"<!--kv-kept ([0-9a-f]{32})-->")
_INLINE_MARKERS = ("```", "{{<", SHORTCODE_MARKER, "<script")
"""What later steps search a page for: a text with any of these stays on the page."""


class FragmentStore(Mapping[str, RegistryFragment]):
    """A registry's fragments by unit, with placeholders, read from a file when they are asked for.

    The texts need not be read, nor be parsed as JSON. A store is sent to another process as its file's path alone.
    """

    def __init__(self, file: Path) -> None:
        self.file = file

    @classmethod
    def save(cls, fragments: Mapping[str, RegistryFragment], file: Path) -> FragmentStore:
        """Write fragments to a file, in one step."""
        texts: dict[str, bytes] = {}
        encoded = {orgnr: astuple(_with_placeholders(fragment, texts)) for orgnr, fragment in fragments.items()}
        sizes = {digest: len(text) for digest, text in texts.items()}
        line = json.dumps([encoded, sizes], ensure_ascii=False).encode()
        # written beside the file and renamed, so that a killed run leaves the old file or the new one
        temp_path = clear_path(file).with_suffix(".new")
        temp_path.write_bytes(b"\n".join([line, b"".join(texts.values())]))
        temp_path.replace(file)
        return cls(file)

    @cached_property
    def _first_line(self) -> tuple[dict[str, Any], dict[str, tuple[int, int]]]:
        """The encoded fragments, and where in the file each text is: its offset and length by digest."""
        with self.file.open("rb") as file:
            line = file.readline()
        fragments, sizes = json.loads(line)
        offsets = accumulate(sizes.values(), initial=len(line))  # one more than there are texts: the file's end
        spans = dict(zip(sizes, zip(offsets, sizes.values(), strict=False), strict=True))
        return fragments, spans

    @property
    def text_spans(self) -> dict[str, tuple[int, int]]:
        """The offset and length in the file of each text, by its digest."""
        return self._first_line[1]

    def __getitem__(self, orgnr: str) -> RegistryFragment:
        return RegistryFragment(*self._first_line[0][orgnr])

    def __iter__(self) -> Iterator[str]:
        return iter(self._first_line[0])

    def __len__(self) -> int:
        return len(self._first_line[0])

    def __reduce__(self) -> tuple[type[FragmentStore], tuple[Path]]:
        return FragmentStore, (self.file,)


class PlaceholderFiller:
    """Puts the texts of several registries' fragments into pages; their files stay open while the block lasts."""

    def __init__(self, stores: Iterable[FragmentStore]) -> None:
        self._stores = tuple(stores)
        self._files: dict[Path, BinaryIO] = {}
        self._open = ExitStack()

    @cached_property
    def _store_by_digest(self) -> dict[str, FragmentStore]:
        return {digest: store for store in self._stores for digest in store.text_spans}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def fill(self, content: bytes) -> bytes:
        """A page or a file with the texts for its placeholders."""
        return _PLACEHOLDER.sub(self._text, content)

    def _text(self, placeholder: re.Match[bytes]) -> bytes:
        digest = placeholder[1].decode()
        store = self._store_by_digest.get(digest)
        if store is None:  # it only looks like a placeholder: a registry has written it
            return placeholder[0]
        if store.file not in self._files:
            self._files[store.file] = self._open.enter_context(store.file.open("rb"))
        offset, size = store.text_spans[digest]
        file = self._files[store.file]
        file.seek(offset)
        return file.read(size)


def placeholder_key(content: bytes) -> str:
    """A digest of what a page or file will hold once it is filled; empty for one without placeholders."""
    return hashlib.sha256(content).hexdigest() if _PLACEHOLDER.search(content) else ""


def _with_placeholders(fragment: RegistryFragment, texts: dict[str, bytes]) -> RegistryFragment:
    """The fragment with placeholders; the texts that they stand for are added to `texts` by digest."""
    is_inline = any(marker in fragment.table for marker in _INLINE_MARKERS)
    return replace(
        fragment,
        table=fragment.table if is_inline else _placeholder(fragment.table, texts),
        cells_json=_placeholder(fragment.cells_json, texts),
        api_json=_placeholder(fragment.api_json, texts),
    )


def _placeholder(text: str, texts: dict[str, bytes]) -> str:
    if not text:
        return ""
    encoded = text.encode()
    digest = hashlib.sha256(encoded).hexdigest()[:32]
    texts[digest] = encoded
    return f"<!--kv-kept {digest}-->"
