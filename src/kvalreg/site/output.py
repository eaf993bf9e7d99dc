"""A finished site put in place: rendered aside, then switched in, one render at a time.

Comes in: the output folder. Goes out: an empty folder beside it to render into. When rendering fails, the old site
stays as it was; a folder that holds something else than a site of ours is never replaced.
"""

from __future__ import annotations

import fcntl
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from kvalreg.errors import UsageError

_MARK = ".kvalreg-site"
"""An empty file in every site we make: what holds it may be replaced."""


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
    if output.exists() and not (output.is_dir() and _replaceable(output)):
        raise UsageError(
            f"{output}: there is something else than a site here, and a site would replace it. "
            "Name another folder with --output DIR, or empty this one first."
        )
    output.parent.mkdir(parents=True, exist_ok=True)
    with _one_at_a_time(staged.with_name(f"{staged.name}.lock")):
        _tidy(output)
        aside = Path(tempfile.mkdtemp(prefix=f".{output.name}.", suffix=".making", dir=output.parent))
        try:
            yield aside
            approve(aside)
            (aside / _MARK).touch()
            aside.chmod(0o755)
            _switch(aside, output)
        finally:
            shutil.rmtree(aside, ignore_errors=True)


@contextmanager
def _one_at_a_time(path: Path) -> Iterator[None]:
    """Wait until no other process holds this lock; it falls away with the process that holds it."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _replaceable(output: Path) -> bool:
    return (output / _MARK).exists() or not any(output.iterdir())


def _tidy(output: Path) -> None:
    """Clear away what an interrupted run left, and put back a site that it had taken away."""
    for old in output.parent.glob(f".{output.name}.*.old"):
        if not output.exists():
            old.rename(output)
        else:
            shutil.rmtree(old, ignore_errors=True)
    for unfinished in output.parent.glob(f".{output.name}.*.making"):
        shutil.rmtree(unfinished, ignore_errors=True)


def _switch(aside: Path, output: Path) -> None:
    """Two renames, so that the old site is away for no longer than the time between them."""
    old = aside.with_suffix(".old")
    if output.exists():
        output.rename(old)
    try:
        aside.rename(output)
    except OSError:
        if old.exists():
            old.rename(output)
        raise
    shutil.rmtree(old, ignore_errors=True)
