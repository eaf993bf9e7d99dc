"""A nation from nothing to a released site: how long, how much memory, and what a change costs.

Comes in: a scale. Goes out: a table of three builds of the same made-up nation with the embedded renderer: from
nothing, with nothing changed, and with one registry's last delivery changed; each with its time on the clock, the
processor time and the peak memory of all its processes together. It writes in a temporary folder only::

    python benchmarks/nation.py                            # two registries, three years
    python benchmarks/nation.py --registries 60 --years 10 # the goal: under 6 minutes and 2 GB on two cores
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import psutil
from nation_data import NEWEST, Part, Scale, write_delivery, write_nation

EVERY = 0.2
"""Seconds between two looks at the processes."""


@dataclass(frozen=True)
class Cost:
    """What a build took: seconds on the clock and of processors, and MB of memory at its peak."""

    wall: float
    processor: float
    peak: float


def build(project: Path) -> Cost:
    """Run `kvalreg build` and watch it with all its children."""
    program = Path(sys.executable).with_name("kvalreg")
    began = time.monotonic()
    with (project / "build.log").open("wb") as log:
        running = subprocess.Popen(
            [program, "build", "--renderer", "pandoc", "--project", project],
            stdout=log,
            stderr=subprocess.STDOUT,
            env=os.environ | {"OPENBLAS_NUM_THREADS": "1"},
        )
        seconds: dict[tuple[int, float], float] = {}
        peak = 0.0
        while running.poll() is None:
            peak = max(peak, _look(running.pid, seconds))
            time.sleep(EVERY)
    if running.returncode:
        sys.exit((project / "build.log").read_text(encoding="utf-8")[-3000:])
    return Cost(time.monotonic() - began, sum(seconds.values()), peak)


def _look(pid: int, seconds: dict[tuple[int, float], float]) -> float:
    """The memory of a process and its children in MB; their processor seconds so far are noted."""
    memory = 0
    try:
        root = psutil.Process(pid)
        for process in (root, *root.children(recursive=True)):
            with process.oneshot():
                times = process.cpu_times()
                seconds[process.pid, process.create_time()] = times.user + times.system
                shared = getattr(process.memory_info(), "shared", 0)
                memory += process.memory_info().rss - (shared if process.pid != pid else 0)
    except psutil.Error:  # it has ended between two looks
        pass
    return memory / 1e6


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--registries", type=int, default=2)
    parser.add_argument("--years", type=int, default=3)
    asked = parser.parse_args()
    scale = Scale(asked.registries, asked.years)
    with tempfile.TemporaryDirectory(prefix="nation-") as folder:
        project = Path(folder)
        write_nation(project, scale)
        costs = {"from nothing": build(project), "with nothing changed": build(project)}
        write_delivery(project, 0, scale, Part("levering-1.csv", max(NEWEST - 1, NEWEST - scale.years + 1), NEWEST, 1))
        costs["with one delivery changed"] = build(project)
        pages = sum(1 for _ in (project / "_site").rglob("*.html"))
        size = sum(path.stat().st_size for path in (project / "_site").rglob("*") if path.is_file())
    load = os.getloadavg()[1]
    lines = [
        f"{scale.registries} registries, {scale.years} years, {scale.indicators} indicators: {pages} pages, "
        f"{size / 1e6:.0f} MB; the machine's load was {load:.1f}\n",
        "| build | seconds | processor seconds | of the first | MB |\n|---|---|---|---|---|",
    ]
    first = costs["from nothing"].processor
    lines += [
        f"| {name} | {cost.wall:.1f} | {cost.processor:.1f} | {cost.processor / first:.0%} | {cost.peak:.0f} |"
        for name, cost in costs.items()
    ]
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
