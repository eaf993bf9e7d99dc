"""Roles in which several texts are true: a condition for each, instead of a list of texts.

Owns `RULES`. Input: a `Subject` and the text of a claim. Output: whether the text is true. A LookupError means that
there is no such cell.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping

import numpy as np

from kvalreg.audit.cells import Subject
from kvalreg.audit.roles import COUNT, format_exact, same_number, target_value
from kvalreg.audit.vocabulary import DIGIT, YEAR


def _names_unit(subject: Subject, text: str) -> bool:
    """Whether a text is a name of the unit; a chart may break a long name into lines, also behind a hyphen."""
    names = subject.cells.names(subject.address.unit, subject.translator.language)
    return text in names or "".join(text.split()) in {"".join(name.split()) for name in names}


def _is_part_of_name(subject: Subject, text: str) -> bool:
    """Whether a text is a part of a name: a drawing breaks long names into lines, and truncates what is longer."""
    names = subject.cells.names(subject.address.unit, subject.translator.language)
    return any(text.rstrip("…") in name for name in names)


def _names_indicator(subject: Subject, text: str) -> bool:
    """Whether a text is the indicator's title, with or without words (and no digits but years) behind it."""
    indicator = subject.cells.indicators.get(subject.address.ind_id)
    title = " ".join(indicator.title.split()) if indicator else ""
    return bool(title) and text.startswith(title) and not DIGIT.search(YEAR.sub("", text.removeprefix(title)))


def _is_year(subject: Subject, text: str) -> bool:
    year = subject.address.year
    return text in (year, f"{year} ({subject.translator('figure.provisional')})")


def _is_end_of_level(subject: Subject, text: str) -> bool:
    return any(same_number(text, repr(target_value(name, subject))) for name in ("level_green", "level_yellow"))


def _is_limit(subject: Subject, text: str) -> bool:
    return all(int(re.sub(r"\D", "", number)) in subject.cells.limits for number in COUNT.findall(text))


def _is_count_of_changes(subject: Subject, text: str) -> bool:
    """Whether a count of revisions is possible: there are never more than cells."""
    return bool(COUNT.fullmatch(text)) and int(re.sub(r"\D", "", text)) <= len(subject.cells.published.cells)


def _is_near_difference(subject: Subject, text: str) -> bool:
    """Whether a dot is in the bin of its change: ``0.03~0.01`` is the bin with middle 0.03 and width 0.01."""
    cell, before = subject.cells.cell(subject.address), subject.before(subject.address.unit)
    if cell is None or not cell["shown"] or math.isnan(before):
        return False
    middle, width = map(float, text.split("~"))
    # Half the width, and a little more for the rounding of the numbers in the chart.
    return abs(middle - (float(cell["value"]) - before)) <= width * 0.51


def _is_funnel(subject: Subject, text: str) -> bool:
    """Whether a funnel's limits are those of its units, by patients: ``{"n": [...], "low95": [...], ...}``."""
    columns = json.loads(text)
    level_funnel, _ = subject.cells.funnel(subject.address, subject.address.level)
    lines = [
        line for confidence in (0.95, 0.998) for line in level_funnel.limits(np.array(columns["n"], float), confidence)
    ]
    drawn = [value for name in ("low95", "high95", "low998", "high998") for value in columns[name]]
    return [format_exact(float(value)) for line in lines for value in line] == [str(value) for value in drawn]


RULES: Mapping[str, Callable[[Subject, str], bool]] = {
    "unit": _names_unit,
    "unit-part": _is_part_of_name,
    "indicator": _names_indicator,
    "year": _is_year,
    "yours": lambda _, text: not text,
    "zone": _is_end_of_level,
    "limit": _is_limit,
    "changes": _is_count_of_changes,
    "difference": _is_near_difference,
    "funnel": _is_funnel,
}
"""Roles in which several texts are true, and the condition of each."""
