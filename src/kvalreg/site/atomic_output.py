"""Atomic output: a site is built in a temporary folder, then switched in one step that cannot be seen halfway.

Input: the output's path. Output: an empty folder to render into. ``_site`` is a symbolic link to a folder beside it,
and rename(2) replaces a link atomically (POSIX.1). Worked example::

    _site -> ._site/16-a9s3          the site in use; ._site/15-k2m8, the one before it, stays for readers halfway
    ._site/17-x4k2                   the new site is rendered and checked here
    ._site.link -> ._site/17-x4k2    a new link, renamed to _site: from now on readers get 17
    ._site/15-k2m8                   is removed

A reader, or a run that is killed at any moment, sees the old site or the new one. What is neither a link of kvalreg's
nor an empty folder is never replaced.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from kvalreg.errors import UsageError
from kvalreg.storage.permissions import make_public_folder, make_world_readable

SITE_MARKER = ".kvalreg-site"
"""An empty file in every finished site: a folder with it may be replaced."""
_VERSION_NUMBER = re.compile(r"[0-9]+")
_PREVIOUS_VERSIONS = 1
"""How many earlier sites stay beside the one in use: a reader may be halfway through loading a page of one."""


ReleaseCheck = Callable[[Path], None]
"""Checks a finished site, and raises when it may not be released."""


def no_release_check(_site: Path) -> None:
    """Approves every site: for a renderer that is used by itself."""


@contextmanager
def atomic_output(output: Path, staged: Path, check_release: ReleaseCheck = no_release_check) -> Iterator[Path]:
    """A new folder that becomes `output` when the block ends without an error.

    Parameters
    ----------
    output
        Where the site goes.
    staged
        The project that is rendered; other renders of it wait.
    check_release
        Checks the finished site before the switch, and raises when it may not be released.

    Raises
    ------
    UsageError
        When `output` exists and is neither empty nor a site of kvalreg's.
    """
    if (output.exists() or output.is_symlink()) and not _is_replaceable(output):
        raise UsageError(
            f"{output}: there is something else than a site here, and a site would replace it. "
            "Name another folder with --output DIR, or empty this one first."
        )
    versions_folder = _versions_folder(output)
    make_public_folder(versions_folder)
    with _exclusive_lock(staged.with_name(f"{staged.name}.lock")):
        _clean_up(output)
        # a name that was never used before: the renderer of a killed run may still be writing into its folder
        number = 1 + max(map(_version_number, _versions(output)), default=0)
        new_site = Path(tempfile.mkdtemp(prefix=f"{number}-", dir=versions_folder))
        try:
            yield new_site
            check_release(new_site)
            (new_site / SITE_MARKER).touch()  # from here on the folder counts as finished; see `_clean_up`
            make_world_readable(new_site)
            switch_link(output, new_site)
        finally:
            _clean_up(output)
            if not any(versions_folder.iterdir()):
                versions_folder.rmdir()


def switch_link(link: Path, target: Path) -> None:
    """Point a link at a folder, atomically: whoever follows it comes to the old folder or to the new one."""
    temp_link = link.with_name(f".{link.name}.link")
    temp_link.unlink(missing_ok=True)
    # a relative target: the site's parent folder may be moved or mounted elsewhere
    temp_link.symlink_to(os.path.relpath(target, link.parent), target_is_directory=True)
    if link.is_dir() and not link.is_symlink():
        _move_away(link)
    temp_link.replace(link)


def link_or_copy(source: Path, copy: Path) -> None:
    """Hard-link a file, or copy it where the disk has no hard links.

    Invariant: a file of a staged project or site is never written in place, only replaced, so that a change under one
    name does not reach the other.
    """
    try:
        copy.hardlink_to(source)
    except OSError:
        shutil.copyfile(source, copy)


@contextmanager
def _exclusive_lock(path: Path) -> Iterator[None]:
    """Wait until no other process holds this lock; the kernel releases it when the process that holds it ends."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _is_replaceable(output: Path) -> bool:
    if output.is_symlink():
        return _link_target(output).parent == _versions_folder(output) or (output / SITE_MARKER).exists()
    return output.is_dir() and ((output / SITE_MARKER).exists() or not any(output.iterdir()))


def _versions_folder(output: Path) -> Path:
    """The folder with all versions of an output."""
    return output.with_name(f".{output.name}")


def _link_target(output: Path) -> Path:
    """The target of the output's link, whether or not it exists."""
    return output.parent / output.readlink()


def _versions(output: Path) -> list[Path]:
    """Every version of an output, oldest first."""
    return sorted(
        (path for path in _versions_folder(output).iterdir() if _VERSION_NUMBER.match(path.name)), key=_version_number
    )


def _version_number(site: Path) -> int:
    match = _VERSION_NUMBER.match(site.name)
    return int(match[0]) if match else 0


def _clean_up(output: Path) -> None:
    """Remove what interrupted runs left and sites no longer needed; bring back a site that has lost its link."""
    sites = _versions(output)
    finished = [site for site in sites if (site / SITE_MARKER).exists()]
    # a run killed between removing a plain folder and renaming the link (`switch_link`) leaves no output at all
    if not output.exists() and finished:
        switch_link(output, finished[-1])
    current = output.resolve()
    previous = [site for site in finished if site.resolve() != current][-_PREVIOUS_VERSIONS:]
    for site in sites:
        if site not in previous and site.resolve() != current:
            shutil.rmtree(site, ignore_errors=True)


def _move_away(folder: Path) -> None:
    """Make room for a link where a plain folder is: once only, for an empty folder or a site of an older version."""
    if any(folder.iterdir()):  # version 0, so that it is the first to be removed
        folder.rename(_versions_folder(folder) / "0")
    else:
        folder.rmdir()
