"""Freed memory is given back to the system."""

from __future__ import annotations

import subprocess
import sys

import pytest

SCRIPT = """
from pathlib import Path
from kvalreg.memory import trim_heap

def used():
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * 4096 >> 20

before = used()
pieces = [bytearray(1000) for _ in range(100_000)]
stays = bytearray(1000)
full = used()
del pieces
trim_heap()
print(full - before, used() - before, len(stays))
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the C library of Linux has the call")
def test_what_has_been_freed_is_given_back() -> None:
    """100,000 pieces of 1 kB below one that stays: their 100 MB are back with the system, but for a fifth."""
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True)
    full, left, _ = map(int, done.stdout.split())
    assert full > 80
    assert left < 20
