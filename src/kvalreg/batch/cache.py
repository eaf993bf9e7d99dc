"""What a build need not do again: results by what went into them.

Owns `_build/cache/`: a hash index of files, and one entry for the whole build and for each registry. Comes in: files
and what is asked for. Goes out: keys, and what was kept under them. An entry that is damaged, or somebody else's, fails
its checksum and is as good as none: then the work is done again. Light to import, so that a build in which nothing has
changed takes no time.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import cache
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import Any

from kvalreg import __version__
from kvalreg.account import Account
from kvalreg.clock import today
from kvalreg.inputs.rounds import deadlines
from kvalreg.private_files import private_folder, remove, write_private
from kvalreg.project import QUARTOS_OWN, Project, shared_root

_PACKAGE = Path(__file__).resolve().parents[1]
UNCHANGED = "Nothing has changed since the last build."
_UNCERTAIN = 2.0
"""Seconds in which a file may be written again without a newer time."""
_OURS = ("_build", "_site", "_public", "_extensions", "_quarto.yml")
"""Of names with an underscore, only these are the project's; the first three are made."""
_NOT_INPUT = {"__pycache__", "node_modules"}


class Cache:
    """One project's cache.

    Parameters
    ----------
    project
        Gives the folder.
    """

    def __init__(self, project: Project) -> None:
        self._project = project
        self._folder = project.cache
        self._index: dict[str, list[Any]] = self.entry("files")
        self._code = ""

    # --- entries -----------------------------------------------------------------------------------------------------
    def entry(self, name: str) -> dict[str, Any]:
        """What is kept under a name; empty when there is nothing, or nothing sound."""
        try:
            checksum, _, body = (self._folder / f"{name}.json").read_bytes().partition(b"\n")
            if hashlib.sha256(body).hexdigest().encode() != checksum:
                return {}
            found = json.loads(body)
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def keep(self, name: str, entry: dict[str, Any]) -> None:
        """Keep something under a name, in one step."""
        path = self._folder / f"{name}.json"
        private_folder(self._folder, *path.relative_to(self._folder).parent.parts)
        body = json.dumps(entry, ensure_ascii=False).encode("utf-8", "surrogatepass")
        write_private(path, hashlib.sha256(body).hexdigest().encode() + b"\n" + body)

    def close(self, registries: Iterable[str]) -> None:
        """Write the index down, with the files that are still there, and forget registries that are not."""
        self.keep("files", {path: known for path, known in self._index.items() if os.path.exists(path)})  # noqa: PTH110
        kept = {f"{registry}.json" for registry in registries}
        for path in self._folder.glob("*/*.json"):
            if path.name not in kept:
                remove(path)

    # --- keys --------------------------------------------------------------------------------------------------------
    def digest(self, path: Path) -> str:
        """A file's SHA-256; one of the same size and time as when it was last read is not read again."""
        try:
            stat = path.stat()
            known = self._index.get(str(path))
            if known and known[:2] == [stat.st_size, stat.st_mtime_ns]:
                return str(known[2])
            found = hashlib.sha256(path.read_bytes()).hexdigest()
        except OSError:
            return ""
        if time.time() - stat.st_mtime > _UNCERTAIN:
            self._index[str(path)] = [stat.st_size, stat.st_mtime_ns, found]
        return found

    def key(self, paths: Iterable[Path], *told: object) -> str:
        """A key of these files and folders, of what is told, and of kvalreg and its libraries themselves."""
        files = [file for path in paths for file in _files(path)]
        parts = [self.code(), json.dumps(told, default=str), *(f"{path}={self.digest(path)}" for path in files)]
        return _hash(parts)

    def code(self) -> str:
        """What kvalreg is: its code, what it ships, its libraries' versions, and Python's."""
        if not self._code:
            self._code = _code(self.digest)
        return self._code

    # --- the whole build ---------------------------------------------------------------------------------------------
    def unchanged(self, asked: str) -> Account | None:
        """The account of the last build, when it was asked for the same, succeeded, and nothing has changed since."""
        last = self.entry("build")
        if last.get("asked") != asked or last.get("outputs") != self._outputs():
            return None
        if last.get("key") != self._whole_key(asked):
            return None
        return Account.of(last["account"], self._project.site)

    def remember(self, asked: str, account: Account) -> None:
        """Keep a build that succeeded."""
        made = {} if account.exit_code else {"key": self._whole_key(asked), "outputs": self._outputs()}
        self.keep("build", {"asked": asked, **made, "account": account.told()})

    def _whole_key(self, asked: str) -> str:
        return self.key(self._inputs(), asked)

    def _inputs(self) -> Iterator[Path]:
        """Everything in the project's folder that was not made."""
        made = {self._project.build, self._project.site, self._project.public}
        for path in sorted(self._project.root.iterdir()):
            if path not in made and path.name not in _OURS[:3] and not path.name.startswith("."):
                yield path

    def _outputs(self) -> str:
        """What builds and publications have made, by name, size and time; not what those leave who only look."""
        parts = []
        project = self._project
        left_out = {
            self._folder,
            project.logs,
            project.lock,
            project.report,
            project.audited,
            project.looked_at,
            project.status.parent,
        }
        draft = project.draft
        left_out |= {draft.build, draft.site, draft.site.with_name(f".{draft.site.name}"), project.workbench}
        left_out |= {project.staged / name for name in QUARTOS_OWN}
        for root in (project.build, project.site, project.public):
            for path, stat in _walk(root, left_out):
                parts.append(f"{path}={stat.st_size},{stat.st_mtime_ns}")
        return _hash(sorted(parts))


def asked_for(registries: Iterable[str], years: Iterable[int], renderer: str, *, skip_unknown_units: bool) -> str:
    """What a build is asked for, whether this year's results are due by now, and which Quarto it would find."""
    variables = [os.environ.get(name, "") for name in ("KVALREG_QUARTO", "QUARTO_PATH", "PATH")]
    final, _ = deadlines(day := today())
    due = [final.year, final.standing((), day)]
    return json.dumps([list(registries), list(years), renderer, skip_unknown_units, *due, *variables])


@cache
def own_code() -> str:
    """What kvalreg is in this process, the same on every machine that has the same."""
    return _code(lambda path: hashlib.sha256(path.read_bytes()).hexdigest())


def _code(digest: Callable[[Path], str]) -> str:
    shared = shared_root()
    places = [(_PACKAGE, _PACKAGE), *((shared, shared / name) for name in ("_quarto.yml", "_extensions", "notebooks"))]
    files = [(file.relative_to(root).as_posix(), file) for root, path in places for file in _files(path)]
    return _hash([sys.version, *_versions(), *(f"{name}={digest(file)}" for name, file in files)])


def _hash(parts: Iterable[str]) -> str:
    """The digest of texts; a file's name may be in no encoding."""
    return hashlib.sha256("\n".join(parts).encode("utf-8", "surrogatepass")).hexdigest()


def _versions() -> list[str]:
    """The versions of the libraries that kvalreg names."""
    found = [__version__]
    with suppress(PackageNotFoundError):
        for wanted in requires("kvalreg") or ():
            name = (
                wanted.replace(">", " ").replace("=", " ").replace("<", " ").replace(";", " ").split()[0].split("[")[0]
            )
            with suppress(PackageNotFoundError):
                found.append(f"{name}={version(name)}")
    return found


def _files(path: Path) -> list[Path]:
    """A file itself, or every file of a folder, by name."""
    if path.is_file():
        return [path]
    return sorted(Path(file) for file, _ in _walk(path, set()))


def _walk(folder: Path, left_out: set[Path]) -> Iterator[tuple[str, os.stat_result]]:
    """Every file below a folder, links not followed."""
    try:
        entries = list(os.scandir(folder))
    except OSError:
        return
    for entry in entries:
        if entry.name in _NOT_INPUT or Path(entry.path) in left_out:
            continue
        if entry.is_dir(follow_symlinks=False):
            yield from _walk(Path(entry.path), left_out)
        else:
            with suppress(OSError):
                yield entry.path, entry.stat(follow_symlinks=False)
