"""The plan of the demo: which registries, how many patients, how each indicator develops, which files are delivered.

Owns every choice that a reader of the demo can see in its numbers, as plain values; `generate_demo.py` carries it out.
All of it is invented. The texts that go with it are written by hand in `registries/<id>/registry.yml`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

LAST_COMPLETE = 2025
"""The last complete year; 2026 is the interim round, with the months January to October."""
CLOSED = {"000010204": 2021}
"""Hospitals and the last year they had patients."""
OPENED = {"000030204": 2022}
"""Hospitals and the first year they had patients."""
PRIVATE = "000090000"
"""The unit that gathers private providers. They have no catchment areas."""


@dataclass(frozen=True)
class Course:
    """How one indicator develops over the years of its registry.

    Parameters
    ----------
    ind_id, kind
        The indicator and its type, by imongr's name.
    start, end
        The level of the whole country in the first and the last year: a share, or a value in the indicator's unit.
    spread
        Standard deviation between hospitals, in the same unit.
    patients
        Standard deviation between patients, for means and medians.
    part
        The part of the registry's patients that the indicator concerns; above 1 for events that come more than once.
    odd
        Hospitals that stand out, and by how much.
    contexts
        ``caregiver``, and ``resident`` where the indicator is also told by where patients live.
    years
        Years in which it was measured; every year when empty.
    of, within
        The course whose patients are counted here, and the values from and below which they count. Two indicators
        that tell of one thing must agree: half of the patients cannot wait longer than nearly all do.
    """

    ind_id: str
    kind: str
    start: float = 0.0
    end: float = 0.0
    spread: float = 0.0
    patients: float = 0.0
    part: float = 1.0
    odd: Mapping[str, float] = field(default_factory=dict)
    contexts: tuple[str, ...] = ("caregiver",)
    years: tuple[int, ...] = ()
    of: str = ""
    within: tuple[float, float] = (-math.inf, math.inf)


@dataclass(frozen=True)
class Shipment:
    """One delivered file: its years, its form (a key of `FORMS`), and its indicators (all but those of `apart`)."""

    file: str
    first: int
    last: int
    form: str = "usual"
    only: tuple[str, ...] = ()
    apart: tuple[str, ...] = ()
    early: bool = False
    """True when the last year was not yet fully registered: a later file brings the rest."""


@dataclass(frozen=True)
class Plan:
    """One registry: `patients` a year at a hospital of size 1, and `smallest`, the least size that takes part."""

    id: str
    first: int
    patients: float
    courses: tuple[Course, ...]
    shipments: tuple[Shipment, ...]
    last: int = LAST_COMPLETE
    smallest: float = 0.0
    private: bool = False
    homes: str = "hospital"
    """The level of a catchment area: ``hospital`` or ``hf``."""


BOTH = ("caregiver", "resident")

PLANS = (
    Plan(
        "slag",
        2016,
        210,
        (
            Course("slag_enhet", "andel", 0.77, 0.92, 0.04, odd={"000010203": -0.2}, contexts=BOTH),
            Course("slag_trombolyse_tid", "median", 54, 35, 6, 18, part=0.18, odd={"000030101": -12}),
            Course("slag_trombolyse_40", "andel", of="slag_trombolyse_tid", within=(0, 40)),
            Course("slag_svelgetest", "andel", 0.82, 0.93, 0.05, part=0.8),
            Course("slag_innlagt_4t", "andel", 0.53, 0.44, 0.06, part=0.85, contexts=BOTH),
            Course("slag_dod_30", "andel", 0.13, 0.11, 0.012, odd={"000020302": 0.1}),
            Course("slag_selvhjulpen", "andel", 0.66, 0.68, 0.04, part=0.6),
            Course("slag_dg", "dg_andel", 0.82, 0.92, 0.05, years=(2016, 2018, 2020, 2022, 2024)),
        ),
        (
            Shipment("syntetisk-2025-06.csv", 2016, 2024, early=True),
            Shipment("syntetisk-2026-06.csv", 2024, 2025),
            Shipment("syntetisk-2026-11.csv", 2026, 2026),
        ),
        last=2026,
    ),
    Plan(
        "hofte",
        2018,
        160,
        (
            Course("hofte_ventetid", "median", 29, 22, 3, 11, odd={"000020202": 14}),
            Course("hofte_operert 48t", "andel", of="hofte_ventetid", within=(0, 48), contexts=BOTH),
            Course("hofte_sement", "andel", 0.7, 0.87, 0.09, part=0.4),
            Course("hofte_reoperert", "andel", 0.085, 0.05, 0.008),
            Course("hofte_protese_5ar", "beregnet_andel", 0.935, 0.953, 0.009, part=0.4),
            Course("hofte_antall", "antall", of="hofte_ventetid"),
            Course("hofte_blodfortynnende", "andel", 0.5, 0.52, 0.1, part=0.3, years=(2018, 2019, 2020)),
            Course("hofte_dg", "dg_andel", 0.86, 0.92, 0.04, years=(2018, 2020, 2022, 2024)),
        ),
        (
            Shipment("syntetisk-2024-06.csv", 2018, 2023, "legacy", apart=("hofte_antall",), early=True),
            Shipment("syntetisk-2026-06.csv", 2023, 2025, apart=("hofte_antall",)),
            Shipment("syntetisk-antall-2026-06.csv", 2018, 2025, "counts", only=("hofte_antall",)),
        ),
        homes="hf",
    ),
    Plan(
        "diabetes-barn",
        2016,
        75,
        (
            Course("barnediabetes_hba1c", "gjennomsnitt", 8.3, 7.6, 0.15, 1.1, odd={"000030301": 0.6}),
            Course("barnediabetes_hba1c_lt_7.5", "andel", of="barnediabetes_hba1c", within=(0, 7.5)),
            Course("barnediabetes_hba1c_ge_9.0", "andel", of="barnediabetes_hba1c", within=(9, math.inf)),
            Course("barnediabetes_syre", "andel", 0.045, 0.025, 0.008),
            Course("barnediabetes_pumpe", "andel", 0.62, 0.88, 0.09),
            Course("barnediabetes_dg", "dg_andel", 0.94, 0.97, 0.015),
        ),
        (
            Shipment("syntetisk-2025-06.csv", 2016, 2024, "comma", early=True),
            Shipment("syntetisk-2026-06.csv", 2024, 2025, "comma"),
        ),
        smallest=0.45,
    ),
    Plan(
        "kols",
        2019,
        120,
        (
            Course("kols_roykfri", "andel", 0.22, 0.29, 0.05, part=0.35),
            Course("kols_opptrening", "andel", 0.2, 0.38, 0.08, part=0.7, odd={"000010303": 0.25}),
            Course("kols_innlagd_30", "andel", 0.21, 0.17, 0.025, contexts=BOTH),
            Course("kols_gangtest", "gjennomsnitt", 26, 31, 3, 30, part=0.25),
            Course("kols_innleggingar", "antall", part=1.4, contexts=BOTH),
            Course("kols_dg", "dg_andel", 0.74, 0.87, 0.06, years=(2019, 2021, 2023, 2025)),
        ),
        (
            Shipment("syntetisk-2025-06.csv", 2019, 2024, "tab", early=True),
            Shipment("syntetisk-2026-06.csv", 2024, 2025, "tab"),
        ),
    ),
    Plan(
        "muskel",
        2017,
        5.5,
        (
            Course("muskel_hjerte", "andel", 0.7, 0.88, 0.1),
            Course("muskel_plan", "andel", 0.55, 0.7, 0.12),
            Course("muskel_gensvar", "andel", 0.6, 0.82, 0.1, part=0.6),
            Course("muskel_dg", "dg_andel", 0.8, 0.88, 0.08, years=(2018, 2021, 2024)),
        ),
        (
            Shipment("syntetisk-2025-06.csv", 2017, 2024, "patients", early=True),
            Shipment("syntetisk-2026-06.csv", 2024, 2025, "patients"),
        ),
    ),
    Plan(
        "rygg",
        2021,
        130,
        (
            Course("rygg_bedre", "andel", 0.62, 0.67, 0.05, part=0.7, odd={"000090301": 0.12}),
            Course("rygg_smerte", "gjennomsnitt", 3.1, 3.4, 0.3, 2.4, part=0.7),
            Course("rygg_betennelse", "andel", 0.03, 0.022, 0.006),
            Course("rygg_liggetid", "median", 2.4, 1.8, 0.4, 1.1),
            Course("rygg_dg", "dg_andel", 0.60, 0.66, 0.12, years=(2021, 2023, 2024)),
        ),
        (
            Shipment("syntetisk-2025-06.parquet", 2021, 2024, "parquet", early=True),
            Shipment("syntetisk-2026-06.parquet", 2024, 2025, "parquet"),
        ),
        smallest=0.25,
        private=True,
    ),
)
