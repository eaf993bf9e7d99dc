"""One registry in one edition, as the ledger stores it: SECRET.

Owns `Edition`, `LedgerState` and the pattern of an edition's name. It decides nothing: `protection` attacks all
editions together.
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
    """What an edition published of a cell."""

    SHOWN = "shown"
    HIDDEN = "hidden"
    """Marked as secret: nothing of it was shown."""
    NOT_RELIABLE = "not_reliable"
    """Its number of patients was shown, and nothing else."""
    ABSENT = "absent"
    """Of a level that was not presented: nothing of it was shown, and it is secret only where it is small."""


@dataclass(frozen=True, repr=False)
class Edition:
    """One registry in one edition. SECRET.

    Parameters
    ----------
    name
        The edition, such as ``2026-06``; editions are ordered by name.
    units
        The tree at that time, whose sums were published.
    secret
        One row per cell, as a `SecretFrame`: the columns of `kvalreg.statistics.results.CELL_KEY`; ``n`` and ``x`` (the
        numerator, NaN where none is summed), ``coverage``, and ``state``.
    """

    name: str
    units: Units
    secret: pd.DataFrame = field(compare=False)

    def __post_init__(self) -> None:
        # However it is constructed: a SecretFrame prints as a placeholder, and so does all that is computed from it.
        object.__setattr__(self, "secret", SecretFrame(self.secret))

    def __repr__(self) -> str:
        return f"<Edition {self.name}: {len(self.secret)} SECRET cells>"
