"""Python's and the C library's care for memory, where it costs more than it gives.

`give_back` frees no object: it hands over to the system what has been freed, which the C library otherwise keeps for
this process alone: of a nation's cells a third.
"""

from __future__ import annotations

import ctypes
import gc
from collections.abc import Iterator
from contextlib import contextmanager, suppress


def trim_heap() -> None:
    """Give the system what has been freed; systems without such a call go on as they are."""
    with suppress(OSError, AttributeError, TypeError):
        ctypes.CDLL(None).malloc_trim(0)


@contextmanager
def gc_paused() -> Iterator[None]:
    """Look for no cycles while very many objects are made that have none, or stay: imports, or the rows of a page."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def exit_fast() -> None:
    """Look for no cycles in what there is by now: before it ends, Python would, half a second long after a nation."""
    gc.freeze()
