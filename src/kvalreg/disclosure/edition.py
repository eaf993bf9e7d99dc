"""One registry in one edition, as the ledger keeps it: SECRET.

Owns `Edition`, `State` and what an edition may be called. It decides nothing: `protection` attacks editions together.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum

import pandas as pd

from kvalreg.inputs.secret import SecretFrame
from kvalreg.inputs.units import Units

EDITION_NAME_PATTERN = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])(-[a-z0-9-]*[a-z0-9])?")
"""The year and month, such as ``2026-06``, and more where there are several: ``2026-06-b``."""


class LedgerState(StrEnum):
    """What an edition did with a cell."""

    SHOWN = "shown"
    HIDDEN = "hidden"
    """Marked as secret: nothing of it was shown."""
    NOT_RELIABLE = "not_reliable"
    """Its number of patients was shown, and nothing else."""
    ABSENT = "absent"
    """Nothing of it was shown, and nothing of it is secret unless it is small: of a level that was not presented."""


@dataclass(frozen=True, repr=False)
class Edition:
    """One registry in one edition. SECRET.

    Parameters
    ----------
    name
        The edition, such as ``2026-06``; editions are ordered by name.
    units
        The tree as it was, whose sums readers have seen.
    secret
        One row per cell, kept as a `SecretFrame`: the columns of `kvalreg.statistics.results.KEY`; ``n`` and ``x`` (the
        numerator, NaN where none is summed), ``coverage``, and ``state``.
    """

    name: str
    units: Units
    secret: pd.DataFrame = field(compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "secret", SecretFrame(self.secret))

    def __repr__(self) -> str:
        return f"<Edition {self.name}: {len(self.secret)} SECRET cells>"
