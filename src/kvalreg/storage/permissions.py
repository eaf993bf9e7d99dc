"""File permissions: what only the owner may read, whatever the umask, and what everybody may read.

Input: paths, and a project. Output: folders with mode 0700 and files with 0600 for true counts and for unpublished
results; 0755 and 0644 for finished sites, which a web server reads. Existing files with a wider mode are restricted.
File systems without modes are left as they are.
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
"""A folder whose entries others may open by name and cannot list."""


# --- for the owner alone ---------------------------------------------------------------------------------------------
def make_private_folder(path: Path, *subfolders: str) -> Path:
    """Create a folder that only its owner may enter, and nested folders below it; return the innermost."""
    make_public_folder(path.parent)
    for name in ("", *subfolders):
        path /= name
        path.mkdir(_PRIVATE_FOLDER_MODE, exist_ok=True)
        _restrict_mode(path)
    return path


def write_private(path: Path, content: bytes, *, fsync: bool = False) -> Path:
    """Write a file that only its owner may read, atomically: a reader sees the old content or the new.

    Parameters
    ----------
    fsync
        Whether it must be on the disk before anything else is done, for what a power failure must not lose.
    """
    if path.is_dir():
        remove(path)
    # "x" and the opener: the file has its mode before its first byte, and is never somebody else's file or link
    temp_path = path.with_name(f"{path.name}.new")
    temp_path.unlink(missing_ok=True)
    with open(temp_path, "xb", opener=private_opener) as file:
        file.write(content)
        if fsync:
            file.flush()
            os.fsync(file.fileno())
    return temp_path.replace(path)


def private_opener(path: str, flags: int) -> int:
    """The ``opener`` of `open` for files that only their owner may read; it also restricts a file that exists."""
    descriptor = os.open(path, flags, _PRIVATE_FILE_MODE)
    with suppress(OSError):
        if stat.S_IMODE(os.fstat(descriptor).st_mode) != _PRIVATE_FILE_MODE:
            os.fchmod(descriptor, _PRIVATE_FILE_MODE)
    return descriptor


def restrict_to_owner(path: Path) -> None:
    """Let only the owner read or write a path and all below it."""
    _restrict_mode(path)
    for entry in _walk_entries(path):
        if not entry.is_symlink():
            _restrict_mode(entry)


def secure_project(project: Project) -> None:
    """Restrict every folder that no web server reads to its owner; a run does so before it writes anything."""
    make_public_folder(project.build_root)
    # a web server follows links to the editions in `_build`: it must be able to traverse that, and nobody writes there
    _set_mode(project.build_root, (_mode(project.build_root) | _TRAVERSE_ONLY_MODE) & ~_WRITE_BY_OTHERS)
    for folder in (project.releases, project.editions):
        if folder.is_dir():
            _set_mode(folder, _PUBLIC_FOLDER_MODE)
    if project.build_folder != project.build_root:
        make_private_folder(project.build_folder)
    for folder in project.private_folders:
        make_private_folder(folder)
    # file by file as well, since a folder may have been copied here with wider modes, or be moved elsewhere
    for path in project.secret_paths:
        restrict_to_owner(path)


# --- removing --------------------------------------------------------------------------------------------------------
def remove(path: Path) -> None:
    """Remove a file, a folder with its content, or a symbolic link without its target."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def clear_path(path: Path) -> Path:
    """Make room for a file: a folder at its path, or a file at the path of its folder, is removed."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    if path.parent.exists() and not path.parent.is_dir():
        path.parent.unlink()
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


# --- for everybody ---------------------------------------------------------------------------------------------------
def make_public_folder(path: Path) -> Path:
    """Create a folder and its missing parents, readable by everybody; those that exist stay as they are."""
    if not path.is_dir():
        make_public_folder(path.parent)
        path.mkdir(exist_ok=True)
        _set_mode(path, _PUBLIC_FOLDER_MODE)
    return path


def make_world_readable(site: Path) -> None:
    """Let everybody read a finished site, and only its owner write in it."""
    _set_mode(site, _PUBLIC_FOLDER_MODE)
    for entry in _walk_entries(site):
        if not entry.is_symlink():
            _set_mode(entry, _PUBLIC_FOLDER_MODE if entry.is_dir(follow_symlinks=False) else _PUBLIC_FILE_MODE)


# --- modes -----------------------------------------------------------------------------------------------------------
def _walk_entries(folder: Path) -> Iterator[os.DirEntry[str]]:
    """Everything below a folder, symbolic links not followed; nothing where there is no folder."""
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            yield entry
            if entry.is_dir(follow_symlinks=False):
                yield from _walk_entries(Path(entry.path))


def _restrict_mode(path: os.PathLike[str]) -> None:
    with suppress(FileNotFoundError):
        _set_mode(path, _mode(path) & ~_GROUP_AND_OTHERS)


def _mode(path: os.PathLike[str]) -> int:
    return stat.S_IMODE(os.stat(path).st_mode)  # noqa: PTH116 - an os.DirEntry is no Path


def _set_mode(path: os.PathLike[str], mode: int) -> None:
    """Set a mode, unless it is set: an unneeded call would change the time of the inode."""
    if _mode(path) != mode:
        with suppress(OSError):  # a file system without modes, or a file of another owner
            os.chmod(path, mode)  # noqa: PTH101 - an os.DirEntry is no Path
