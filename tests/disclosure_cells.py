"""Cells of a few hospitals, as the tests of links, system assembly and the attack on editions write them down."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from kvalreg.disclosure.cells import CellArrays, CellRequirements, PrintedPart, collect_cells
from kvalreg.disclosure.ledger import Edition, LedgerState
from kvalreg.inputs.units import Level, Unit, Units

MINIMUM = 5
Line = tuple[str, int, str, int, int | None]
"""Indicator, year, unit, patients, and those of them with the outcome."""


def units(*hospitals: str, names: dict[str, str] | None = None) -> Units:
    """One HF of these hospitals; the nation is 0."""
    found = [Unit("0", "Nation", "Nation", Level.NATION, None), Unit("r", "RHF", "RHF", Level.RHF, "0")]
    found.append(Unit("h", "HF", "HF", Level.HF, "r"))
    for one in hospitals:
        name = (names or {}).get(one, one)
        found.append(Unit(one, name, name, Level.HOSPITAL, "h"))
    return Units({unit.orgnr: unit for unit in found})


def lines(ind_id: str, counts: Sequence[int | tuple[int, int]], year: int = 2024, first: int = 1) -> list[Line]:
    """The patients of hospitals 1, 2, 3 and so on, or their numerators and patients; the HF is h, their sum."""
    pairs = [one if isinstance(one, tuple) else (None, one) for one in counts]
    found: list[Line] = [(ind_id, year, str(at), n, x) for at, (x, n) in enumerate(pairs, first)]
    shares = [x for x, _ in pairs if x is not None]
    total = (ind_id, year, "h", sum(n for _, n in pairs), sum(shares) if shares else None)
    return [*found, total]


def frame(rows: Sequence[Line]) -> pd.DataFrame:
    """These lines as a table of true cells."""
    level = {"0": "nation", "h": "hf", "r": "rhf"}
    return pd.DataFrame(
        {
            "ind_id": [one[0] for one in rows],
            "context": "caregiver",
            "year": [one[1] for one in rows],
            "level": [level.get(one[2], "hospital") for one in rows],
            "orgnr": [one[2] for one in rows],
            "n": [float(one[3]) for one in rows],
            "x": [np.nan if one[4] is None else float(one[4]) for one in rows],
        }
    )


def edition(name: str, rows: Sequence[Line], tree: Units, hidden: Sequence[tuple[str, str]] = ()) -> Edition:
    """An edition that has shown these lines, except indicators' units that it hid."""
    table = frame(rows)
    state = [LedgerState.HIDDEN.value if (one[0], one[2]) in hidden else LedgerState.SHOWN.value for one in rows]
    return Edition(name, tree, table.assign(coverage=np.nan, state=state))


def decided(table: pd.DataFrame) -> CellRequirements:
    """Every cell can be shown, reliable, and must be suppressed where it counts 1 to 4."""
    n = table["n"].to_numpy()
    size = len(table)
    return CellRequirements(
        is_candidate=np.ones(size, dtype=np.bool_),
        printed_part=np.full(size, PrintedPart.ALL, dtype=np.int64),
        primary=(n > 0) & (n < MINIMUM),
        minimum=np.full(size, MINIMUM),
        coverage=np.full(size, -1),
    )


def cells(rows: Sequence[Line], tree: Units | None = None, editions: Sequence[Edition] = ()) -> CellArrays:
    """All cells, of earlier editions too."""
    table = frame(rows)
    tree = tree or units(*sorted({one[2] for one in rows} - {"0", "h", "r"}, key=int))
    return collect_cells(table, decided(table), tree, editions, MINIMUM)


def place(found: CellArrays, orgnr: str) -> int:
    """The number of a unit's place."""
    return next(at for at, (_, own) in enumerate(found.unit_refs) if own == orgnr)
