"""What files tell about cells, taken together while they are read.

Owns `Heard`. Comes in: what a `Reader` says, and the numbers of rows that were read many at a time. Goes out: a `Part`
for each registry. Places are kept where a cell is hidden; for every other place the files are read again word by word.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from kvalreg.release.audit_parts import ANY, Group, Part
from kvalreg.release.audit_public import Key, Place, Spot
from kvalreg.release.audit_readings import Claim, Reading, Unattached
from kvalreg.release.audit_tables import Places
from kvalreg.release.published_numbers import Plain, plainly, together


@dataclass
class Heard:
    """What was heard of cells.

    Parameters
    ----------
    file
        The address of the file that is read.
    numbers
        All that is printed about each cell, one after the other.
    beside
        The cells of which something is told that is no number of theirs.
    hidden
        The cells that are marked as hidden, and at which place first.
    claims
        Numbers beside units, where the cell is known in part.
    unattached
        Places of rows of our own tables that tell of no cell we can name.
    """

    file: str
    numbers: dict[Group, dict[Place, list[Plain]]] = field(default_factory=dict)
    beside: dict[Group, set[Place]] = field(default_factory=dict)
    hidden: dict[Key, str] = field(default_factory=dict)
    claims: list[Claim] = field(default_factory=list)
    unattached: list[str] = field(default_factory=list)

    def note(self, said: Iterable[Reading | Claim | Unattached]) -> None:
        """Add what a fragment says."""
        for one in said:
            if isinstance(one, Claim):
                self.claims.append(one)
            elif isinstance(one, Unattached):
                self.unattached.append(one.spot.place)
            elif one.numbers is None:
                self.hidden.setdefault(one.key, one.spot.place)
            else:
                self.cells(one.key[:4]).setdefault(one.key.place, []).append(plainly(one.numbers))

    def cells(self, group: Group) -> dict[Place, list[Plain]]:
        """What is told of the cells of an indicator, context and year."""
        return self.numbers.setdefault(group, {})

    def note_beside(self, group: Group, place: Place) -> None:
        """Something that is no number stands beside a unit."""
        self.beside.setdefault(group, set()).add(place)

    def note_hidden(self, group: Group, place: Place, places: Places, at: int) -> None:
        """A row of a table marks its cell as hidden."""
        key = Key(*group, place)
        if key not in self.hidden:
            self.hidden[key] = places.of(at)

    @property
    def registries(self) -> set[str]:
        """Those of whose cells anything is told."""
        return {group[0] for group in self.numbers} | {key.registry for key in self.hidden}

    def parts(self) -> dict[str, Part]:
        """What is told of each registry, every cell's numbers taken together and every claim once."""
        parts: dict[str, Part] = {}
        for group, cells in self.numbers.items():
            part = parts.setdefault(group[0], Part())
            for place, numbers in cells.items():
                part.numbers[Key(*group, place)] = together(numbers)
        for key, where in self.hidden.items():
            parts.setdefault(key.registry, Part()).hidden[key] = where
        for claim in (*self.claims, *self._beside()):
            spot = claim.spot
            asked = (claim.places, claim.years, spot.registry, spot.ind_id, spot.context)
            part = parts.setdefault(spot.registry or ANY, Part())
            if asked not in part.claims and not _told(part, claim):
                part.claims[asked] = claim._replace(spot=Spot(spot.file, "", spot.registry, spot.ind_id, spot.context))
        return parts

    def _beside(self) -> Iterator[Claim]:
        for group, places in self.beside.items():
            registry, ind_id, context, year = group
            spot = Spot(self.file, "", registry, ind_id, context or None)
            untold = sorted(places - self.numbers.get(group, {}).keys())
            yield from (Claim((place,), (year,), spot) for place in untold)


def _told(part: Part, claim: Claim) -> bool:
    """Whether a claim is about the one cell that the same file tells of anyway."""
    spot = claim.spot
    if len(claim.places) != 1 or len(claim.years) != 1 or spot.ind_id is None or spot.registry is None:
        return False
    return Key(spot.registry, spot.ind_id, spot.context or "", claim.years[0], claim.places[0]) in part.numbers
