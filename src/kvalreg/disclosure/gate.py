"""The gate: from true cells to cells that may be shown.

Input: `Results`, SECRET, and the earlier editions. Output: `PublishedResults`, and the SECRET edition for the ledger.
Cells of levels that the quality does not allow are left out. A cell is *secret* when it counts fewer patients than
`secret_below` (primary suppression), or when publishing it, beside this edition and earlier ones, would expose a secret
cell (complementary suppression): it keeps its key and loses everything else, with one mark whatever the reason. A cell
is *not reliable* when it counts fewer patients than the indicator's `min_denominator`, or its coverage is below 60 %:
the reason and the number of patients are published, the value is not, and nothing else is suppressed for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from kvalreg.arrays import BoolArray, CodeArray, FloatArray, IntArray
from kvalreg.disclosure.cells import MISSING, CellRequirements, PrintedPart
from kvalreg.disclosure.ledger import NEXT, Edition, LedgerState
from kvalreg.disclosure.own_patients import OwnPatients
from kvalreg.disclosure.presentation import choose_levels, presented_cells
from kvalreg.disclosure.protection import complementary_suppression
from kvalreg.disclosure.published import CODE_COLUMNS, NUMBER_COLUMNS, CellStatus, PublishedResults, RegistrySource
from kvalreg.disclosure.suppression_cache import SuppressionCache
from kvalreg.inputs.descriptor import IndicatorType, Registry
from kvalreg.inputs.secret import SecretFrame
from kvalreg.statistics.evaluation import add_change, evaluate
from kvalreg.statistics.funnel import MIN_COVERAGE
from kvalreg.statistics.results import CELL_KEY, Results


class GateResult(NamedTuple):
    """What the gate lets through, and what it keeps: `published` may be shown; `edition` is for the ledger, SECRET."""

    published: PublishedResults
    edition: Edition


def apply_gate(
    results: Results, source: RegistrySource, editions: Sequence[Edition] = (), cache: SuppressionCache | None = None
) -> GateResult:
    """Everything of a registry that may be shown.

    Parameters
    ----------
    results
        Every true cell.
    source
        The registry, its units and deliveries.
    editions
        What was published of the registry before, oldest first.
    cache
        Suppression patterns of earlier runs; takes up those of this one.

    Returns
    -------
    The published cells, one row per cell of a presented level, in the order of `results`; and what the ledger stores.
    """
    # 1. Which levels are presented, and what each cell would show if nothing were secret.
    registry, cells = source.registry, results.secret
    numbers = patient_counts(cells, registry)
    presentations = choose_levels(cells, numbers["n"], registry)
    is_presented = presented_cells(cells, presentations)
    open_status = reliability_status(cells, numbers, registry)
    # 2. Primary suppression, then complementary suppression by attack on this edition and all earlier ones.
    table = cells[CELL_KEY].assign(n=numbers["n"], x=numbers["x"])
    is_summed = _is_of_type(cells, registry, _summed_types())
    own = OwnPatients(cells, numbers["n"].to_numpy(float), is_summed, is_presented)
    secret = primary_suppression(cells, numbers, registry) | own.few(source)
    requirements = _cell_requirements(cells, is_presented, open_status, secret, registry)
    suppressed_cells = complementary_suppression(table, requirements, source, editions, cache or SuppressionCache())
    # 3. What may be shown. Values, intervals and changes are computed from shown cells alone.
    status = np.where(suppressed_cells.is_secret, CellStatus.SECRET, open_status)
    published_cells = _add_implicit_zeros(
        _published_cells(cells[is_presented], status[is_presented], registry), suppressed_cells.implicit_zeros
    )
    # 4. What the ledger must know: the true counts, and what was published of each.
    ledger_rows = table.assign(coverage=cells["coverage"], state=_ledger_states(cells, status, is_presented, registry))
    zero_rows = suppressed_cells.implicit_zeros.assign(n=0.0, x=np.nan, coverage=np.nan, state=LedgerState.HIDDEN.value)
    edition = Edition(
        NEXT, source.units, pd.concat([ledger_rows, zero_rows], ignore_index=True) if len(zero_rows) else ledger_rows
    )
    return GateResult(PublishedResults(source, published_cells, presentations), edition)


def patient_counts(cells: pd.DataFrame, registry: Registry) -> pd.DataFrame:
    """How many patients each cell counts, ``n``, and how many of them have the outcome, ``x``; NaN where not delivered.

    A count is its own number of patients; every other type has it in ``denominator``. A computed share of n patients is
    taken for the nearest integer number of them: where a total has 0 or all, so has every part.
    """
    is_count, is_computed_share = (
        _is_count(cells, registry),
        _is_of_type(cells, registry, {IndicatorType.BEREGNET_ANDEL}),
    )
    is_summed = _is_of_type(cells, registry, _summed_types())
    n = cells["denominator"].astype("float64").where(~is_count, cells["var"])
    x = cells["var"].where(is_summed)
    return SecretFrame({"n": n, "x": x.where(~is_computed_share, (cells["var"] * n).round())})


def _cell_requirements(
    cells: pd.DataFrame,
    is_presented: BoolArray,
    open_status: CodeArray,
    is_secret: BoolArray,
    registry: Registry,
) -> CellRequirements:
    """What complementary suppression needs to know of each cell."""
    is_unreliable = open_status != CellStatus.SHOWN
    coverage_cell = _coverage_cell_index(cells, registry)
    # Few patients are the reason that is published: of such a cell the coverage is not, so the mark says nothing of it.
    coverage = np.where(open_status == CellStatus.FEW_PATIENTS, MISSING, coverage_cell).astype(np.int64)
    # A count that is not reliable is not printed at all: its value is the number of patients.
    is_candidate = is_presented & ~(is_unreliable & ~is_secret & _is_count(cells, registry))
    return CellRequirements(
        is_candidate=is_candidate,
        printed_part=np.where(
            is_candidate, np.where(is_unreliable, PrintedPart.PATIENTS, PrintedPart.ALL), PrintedPart.NOTHING
        ).astype(np.int64),
        primary=is_secret & is_presented,
        minimum=_secret_thresholds(cells, registry).astype(np.int64),
        coverage=coverage,
    )


def _add_implicit_zeros(cells: pd.DataFrame, implicit_zeros: pd.DataFrame) -> pd.DataFrame:
    """Published cells, and marks for units without a row in the delivery where that would disclose a secret 0."""
    if not len(implicit_zeros):
        return cells
    provisional_years = cells.groupby(["ind_id", "context", "year"])["provisional"].any().rename("provisional")
    rows = implicit_zeros.merge(provisional_years.reset_index(), how="left", on=["ind_id", "context", "year"])
    rows = rows.assign(status=CellStatus.SECRET.value, shown=False, **dict.fromkeys(NUMBER_COLUMNS, np.nan))
    rows = rows.assign(**dict.fromkeys(CODE_COLUMNS, ""))[list(cells)]
    combined = pd.concat([cells, rows.astype(cells.dtypes.to_dict())], ignore_index=True)
    return combined.sort_values(CELL_KEY, kind="stable", ignore_index=True)


def primary_suppression(cells: pd.DataFrame, numbers: pd.DataFrame, registry: Registry) -> BoolArray:
    """Which cells count fewer patients than `secret_below`, or have a numerator above their number of patients.

    0 patients are not secret: there is nobody whom the number could identify.
    """
    n, x = numbers["n"].to_numpy(float), numbers["x"].to_numpy(float)
    return ((n > 0) & (n < _secret_thresholds(cells, registry))) | (x > n)


def reliability_status(cells: pd.DataFrame, numbers: pd.DataFrame, registry: Registry) -> CodeArray:
    """The `CellStatus` of each cell if it is not secret."""
    minimum = (
        cells["ind_id"]
        .map({indicator.id: indicator.min_denominator for indicator in registry.indicators})
        .to_numpy(dtype=float)
    )
    n = numbers["n"].to_numpy(float)
    has_few_patients, has_low_coverage = (n > 0) & (n < minimum), cells["coverage"].to_numpy(float) < MIN_COVERAGE
    status = np.full(len(cells), CellStatus.SHOWN, dtype=object)
    status[has_low_coverage] = CellStatus.LOW_COVERAGE
    status[has_few_patients] = CellStatus.FEW_PATIENTS
    return status


def _published_cells(cells: pd.DataFrame, status: CodeArray, registry: Registry) -> pd.DataFrame:
    """What may be shown of these cells, as a plain table."""
    # Numbers and codes of shown cells; by index, so that every other cell gets NaN and empty texts.
    shown_cells = add_change(evaluate(cells[status == CellStatus.SHOWN], registry), registry)
    published = cells[[*CELL_KEY, "provisional"]].assign(
        status=status.astype("str"), shown=np.equal(status, CellStatus.SHOWN).astype(bool)
    )
    for name in NUMBER_COLUMNS:
        published[name] = shown_cells[name].reindex(published.index).astype("float64")
    for name in CODE_COLUMNS:
        published[name] = shown_cells[name].reindex(published.index).fillna("").astype("str")
    # Cells that are not reliable publish their number of patients as well, unless that is their value.
    is_unreliable = np.isin(status, [CellStatus.FEW_PATIENTS, CellStatus.LOW_COVERAGE])
    is_count = _is_count(cells, registry)
    published["denominator"] = published["denominator"].where(
        ~is_unreliable | is_count, cells["denominator"].astype("float64")
    )
    for name in ("coverage", "coverage_year"):
        published[name] = cells[name].where((status != CellStatus.SECRET) & _is_coverage_shown(cells, status, registry))
    return pd.DataFrame(published).reset_index(drop=True)


def _is_coverage_shown(cells: pd.DataFrame, status: CodeArray, registry: Registry) -> BoolArray:
    """Where the cell that holds a cell's coverage is shown: only there may the coverage be repeated."""
    coverage_cell = _coverage_cell_index(cells, registry)
    is_shown: BoolArray = (coverage_cell >= 0) & (status[coverage_cell] == CellStatus.SHOWN)
    return is_shown


def _coverage_cell_index(cells: pd.DataFrame, registry: Registry) -> IntArray:
    """The index of the cell that holds each cell's coverage, or -1."""
    coverage_indicators = {
        indicator.id: indicator.dg_id for indicator in registry.indicators if indicator.dg_id is not None
    }
    unit_columns = [cells[name] for name in ("context", "level", "orgnr")]
    coverage_keys = pd.MultiIndex.from_arrays(
        [cells["ind_id"].map(lambda ind_id: coverage_indicators.get(ind_id, "")), *unit_columns, cells["coverage_year"]]
    )
    cell_keys = pd.MultiIndex.from_arrays([cells["ind_id"], *unit_columns, cells["year"].astype("float64")])
    index: IntArray = cell_keys.get_indexer(coverage_keys).astype(np.int64)
    return index


def _ledger_states(cells: pd.DataFrame, status: CodeArray, is_presented: BoolArray, registry: Registry) -> CodeArray:
    """What the ledger stores of each cell: what is published of it."""
    state_by_status = {
        CellStatus.SHOWN: LedgerState.SHOWN,
        CellStatus.SECRET: LedgerState.HIDDEN,
        CellStatus.FEW_PATIENTS: LedgerState.NOT_RELIABLE,
        CellStatus.LOW_COVERAGE: LedgerState.NOT_RELIABLE,
    }
    states = np.array([state_by_status[cell_status].value for cell_status in status], dtype=object)
    # A count that is not reliable is not printed at all (see `_cell_requirements`).
    states[(states == LedgerState.NOT_RELIABLE) & _is_count(cells, registry)] = LedgerState.ABSENT.value
    states[~is_presented] = LedgerState.ABSENT.value
    return states


def _secret_thresholds(cells: pd.DataFrame, registry: Registry) -> FloatArray:
    """The `secret_below` of each cell's indicator."""
    threshold_by_indicator = {indicator.id: registry.secret_threshold(indicator) for indicator in registry.indicators}
    return np.asarray(cells["ind_id"].map(threshold_by_indicator), dtype=np.float64)


def _summed_types() -> set[IndicatorType]:
    return {indicator_type for indicator_type in IndicatorType if indicator_type.is_summed}


def _is_count(cells: pd.DataFrame, registry: Registry) -> BoolArray:
    """Cells whose value is the number of patients itself."""
    return _is_of_type(cells, registry, {IndicatorType.ANTALL})


def _is_of_type(cells: pd.DataFrame, registry: Registry, types: set[IndicatorType]) -> BoolArray:
    """Cells of indicators of these types."""
    ind_ids = {indicator.id for indicator in registry.indicators if indicator.type in types}
    return cells["ind_id"].isin(ind_ids).to_numpy(dtype=bool)
