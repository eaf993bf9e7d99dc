"""Entries by name in a private folder, each with its checksum.

Owns the layout of all caches. An entry that is damaged, truncated or written by another program fails its checksum and
counts as missing, so the caller does the work again. Entries are replaced atomically. They are bytes or JSON: nothing
in a cache is code that loading could run, as in a pickle.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection
from pathlib import Path
from typing import Any

from kvalreg.storage.permissions import make_private_folder, remove, write_private


class ContentStore:
    """The entries of one folder.

    Parameters
    ----------
    folder
        Created with the first entry. An entry whose name has a slash is in a folder below it.

    Examples
    --------
    >>> from tempfile import mkdtemp
    >>> store = ContentStore(Path(mkdtemp()) / "cache")
    >>> store.write_json("pages/slag", {"lix": 38})
    >>> store.read_json("pages/slag"), store.read_json("pages/hofte")
    ({'lix': 38}, {})
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def read(self, name: str) -> bytes | None:
        """An entry's content; None where there is no valid one."""
        # an entry's file is the checksum in hexadecimal, a line break, and the content
        try:
            checksum, _, content = (self.folder / name).read_bytes().partition(b"\n")
        except OSError:
            return None
        return content if checksum == _checksum(content) else None

    def write(self, name: str, content: bytes) -> None:
        """Replace an entry atomically."""
        path = self.folder / name
        # small counts can be guessed from their digests, so a cache is as private as what it was computed from
        make_private_folder(self.folder, *path.relative_to(self.folder).parent.parts)
        write_private(path, _checksum(content) + b"\n" + content)

    def read_json(self, name: str) -> dict[str, Any]:
        """An entry that holds a JSON object; an empty object where there is no valid one."""
        content = self.read(name)
        try:
            value = json.loads(content or b"{}")
        except ValueError:
            return {}
        # a list is valid JSON and no entry of ours: callers may rely on an object
        return value if isinstance(value, dict) else {}

    def write_json(self, name: str, value: dict[str, Any]) -> None:
        """Replace an entry by a JSON object."""
        # a file name that is not valid UTF-8 has lone surrogates in Python, which strict encoding refuses
        self.write(name, json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass"))

    def prune(self, names: Collection[str], folder: str = "") -> None:
        """Remove every entry of a folder, and of those below it, whose name is not among these."""
        root = self.folder / folder
        for path in [*root.rglob("*")]:
            if path.is_file() and path.relative_to(root).as_posix() not in names:
                remove(path)


def _checksum(content: bytes) -> bytes:
    return hashlib.sha256(content).hexdigest().encode()
