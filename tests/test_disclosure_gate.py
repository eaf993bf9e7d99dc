"""The gate: what is hidden, and that nothing of a hidden cell is left."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pandas as pd
import pytest

from kvalreg.disclosure.published import SHOWN_COLUMNS, PublishedResults, load_published, save_published
from kvalreg.inputs.secret import SecretFrame
from small_tree import HOSPITALS, UNITS, Row, gated, shown


def published(rows: list[Row]) -> PublishedResults:
    """What the gate lets through of rows (ind_id, year, orgnr, var, denominator)."""
    return gated(rows).published


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


def test_a_coverage_of_one_context_says_nothing_of_the_other() -> None:
    """59 of 100 is delivered for those treated at 111, nothing for those who live there: these results stand alone."""
    rows: list[Row] = [("a", 2024, orgnr, 50, 80) for orgnr in HOSPITALS]
    made = published([*rows, ("dg", 2024, "111", 59, 100)]).cells
    mine = made[(made["ind_id"] == "a") & (made["orgnr"] == "111")].set_index("context")
    assert mine["status"].to_dict() == {"caregiver": "low_coverage", **({"resident": "shown"} if len(mine) > 1 else {})}


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


def test_what_may_be_shown_is_a_plain_table() -> None:
    """Behind the gate, tables print as a placeholder; before readers, they print."""
    found = gated([("a", 2024, orgnr, 9, 30) for orgnr in HOSPITALS])
    assert not isinstance(found.published.cells, SecretFrame)
    assert isinstance(found.edition.secret, SecretFrame)


def test_a_faulty_numerator_leaves_numerators_protected() -> None:
    """111 has 33 of 30 and is hidden. With 112, which has 20 of 20, it would make "all of 50": so 113 is hidden.

    Where numerators were left out of account, 112 would be the one, since it has fewer patients.
    """
    rows: list[Row] = [("a", 2024, "111", 33, 30), ("a", 2024, "112", 20, 20), ("a", 2024, "113", 40, 60)]
    rows += [("a", 2024, orgnr, 30, 60) for orgnr in ("121", "122", "211")]
    found = shown(published(rows))
    assert [found[orgnr] for orgnr in ("111", "112", "113")] == [False, True, False]


@pytest.mark.parametrize("seed", range(25))
def test_few_patients_of_no_hospital_cannot_be_worked_out(seed: int) -> None:
    """Units above hospitals have rows of their own, some of 1 to 4 patients: no difference tells of them.

    The differences are of a total and all units right below it, and of the nation and all counties or all hospitals.
    """
    random = Random(seed)
    rows: list[Row] = []
    for orgnr in HOSPITALS:
        patients = random.choice([3, 8, 20, 40, 60, 100])
        rows.append(("a", 2024, orgnr, float(random.randint(0, patients)), patients))
    for orgnr in ("11", "12", "21", "1", "2", "0"):
        if random.random() < 0.35:
            patients = random.choice([1, 2, 3, 4, 5, 8, 30])
            rows.append(("a", 2024, orgnr, float(random.randint(0, patients)), patients))
    cells = gated(rows).published.cells
    told = cells["denominator"].notna()
    known = dict(zip(cells.loc[told, "orgnr"], cells.loc[told, "denominator"].tolist(), strict=True))
    below = {unit.orgnr: [one.orgnr for one in UNITS.children(unit.orgnr)] for unit in UNITS}
    sums = [(orgnr, parts) for orgnr, parts in below.items() if parts]
    sums += [("0", list(UNITS.counties)), ("0", list(HOSPITALS))]
    for total, parts in sums:
        if {total, *parts} <= known.keys():
            own = known[total] - sum(known[part] for part in parts)
            assert not 0 < own < 5, f"{total}: {own} of its own"
