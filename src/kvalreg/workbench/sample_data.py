"""A sample delivery for a new registry, and its expected sums.

Input: an id, the project's units and a year. Output: texts of files. The numbers are invented and deterministic: they
describe no patient, and the same input gives the same file.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from kvalreg.inputs.units import Level, Unit, Units

CSV_HEADER = "context;year;orgnr;ind_id;var;denominator"
_YEARS = 3
_SampleRow = tuple[int, str, str, int, int]
"""Year, orgnr, indicator, numerator, denominator."""


def sample_delivery(registry: str, units: Units, newest_year: int) -> str:
    """Three years of two proportions for every hospital; without hospitals, for the units of the lowest level."""
    rows = [
        f"caregiver;{year};{orgnr};{ind_id};{var};{n}"
        for year, orgnr, ind_id, var, n in _sample_rows(registry, units, newest_year)
    ]
    return "\n".join([CSV_HEADER, *rows]) + "\n"


def sample_expected_sums(registry: str, units: Units, newest_year: int) -> str:
    """The sums of the latest year for the nation."""
    lines = [
        "# What the deliveries must sum to, worked out in another way: kvalreg check compares.",
        "# Write your own rows here: a few that you know from elsewhere, such as the annual report.",
        CSV_HEADER,
    ]
    newest_rows = [row for row in _sample_rows(registry, units, newest_year) if row[0] == newest_year]
    for ind_id in dict.fromkeys(row[2] for row in newest_rows):
        indicator_rows = [row for row in newest_rows if row[2] == ind_id]
        var, denominator = sum(row[3] for row in indicator_rows), sum(row[4] for row in indicator_rows)
        lines.append(f"caregiver;{newest_year};{units.nation.orgnr};{ind_id};{var};{denominator}")
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


def _sample_rows(registry: str, units: Units, newest_year: int) -> Iterator[_SampleRow]:
    for year_index, year in enumerate(range(newest_year - _YEARS + 1, newest_year + 1)):
        for index, unit in enumerate(_finest_units(units)):
            # 60 to 162 patients, of whom 76 to 98 % receive help: above every limit, and different for each unit.
            patients = 60 + 17 * (index % 7)
            numerator = patients * (76 + 5 * year_index + 3 * (index % 5)) // 100
            yield year, unit.orgnr, f"{registry}_hjelp", numerator, patients
            # Coverage: the registry has all but 4 to 6 of the patients that it should have.
            yield year, unit.orgnr, f"{registry}_dg", patients, patients + 4 + index % 3


def _finest_units(units: Units) -> tuple[Unit, ...]:
    levels = (Level.HOSPITAL, Level.HF, Level.RHF, Level.NATION)
    return next(finest for level in levels if (finest := units.at_level(level)))
