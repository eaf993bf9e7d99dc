"""`data/<id>/deliveries.yml`: the order, dates and remarks of a registry's deliveries, and units left out on purpose.

Owns the fields' names, types and rules. The file is optional; which files it names is checked in
`inputs/registry_deliveries.py`.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Self

from pydantic import BeforeValidator, RootModel, StringConstraints, model_validator

from kvalreg.clock import today
from kvalreg.inputs.descriptor_model import DescriptorModel, DescriptorText, RequiredText


def _orgnr_as_text(value: object) -> object:
    # YAML reads it as a number; zeros that it begins with are lost, and are not looked at when rows are left out.
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


Orgnr = Annotated[str, BeforeValidator(_orgnr_as_text), StringConstraints(strip_whitespace=True, min_length=1)]


class ListedDelivery(DescriptorModel):
    """One delivery, as its registry describes it."""

    file: RequiredText
    """The file's name, below the folder of the list."""
    latest_update: date | None = None
    """When the data was last updated."""
    latest_affirm: date | None = None
    """The date up to which the data is complete."""
    remark: DescriptorText = ""
    """Anything worth knowing about the delivery."""
    skip_units: tuple[Orgnr, ...] = ()
    """Units that are not in units.csv and whose rows are left out on purpose."""

    @model_validator(mode="after")
    def _dates_are_possible(self) -> Self:
        now = today()
        for key, day in (("latest_update", self.latest_update), ("latest_affirm", self.latest_affirm)):
            if day is not None and day.year > now.year:
                raise ValueError(f"{key} lies in a year to come: {day.isoformat()}. Correct it.")
        if self.latest_affirm is not None:
            if self.latest_affirm > now and (self.latest_affirm + timedelta(days=2)).year > now.year:
                told = f"latest_affirm says that {now.year} is complete, which is not over"
                raise ValueError(f"{told}. Write the date up to which the data is complete.")
            if self.latest_update is not None and self.latest_affirm > self.latest_update:
                told = f"latest_affirm ({self.latest_affirm.isoformat()}) is later than latest_update"
                raise ValueError(f"{told} ({self.latest_update.isoformat()}). Correct the one that is wrong.")
        return self


class DeliveryList(RootModel[tuple[ListedDelivery, ...]]):
    """The deliveries, oldest first: a later one replaces what an earlier one said of the same indicator and year."""
