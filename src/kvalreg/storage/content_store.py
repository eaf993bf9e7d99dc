"""Entries by name in a private folder, each with its checksum.

Owns the layout of all caches. An entry that is damaged, cut or somebody else's fails its checksum and counts as
missing, so whoever asks for it does the work again. Entries are replaced in one step and never read half-written.
Nothing is unpickled.
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
        Made when the first entry is written. A name with a slash lies in a folder below it.

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
        """An entry's content; None when there is none, or no sound one."""
        try:
            checksum, _, content = (self.folder / name).read_bytes().partition(b"\n")
        except OSError:
            return None
        return content if checksum == _checksum(content) else None

    def write(self, name: str, content: bytes) -> None:
        """Replace an entry, in one step."""
        path = self.folder / name
        make_private_folder(self.folder, *path.relative_to(self.folder).parent.parts)
        write_private(path, _checksum(content) + b"\n" + content)

    def read_json(self, name: str) -> dict[str, Any]:
        """An entry that holds a JSON object; an empty one when there is none, or no sound one."""
        content = self.read(name)
        try:
            value = json.loads(content or b"{}")
        except ValueError:
            return {}
        return value if isinstance(value, dict) else {}

    def write_json(self, name: str, value: dict[str, Any]) -> None:
        """Replace an entry by a JSON object; a text in it may be a file name in no encoding."""
        self.write(name, json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass"))

    def prune(self, names: Collection[str], folder: str = "") -> None:
        """Remove every entry of a folder, and of those below it, that has none of these names."""
        root = self.folder / folder
        for path in [*root.rglob("*")]:
            if path.is_file() and path.relative_to(root).as_posix() not in names:
                remove(path)


def _checksum(content: bytes) -> bytes:
    return hashlib.sha256(content).hexdigest().encode()
