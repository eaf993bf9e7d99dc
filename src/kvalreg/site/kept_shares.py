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

from kvalreg.private_files import clear_way
from kvalreg.site.content import UnitShare
from kvalreg.site.staging import SHORTCODES_MARK

_MARK = re.compile(rb"<!--kv-kept ([0-9a-f]{32})-->")
_LOOKED_AT = ("```", "{{<", SHORTCODES_MARK, "<script")
"""What a page is searched for as a whole; a text with any of it stays on the page."""


class KeptShares(Mapping[str, UnitShare]):
    """A registry's shares in a file: a line of JSON, then its texts, which no JSON has to be read for.

    Parameters
    ----------
    file
        The line holds of each unit its share with marks, and then how long each text is, in their order.
    """

    def __init__(self, file: Path) -> None:
        self._file = file

    @classmethod
    def keep(cls, shares: Mapping[str, UnitShare], file: Path) -> KeptShares:
        """Write shares down, in one step."""
        texts: dict[str, bytes] = {}
        told = {orgnr: _told(share, texts) for orgnr, share in shares.items()}
        sizes = {digest: len(text) for digest, text in texts.items()}
        aside = clear_way(file).with_suffix(".new")
        line = json.dumps([told, sizes], ensure_ascii=False).encode()
        aside.write_bytes(b"\n".join([line, b"".join(texts.values())]))
        aside.replace(file)
        return cls(file)

    @cached_property
    def _line(self) -> tuple[dict[str, Any], dict[str, int], int]:
        with self._file.open("rb") as file:
            line = file.readline()
        told, sizes = json.loads(line)
        return told, sizes, len(line)

    @property
    def digests(self) -> Iterable[str]:
        """Of the texts that marks stand for."""
        return self._line[1]

    @cached_property
    def _starts(self) -> dict[str, int]:
        _, sizes, begin = self._line
        return dict(zip(sizes, accumulate(sizes.values(), initial=begin), strict=False))

    def text(self, digest: str, file: BinaryIO) -> bytes:
        """The text that a mark stands for, out of the opened file."""
        file.seek(self._starts[digest])
        return file.read(self._line[1][digest])

    @property
    def file(self) -> Path:
        """Where the shares are."""
        return self._file

    def __getitem__(self, orgnr: str) -> UnitShare:
        return UnitShare(*self._line[0][orgnr])

    def __iter__(self) -> Iterator[str]:
        return iter(self._line[0])

    def __len__(self) -> int:
        return len(self._line[0])

    def __reduce__(self) -> tuple[type[KeptShares], tuple[Path]]:
        return KeptShares, (self._file,)


class KeptTexts:
    """The texts of several registries' shares, read from their files while the block lasts."""

    def __init__(self, shares: Iterable[KeptShares]) -> None:
        self._shares = tuple(shares)
        self._files: dict[Path, BinaryIO] = {}
        self._open = ExitStack()

    @cached_property
    def _found(self) -> dict[str, KeptShares]:
        return {digest: one for one in self._shares for digest in one.digests}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def filled(self, content: bytes) -> bytes:
        """A page or a file with the texts in the places of their marks."""
        parts = _MARK.split(content)
        for at in range(1, len(parts), 2):
            parts[at] = self._text(parts[at])
        return b"".join(parts)

    def _text(self, mark: bytes) -> bytes:
        digest = mark.decode()
        shares = self._found.get(digest)
        if shares is None:  # it only looks like a mark
            return b"<!--kv-kept %s-->" % mark
        if shares.file not in self._files:
            self._files[shares.file] = self._open.enter_context(shares.file.open("rb"))
        return shares.text(digest, self._files[shares.file])


def key_of(content: bytes) -> str:
    """What a page or file with marks is made of; empty for one that has none."""
    return hashlib.sha256(content).hexdigest() if _MARK.search(content) else ""


def _told(share: UnitShare, texts: dict[str, bytes]) -> list[object]:
    """A share with marks; the texts that they stand for are added to the others."""
    whole = any(sign in share.table for sign in _LOOKED_AT)
    table = share.table if whole else _marked(share.table, texts)
    return [share.glance, table, _marked(share.cells, texts), _marked(share.answers, texts)]


def _marked(text: str, texts: dict[str, bytes]) -> str:
    if not text:
        return ""
    written = text.encode()
    digest = hashlib.sha256(written).hexdigest()[:32]
    texts[digest] = written
    return f"<!--kv-kept {digest}-->"
