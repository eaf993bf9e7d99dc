"""How long the statistics of a whole country take: 60 registries x 10 indicators x 200 units x 15 years.

What comes in are synthetic counts from a fixed seed; what goes out is a table of time and peak memory for each method,
and the ratio to the plain way: statsmodels called row by row through pandas' apply, on a sample, extrapolated.
Run it with ``python benchmarks/statistics.py``; it writes no file.
"""

from __future__ import annotations

import resource
import time
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from kvalreg.statistics.achievement import achievement, certainty
from kvalreg.statistics.change import between_years, trend
from kvalreg.statistics.funnel import funnel, verdicts
from kvalreg.statistics.intervals import Estimate
from kvalreg.statistics.proportions import proportion, wilson

SHAPE = (600, 200, 15)
"""Indicators, units, years: 1.8 million cells."""
SAMPLE = 3000
"""Rows for the plain way, which costs the same for every row."""


@dataclass(frozen=True)
class Method:
    """One method: ours on all cells, and the plain way on one row (None where statsmodels has nothing)."""

    name: str
    ours: Callable[[], object]
    plain: Callable[..., Any] | None


def main() -> None:
    """Measure every method and print the table."""
    random = np.random.default_rng(2023)
    n = random.integers(5, 600, SHAPE)
    x = random.binomial(n, random.beta(16, 3, (SHAPE[0], 1, 1)))
    green, yellow, direction = np.full((SHAPE[0], 1, 1), 0.9), np.full((SHAPE[0], 1, 1), 0.8), np.ones((1, 1, 1))
    series = proportion(x, n)
    now, before = (Estimate(*(part[..., years] for part in series)) for years in (slice(1, None), slice(None, -1)))
    by_year = [np.moveaxis(counts, 1, -1) for counts in (x, n)]
    methods = [
        Method("Wilson interval", lambda: wilson(x, n), lambda row: proportion_confint(row.x, row.n, method="wilson")),
        Method(
            "change from last year (Newcombe)",
            lambda: between_years(now, before, 1),
            lambda row: confint_proportions_2indep(row.x, row.n, row.x0, row.n0, method="newcomb", compare="diff"),
        ),
        Method("achievement", lambda: achievement(series.value, green, yellow, direction), _plain_level),
        Method("certainty", lambda: certainty(series.low, series.high, green, yellow, direction), _plain_certainty),
        Method("trend over 15 years", lambda: trend(series, range(2009, 2024), 1), None),
        Method("funnel verdicts, overdispersed", lambda: verdicts(funnel(*by_year), 30, np.nan), None),
    ]
    rows = pd.DataFrame(
        {
            "x": x[..., 1:].ravel()[:SAMPLE],
            "n": n[..., 1:].ravel()[:SAMPLE],
            "x0": x[..., :-1].ravel()[:SAMPLE],
            "n0": n[..., :-1].ravel()[:SAMPLE],
            "value": now.value.ravel()[:SAMPLE],
            "low": now.low.ravel()[:SAMPLE],
            "high": now.high.ravel()[:SAMPLE],
        }
    )
    print(f"{x.size:,} cells\n")  # noqa: T201
    print("| method | seconds | peak MB | plain way, seconds (extrapolated) | times faster |\n|---|---|---|---|---|")  # noqa: T201
    total = sum(_measure(method, rows, x.size) for method in methods)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"| all | {total:.2f} | {peak:.0f} (whole process) | | |")  # noqa: T201


def _measure(method: Method, rows: pd.DataFrame, cells: int) -> float:
    """Print one row of the table and return our seconds. Memory is measured in a second run: watching it costs time."""
    seconds = _seconds(method.ours)
    tracemalloc.start()
    method.ours()
    peak = tracemalloc.get_traced_memory()[1] / 1e6
    tracemalloc.stop()
    text = " | "
    if (plain := method.plain) is not None:
        slow = _seconds(lambda: rows.apply(plain, axis=1)) * cells / len(rows)
        text = f"{slow:.0f} | {slow / seconds:.0f}"
    print(f"| {method.name} | {seconds:.2f} | {peak:.0f} | {text} |", flush=True)  # noqa: T201
    return seconds


def _seconds(run: Callable[[], object]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def _plain_level(row: Any) -> str:
    return _level(row.value)


def _plain_certainty(row: Any) -> bool:
    return _level(row.low) == _level(row.high)


def _level(value: float) -> str:
    return "high" if value >= 0.9 else "low" if value < 0.8 else "moderate"


if __name__ == "__main__":
    main()
