"""What tests have workers do: they import it by the folder that they are told."""

from __future__ import annotations

import os
import signal
from pathlib import Path


def tried(folder: str, deadly: int) -> int:
    """Note that it ran, and kill its own worker the first `deadly` times; how often it has run."""
    place = Path(folder)
    runs = len(list(place.iterdir())) + 1
    (place / str(runs)).touch()
    if runs <= deadly:
        os.kill(os.getpid(), signal.SIGKILL)
    return runs
