"""Memory that a run is done with, given back to the system.

Comes in: nothing. Goes out: nothing but room for the next step's processes. It frees no object: it hands over what has
been freed, which the C library otherwise keeps for this process alone: of a nation's cells a third.
"""

from __future__ import annotations

import ctypes
from contextlib import suppress


def give_back() -> None:
    """Give the system what has been freed; systems without such a call go on as they are."""
    with suppress(OSError, AttributeError, TypeError):
        ctypes.CDLL(None).malloc_trim(0)
