"""How long the statistics of a whole country take: 60 registries x 10 indicators x 15 years x 200 units.

What comes in are synthetic deliveries from a fixed seed; what goes out is a table of the whole run, from delivered rows
to judged cells, in two processes that keep everything in memory. The ratios are to the plain way, measured on a sample
and extrapolated: pandas' groupby and apply, with statsmodels and scipy called cell by cell. Run it with
``python benchmarks/statistics.py``; it writes no file.
"""

from __future__ import annotations

import os
import resource
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from kvalreg.inputs.descriptor import Indicator, IndicatorType, Registry
from kvalreg.inputs.descriptor_texts import About
from kvalreg.inputs.registry_deliveries import RegistryDeliveries
from kvalreg.inputs.units import Level, Unit, Units
from kvalreg.statistics.aggregation import aggregate
from kvalreg.statistics.evaluation import SERIES_KEY, add_change, evaluate
from kvalreg.statistics.funnel import funnel, verdicts

REGISTRIES, INDICATORS, YEARS = 60, 10, range(2009, 2024)
HOSPITALS, TRUSTS, REGIONS, COUNTIES = 158, 22, 4, 15
"""With the nation they are 200 units."""
PROCESSES = 2
TARGET_SECONDS, TARGET_MB = 10, 2000
SAMPLED_YEARS = 5
"""The plain way gets one indicator with its coverage and these last years: 2,000 cells."""
_GROUP = ["ind_id", "context", "year"]


# --- the country ------------------------------------------------------------------------------------------------------
def _country() -> Units:
    units = [Unit("0", "Nation", "Nation", Level.NATION, None)]
    units += [Unit(f"91{i:07}", "RHF", "RHF", Level.RHF, "0") for i in range(REGIONS)]
    units += [Unit(f"92{i:07}", "HF", "HF", Level.HF, f"91{i % REGIONS:07}") for i in range(TRUSTS)]
    units += [
        Unit(f"93{i:07}", "Hospital", "Hospital", Level.HOSPITAL, f"92{i % TRUSTS:07}", f"County {i % COUNTIES}")
        for i in range(HOSPITALS)
    ]
    return Units({unit.orgnr: unit for unit in units})


def _registry(number: int) -> Registry:
    """Nine proportions with targets, and their coverage."""
    dg_id = f"register{number}_dekningsgrad"
    indicators = [Indicator(id=dg_id, title="Coverage", type=IndicatorType.DG_ANDEL, include=False)]
    indicators += [
        Indicator(
            id=f"register{number}_andel_{i}",
            title="Share",
            type=IndicatorType.ANDEL,
            level_green=0.9,
            level_yellow=0.8,
            level_direction=1,
            dg_id=dg_id,
        )
        for i in range(1, INDICATORS)
    ]
    return Registry(
        id=f"register{number}",
        name="Registry",
        short_name="Registry",
        language="nb",
        medical_fields=("Field",),
        about=About(),
        indicators=tuple(indicators),
    )


UNITS = _country()


def _delivered(registry: Registry) -> RegistryDeliveries:
    """A row for every hospital, indicator and year."""
    random = np.random.default_rng(int(registry.id.removeprefix("register")))
    ids = [indicator.id for indicator in registry.indicators]
    hospitals = [unit.orgnr for unit in UNITS.at_level(Level.HOSPITAL)]
    keys = pd.MultiIndex.from_product(
        [["caregiver"], YEARS, hospitals, ids], names=["context", "year", "orgnr", "ind_id"]
    )
    rows = keys.to_frame(index=False).astype({"context": "str", "orgnr": "str", "ind_id": "str"})
    rows["denominator"] = random.integers(5, 600, len(rows))
    shares = np.tile(random.beta(16, 3, len(ids)), len(rows) // len(ids))
    rows["var"] = random.binomial(rows["denominator"], shares).astype(float)
    return RegistryDeliveries(registry.id, rows.assign(row=rows.index + 2, provisional=False, delivery=0), (), ())


def _aggregated(delivered: RegistryDeliveries, registry: Registry) -> pd.DataFrame:
    return aggregate(delivered, registry, UNITS).secret


def _with_verdicts(cells: pd.DataFrame, registry: Registry) -> pd.DataFrame:
    """The hospitals of each indicator and year against their own funnel."""
    hospitals = cells[cells["level"] == Level.HOSPITAL.value]
    group, unit = hospitals.groupby(_GROUP).ngroup().to_numpy(), pd.factorize(hospitals["orgnr"])[0]

    def table(name: str) -> npt.NDArray[np.float64]:
        found = np.full((group.max() + 1, unit.max() + 1), np.nan)
        found[group, unit] = hospitals[name]
        return found

    comparison, minimum = funnel(table("var"), table("denominator")), registry.indicators[0].min_denominator
    found = verdicts(comparison, minimum, table("coverage"))
    return cells.assign(verdict=pd.Series(found[group, unit], hospitals.index))


# --- the plain way: a sample ------------------------------------------------------------------------------------------
def _plainly_aggregated(delivered: RegistryDeliveries, registry: Registry) -> pd.DataFrame:
    rows = delivered.rows
    above = {orgnr: {unit.level.value: unit.orgnr for unit in UNITS.ancestors(orgnr)} for orgnr in UNITS.by_orgnr}
    parts = []
    for level in Level:
        if level is Level.HOSPITAL:
            place = rows["orgnr"]
        elif level is Level.COUNTY:
            place = rows["orgnr"].map(lambda orgnr: UNITS[orgnr].county)
        else:
            place = rows["orgnr"].map(lambda orgnr, name=level.value: above[orgnr][name])
        groups = rows.drop(columns="orgnr").assign(orgnr=place).groupby([*_GROUP, "orgnr"])
        parts.append(
            groups[["var", "denominator"]].apply(lambda part: part.sum()).reset_index().assign(level=level.value)
        )
    cells = pd.concat(parts, ignore_index=True)
    cells["value"] = cells["var"] / cells["denominator"]
    measured = {tuple(row[name] for name in [*SERIES_KEY, "year"]): row["value"] for _, row in cells.iterrows()}
    dg_of = {indicator.id: indicator.dg_id for indicator in registry.indicators}

    def coverage(row: Any) -> float:
        keys = (
            (dg_of[row.ind_id], row.context, row.level, row.orgnr, year) for year in range(row.year, YEARS[0] - 1, -1)
        )
        return next((measured[key] for key in keys if key in measured), np.nan)

    return cells.assign(coverage=cells.apply(coverage, axis=1))


def _plainly_evaluated(cells: pd.DataFrame, _registry: Registry) -> pd.DataFrame:
    def judged(row: Any) -> tuple[float, float, str, bool]:
        low, high = proportion_confint(row["var"], row["denominator"], method="wilson")
        return low, high, _level(row["value"]), _level(low) == _level(high)

    found = cells.apply(judged, axis=1, result_type="expand")
    return cells.assign(**{name: found[i] for i, name in enumerate(("low", "high", "achievement", "certain"))})


def _plainly_changed(cells: pd.DataFrame, _registry: Registry) -> pd.DataFrame:
    for _, series in cells.sort_values("year").groupby(SERIES_KEY):
        x, n = series["var"].to_numpy(), series["denominator"].to_numpy()
        for i in range(1, len(x)):
            for since in (i - 1, 0):
                confint_proportions_2indep(x[i], n[i], x[since], n[since], method="newcomb", compare="diff")
    return cells


def _plain_verdicts(cells: pd.DataFrame, _registry: Registry) -> pd.DataFrame:
    hospitals = cells[cells["level"] == Level.HOSPITAL.value].reset_index(drop=True)
    for _, part in hospitals.groupby(_GROUP):
        average = part["var"].sum() / part["denominator"].sum()
        part["denominator"].map(lambda n, share=average: stats.binom.ppf([0.001, 0.025, 0.975, 0.999], n, share) / n)
    return cells


# --- measured ---------------------------------------------------------------------------------------------------------
Way = Callable[[Any, Registry], pd.DataFrame]
STEPS: dict[str, tuple[Way, Way]] = {
    "aggregation to HF, RHF, nation, county; coverage": (_aggregated, _plainly_aggregated),
    "interval, level, certainty": (evaluate, _plainly_evaluated),
    "change from last year and over the series": (add_change, _plainly_changed),
    "funnel verdicts (ours: overdispersed)": (_with_verdicts, _plain_verdicts),
}
OURS, PLAIN = 0, 1


@dataclass(frozen=True)
class Share:
    """What one process did: when, the processor seconds of each step, how many cells, and its peak memory in MB."""

    began: float
    ended: float
    seconds: list[float]
    cells: int
    peak: float


def _run(deliveries: list[RegistryDeliveries], registries: list[Registry], way: int) -> Share:
    """Every step for some registries; every result is kept until the end."""
    seconds, kept = [0.0] * len(STEPS), []
    began = time.monotonic()
    for delivered, registry in zip(deliveries, registries, strict=True):
        result: Any = delivered
        for number, ways in enumerate(STEPS.values()):
            start = time.process_time()
            result = ways[way](result, registry)
            seconds[number] += time.process_time() - start
        kept.append(result)
    return Share(began, time.monotonic(), seconds, sum(len(cells) for cells in kept), _peak())


def _share(numbers: range) -> Share:
    registries = [_registry(number) for number in numbers]
    return _run([_delivered(registry) for registry in registries], registries, OURS)


def _plain_share() -> Share:
    registry = _registry(0)
    rows = _delivered(registry).rows
    rows = rows[rows["ind_id"].isin([one.id for one in registry.indicators[:2]])]
    rows = rows[rows["year"] > YEARS[-1] - SAMPLED_YEARS]
    return _run([RegistryDeliveries(registry.id, rows, (), ())], [registry], PLAIN)


def main() -> None:
    """Measure the whole run and print the table."""
    with ProcessPoolExecutor(PROCESSES) as pool:
        shares = list(pool.map(_share, [range(first, REGISTRIES, PROCESSES) for first in range(PROCESSES)]))
    peak = sum(share.peak for share in shares) + _peak()
    cells = sum(share.cells for share in shares)
    wall = max(share.ended for share in shares) - min(share.began for share in shares)
    plain = _plain_share()
    scale = cells / plain.cells / PROCESSES
    ours = [sum(seconds) / PROCESSES for seconds in zip(*(share.seconds for share in shares), strict=True)]
    _print(f"{cells:,} cells of {REGISTRIES} registries, from delivered rows, {PROCESSES} processes\n")
    _print("| step | times faster | processor seconds a core | the plain way, extrapolated |\n|---|---|---|---|")
    for name, mine, others in zip(STEPS, ours, plain.seconds, strict=True):
        _print_row(name, mine, others * scale)
    _print_row("all", sum(ours), sum(plain.seconds) * scale)
    met = "met" if wall < TARGET_SECONDS and peak < TARGET_MB else "MISSED (was the machine busy?)"
    _print(
        f"\n{wall:.1f} s on the clock and {peak:,.0f} MB, the peaks of all processes together; "
        f"target {TARGET_SECONDS} s and {TARGET_MB:,} MB: {met}\n"
    )


def _print_row(name: str, seconds: float, plain: float) -> None:
    _print(f"| {name} | {plain / seconds:.0f} | {seconds:.2f} | {plain:.0f} |")


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _print(line: str) -> None:
    print(line, flush=True)  # noqa: T201


def _level(value: float) -> str:
    return "high" if value >= 0.9 else "low" if value < 0.8 else "moderate"


if __name__ == "__main__":
    main()
