"""A nation from nothing to a released site: how long, how much memory, and what a change costs.

Input: a scale. Output: a table of runs over the same made-up nation with the embedded renderer: a quarter of it from
nothing, to see whether cost grows with size; all of it from nothing, with nothing changed, and with one registry's last
delivery changed; then published. Each has its time on the clock, the processor time and the peak memory of all its
processes together: of three rounds the one with the median time, but of the quarter and of publishing, which are made
once. It writes in a temporary folder only::

    python benchmarks/nation.py                             # two registries, three years
    python benchmarks/nation.py --registries 60 --years 10  # the goal: under 6 minutes and 2 GB on two cores
    python benchmarks/nation.py --registries 240 --years 10 --rounds 1  # does cost grow with size?
    python benchmarks/nation.py --same-patients             # indicators that count the same patients
"""

from __future__ import annotations

import argparse
import ctypes
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import psutil
from nation_data import NEWEST, Part, Scale, write_delivery, write_nation

EVERY = 0.5
"""Seconds between two looks at the memory of the processes."""

PATIENCE = 10
"""Seconds that processes have to end after the one that started them."""

_SET_CHILD_SUBREAPER = 36
"""Linux's name for: a process whose parent has ended becomes our child."""


@dataclass(frozen=True)
class Cost:
    """What a build took: seconds on the clock and of processors, and MB of memory at its peak."""

    wall: float
    processor: float
    peak: float


def build(project: Path) -> Cost:
    """Run `kvalreg build` and watch it with all its children."""
    return run(project, "build", "--renderer", "pandoc")


def from_nothing(project: Path) -> Cost:
    """Take away all that was made, and build."""
    for name in ("_build", "_site", "._site"):
        made = project / name
        made.unlink() if made.is_symlink() else shutil.rmtree(made, ignore_errors=True)
    return build(project)


def delivered(project: Path, scale: Scale, draw: int) -> Cost:
    """Put a new delivery of the last two years in the place of one registry's, and build."""
    write_delivery(project, 0, scale, Part("levering-1.csv", max(NEWEST - 1, NEWEST - scale.years + 1), NEWEST, draw))
    return build(project)


def median(costs: Iterable[Cost]) -> Cost:
    """The cost in the middle, by time on the clock."""
    ordered = sorted(costs, key=lambda cost: cost.wall)
    return ordered[len(ordered) // 2]


def run(project: Path, *command: str) -> Cost:
    """Run a command of kvalreg's and watch it with all its children."""
    program = Path(sys.executable).with_name("kvalreg")
    before, peak = _processor_seconds(), 0.0
    began = time.monotonic()
    with project.with_suffix(".log").open("wb") as log:
        running = subprocess.Popen(
            [program, *command, "--project", project],
            stdout=log,
            stderr=subprocess.STDOUT,
            env=os.environ | {"OPENBLAS_NUM_THREADS": "1"},
        )
        while running.returncode is None:
            with suppress(subprocess.TimeoutExpired):
                running.wait(EVERY)
            peak = max(peak, _memory(running.pid))
    wall = time.monotonic() - began
    if running.returncode:
        sys.exit(project.with_suffix(".log").read_text(encoding="utf-8")[-3000:])
    return Cost(wall, _processor_seconds() - before, peak)


def _processor_seconds() -> float:
    """Of all processes, children of children among them: orphans come to us, and are waited for."""
    latest = time.monotonic() + PATIENCE
    with suppress(ChildProcessError):
        while time.monotonic() < latest:
            if not os.waitpid(-1, os.WNOHANG)[0]:
                time.sleep(0.1)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _memory(pid: int) -> float:
    """The memory of a process and its children in MB; what they share is counted once."""
    total = 0
    with suppress(psutil.Error):  # it has ended
        root = psutil.Process(pid)
        for process in (root, *root.children(recursive=True)):
            with suppress(psutil.Error):
                told = process.memory_full_info()
                total += getattr(told, "pss", told.rss)
    return total / 1e6


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--registries", type=int, default=2)
    parser.add_argument("--years", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--same-patients", action="store_true")
    asked = parser.parse_args()
    ctypes.CDLL(None).prctl(_SET_CHILD_SUBREAPER, 1)
    scale = Scale(asked.registries, asked.years, same_patients=asked.same_patients)
    quarter = replace(scale, registries=max(1, scale.registries // 4))
    with tempfile.TemporaryDirectory(prefix="nation-") as folder:
        small, project = Path(folder, "small"), Path(folder, "whole")
        write_nation(small, quarter)
        costs = {f"{quarter.registries} registries from nothing": build(small)}
        write_nation(project, scale)
        whole = f"{scale.registries} registries from nothing"
        costs[whole] = median(from_nothing(project) for _ in range(asked.rounds))
        costs["with nothing changed"] = median(build(project) for _ in range(asked.rounds))
        costs["with one delivery changed"] = median(
            delivered(project, scale, draw) for draw in range(1, asked.rounds + 1)
        )
        pages = sum(1 for _ in (project / "_site").rglob("*.html"))
        size = sum(path.stat().st_size for path in (project / "_site").rglob("*") if path.is_file())
        costs["published"] = run(project, "publish", "2026-06")
    load = os.getloadavg()[1]
    lines = [
        f"{scale.registries} registries, {scale.years} years, {scale.indicators} indicators: {pages} pages, "
        f"{size / 1e6:.0f} MB; {asked.rounds} rounds; the machine's load was {load:.1f}\n",
        "| run | seconds | processor seconds | of the whole from nothing | MB |\n|---|---|---|---|---|",
    ]
    first = costs[whole]
    lines += [
        f"| {name} | {cost.wall:.1f} | {cost.processor:.1f} | {cost.wall / first.wall:.1%} | {cost.peak:.0f} |"
        for name, cost in costs.items()
    ]
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
