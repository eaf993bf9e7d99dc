"""`Results`: every cell of a registry, true and SECRET.

A class of its own so that showing a secret cell is a type error: nothing that a reader sees takes `Results`,
and it has no display method. Only `kvalreg.disclosure` opens it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd

KEY = ["ind_id", "context", "year", "level", "orgnr"]
"""What names one cell. For a county, `orgnr` holds the county's name."""


@dataclass(frozen=True, repr=False)
class Results:
    """The true cells of one registry.

    Parameters
    ----------
    registry_id
        The registry.
    secret
        One row per cell: the columns of `KEY`; ``var`` and ``denominator`` (sums for proportions, as delivered
        otherwise); ``value`` (a share from 0 to 1, or in the indicator's unit); ``coverage`` (0 to 1 or NaN) and
        ``coverage_year``, the year it was measured; ``provisional``.
    """

    registry_id: str
    secret: pd.DataFrame = field(compare=False)

    def __repr__(self) -> str:
        return f"<Results of {self.registry_id}: {len(self.secret)} SECRET cells>"

    __str__ = __repr__

    def __format__(self, _spec: str) -> str:
        return repr(self)
