"""The address of a published cell: its key, and how pages write it.

Owns the reading of ``slag/slag_enhet/caregiver/2025/000010203``. It shares no code with the module that writes
addresses, so that an error there cannot hide itself here.
"""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import unquote

_PARTS = 5


class CellAddress(NamedTuple):
    """The key of a cell; a part that is not stated is empty.

    Parameters
    ----------
    unit
        The unit's `orgnr`, a county's name, or ``@hospital``: all units of that level.
    """

    registry: str = ""
    ind_id: str = ""
    context: str = ""
    year: str = ""
    unit: str = ""

    @classmethod
    def parse(cls, text: str) -> CellAddress:
        """Read an address, complete or in part; surplus parts become part of the unit, which then does not exist.

        >>> CellAddress.parse("///2016")
        CellAddress(registry='', ind_id='', context='', year='2016', unit='')
        """
        parts = text.split("/", _PARTS - 1)
        # Four splits at most: a surplus part must make the address wrong, and not be dropped silently.
        unit = parts.pop() if len(parts) == _PARTS else ""
        names = cls(*map(unquote, parts))
        return names._replace(unit=unit if unit.startswith("@") else unquote(unit))

    def within(self, outer: CellAddress) -> CellAddress:
        """This address with its empty parts filled in from the element around it."""
        return CellAddress(*(inner_part or outer_part for inner_part, outer_part in zip(self, outer, strict=True)))

    @property
    def level(self) -> str:
        """The level whose units are addressed together; empty where one unit is addressed."""
        return self.unit[1:] if self.unit.startswith("@") else ""

    def __str__(self) -> str:
        return "/".join(self).rstrip("/")
