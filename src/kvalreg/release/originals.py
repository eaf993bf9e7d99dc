"""Every file that readers have been given, once and compressed, to repair what is damaged where readers see it.

Owns `_build/originals/`. Input: contents. Output: the same contents by their SHA-256. An original that is damaged
itself is as good as none, since its content no longer has the checksum that it is known by.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from pathlib import Path

import pyarrow as pa

from kvalreg.project import Project
from kvalreg.storage.permissions import make_private_folder, remove, write_private

_FOLDER = 2
"""The first letters of a checksum name the folder."""


class Originals:
    """The originals of one project."""

    def __init__(self, project: Project) -> None:
        self._folder = project.originals

    def keep(self, content: bytes) -> str:
        """Keep a content, once; its checksum."""
        checksum = hashlib.sha256(content).hexdigest()
        path = self._path(checksum)
        if not path.is_file():
            make_private_folder(self._folder, checksum[:_FOLDER])
            size = len(content).to_bytes(8, "big")
            write_private(path, size + pa.compress(content, codec="zstd", asbytes=True))
        return checksum

    def content(self, checksum: str) -> bytes | None:
        """The content that has a checksum; None where there is none, or none that is whole."""
        try:
            stored = self._path(checksum).read_bytes()
            content: bytes = pa.decompress(
                stored[8:], decompressed_size=int.from_bytes(stored[:8], "big"), codec="zstd", asbytes=True
            )
        except (OSError, ValueError, MemoryError, OverflowError):
            return None
        return content if hashlib.sha256(content).hexdigest() == checksum else None

    def forget_others(self, kept: Collection[str]) -> None:
        """Remove the originals that are not among these."""
        for path in self._folder.glob("*/*"):
            if path.name not in kept:
                remove(path)

    def _path(self, checksum: str) -> Path:
        return self._folder / checksum[:_FOLDER] / checksum
