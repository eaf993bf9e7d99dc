"""Waiting for somebody to save a file.

Comes in: folders and files. Goes out: the moment at which something in them has changed and come to rest. It looks a
few times a second instead of asking the system to tell: a registry's files often lie on a network drive, where the
system tells of nothing.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

POLL_SECONDS = 0.25
"""Seconds between looks."""

Snapshot = dict[str, tuple[int, int]]
"""Every file's time of change in nanoseconds and its size."""


def snapshot(paths: Sequence[Path]) -> Snapshot:
    """Every file in these places; what editors and offices leave beside an open file does not count."""
    return {str(path): (stat.st_mtime_ns, stat.st_size) for path, stat in _walk_files(paths)}


def wait_for_change(paths: Sequence[Path], previous: Snapshot, sleep: Callable[[float], object]) -> Snapshot:
    """Wait until the places differ from `before` and two looks in a row agree, so that no half-written file is read.

    Parameters
    ----------
    pause
        Waits for some seconds; whoever wants to end the waiting raises there.
    """
    latest = previous
    while True:
        sleep(POLL_SECONDS)
        current = snapshot(paths)
        if current != previous and current == latest:
            return current
        latest = current


def _walk_files(paths: Sequence[Path]) -> Iterator[tuple[Path, os.stat_result]]:
    for root in paths:
        for path in [root, *root.rglob("*")] if root.is_dir() else [root]:
            if path.name.startswith((".", "~", "_")) and path.suffix != ".yml":
                continue
            if ".ipynb_checkpoints" in path.parts:
                continue
            try:
                stat = path.stat()
            except OSError:  # gone between the two questions
                continue
            if not path.is_dir():
                yield path, stat
