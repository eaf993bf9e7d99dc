"""Freed memory is given back to the system."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from kvalreg.memory import give_back


def _used() -> int:
    """Megabytes that this process has in memory."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * 4096 >> 20


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the C library of Linux has the call")
def test_what_has_been_freed_is_given_back() -> None:
    """100,000 pieces of 1 kB below one that stays: their 100 MB are back with the system, but for a fifth."""
    before = _used()
    pieces = [bytearray(1000) for _ in range(100_000)]
    stays = bytearray(1000)
    assert _used() - before > 80
    del pieces
    give_back()
    assert _used() - before < 20
    assert len(stays) == 1000
