"""What only its owner may read, whatever the umask, and what everybody may: the rights of all that kvalreg makes.

Comes in: paths, and a project. Goes out: folders with rights 0700 and files with 0600 for true counts and for results
that nobody has published yet; 0755 and 0644 for finished sites, which a web server reads. Older and wider rights are
narrowed. On a disk or system without such rights nothing is changed, and nothing is said.
"""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from kvalreg.project import Project

_OWN_FOLDER, _OWN_FILE = 0o700, 0o600
_OPEN_FOLDER, _OPEN_FILE = 0o755, 0o644
_OTHERS = 0o077
_OTHERS_WRITE = 0o022
_PASS = 0o711


# --- for the owner alone ---------------------------------------------------------------------------------------------
def private_folder(path: Path, *below: str) -> Path:
    """Make a folder that only its owner may enter, and folders below it, each inside the one before; give the last."""
    open_folder(path.parent)
    for name in ("", *below):
        path /= name
        path.mkdir(_OWN_FOLDER, exist_ok=True)
        _narrow(path)
    return path


def write_private(path: Path, content: bytes, *, lasting: bool = False) -> Path:
    """Write a file that only its owner may read, in one step: a reader sees the old file or the new one.

    Parameters
    ----------
    lasting
        Whether it must be on the disk before anything else is done, for what a loss of power must not take.
    """
    if path.is_dir():
        remove(path)
    aside = path.with_name(f"{path.name}.new")
    aside.unlink(missing_ok=True)
    with open(aside, "xb", opener=private_opener) as file:
        file.write(content)
        if lasting:
            file.flush()
            os.fsync(file.fileno())
    return aside.replace(path)


def private_opener(path: str, flags: int) -> int:
    """The opener, for `open`, of files that only their owner may read."""
    file = os.open(path, flags, _OWN_FILE)
    with suppress(OSError):
        if stat.S_IMODE(os.fstat(file).st_mode) != _OWN_FILE:
            os.fchmod(file, _OWN_FILE)
    return file


def narrow(path: Path) -> None:
    """Take from everybody but the owner every right to a file or folder and to all below it."""
    _narrow(path)
    for entry in _below(path):
        if not entry.is_symlink():
            _narrow(entry)


def keep_private(project: Project) -> None:
    """Before anything is made: see that nobody but their owner may enter the folders that no web server reads.

    `_build` itself stays passable, since readers' editions lie in it, and nobody else may put anything into it.
    """
    open_folder(project.kept)
    _set(project.kept, (_mode(project.kept) | _PASS) & ~_OTHERS_WRITE)
    for folder in (project.releases, project.editions):
        if folder.is_dir():
            _set(folder, _OPEN_FOLDER)
    if project.build != project.kept:
        private_folder(project.build)
    for folder in project.private:
        private_folder(folder)
    for path in project.secret:
        narrow(path)


# --- in the way ------------------------------------------------------------------------------------------------------
def remove(path: Path) -> None:
    """Take a file away, or a folder with all it holds; a link alone, and not what it leads to."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def clear_way(path: Path) -> Path:
    """See that a file can be put here: whatever else lies in its place, or in that of its folder, is taken away."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    if path.parent.exists() and not path.parent.is_dir():
        path.parent.unlink()
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


# --- for everybody ---------------------------------------------------------------------------------------------------
def open_folder(path: Path) -> Path:
    """Make a folder, and the missing ones above it, that everybody may read; those that are there stay as they are."""
    if not path.is_dir():
        open_folder(path.parent)
        path.mkdir(exist_ok=True)
        _set(path, _OPEN_FOLDER)
    return path


def open_to_readers(site: Path) -> None:
    """Let everybody read a finished site, and nobody else write in it."""
    _set(site, _OPEN_FOLDER)
    for entry in _below(site):
        if not entry.is_symlink():
            _set(entry, _OPEN_FOLDER if entry.is_dir(follow_symlinks=False) else _OPEN_FILE)


# --- rights ----------------------------------------------------------------------------------------------------------
def _below(folder: Path) -> Iterator[os.DirEntry[str]]:
    """Everything below a folder, links not followed; nothing where there is no folder."""
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            yield entry
            if entry.is_dir(follow_symlinks=False):
                yield from _below(Path(entry.path))


def _narrow(path: os.PathLike[str]) -> None:
    with suppress(FileNotFoundError):
        _set(path, _mode(path) & ~_OTHERS)


def _mode(path: os.PathLike[str]) -> int:
    return stat.S_IMODE(os.stat(path).st_mode)  # noqa: PTH116 - also for entries of a folder


def _set(path: os.PathLike[str], mode: int) -> None:
    """Give a file these rights, unless it has them; a disk that knows none, or another's file, stays as it is."""
    if _mode(path) != mode:
        with suppress(OSError):
            os.chmod(path, mode)  # noqa: PTH101
