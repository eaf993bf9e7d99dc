"""What files tell about cells, taken together while they are read.

Owns `Heard`. Comes in: what a `Reader` says, and the numbers of rows that were read many at a time. Goes out: a `Part`
for each registry. Places are kept where a cell is hidden; for every other place the files are read again word by word.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from kvalreg.disclosure.system import IntArray
from kvalreg.release.audit_cells import WIDE, Block, Cells, Group, numbered
from kvalreg.release.audit_parts import ANY, Part
from kvalreg.release.audit_public import Key, Place, Spot
from kvalreg.release.audit_readings import Claim, Reading, Unattached
from kvalreg.release.audit_tables import Places
from kvalreg.release.published_numbers import plainly
from kvalreg.statistics.intervals import Floats


@dataclass
class Heard:
    """What was heard of cells.

    Parameters
    ----------
    file
        The address of the file that is read.
    numbers
        All that is printed about cells, one row after the other.
    beside
        The cells of which something is told that is no number of theirs, by their numbers in the block.
    hidden, unreliable
        The cells that are marked as hidden, or as not reliable, and at which place first.
    claims
        Numbers beside units, where the cell is known in part.
    unattached
        Places of rows of our own tables that tell of no cell we can name.
    told
        The registries of whose cells numbers are told.
    """

    file: str
    numbers: Block = field(default_factory=Block)
    beside: set[int] = field(default_factory=set)
    hidden: dict[Key, str] = field(default_factory=dict)
    unreliable: dict[Key, str] = field(default_factory=dict)
    claims: list[Claim] = field(default_factory=list)
    unattached: list[str] = field(default_factory=list)
    told: set[str] = field(default_factory=set)

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
                self.told.add(one.key.registry)
                if one.numbers:
                    self.numbers.add(one.key[:4], one.key.place, [plainly(one.numbers)])
                if one.unreliable:
                    self.unreliable.setdefault(one.key, one.spot.place)

    def cells(self, groups: tuple[Sequence[Group], IntArray], places: tuple[Sequence[Place], IntArray]) -> IntArray:
        """Many cells by their numbers in the block: groups and places, and which of these each of them has."""
        group, place = numbered(*groups, self.numbers.groups), numbered(*places, self.numbers.places)
        return group * WIDE + place

    def note_rows(self, cells: IntArray, limits: Floats) -> None:
        """Numbers of many cells; beside a cell of which no number is printed, something else is told."""
        nothing = np.isnan(limits).all(axis=1)
        if nothing.any():
            self.beside.update(cells[nothing].tolist())
            cells, limits = cells[~nothing], limits[~nothing]
        groups = list(self.numbers.groups)
        self.told.update(groups[at][0] for at in np.unique(cells // WIDE).tolist())
        self.numbers.add_rows(cells, limits)

    def note_beside(self, group: Group, place: Place) -> None:
        """Something that is no number stands beside a unit."""
        self.beside.add(self.numbers.cell(group, place))

    def note_hidden(self, group: Group, place: Place, places: Places, at: int) -> None:
        """A row of a table marks its cell as hidden."""
        key = Key(*group, place)
        if key not in self.hidden:
            self.hidden[key] = places.of(at)

    def note_unreliable(self, group: Group, place: Place, places: Places, at: int) -> None:
        """A row of a table marks its cell as not reliable."""
        key = Key(*group, place)
        self.told.add(key.registry)
        if key not in self.unreliable:
            self.unreliable[key] = places.of(at)

    @property
    def registries(self) -> set[str]:
        """Those of whose cells anything is told."""
        return self.told | {key.registry for key in self.hidden}

    def parts(self) -> dict[str, Part]:
        """What is told of each registry, every cell's numbers taken together and every claim once."""
        cells = Cells.put_together(self.numbers)
        parts = {registry: Part(cells.about(registry)) for registry in sorted(self.told)}
        for key, where in self.hidden.items():
            parts.setdefault(key.registry, Part()).hidden[key] = where
        for key, where in self.unreliable.items():
            parts.setdefault(key.registry, Part()).unreliable[key] = where
        for claim in (*self.claims, *self._beside(cells)):
            spot = claim.spot
            asked = (claim.places, claim.years, spot.registry, spot.ind_id, spot.context, claim.patients)
            part = parts.setdefault(spot.registry or ANY, Part())
            if asked not in part.claims and not _told(part, claim):
                part.claims[asked] = claim._replace(spot=Spot(spot.file, "", spot.registry, spot.ind_id, spot.context))
        return parts

    def _beside(self, cells: Cells) -> Iterator[Claim]:
        untold = sorted(self.beside.difference(cells.ids.tolist()) if self.beside else ())
        for (registry, ind_id, context, year), place in sorted(
            (cells.groups[at // WIDE], cells.places[at % WIDE]) for at in untold
        ):
            yield Claim((place,), (year,), Spot(self.file, "", registry, ind_id, context or None))


def _told(part: Part, claim: Claim) -> bool:
    """Whether a claim is about the one cell that the same file tells of anyway."""
    spot = claim.spot
    if len(claim.places) != 1 or len(claim.years) != 1 or spot.ind_id is None or spot.registry is None:
        return False
    key = Key(spot.registry, spot.ind_id, spot.context or "", claim.years[0], claim.places[0])
    return key in part.numbers and key not in part.unreliable
