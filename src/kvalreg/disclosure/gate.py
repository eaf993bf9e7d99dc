"""The gate: from true cells to cells that may be shown.

Comes in: `Results`, SECRET, and the editions that readers have seen. Goes out: `Published`, and the SECRET edition for
the ledger. Cells of levels that the quality does not allow are left out. A cell is *secret* when it counts fewer
patients than `secret_below`, or when published numbers, of this edition and earlier ones, would give a secret cell
away: it keeps its key and loses everything else, with one mark whatever the reason. A cell is *not reliable* when it
counts fewer patients than the indicator's `min_denominator`, or its coverage is below 60 %: the reason and the number
of patients are told, the value is not, and nothing else is hidden for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kvalreg.disclosure.cells import NONE, Now, Print
from kvalreg.disclosure.ledger import NEXT, Edition, State
from kvalreg.disclosure.presentation import choose_levels, presented
from kvalreg.disclosure.protection import protect
from kvalreg.disclosure.published import NUMBERS, WORDS, Published, Source, Status
from kvalreg.disclosure.remembered import Remembered
from kvalreg.disclosure.system import BoolArray, IntArray
from kvalreg.inputs.descriptor import IndicatorType, Registry
from kvalreg.inputs.secret import SecretFrame
from kvalreg.inputs.units import Level
from kvalreg.statistics.evaluation import evaluate, with_change
from kvalreg.statistics.funnel import MIN_COVERAGE
from kvalreg.statistics.results import KEY, Results


class Gated(NamedTuple):
    """What is on the two sides of the gate: `published` may be shown; `edition` is for the ledger, and SECRET."""

    published: Published
    edition: Edition


def publish(
    results: Results, source: Source, editions: Sequence[Edition] = (), remembered: Remembered | None = None
) -> Gated:
    """Everything of a registry that may be shown.

    Parameters
    ----------
    results
        Every true cell.
    source
        The registry, its units and deliveries.
    editions
        What was published of the registry before, oldest first.
    remembered
        What was chosen to be hidden in earlier runs, and takes up what is chosen in this one.

    Returns
    -------
    The published cells, one row per cell of a presented level, in the order of `results`; and what the ledger keeps.
    """
    registry, cells = source.registry, results.secret
    numbers = counts(cells, registry)
    presentations = choose_levels(cells, numbers["n"], registry)
    seen = presented(cells, presentations)
    told = reliability(cells, numbers, registry)
    table = cells[KEY].assign(n=numbers["n"], x=numbers["x"])
    secret = must_be_secret(cells, numbers, registry) | few_of_its_own(cells, numbers, source, seen)
    now = _now(cells, seen, told, secret, registry)
    protected = protect(table, now, source, editions, remembered or Remembered())
    status = np.where(protected.secret, Status.SECRET, told)
    open_cells = _with_rows(_open_cells(cells[seen], status[seen], registry), protected.without_row)
    rows = table.assign(coverage=cells["coverage"], state=_states(cells, status, seen, registry))
    more = protected.without_row.assign(n=0.0, x=np.nan, coverage=np.nan, state=State.HIDDEN.value)
    edition = Edition(NEXT, source.units, pd.concat([rows, more], ignore_index=True) if len(more) else rows)
    return Gated(Published(source, open_cells, presentations), edition)


def counts(cells: pd.DataFrame, registry: Registry) -> pd.DataFrame:
    """How many patients each cell counts, ``n``, and how many of them have the outcome, ``x``; NaN where none is told.

    A count is its own number of patients; every other type has it in ``denominator``. A computed share of n patients is
    taken for the nearest whole number of them: where a total has 0 or all, so has every part.
    """
    counted, computed = _counted(cells, registry), _of_type(cells, registry, {IndicatorType.BEREGNET_ANDEL})
    summed = _of_type(cells, registry, {one for one in IndicatorType if one.summed})
    n = cells["denominator"].astype("float64").where(~counted, cells["var"])
    x = cells["var"].where(summed)
    return SecretFrame({"n": n, "x": x.where(~computed, (cells["var"] * n).round())})


def _now(cells: pd.DataFrame, seen: BoolArray, told: NDArray[np.object_], secret: BoolArray, registry: Registry) -> Now:
    """What is decided of each cell before anything is suppressed for another's sake."""
    unreliable = told != Status.SHOWN
    least = cells["ind_id"].map({one.id: registry.secret_below_of(one) for one in registry.indicators})
    held = _coverage_cell(cells, registry)
    # A count that is not reliable is not printed at all: its value is the number of patients.
    candidate = seen & ~(unreliable & ~secret & _counted(cells, registry))
    return Now(
        candidate=candidate,
        prints=np.where(candidate, np.where(unreliable, Print.PATIENTS, Print.ALL), Print.NOTHING).astype(np.int64),
        primary=secret & seen,
        minimum=least.to_numpy().astype(np.int64),
        coverage=np.where(told == Status.FEW_PATIENTS, NONE, held).astype(np.int64),
    )


def _with_rows(cells: pd.DataFrame, more: pd.DataFrame) -> pd.DataFrame:
    """Published cells, and marks of units that have no row in the delivery."""
    if not len(more):
        return cells
    years = cells.groupby(["ind_id", "context", "year"])["provisional"].any().rename("provisional")
    rows = more.merge(years.reset_index(), how="left", on=["ind_id", "context", "year"])
    rows = rows.assign(status=Status.SECRET.value, shown=False, **dict.fromkeys(NUMBERS, np.nan))
    rows = rows.assign(**dict.fromkeys(WORDS, ""))[list(cells)]
    joined = pd.concat([cells, rows.astype(cells.dtypes.to_dict())], ignore_index=True)
    return joined.sort_values(KEY, kind="stable", ignore_index=True)


def must_be_secret(cells: pd.DataFrame, numbers: pd.DataFrame, registry: Registry) -> BoolArray:
    """Which cells count fewer patients than are shown of anybody, or cannot be true.

    Nobody is not few: 0 patients are nobody's. More in the numerator than there are cannot be true.
    """
    least = cells["ind_id"].map({one.id: registry.secret_below_of(one) for one in registry.indicators})
    n, x = numbers["n"].to_numpy(float), numbers["x"].to_numpy(float)
    return ((n > 0) & (n < least.to_numpy(dtype=float))) | (x > n)


def few_of_its_own(cells: pd.DataFrame, numbers: pd.DataFrame, source: Source, seen: BoolArray) -> BoolArray:
    """Totals that hold too few patients of no unit below them, where those below are told of beside the total.

    An HF may have rows of its own beside its hospitals'. The total without the hospitals is a number of patients too.

    Examples
    --------
    An HF with 63 patients has hospitals with 40 and 20: 3 are its own, fewer than 5, and the HF is secret.
    """
    registry, units = source.registry, source.units
    summed = _of_type(cells, registry, {one for one in IndicatorType if one.summed})
    parent = {unit.orgnr: unit.parent for unit in units if unit.parent is not None}
    n = pd.Series(numbers["n"].to_numpy(float))
    names = [cells[name].to_numpy(object) for name in ("ind_id", "context", "year")]
    is_unit = summed & (cells["level"] != Level.COUNTY).to_numpy(dtype=bool)
    above = np.where(is_unit, cells["orgnr"].map(parent).fillna("").to_numpy(object), "")
    parts = pd.DataFrame({"n": n, "seen": seen & is_unit}).groupby([*names, above]).sum()
    own = pd.MultiIndex.from_arrays([*names, np.where(is_unit, cells["orgnr"].to_numpy(object), "-")])
    below = parts.reindex(own)
    rest = n.to_numpy() - below["n"].to_numpy(float)
    least = cells["ind_id"].map({one.id: registry.secret_below_of(one) for one in registry.indicators})
    few: BoolArray = (below["seen"].to_numpy(float) > 0) & (rest > 0) & (rest < least.to_numpy(float))
    return few


def reliability(cells: pd.DataFrame, numbers: pd.DataFrame, registry: Registry) -> NDArray[np.object_]:
    """The `Status` of each cell that is not secret."""
    minimum = cells["ind_id"].map({one.id: one.min_denominator for one in registry.indicators}).to_numpy(dtype=float)
    n = numbers["n"].to_numpy(float)
    few, poorly_covered = (n > 0) & (n < minimum), cells["coverage"].to_numpy(float) < MIN_COVERAGE
    told = np.full(len(cells), Status.SHOWN, dtype=object)
    told[poorly_covered] = Status.LOW_COVERAGE
    told[few] = Status.FEW_PATIENTS
    return told


def _open_cells(cells: pd.DataFrame, status: NDArray[np.object_], registry: Registry) -> pd.DataFrame:
    """What may be shown of these cells, as a plain table."""
    shown = with_change(evaluate(cells[status == Status.SHOWN], registry), registry)
    published = cells[[*KEY, "provisional"]].assign(
        status=status.astype("str"), shown=np.equal(status, Status.SHOWN).astype(bool)
    )
    for name in NUMBERS:
        published[name] = shown[name].reindex(published.index).astype("float64")
    for name in WORDS:
        published[name] = shown[name].reindex(published.index).fillna("").astype("str")
    told = np.isin(status, [Status.FEW_PATIENTS, Status.LOW_COVERAGE])
    counted = _counted(cells, registry)
    published["denominator"] = published["denominator"].where(~told | counted, cells["denominator"].astype("float64"))
    for name in ("coverage", "coverage_year"):
        published[name] = cells[name].where((status != Status.SECRET) & _coverage_is_shown(cells, status, registry))
    return pd.DataFrame(published).reset_index(drop=True)


def _coverage_is_shown(cells: pd.DataFrame, status: NDArray[np.object_], registry: Registry) -> BoolArray:
    """Where the cell that holds a cell's coverage is shown: nowhere else may the coverage stand."""
    held = _coverage_cell(cells, registry)
    found: BoolArray = (held >= 0) & (status[held] == Status.SHOWN)
    return found


def _coverage_cell(cells: pd.DataFrame, registry: Registry) -> IntArray:
    """The place of the cell that holds each cell's coverage, or -1."""
    held_by = {one.id: one.dg_id for one in registry.indicators if one.dg_id is not None}
    unit = [cells[name] for name in ("context", "level", "orgnr")]
    asked = pd.MultiIndex.from_arrays(
        [cells["ind_id"].map(lambda one: held_by.get(one, "")), *unit, cells["coverage_year"]]
    )
    there = pd.MultiIndex.from_arrays([cells["ind_id"], *unit, cells["year"].astype("float64")])
    found: IntArray = there.get_indexer(asked).astype(np.int64)
    return found


def _states(
    cells: pd.DataFrame, status: NDArray[np.object_], seen: BoolArray, registry: Registry
) -> NDArray[np.object_]:
    """What the ledger keeps of each cell: what readers have been shown of it."""
    state = {
        Status.SHOWN: State.SHOWN,
        Status.SECRET: State.HIDDEN,
        Status.FEW_PATIENTS: State.NOT_RELIABLE,
        Status.LOW_COVERAGE: State.NOT_RELIABLE,
    }
    told = np.array([state[one].value for one in status], dtype=object)
    told[(told == State.NOT_RELIABLE) & _counted(cells, registry)] = State.ABSENT.value  # a count is its own value
    told[~seen] = State.ABSENT.value
    return told


def _counted(cells: pd.DataFrame, registry: Registry) -> BoolArray:
    """Cells whose value is the number of patients itself."""
    return _of_type(cells, registry, {IndicatorType.ANTALL})


def _of_type(cells: pd.DataFrame, registry: Registry, types: set[IndicatorType]) -> BoolArray:
    """Cells of indicators of these types."""
    ids = {one.id for one in registry.indicators if one.type in types}
    return cells["ind_id"].isin(ids).to_numpy(dtype=bool)
