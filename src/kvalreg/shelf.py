"""Answers that are remembered between runs: entries in a folder, each with a checksum.

Owns `Shelf`, and the checksum of the code that such answers depend on. A damaged entry is as good as none.
"""

from __future__ import annotations

import hashlib
import os
import sys
from functools import cache
from pathlib import Path

import kvalreg

_DIGEST = 32
_PACKAGES = ("audit", "disclosure", "inputs", "report", "site", "statistics")
"""What an audit's answer depends on besides the site."""


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
