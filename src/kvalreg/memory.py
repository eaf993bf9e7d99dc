"""Memory management of Python and the C library, where the default costs more than it saves.

`trim_heap` frees no object: it returns freed memory to the system, which the C library otherwise keeps for this
process: a third of what a national data set takes.
"""

from __future__ import annotations

import ctypes
import gc
from collections.abc import Iterator
from contextlib import contextmanager, suppress


def trim_heap() -> None:
    """Return freed memory to the system (malloc_trim(3), a function of glibc); elsewhere nothing happens."""
    with suppress(OSError, AttributeError, TypeError):
        ctypes.CDLL(None).malloc_trim(0)


@contextmanager
def gc_paused() -> Iterator[None]:
    """Pause the garbage collector while very many objects are created that hold no cycles, or stay: imports, rows.

    The collector traverses all objects again and again as their number grows, and would find nothing.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def exit_fast() -> None:
    """Exempt all present objects from the collection that Python runs at exit: half a second for a national site."""
    gc.freeze()
