"""A finished site put in place: made aside, then switched in with one step that cannot be seen halfway.

Comes in: the output's path. Goes out: an empty folder to render into. The output, ``_site``, is a symbolic link to a
numbered folder beside it, ``._site/17``; the switch replaces the link in one rename. A reader, or a run that is killed
at any moment, sees the old site or the new one. What is neither a link of ours nor an empty folder is never replaced.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from kvalreg.errors import UsageError

MARK = ".kvalreg-site"
"""An empty file in every finished site we make: what holds it may be replaced."""
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
    made.mkdir(parents=True, exist_ok=True)
    with _one_at_a_time(staged.with_name(f"{staged.name}.lock")):
        _tidy(output)
        aside = made / str(1 + max(map(int, _numbered(output)), default=0))
        aside.mkdir()
        try:
            yield aside
            approve(aside)
            (aside / MARK).touch()
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


def _numbered(output: Path) -> list[str]:
    return sorted((path.name for path in _made(output).iterdir() if path.name.isdigit()), key=int)


def _tidy(output: Path) -> None:
    """Remove what interrupted runs left and sites no longer needed; bring back a site that has lost its link."""
    made = _made(output)
    finished = [made / name for name in _numbered(output) if (made / name / MARK).exists()]
    if not output.exists() and finished:
        switch(output, finished[-1])
    now = output.resolve()
    kept = [path for path in finished if path.resolve() != now][-_EARLIER:]
    for name in _numbered(output):
        if made / name not in kept and (made / name).resolve() != now:
            shutil.rmtree(made / name, ignore_errors=True)


def _take_away(folder: Path) -> None:
    """Make room for a link where a plain folder is: once only, for an empty folder or a site of an older version."""
    if any(folder.iterdir()):
        folder.rename(_made(folder) / "0")
    else:
        folder.rmdir()
