"""One run at a time: a build, a publication or a roll-back has the project to itself.

Owns `_build/run.lock`. Comes in: a project, and how long to wait. The lock falls away with the process that holds it,
however that ends, and is not inherited by the processes it starts. A run that has it first sees that nobody else may
read what is private (`kvalreg.storage.permissions`): only such runs write in a project.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TextIO

from kvalreg.errors import BusyError
from kvalreg.project import Project
from kvalreg.storage.permissions import private_opener, secure_project

_held_paths: set[Path] = set()
"""Locks of this very process, to which the system would give the same lock twice."""
_POLL_SECONDS = 0.1
"""Seconds between two questions."""


@contextmanager
def project_lock(project: Project, wait: float = 0) -> Iterator[None]:
    """Have the project to oneself while the block lasts.

    Parameters
    ----------
    wait
        Seconds to wait for another run to end.

    Raises
    ------
    BusyError
        When another run has the project, and had it still when the wait was over.
    """
    path = project.lock
    path.parent.mkdir(parents=True, exist_ok=True)
    deadline = time.monotonic() + wait
    while (file := _try_lock(path)) is None:
        if time.monotonic() >= deadline:
            raise BusyError(_busy_message(path))
        time.sleep(_POLL_SECONDS)
    try:
        file.truncate(0)
        file.write(f"process {os.getpid()}, since {datetime.now():%Y-%m-%d %H:%M:%S}")
        file.flush()
        secure_project(project)
        yield
    finally:
        _held_paths.discard(path)
        file.close()


def _try_lock(path: Path) -> TextIO | None:
    """The locked file, or None while somebody else has it.

    A file that this process has locked is not even opened: closing it again would give up the lock.
    """
    if path in _held_paths:
        return None
    file = open(path, "a+", encoding="utf-8", opener=private_opener)
    try:
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        return None
    _held_paths.add(path)
    return file


def _busy_message(path: Path) -> str:
    holder = "this very process" if path in _held_paths else path.read_text(encoding="utf-8") or "it has just begun"
    return (
        f"Another run of kvalreg is at work on this project ({holder}). Nothing was done. "
        "Try again when it has ended, or wait for it with --wait SECONDS."
    )
