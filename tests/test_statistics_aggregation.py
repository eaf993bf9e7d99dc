"""Aggregation: sums upwards by orgnr, and coverage carried forward."""

from __future__ import annotations

import math

import pandas as pd

from kvalreg.inputs.delivery import empty_rows
from kvalreg.inputs.descriptor import Indicator, IndicatorType, Registry
from kvalreg.inputs.descriptor_texts import About
from kvalreg.inputs.registry_deliveries import RegistryDeliveries
from kvalreg.inputs.units import Level, Unit, Units
from kvalreg.statistics.aggregation import aggregate

UNITS = Units(
    {
        unit.orgnr: unit
        for unit in (
            Unit("0", "Nation", "Nation", Level.NATION, None),
            Unit("1", "Nord RHF", "Nord", Level.RHF, "0"),
            Unit("11", "A HF", "A", Level.HF, "1"),
            Unit("12", "B HF", "B", Level.HF, "1"),
            Unit("111", "A1", "Vik", Level.HOSPITAL, "11", "Vestfylke"),
            Unit("112", "A2", "Vik", Level.HOSPITAL, "11", "Østfylke"),
            Unit("121", "B1", "Nes", Level.HOSPITAL, "12", "Østfylke"),
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
        Indicator(id="a", title="A", type=IndicatorType.ANDEL, dg_id="dg"),
        Indicator(id="dg", title="DG", type=IndicatorType.DG_ANDEL, include=False),
        Indicator(id="m", title="M", type=IndicatorType.MEDIAN),
    ),
)


def cells_of(rows: list[tuple[str, str, int, str, float, int]]) -> pd.DataFrame:
    """The cells of rows given as (ind_id, context, year, orgnr, var, denominator), indexed by their key."""
    columns = ["ind_id", "context", "year", "orgnr", "var", "denominator"]
    frame = pd.DataFrame(rows, columns=columns).assign(provisional=False, delivery=0, row=range(2, len(rows) + 2))
    delivered = RegistryDeliveries("slag", frame, (), ())
    return aggregate(delivered, REGISTRY, UNITS).secret.set_index(["ind_id", "context", "year", "level", "orgnr"])


def test_sums_at_every_level() -> None:
    """A numerator counts once per level: 8/10 and 3/20 give 11/30."""
    cells = cells_of([("a", "caregiver", 2024, "111", 8, 10), ("a", "caregiver", 2024, "112", 3, 20)])
    for level, orgnr, var, denominator in (
        ("hospital", "111", 8, 10),
        ("hospital", "112", 3, 20),
        ("hf", "11", 11, 30),
        ("rhf", "1", 11, 30),
        ("nation", "0", 11, 30),
        ("county", "Vestfylke", 8, 10),
        ("county", "Østfylke", 3, 20),
    ):
        cell = cells.xs(("a", "caregiver", 2024, level, orgnr))
        assert (cell["var"], cell["denominator"]) == (var, denominator)
        assert cell["value"] == var / denominator
    assert len(cells) == 7


def test_names_that_repeat_stay_apart() -> None:
    """Two hospitals of one short name are two cells, because orgnr is the key."""
    cells = cells_of([("a", "caregiver", 2024, "111", 1, 5), ("a", "caregiver", 2024, "112", 2, 5)])
    assert cells.xs("hospital", level="level")["var"].tolist() == [1, 2]


def test_rows_of_one_key_are_summed() -> None:
    """One row per patient: three patients, two with the outcome, are 2/3."""
    row = ("a", "resident", 2024, "121")
    cells = cells_of([(*row, 1, 1), (*row, 0, 1), (*row, 1, 1)])
    assert cells.loc[("a", "resident", 2024, "hospital", "121"), "value"] == 2 / 3


def test_a_row_of_an_hf_counts_from_there_upwards() -> None:
    """A resident row delivered for an HF gives that HF, its RHF and the nation, and no hospital."""
    cells = cells_of([("a", "resident", 2024, "12", 4, 8)])
    assert sorted(cells.index.get_level_values("level")) == ["hf", "nation", "rhf"]


def test_other_types_do_not_aggregate() -> None:
    """A median exists only where it was delivered, as it was delivered."""
    cells = cells_of([("m", "caregiver", 2024, "111", 12.5, 40)])
    assert cells.index.tolist() == [("m", "caregiver", 2024, "hospital", "111")]
    assert cells["value"].tolist() == [12.5]


def test_coverage_is_carried_forward_with_its_year() -> None:
    """Coverage measured in 2022 stands for 2022 and 2023, says 2022, and says nothing of 2021."""
    rows = [("a", "caregiver", year, "111", 5.0, 10) for year in (2021, 2022, 2023)]
    cells = cells_of([*rows, ("dg", "caregiver", 2022, "111", 9, 12)])
    coverage = cells.xs(("a", "caregiver"))["coverage"].xs(("hospital", "111"), level=("level", "orgnr")).tolist()
    assert math.isnan(coverage[0])
    assert coverage[1:] == [0.75, 0.75]
    years = cells.xs(("a", "caregiver"))["coverage_year"].xs(("nation", "0"), level=("level", "orgnr")).tolist()
    assert years[1:] == [2022, 2022]


def test_nothing_delivered_gives_no_cells() -> None:
    """A registry without rows has no cells, and that is no error."""
    rows = empty_rows().assign(provisional=False, delivery=0)
    assert len(aggregate(RegistryDeliveries("slag", rows, (), ()), REGISTRY, UNITS).secret) == 0


def test_results_never_print_a_value() -> None:
    """SECRET results print as a placeholder in repr, str and format."""
    frame = pd.DataFrame([("a", "caregiver", 2024, "111", 37.0, 41)]).set_axis(
        ["ind_id", "context", "year", "orgnr", "var", "denominator"], axis=1
    )
    delivered = RegistryDeliveries("slag", frame.assign(provisional=False, delivery=0, row=2), (), ())
    results = aggregate(delivered, REGISTRY, UNITS)
    for text in (repr(results), str(results), f"{results}", f"{results:>9}"):
        assert "37" not in text
        assert "SECRET" in text
