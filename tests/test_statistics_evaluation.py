"""Evaluation: each indicator type has its method, and a cell's change since the year before and since the first."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import pytest

from kvalreg.inputs.descriptor import Indicator, IndicatorType, Registry
from kvalreg.inputs.descriptor_texts import About
from kvalreg.statistics.evaluation import add_change, evaluate

REGISTRY = Registry(
    id="r",
    name="R",
    short_name="R",
    language="nb",
    medical_fields=("F",),
    about=About(),
    indicators=(
        Indicator(id="a", title="A", type=IndicatorType.ANDEL, level_green=0.7, level_yellow=0.5, level_direction=1),
        Indicator(id="c", title="C", type=IndicatorType.ANTALL),
        Indicator(id="m", title="M", type=IndicatorType.GJENNOMSNITT, level_green=10, level_direction=0),
    ),
)
SERIES = [(2021, 48, 80), (2022, 52, 75), (2023, 56, 70)]
"""60.0, 69.3 and 80.0 %: each year's step is within chance; the first and the last differ by 5.2 to 33.4 points
(Newcombe 1998, table II)."""


def judged(rows: Sequence[tuple[int, float, int]], ind_id: str = "a", provisional: int | None = None) -> pd.DataFrame:
    """One unit's cells by year, from (year, var, denominator)."""
    cells = pd.DataFrame(rows, columns=["year", "var", "denominator"])
    cells = cells.assign(ind_id=ind_id, context="caregiver", level="nation", orgnr="0")
    cells["value"] = cells["var"] / cells["denominator"] if ind_id == "a" else cells["var"]
    cells["provisional"] = cells["year"] == provisional
    return add_change(evaluate(cells, REGISTRY), REGISTRY).set_index("year")


def told(cells: pd.DataFrame, year: int) -> list[object]:
    """The change of a year, and since when."""
    return cells[["change", "change_from"]][cells.index == year].to_numpy().tolist()[0]


def test_each_type_has_its_interval() -> None:
    """81 of 263 has Wilson's 25.5 to 36.6 %, 20 events Byar's 12.21 to 30.89; a mean without spread has none."""
    share, count, mean = judged([(2024, 81, 263)]), judged([(2024, 20, 1)], "c"), judged([(2024, 9, 40)], "m")
    assert share[["low", "high"]].iloc[0].tolist() == pytest.approx([0.2553, 0.3662], abs=5e-5)
    assert count[["low", "high"]].iloc[0].tolist() == pytest.approx([12.21, 30.89], abs=5e-3)
    assert mean[["low", "high"]].iloc[0].isna().all()


def test_level_and_certainty_are_told_together() -> None:
    """56 of 70 is high from 70 %, but its interval begins at 69.2 %; 560 of 700 is certainly high."""
    assert judged([(2024, 56, 70)])[["achievement", "certainty"]].iloc[0].tolist() == ["high", "uncertain"]
    assert judged([(2024, 560, 700)])[["achievement", "certainty"]].iloc[0].tolist() == ["high", "certain"]
    assert judged([(2024, 9, 40)], "m")[["achievement", "certainty"]].iloc[0].tolist() == ["high", ""]


def test_small_steps_may_add_up_to_a_change() -> None:
    """No year differs clearly from the one before, yet the last is better than the first."""
    cells = judged(SERIES)
    assert cells["change"].tolist() == ["", "unclear", "unclear"]
    assert cells["series_change"].tolist() == ["", "unclear", "better"]
    assert cells["change_from"].fillna(0).tolist() == [0, 2021, 2022]
    assert cells["series_from"].fillna(0).tolist() == [0, 2021, 2021]


def test_a_missing_year_is_passed_over() -> None:
    """Without 2022, the change of 2023 is counted from 2021."""
    cells = judged([SERIES[0], SERIES[2]])
    assert told(cells, 2023) == ["better", 2021]


def test_a_provisional_year_is_not_compared() -> None:
    """Half a year of events is not fewer events: a provisional year has no change, and is no year to count from."""
    cells = judged([(2022, 100, 1), (2023, 100, 1), (2024, 20, 1)], "c", provisional=2024)
    assert cells["series_change"].tolist() == ["", "unclear", ""]
    assert cells["change"].tolist() == ["", "unclear", ""]
    assert cells["change_from"].dropna().to_dict() == {2023: 2022}
    later = judged([(2022, 100, 1), (2023, 20, 1), (2024, 101, 1)], "c", provisional=2023)
    assert told(later, 2024) == ["unclear", 2022]


def test_units_and_indicators_do_not_mix() -> None:
    """Two units in any order of rows: each is compared with itself, and rows and index stay as they came."""
    one, other = judged(SERIES).reset_index(), judged(SERIES[::-1]).reset_index().assign(orgnr="1")
    both = pd.concat([other, one], ignore_index=True).drop(columns=["change", "series_change"])
    both.index = pd.Index(range(10, 16))
    found = add_change(both, REGISTRY)
    assert found.index.tolist() == list(range(10, 16))
    assert found["series_change"].tolist() == ["better", "unclear", "", "", "unclear", "better"]


def test_no_cells_have_no_change() -> None:
    """Where everything is hidden, the columns are there and empty."""
    cells = judged([])
    assert cells.empty
    assert {"change", "change_from", "series_change", "series_from"} <= set(cells.columns)
