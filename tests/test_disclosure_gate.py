"""The gate: what is hidden, and that nothing of a hidden cell is left."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from kvalreg.disclosure.cells import Policy
from kvalreg.disclosure.gate import publish
from kvalreg.disclosure.published import SHOWN_COLUMNS, Published, Source, load_published, save_published
from kvalreg.inputs.delivered import Delivered
from kvalreg.inputs.descriptor import About, Indicator, IndicatorType, Registry
from kvalreg.inputs.units import Level, Unit, Units
from kvalreg.statistics.aggregation import aggregate

HOSPITALS = {"111": "11", "112": "11", "113": "11", "121": "12", "122": "12", "211": "21"}
UNITS = Units(
    {
        unit.orgnr: unit
        for unit in (
            Unit("0", "Nation", "Nation", Level.NATION, None),
            Unit("1", "Nord", "Nord", Level.RHF, "0"),
            Unit("2", "Sør", "Sør", Level.RHF, "0"),
            Unit("11", "A", "A", Level.HF, "1"),
            Unit("12", "B", "B", Level.HF, "1"),
            Unit("21", "C", "C", Level.HF, "2"),
            *(
                Unit(orgnr, orgnr, orgnr, Level.HOSPITAL, parent, "Øst" if orgnr in ("113", "121") else "Vest")
                for orgnr, parent in HOSPITALS.items()
            ),
        )
    }
)
REGISTRY = Registry(
    id="slag",
    name="Slag",
    short_name="Slag",
    language="nb",
    medical_fields=("Hjerne",),
    about=About(),
    indicators=(
        Indicator(id="a", title="A", type=IndicatorType.ANDEL, level_green=0.9, level_direction=1, dg_id="dg"),
        Indicator(id="dg", title="DG", type=IndicatorType.DG_ANDEL),
        Indicator(id="c", title="C", type=IndicatorType.ANTALL),
    ),
)
Row = tuple[str, int, str, float, int]


def published(rows: list[Row]) -> Published:
    """What the gate lets through of rows (ind_id, year, orgnr, var, denominator)."""
    frame = pd.DataFrame(rows, columns=["ind_id", "year", "orgnr", "var", "denominator"])
    frame = frame.assign(context="caregiver", provisional=False, delivery=0, row=range(2, len(rows) + 2))
    results = aggregate(Delivered("slag", frame, (), ()), REGISTRY, UNITS)
    return publish(results, Source(REGISTRY, UNITS, ()))


def shown(found: Published, ind_id: str = "a", year: int = 2024) -> dict[str, bool]:
    """By unit, whether its cell is shown."""
    cells = found.cells[(found.cells["ind_id"] == ind_id) & (found.cells["year"] == year)]
    return dict(zip(cells["orgnr"], cells["shown"], strict=True))


def test_a_small_hospital_is_hidden_with_another() -> None:
    """111 has 4 patients: HF minus the others would give it, so one more under the HF is hidden; totals are shown."""
    sizes = {"111": 4, "112": 40, "113": 60, "121": 50, "122": 70, "211": 80}
    found = shown(published([("a", 2024, orgnr, 1, n) for orgnr, n in sizes.items()]))
    assert not found["111"]
    assert sum(not found[orgnr] for orgnr in ("111", "112", "113")) == 2
    assert found["0"]
    assert found["11"]


def test_nothing_is_hidden_where_nothing_must_be() -> None:
    """Without a small or poorly covered cell, every cell is shown."""
    assert all(shown(published([("a", 2024, orgnr, 3, 10) for orgnr in HOSPITALS])).values())


def test_a_hidden_cell_keeps_its_key_and_nothing_else() -> None:
    """Numbers are NaN and words empty, also for the cell hidden only to protect the small one."""
    cells = published([("a", 2024, orgnr, 2, 4 if orgnr == "111" else 30) for orgnr in HOSPITALS]).cells
    hidden = cells[~cells["shown"]]
    assert len(hidden) >= 2
    for name in SHOWN_COLUMNS:
        assert (hidden[name].isna() | (hidden[name].astype("str") == "")).all(), name


def test_coverage_below_60_per_cent_hides_the_unit() -> None:
    """59 of 100 covered is hidden, 60 of 100 is shown."""
    rows: list[Row] = [("a", 2024, orgnr, 50, 80) for orgnr in HOSPITALS]
    rows += [("dg", 2024, orgnr, 59 if orgnr == "111" else 60, 100) for orgnr in ("111", "112")]
    found = shown(published(rows))
    assert not found["111"]


def test_no_change_is_told_since_a_hidden_year() -> None:
    """2023 is hidden: the change of 2024 is counted from 2022, which is shown."""
    rows: list[Row] = [("a", 2022, "211", 50, 100), ("a", 2023, "211", 2, 3), ("a", 2024, "211", 90, 100)]
    cells = published(rows).cells
    now = cells[(cells["orgnr"] == "211") & (cells["year"] == 2024)].iloc[0]
    assert (now["change"], now["change_from"]) == ("better", 2022)


def test_a_count_is_judged_by_itself() -> None:
    """A count of 4 is hidden, one of 0 tells of nobody, and its denominator of 1 says nothing."""
    found = shown(published([("c", 2024, "111", 4, 1), ("c", 2024, "112", 0, 1), ("c", 2024, "113", 90, 1)]), "c")
    assert not found["111"]
    assert found["112"]


def test_a_numerator_above_its_denominator_is_hidden() -> None:
    """12 of 10 is only warned about on the way in, and never shown."""
    assert not shown(published([("a", 2024, "111", 12, 10), ("a", 2024, "121", 9, 30)]))["111"]


def test_published_cells_survive_the_file(tmp_path: Path) -> None:
    """What a notebook loads is what the gate let through."""
    found = published([("a", 2024, orgnr, 9, 30) for orgnr in HOSPITALS])
    save_published(found, tmp_path)
    loaded = load_published("slag", tmp_path)
    pd.testing.assert_frame_equal(loaded.cells, found.cells, check_dtype=False)
    assert loaded.source == found.source


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(1, 30), min_size=6, max_size=6), st.data())
def test_no_hidden_hospital_can_be_found_by_subtraction(sizes: list[int], data: st.DataObject) -> None:
    """Under a shown total, hidden parts number at least two and leave each other at least the minimum of room."""
    rows: list[Row] = [
        ("a", 2024, orgnr, data.draw(st.integers(0, n)), n) for orgnr, n in zip(HOSPITALS, sizes, strict=True)
    ]
    found = shown(published(rows))
    size = dict(zip(HOSPITALS, sizes, strict=True))
    for orgnr, n in size.items():
        assert n >= Policy().minimum or not found[orgnr]
    for trust in ("11", "12", "21"):
        parts = [orgnr for orgnr, parent in HOSPITALS.items() if parent == trust]
        hidden = [size[orgnr] for orgnr in parts if not found[orgnr]]
        if found[trust] and hidden:
            # each hidden part lies between 1 and the hidden sum minus one for each of the others
            assert len(hidden) > 1
            assert np.sum(hidden) - len(hidden) >= Policy().minimum
