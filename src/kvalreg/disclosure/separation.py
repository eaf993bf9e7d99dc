"""How far a hidden count can move, and which cells stand in its way: the least cuts of a component.

Owns one question about one component of hidden cells: as a count goes up or down, the others following so that all sums
hold, what limits it? What comes in are relations, a mask, and how far each count may fall; what goes out are barriers:
per cell, how far hiding it lets the count move. It chooses nothing.

Where every hidden cell is in at most two sums the cells are the arcs of a network whose nodes are the sums (`flows`),
and a barrier is a cut of least capacity (Ford and Fulkerson 1962). Elsewhere it is the dual solution of a linear
program (`programs`), of which the least cut is the special case.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np

from kvalreg.disclosure.equations import rows_of, sides
from kvalreg.disclosure.programs import Constraints, Program
from kvalreg.disclosure.relations import Relations

Barrier = dict[int, float]
"""Per cell, how far hiding it can move the count; `OUTSIDE` stands for what incomplete totals hold beside parts."""

OUTSIDE = -1


@dataclass(frozen=True, eq=False)
class Room:
    """How far each count can fall, in one measure; none is limited upwards.

    Parameters
    ----------
    cells
        Per cell.
    beside
        Per sum: what an incomplete total holds beside its parts.
    """

    cells: list[int]
    beside: list[int]

    def of(self, cell: int) -> int:
        """How far this cell, or what sum ``~cell`` holds beside its parts, can fall."""
        return self.cells[cell] if cell >= 0 else self.beside[~cell]


class Surroundings:
    """One component of hidden cells with all sums that it takes part in.

    Parameters
    ----------
    relations
        All sums.
    group
        The component's cells.
    """

    def __init__(self, relations: Relations, group: tuple[int, ...]) -> None:
        rows = rows_of(relations, group)
        self.terms: dict[int, list[tuple[int, int]]] = {cell: [] for cell in group}
        for node, row in enumerate(rows):
            for cell, factor in row.items():
                self.terms.setdefault(cell, []).append((node, factor))
        self.nodes = len(rows)
        self._cells = list(self.terms)
        self._signs = np.zeros((len(self._cells), self.nodes))
        for at, terms in enumerate(self.terms.values()):
            for node, sign in terms:
                self._signs[at, node] = sign
        self.loose = [*group, *(cell for cell in self.terms if cell < 0)]
        self.sides = sides([self.terms[cell] for cell in self.loose], self.nodes)
        if self.sides is not None:
            self._connect(self.sides)

    def barriers(self, cell: int, direction: int, room: Room, need: int) -> list[Barrier] | None:
        """What keeps the cell's count from moving by `need` (1: up, -1: down); None where nothing does."""
        if direction < 0 and room.cells[cell] == 0:
            return [{cell: 0.0}]
        if self.sides is None:
            return self._by_program(cell, direction, room, need)
        own = room.cells[cell] if direction < 0 else need
        cuts = self._least_cuts(cell, direction, room, min(own, need))
        if cuts is not None:
            return [self._barrier(cell, nodes, room, need) for nodes in cuts]
        return [{cell: float(own)}] if own < need else None

    def _connect(self, side: list[int]) -> None:
        """What is not shown as arcs between rows; the last node is outside."""
        outside = self.nodes
        self.ends: dict[int, tuple[int, int]] = {}
        for cell in self.loose:
            ends = [outside, outside]
            for node, sign in self.terms[cell]:
                ends[0 if sign * side[node] > 0 else 1] = node
            self.ends[cell] = (ends[0], ends[1])
        self.leaving: list[list[tuple[int, int, int]]] = [[] for _ in range(outside + 1)]
        for arc, (tail, head) in self.ends.items():
            self.leaving[tail].append((arc, 1, head))
            self.leaving[head].append((arc, -1, tail))

    def _least_cuts(self, cell: int, direction: int, room: Room, need: int) -> list[set[int]] | None:
        """The nodes on the near side of the least cuts nearest to either end; None where the count moves by `need`."""
        tail, head = self.ends[cell]
        start, goal = (head, tail) if direction > 0 else (tail, head)
        left = {arc: room.of(arc) for arc in self.loose}
        left[cell] = 0
        moved = 0
        while moved < need:
            came = self._reach(start, goal, cell, left, 1)
            if goal not in came:
                far = self._reach(goal, start, cell, left, -1)
                near_side, far_side = set(came), set(range(self.nodes + 1)) - set(far)
                return [near_side] if near_side == far_side else [near_side, far_side]
            path = []
            at = goal
            while at != start:
                at, arc, way = came[at]
                path.append((arc, way))
            step = min([need - moved, *(left[arc] for arc, way in path if way < 0)])
            for arc, way in path:
                left[arc] += way * step
            moved += step
        return None

    def _reach(
        self, start: int, goal: int, barred: int, left: dict[int, int], sense: int
    ) -> dict[int, tuple[int, int, int]]:
        """How each node is reached from the start, or (sense -1) from where the start is reached."""
        came = {start: (-1, 0, 0)}
        waiting = deque([start])
        while waiting and goal not in came:
            node = waiting.popleft()
            for arc, way, other in self.leaving[node]:
                if other not in came and arc != barred and (way * sense > 0 or left[arc] > 0):
                    came[other] = (node, arc, way)
                    waiting.append(other)
        return came

    def _barrier(self, cell: int, near: set[int], room: Room, need: int) -> Barrier:
        """What each cell that crosses the cut can contribute."""
        assert self.sides is not None
        outside = int(self.nodes in near)
        factor = [(int(node in near) - outside) * side for node, side in enumerate(self.sides)]
        return self._weights(cell, factor, room, need)

    def _weights(self, cell: int, factor: list[int] | list[float], room: Room, need: int) -> Barrier:
        """The barrier that this combination of the sums makes, a factor for each."""
        barrier: Barrier = {}
        rates = self._signs @ np.array(factor, dtype=float)
        for at in np.flatnonzero(np.abs(rates) > 1e-9).tolist():
            other, rate = self._cells[at], float(rates[at])
            if other != cell:
                place = max(other, OUTSIDE)
                barrier[place] = barrier.get(place, 0.0) + (float(need) if rate > 0 else -rate * room.of(other))
        return barrier

    def _by_program(self, cell: int, direction: int, room: Room, need: int) -> list[Barrier] | None:
        """The same from the dual solution of the linear program."""
        place = {other: column for column, other in enumerate(self.loose)}
        entries = [(node, place[other], float(sign)) for other in self.loose for node, sign in self.terms[other]]
        floor = np.array([-float(room.of(other)) for other in self.loose])
        floor[place[cell]] = -np.inf
        nothing = np.zeros(self.nodes)
        program = Program(Constraints(sorted(entries), (nothing, nothing), (floor, np.full(len(place), np.inf))))
        costs = np.zeros(len(place))
        costs[place[cell]] = -direction
        found = program.minimum(costs)
        own = room.cells[cell] if direction < 0 else need
        if found is not None and -found.cost < min(own, need) - 1e-6:
            return [self._weights(cell, found.prices.tolist(), room, need)]
        return [{cell: float(own)}] if own < need else None
