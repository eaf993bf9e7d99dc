"""A made-up delivery for a new registry, and the sums that it must give.

Comes in: an id, the project's units and a year. Goes out: texts of files. The same input gives the same numbers; they
describe nobody.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from kvalreg.inputs.units import Level, Unit, Units

HEADER = "context;year;orgnr;ind_id;var;denominator"
_YEARS = 3
_Row = tuple[int, str, str, int, int]
"""Year, orgnr, indicator, numerator, denominator."""


def sample_delivery(registry: str, units: Units, newest: int) -> str:
    """Three years of two proportions, for every hospital; where there are none, for the finest level there is."""
    rows = [
        f"caregiver;{year};{orgnr};{ind_id};{var};{n}" for year, orgnr, ind_id, var, n in _rows(registry, units, newest)
    ]
    return "\n".join([HEADER, *rows]) + "\n"


def sample_expectation(registry: str, units: Units, newest: int) -> str:
    """What the newest year's rows sum to for the nation."""
    lines = [
        "# What the deliveries must sum to, worked out in another way: kvalreg check compares.",
        "# Write your own rows here: a few that you know from elsewhere, such as the annual report.",
        HEADER,
    ]
    newest_rows = [row for row in _rows(registry, units, newest) if row[0] == newest]
    for ind_id in dict.fromkeys(row[2] for row in newest_rows):
        own = [row for row in newest_rows if row[2] == ind_id]
        var, denominator = sum(row[3] for row in own), sum(row[4] for row in own)
        lines.append(f"caregiver;{newest};{units.nation.orgnr};{ind_id};{var};{denominator}")
    return "\n".join(lines) + "\n"


def deliveries_yml(file: str, today: date) -> str:
    """`deliveries.yml` for one file that is complete up to the end of last year."""
    return (
        "# Oldest first: a later one replaces what an earlier one said of the same indicator and year.\n"
        f"- file: {file}\n"
        f"  latest_update: {today.isoformat()} # when the data was last updated\n"
        f"  latest_affirm: {today.year - 1}-12-31 # the date up to which the data is complete\n"
        "  remark: Oppdiktede tall. Bytt dem ut med deres egne.\n"
    )


def _rows(registry: str, units: Units, newest: int) -> Iterator[_Row]:
    for age, year in enumerate(range(newest - _YEARS + 1, newest + 1)):
        for place, unit in enumerate(_finest(units)):
            patients = 60 + 17 * (place % 7)
            helped = patients * (76 + 5 * age + 3 * (place % 5)) // 100
            yield year, unit.orgnr, f"{registry}_hjelp", helped, patients
            yield year, unit.orgnr, f"{registry}_dg", patients, patients + 4 + place % 3


def _finest(units: Units) -> tuple[Unit, ...]:
    levels = (Level.HOSPITAL, Level.HF, Level.RHF, Level.NATION)
    return next(found for level in levels if (found := units.at(level)))
