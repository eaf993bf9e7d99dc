"""Waiting for somebody to save a file.

Comes in: folders and files. Goes out: the moment at which something in them has changed and come to rest. It looks a
few times a second instead of asking the system to tell: a registry's files often lie on a network drive, where the
system tells of nothing.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

INTERVAL = 0.25
"""Seconds between looks."""

Snapshot = dict[str, tuple[int, int]]
"""Every file's time of change in nanoseconds and its size."""


def snapshot(places: Sequence[Path]) -> Snapshot:
    """Every file in these places; what editors and offices leave beside an open file does not count."""
    return {str(path): (told.st_mtime_ns, told.st_size) for path, told in _files(places)}


def wait_for_change(places: Sequence[Path], before: Snapshot, pause: Callable[[float], object]) -> Snapshot:
    """Wait until the places differ from `before` and two looks in a row agree, so that no half-written file is read.

    Parameters
    ----------
    pause
        Waits for some seconds; whoever wants to end the waiting raises there.
    """
    seen = before
    while True:
        pause(INTERVAL)
        now = snapshot(places)
        if now != before and now == seen:
            return now
        seen = now


def _files(places: Sequence[Path]) -> Iterator[tuple[Path, os.stat_result]]:
    for place in places:
        for path in [place, *place.rglob("*")] if place.is_dir() else [place]:
            if path.name.startswith((".", "~", "_")) and path.suffix != ".yml":
                continue
            if ".ipynb_checkpoints" in path.parts:
                continue
            try:
                told = path.stat()
            except OSError:  # gone between the two questions
                continue
            if not path.is_dir():
                yield path, told
