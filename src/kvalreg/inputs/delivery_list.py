"""`data/<id>/deliveries.yml`: the order, dates and remarks of a registry's deliveries, and units left out on purpose.

Owns the fields' names, types and rules. The file is optional; which files it names is checked in `inputs/delivered.py`.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import BeforeValidator, RootModel, StringConstraints

from kvalreg.inputs.descriptor_model import FilledText, Model, Text


def _orgnr_as_text(value: object) -> object:
    # An orgnr has no leading zero, so nothing is lost when YAML reads it as a number.
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


Orgnr = Annotated[str, BeforeValidator(_orgnr_as_text), StringConstraints(strip_whitespace=True, min_length=1)]


class ListedDelivery(Model):
    """One delivery, as its registry describes it."""

    file: FilledText
    """The file's name, below the folder of the list."""
    latest_update: date | None = None
    """When the data was last updated."""
    latest_affirm: date | None = None
    """The date up to which the data is complete."""
    remark: Text = ""
    """Anything worth knowing about the delivery."""
    skip_units: tuple[Orgnr, ...] = ()
    """Units that are not in units.csv and whose rows are left out on purpose."""


class DeliveryList(RootModel[tuple[ListedDelivery, ...]]):
    """The deliveries, oldest first: a later one replaces what an earlier one said of the same indicator and year."""
