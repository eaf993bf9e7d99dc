"""A finished site put in place: made aside, then switched in with one step that cannot be seen halfway.

Comes in: the output's path. Goes out: an empty folder to render into. The output, ``_site``, is a symbolic link to a
folder beside it, ``._site/17-x4k2``; the switch replaces the link in one rename. A reader, or a run that is killed
at any moment, sees the old site or the new one. What is neither a link of ours nor an empty folder is never replaced.
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
from kvalreg.private_files import open_folder, open_to_readers

MARK = ".kvalreg-site"
"""An empty file in every finished site we make: what holds it may be replaced."""
_NUMBER = re.compile(r"[0-9]+")
_EARLIER = 1
"""How many earlier sites stay beside the one in use: a reader may be halfway through a page of the last one."""


Approve = Callable[[Path], None]
"""Looks at a finished site and raises when it may not be released."""


def unasked(_site: Path) -> None:
    """Approves every site: for a renderer that is used by itself."""


@contextmanager
def replaced(output: Path, staged: Path, approve: Approve = unasked) -> Iterator[Path]:
    """A new folder that becomes `output` when the block ends without an error.

    Parameters
    ----------
    output
        Where the site goes.
    staged
        The project that is rendered; other renders of it wait.
    approve
        Looks at the finished site before it is switched in, and raises when it may not be.

    Raises
    ------
    UsageError
        When `output` is there and is neither empty nor a site of ours.
    """
    if (output.exists() or output.is_symlink()) and not _replaceable(output):
        raise UsageError(
            f"{output}: there is something else than a site here, and a site would replace it. "
            "Name another folder with --output DIR, or empty this one first."
        )
    made = _made(output)
    open_folder(made)
    with _one_at_a_time(staged.with_name(f"{staged.name}.lock")):
        _tidy(output)
        # never a name that was used before: the renderer of a killed run may still be writing into its folder
        number = 1 + max(map(_number, _sites(output)), default=0)
        aside = Path(tempfile.mkdtemp(prefix=f"{number}-", dir=made))
        try:
            yield aside
            approve(aside)
            (aside / MARK).touch()
            open_to_readers(aside)
            switch(output, aside)
        finally:
            _tidy(output)
            if not any(made.iterdir()):
                made.rmdir()


def switch(link: Path, target: Path) -> None:
    """Make a link lead to a folder, in one step: whoever follows it comes to the old folder or to the new one."""
    aside = link.with_name(f".{link.name}.link")
    aside.unlink(missing_ok=True)
    aside.symlink_to(os.path.relpath(target, link.parent), target_is_directory=True)
    if link.is_dir() and not link.is_symlink():
        _take_away(link)
    aside.replace(link)


def share(source: Path, copy: Path) -> None:
    """One file under two names; a copy where the disk cannot. Whoever changes either replaces it."""
    try:
        copy.hardlink_to(source)
    except OSError:
        shutil.copyfile(source, copy)


@contextmanager
def _one_at_a_time(path: Path) -> Iterator[None]:
    """Wait until no other process holds this lock; it falls away with the process that holds it."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _replaceable(output: Path) -> bool:
    if output.is_symlink():
        return _target(output).parent == _made(output) or (output / MARK).exists()
    return output.is_dir() and ((output / MARK).exists() or not any(output.iterdir()))


def _made(output: Path) -> Path:
    """The folder of all that is made for an output."""
    return output.with_name(f".{output.name}")


def _target(output: Path) -> Path:
    """Where the output's link leads, whether or not something is there."""
    return output.parent / output.readlink()


def _sites(output: Path) -> list[Path]:
    """Every folder made for an output, in the order in which they were made."""
    return sorted((path for path in _made(output).iterdir() if _NUMBER.match(path.name)), key=_number)


def _number(site: Path) -> int:
    found = _NUMBER.match(site.name)
    return int(found[0]) if found else 0


def _tidy(output: Path) -> None:
    """Remove what interrupted runs left and sites no longer needed; bring back a site that has lost its link."""
    sites = _sites(output)
    finished = [site for site in sites if (site / MARK).exists()]
    if not output.exists() and finished:
        switch(output, finished[-1])
    now = output.resolve()
    kept = [site for site in finished if site.resolve() != now][-_EARLIER:]
    for site in sites:
        if site not in kept and site.resolve() != now:
            shutil.rmtree(site, ignore_errors=True)


def _take_away(folder: Path) -> None:
    """Make room for a link where a plain folder is: once only, for an empty folder or a site of an older version."""
    if any(folder.iterdir()):
        folder.rename(_made(folder) / "0")
    else:
        folder.rmdir()
