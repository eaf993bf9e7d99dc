"""A watcher of files: waits until one is saved.

Input: folders and files. Output: the moment at which something in them has changed and is stable. It polls a few times
a second instead of using inotify or its like: a registry's files are often on a network drive, which sends no events.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

POLL_SECONDS = 0.25
"""Seconds between polls."""

Snapshot = dict[str, tuple[int, int]]
"""Every file's time of modification in nanoseconds and its size."""


def snapshot(paths: Sequence[Path]) -> Snapshot:
    """Every file below these paths, without the lock and backup files of editors and office programs."""
    return {str(path): (stat.st_mtime_ns, stat.st_size) for path, stat in _walk_files(paths)}


def wait_for_change(paths: Sequence[Path], previous: Snapshot, sleep: Callable[[float], object]) -> Snapshot:
    """Wait until the files differ from the previous snapshot and two polls in a row agree.

    Parameters
    ----------
    sleep
        Waits for some seconds; a caller ends the waiting by raising an exception in it.
    """
    # With A as before, a save that is seen half-way gives A, A, B, C, C: it returns at the second C, and never at B.
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
            # ".~lock.a.csv#", "~$a.xlsx", "_backup.csv"; but _quarto.yml and _extension.yml are sources.
            if path.name.startswith((".", "~", "_")) and path.suffix != ".yml":
                continue
            if ".ipynb_checkpoints" in path.parts:
                continue
            try:
                stat = path.stat()
            except OSError:  # deleted since it was listed
                continue
            if not path.is_dir():
                yield path, stat
