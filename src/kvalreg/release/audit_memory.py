"""What audits remember: what each file told, and which registries have been attacked with nothing found.

Owns a folder of entries by what went into them: the file's bytes and address, the public's knowledge, and the audit's
own code. A file that has not changed is not read again; a damaged entry is as good as none. Nothing secret is in it.
"""

from __future__ import annotations

import hashlib
import os
import sys
from functools import cache
from pathlib import Path

from pydantic import TypeAdapter

import kvalreg
from kvalreg.inputs.descriptor import Registry
from kvalreg.inputs.units import Unit
from kvalreg.release.audit_public import Public

_DIGEST = 32
_PACKAGES = ("disclosure", "inputs", "release", "report", "statistics")
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

    def holds(self, name: str) -> bool:
        """Whether there is such an entry; whether it is whole is seen by who gets it."""
        return os.path.exists(f"{self.folder}/{name}")  # noqa: PTH110 - a hundred for each page that all share

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


def knowledge(public: Public) -> str:
    """A checksum of all that an audit knows beforehand: units, definitions, its own code and Python."""
    known = TypeAdapter(tuple[list[Unit], list[Registry]]).dump_json(
        (list(public.units), list(public.registries.values()))
    )
    return hashlib.sha256(_code() + sys.version.encode() + known).hexdigest()


@cache
def _code() -> bytes:
    root = Path(kvalreg.__file__).parent
    digest = hashlib.sha256()
    for package in _PACKAGES:
        for path in sorted((root / package).rglob("*")):
            if path.suffix in (".py", ".toml"):
                digest.update(path.read_bytes())
    return digest.digest()
