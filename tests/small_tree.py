"""A small tree of units and a registry without files: what tests of the gate count in."""

from __future__ import annotations

import pandas as pd

from kvalreg.disclosure.gate import GateResult, apply_gate
from kvalreg.disclosure.ledger import Edition
from kvalreg.disclosure.published import PublishedResults, RegistrySource
from kvalreg.inputs.descriptor import Indicator, IndicatorType, Registry
from kvalreg.inputs.descriptor_texts import About
from kvalreg.inputs.registry_deliveries import RegistryDeliveries
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
        Indicator(id="m", title="M", type=IndicatorType.GJENNOMSNITT, sformat=",.1f"),
    ),
)
Row = tuple[str, int, str, float, int]


def gated(
    rows: list[Row], editions: tuple[Edition, ...] = (), registry: Registry = REGISTRY, units: Units = UNITS
) -> GateResult:
    """Both sides of the gate for rows (ind_id, year, orgnr, var, denominator)."""
    frame = pd.DataFrame(rows, columns=["ind_id", "year", "orgnr", "var", "denominator"])
    frame = frame.assign(context="caregiver", provisional=False, delivery=0, row=range(2, len(rows) + 2))
    results = aggregate(RegistryDeliveries(registry.id, frame, (), ()), registry, units)
    return apply_gate(results, RegistrySource(registry, units, ()), editions)


def shown(found: PublishedResults, ind_id: str = "a", year: int = 2024) -> dict[str, bool]:
    """By unit, whether its cell is shown; what is not presented is missing."""
    cells = found.cells[(found.cells["ind_id"] == ind_id) & (found.cells["year"] == year)]
    return dict(zip(cells["orgnr"], cells["shown"], strict=True))
