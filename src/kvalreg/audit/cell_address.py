"""The address of a published cell: its key, and how pages write it.

Owns the reading of ``slag/slag_enhet/caregiver/2025/000010203``. It shares no code with what writes addresses.
"""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import unquote

_PARTS = 5


class CellAddress(NamedTuple):
    """The key of a cell; a part that is not known is empty.

    Parameters
    ----------
    unit
        The unit's `orgnr`, a county's name, or ``@hospital``: all units of a level together.
    """

    registry: str = ""
    ind_id: str = ""
    context: str = ""
    year: str = ""
    unit: str = ""

    @classmethod
    def parse(cls, text: str) -> CellAddress:
        """Read an address, whole or in part; parts that are too many make a unit that is nowhere.

        >>> CellAddress.parse("///2016")
        CellAddress(registry='', ind_id='', context='', year='2016', unit='')
        """
        parts = text.split("/", _PARTS - 1)
        unit = parts.pop() if len(parts) == _PARTS else ""
        names = cls(*map(unquote, parts))
        return names._replace(unit=unit if unit.startswith("@") else unquote(unit))

    def within(self, outer: CellAddress) -> CellAddress:
        """This address with what it leaves open taken from the element around it."""
        return CellAddress(*(own or other for own, other in zip(self, outer, strict=True)))

    @property
    def level(self) -> str:
        """The level that all units are meant of; empty where one unit is meant."""
        return self.unit[1:] if self.unit.startswith("@") else ""

    def __str__(self) -> str:
        return "/".join(self).rstrip("/")
