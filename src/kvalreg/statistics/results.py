"""`Results`: every cell of a registry, true and SECRET.

A class of its own so that showing a secret cell is a type error: nothing that makes pages takes `Results`, and it has
no display method. Its cells are a `SecretFrame`: they, and all that is computed from them, display as a placeholder.
Only `kvalreg.disclosure` opens it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd

from kvalreg.inputs.secret import SecretFrame

CELL_KEY = ["ind_id", "context", "year", "level", "orgnr"]
"""The key of one cell. For a county, `orgnr` holds the county's name."""


@dataclass(frozen=True, repr=False)
class Results:
    """The true cells of one registry.

    Parameters
    ----------
    registry_id
        The registry.
    secret
        One row per cell, as a `SecretFrame`: the columns of `CELL_KEY`; ``var`` and ``denominator`` (sums for
        proportions, as delivered otherwise); ``value`` (a share from 0 to 1, or in the indicator's unit); ``coverage``
        (0 to 1 or NaN) and ``coverage_year``, the year it was measured; ``provisional``.
    """

    registry_id: str
    secret: pd.DataFrame = field(compare=False)

    def __post_init__(self) -> None:
        # However it is constructed: a plain frame would print its numbers.
        object.__setattr__(self, "secret", SecretFrame(self.secret))

    def __repr__(self) -> str:
        return f"<Results of {self.registry_id}: {len(self.secret)} SECRET cells>"

    __str__ = __repr__

    def __format__(self, _spec: str) -> str:
        return repr(self)
