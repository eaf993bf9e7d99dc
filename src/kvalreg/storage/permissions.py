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

_PRIVATE_FOLDER_MODE, _PRIVATE_FILE_MODE = 0o700, 0o600
_PUBLIC_FOLDER_MODE, _PUBLIC_FILE_MODE = 0o755, 0o644
_GROUP_AND_OTHERS = 0o077
_WRITE_BY_OTHERS = 0o022
_TRAVERSE_ONLY_MODE = 0o711


# --- for the owner alone ---------------------------------------------------------------------------------------------
def make_private_folder(path: Path, *subfolders: str) -> Path:
    """Make a folder that only its owner may enter, and folders below it, each inside the one before; give the last."""
    make_public_folder(path.parent)
    for name in ("", *subfolders):
        path /= name
        path.mkdir(_PRIVATE_FOLDER_MODE, exist_ok=True)
        _restrict_mode(path)
    return path


def write_private(path: Path, content: bytes, *, fsync: bool = False) -> Path:
    """Write a file that only its owner may read, in one step: a reader sees the old file or the new one.

    Parameters
    ----------
    lasting
        Whether it must be on the disk before anything else is done, for what a loss of power must not take.
    """
    if path.is_dir():
        remove(path)
    temp_path = path.with_name(f"{path.name}.new")
    temp_path.unlink(missing_ok=True)
    with open(temp_path, "xb", opener=private_opener) as file:
        file.write(content)
        if fsync:
            file.flush()
            os.fsync(file.fileno())
    return temp_path.replace(path)


def private_opener(path: str, flags: int) -> int:
    """The opener, for `open`, of files that only their owner may read."""
    descriptor = os.open(path, flags, _PRIVATE_FILE_MODE)
    with suppress(OSError):
        if stat.S_IMODE(os.fstat(descriptor).st_mode) != _PRIVATE_FILE_MODE:
            os.fchmod(descriptor, _PRIVATE_FILE_MODE)
    return descriptor


def restrict_to_owner(path: Path) -> None:
    """Take from everybody but the owner every right to a file or folder and to all below it."""
    _restrict_mode(path)
    for entry in _walk_entries(path):
        if not entry.is_symlink():
            _restrict_mode(entry)


def secure_project(project: Project) -> None:
    """Before anything is made: see that nobody but their owner may enter the folders that no web server reads.

    `_build` itself stays passable, since readers' editions lie in it, and nobody else may put anything into it.
    """
    make_public_folder(project.build_root)
    _set_mode(project.build_root, (_mode(project.build_root) | _TRAVERSE_ONLY_MODE) & ~_WRITE_BY_OTHERS)
    for folder in (project.releases, project.editions):
        if folder.is_dir():
            _set_mode(folder, _PUBLIC_FOLDER_MODE)
    if project.build_folder != project.build_root:
        make_private_folder(project.build_folder)
    for folder in project.private_folders:
        make_private_folder(folder)
    for path in project.secret_paths:
        restrict_to_owner(path)


# --- in the way ------------------------------------------------------------------------------------------------------
def remove(path: Path) -> None:
    """Take a file away, or a folder with all it holds; a link alone, and not what it leads to."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def clear_path(path: Path) -> Path:
    """See that a file can be put here: whatever else lies in its place, or in that of its folder, is taken away."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    if path.parent.exists() and not path.parent.is_dir():
        path.parent.unlink()
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


# --- for everybody ---------------------------------------------------------------------------------------------------
def make_public_folder(path: Path) -> Path:
    """Make a folder, and the missing ones above it, that everybody may read; those that are there stay as they are."""
    if not path.is_dir():
        make_public_folder(path.parent)
        path.mkdir(exist_ok=True)
        _set_mode(path, _PUBLIC_FOLDER_MODE)
    return path


def make_world_readable(site: Path) -> None:
    """Let everybody read a finished site, and nobody else write in it."""
    _set_mode(site, _PUBLIC_FOLDER_MODE)
    for entry in _walk_entries(site):
        if not entry.is_symlink():
            _set_mode(entry, _PUBLIC_FOLDER_MODE if entry.is_dir(follow_symlinks=False) else _PUBLIC_FILE_MODE)


# --- rights ----------------------------------------------------------------------------------------------------------
def _walk_entries(folder: Path) -> Iterator[os.DirEntry[str]]:
    """Everything below a folder, links not followed; nothing where there is no folder."""
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            yield entry
            if entry.is_dir(follow_symlinks=False):
                yield from _walk_entries(Path(entry.path))


def _restrict_mode(path: os.PathLike[str]) -> None:
    with suppress(FileNotFoundError):
        _set_mode(path, _mode(path) & ~_GROUP_AND_OTHERS)


def _mode(path: os.PathLike[str]) -> int:
    return stat.S_IMODE(os.stat(path).st_mode)


def _set_mode(path: os.PathLike[str], mode: int) -> None:
    """Give a file these rights, unless it has them; a disk that knows none, or another's file, stays as it is."""
    if _mode(path) != mode:
        with suppress(OSError):
            os.chmod(path, mode)
