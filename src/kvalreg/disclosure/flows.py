"""Other tables that fit the same published numbers, found by moving patients round cycles of hidden cells.

Owns witnesses: complete solutions of a component, and for each count the least and greatest value met in any of them.
What comes in is a component and one solution; what goes out are ranges that are certainly possible. A range that is
wide enough proves a cell safe without integer programming; one that is not proves nothing.

Where every hidden cell occurs in at most two sums (a hospital in its HF and its county, an HF in its RHF), the cells
are the arcs of a network whose nodes are the sums: a solution is a flow, and how far one count can rise or fall is a
maximum flow in the residual network (Ford and Fulkerson 1962; along shortest paths as Edmonds and Karp 1972).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from kvalreg.disclosure.components import INFINITE, Component
from kvalreg.disclosure.equations import sides

Arc = tuple[int, int]
"""From node, to node: a sum's position, or one past the last for "outside"."""


def arcs_of(component: Component) -> list[Arc] | None:
    """The component's variables as arcs, or None when it is no network."""
    outside = len(component.equations)
    where: list[list[tuple[int, int]]] = [[] for _ in component.cells]
    for number, equation in enumerate(component.equations):
        for variable, sign in equation.terms:
            where[variable].append((number, sign))
    side = sides(where, outside)
    if side is None:
        return None
    arcs = []
    for places in where:
        ends = [outside, outside]
        for number, sign in places:
            ends[0 if sign * side[number] > 0 else 1] = number
        arcs.append((ends[0], ends[1]))
    return arcs


class Witnesses:
    """What all solutions met so far show to be possible.

    Parameters
    ----------
    component
        Its bounds limit every move.
    solution
        One value per measure and variable.
    """

    def __init__(self, component: Component, solution: list[list[int]]) -> None:
        self.component = component
        self.base = solution
        self.least = [values.copy() for values in solution]
        self.most = [values.copy() for values in solution]
        self.kept: Callable[[list[list[int]]], None] | None = None
        self.arcs = arcs_of(component)
        self.leaving: list[list[tuple[int, int, int]]] = [[] for _ in range(len(component.equations) + 1)]
        for variable, (tail, head) in enumerate(self.arcs or ()):
            self.leaving[tail].append((variable, 1, head))
            self.leaving[head].append((variable, -1, tail))

    def record(self, solution: list[list[int]]) -> None:
        """Remember a solution found elsewhere."""
        for least, most, values in zip(self.least, self.most, solution, strict=True):
            least[:] = map(min, least, values)
            most[:] = map(max, most, values)

    def widen(self, variables: list[int], least: list[list[int]], most: list[list[int]]) -> None:
        """Take in ranges that solutions found elsewhere show to be possible, a row per measure."""
        for own, values in zip(self.least, least, strict=True):
            for variable, value in zip(variables, values, strict=True):
                own[variable] = min(own[variable], value)
        for own, values in zip(self.most, most, strict=True):
            for variable, value in zip(variables, values, strict=True):
                own[variable] = max(own[variable], value)

    def width(self, measure: int, variable: int) -> int:
        """Greatest minus least value met."""
        return self.most[measure][variable] - self.least[measure][variable]

    def move(self, variable: int, direction: int, shares: tuple[int, ...], limit: int) -> None:
        """Move one variable up (1) or down (-1) by at most `limit`, in these measures one after the other."""
        if self.arcs is None:
            return
        solution = [values.copy() for values in self.base]
        last = len(solution) - 1
        left = limit
        for share in shares:
            measures = (last,) if share == last else (share, last)
            news = False
            while left > 0:
                step, changed = self._augment(solution, variable, direction, measures, left)
                if step == 0:
                    break
                left -= step
                for measure in measures:
                    least, most, values = self.least[measure], self.most[measure], solution[measure]
                    for other in changed:
                        value = values[other]
                        if value < least[other]:
                            least[other], news = value, True
                        elif value > most[other]:
                            most[other], news = value, True
            if news and self.kept is not None:
                self.kept(solution)

    def confine(self, variable: int, direction: int, measure: int, limit: int) -> None:
        """Narrow the component's bound of one count to what its own measure allows, where that is within `limit`.

        The other measures are forgotten, so the bound is true, and exact but for them: a maximum flow.
        """
        if self.arcs is None:
            return
        solution = [values if number != measure else values.copy() for number, values in enumerate(self.base)]
        left = limit
        while left > 0:
            step, _ = self._augment(solution, variable, direction, (measure,), left)
            if step == 0:
                bounds = self.component.high if direction > 0 else self.component.low
                bounds[measure][variable] = solution[measure][variable]
                break
            left -= step

    def _augment(
        self, solution: list[list[int]], variable: int, direction: int, measures: tuple[int, ...], limit: int
    ) -> tuple[int, list[int]]:
        """One shortest cycle through the variable; changes the solution, and returns by how much, and which counts."""
        assert self.arcs is not None
        tail, head = self.arcs[variable]
        start, goal = (head, tail) if direction > 0 else (tail, head)
        step = min(limit, self._room(solution, variable, direction, measures))
        if step <= 0:
            return 0, []
        came = self._reach(solution, variable, (start, goal), measures)
        if goal not in came:
            return 0, []
        path = [(variable, direction)]
        at = goal
        while at != start:
            at, other, way = came[at]
            path.append((other, way))
        step = min(step, *(self._room(solution, other, way, measures) for other, way in path))
        for other, way in path:
            for measure in measures:
                solution[measure][other] += way * step
        return step, [other for other, _ in path]

    def _reach(
        self, solution: list[list[int]], variable: int, ends: tuple[int, int], measures: tuple[int, ...]
    ) -> dict[int, tuple[int, int, int]]:
        """How each node is reached from the first of the ends, not through the variable: from where, and by what."""
        start, goal = ends
        low, high = self.component.low, self.component.high
        limits = [(solution[measure], low[measure], high[measure]) for measure in measures]
        came: dict[int, tuple[int, int, int]] = {start: (-1, -1, 0)}
        waiting = deque([start])
        while waiting and goal not in came:
            node = waiting.popleft()
            for other, way, reached in self.leaving[node]:
                if reached in came or other == variable:
                    continue
                for values, least, most in limits:
                    if values[other] >= most[other] if way > 0 else values[other] <= least[other]:
                        break
                else:
                    came[reached] = (node, other, way)
                    waiting.append(reached)
        return came

    def _room(self, solution: list[list[int]], variable: int, direction: int, measures: tuple[int, ...]) -> int:
        """How far a variable may move in all of these measures at once."""
        bounds = self.component.high if direction > 0 else self.component.low
        room = INFINITE
        for measure in measures:
            room = min(room, direction * (bounds[measure][variable] - solution[measure][variable]))
        return room
