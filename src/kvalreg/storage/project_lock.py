"""The project lock: one build, publication or rollback at a time.

Owns `_build/run.lock`. Input: a project, and how long to wait. It is a POSIX record lock (fcntl(2)): the system
releases it when the process ends, however that happens, and a forked child does not inherit it. Whoever acquires it
first restricts what is private to its owner (`kvalreg.storage.permissions`): only holders of the lock write in a
project.
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
"""Locks that this process holds. A record lock belongs to the process: the system would grant it a second time."""
_POLL_SECONDS = 0.1


@contextmanager
def project_lock(project: Project, wait: float = 0) -> Iterator[None]:
    """Hold the project's lock while the block lasts.

    Parameters
    ----------
    wait
        Seconds to wait for another run to end.

    Raises
    ------
    BusyError
        When another run still holds the lock when the wait is over.
    """
    path = project.lock
    path.parent.mkdir(parents=True, exist_ok=True)
    deadline = time.monotonic() + wait
    while (file := _try_lock(path)) is None:
        if time.monotonic() >= deadline:
            raise BusyError(_busy_message(path))
        time.sleep(_POLL_SECONDS)
    try:
        # the text is for people: `_busy_message` shows it to whoever finds the project locked
        file.truncate(0)
        file.write(f"process {os.getpid()}, since {datetime.now():%Y-%m-%d %H:%M:%S}")
        file.flush()
        secure_project(project)
        yield
    finally:
        _held_paths.discard(path)
        file.close()


def _try_lock(path: Path) -> TextIO | None:
    """The locked file, or None while another run holds the lock.

    A file that this process has locked is not even opened: closing any descriptor of it releases a record lock.
    """
    if path in _held_paths:
        return None
    file = open(path, "a+", encoding="utf-8", opener=private_opener)  # noqa: SIM115 - Path.open knows no opener
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
