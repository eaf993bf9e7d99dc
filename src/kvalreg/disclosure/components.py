"""The equations that a reader can write down about hidden cells, and the bounds that follow from them by reasoning.

Owns the split of a `View` into components (hidden cells that share no sum have nothing to do with each other) and exact
bounds for components without cycles. What comes in is a `View`; it never sees a hidden count.

Why reasoning is exact there
----------------------------
What is known about one cell is a set ``{(x, y): lx <= x <= ux, ly <= y <= uy, ln <= x + y <= un}`` with numerator x,
misses y and denominator n = x + y. Such sets (generalised polymatroids in two dimensions; Frank and Tardos 1988, *Math.
Programming* 42) are closed under sum, difference and intersection, without gaps between integers, and the bounds of a
sum are the sums of the tight bounds. So one equation passes on exactly what it implies. In a component whose graph of
cells and equations has no cycle, passing bounds along until nothing changes therefore gives the exact bounds.
With cycles the same passing gives bounds that are true but perhaps too wide; `attack` then uses integer programming.

Cells that occur in the same equations (two hidden hospitals of one HF in one county) make a cycle that is none: their
sum is put in their place first.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kvalreg.disclosure.cells import View
from kvalreg.disclosure.equations import rows_of

INFINITE = 10**15
_NEARLY = 10**14
_PASSES_WITH_CYCLE = 12


@dataclass(frozen=True)
class Equation:
    """``sum(sign * variable) = constant``, for each measure: n, or x, y and n."""

    terms: tuple[tuple[int, int], ...]
    constants: tuple[int, ...]


@dataclass
class Component:
    """Hidden cells connected by equations.

    Parameters
    ----------
    cells
        Cell index of each variable; -1 for what an incomplete total holds beside its parts.
    equations
        Over positions in `cells`.
    low, high
        Per measure, per variable: the bounds so far.
    """

    cells: list[int]
    equations: list[Equation]
    low: list[list[int]]
    high: list[list[int]]

    @property
    def measures(self) -> int:
        """3 for numerators, misses and denominators; 1 for denominators alone."""
        return len(self.low)


def groups(view: View) -> list[tuple[int, ...]]:
    """The hidden cells by component, in the order of their first cells; one in no sum is a component of its own."""
    touching = view.relations.touching
    hidden = np.flatnonzero(view.hidden).tolist()
    beside: dict[int, list[int]] = {}
    for cell in hidden:
        for number in touching[cell]:
            beside.setdefault(number, []).append(cell)
    seen: set[int] = set()
    found = []
    for first in hidden:
        if first in seen:
            continue
        cells, waiting = list[int](), [first]
        seen.add(first)
        while waiting:
            cell = waiting.pop()
            cells.append(cell)
            for number in touching[cell]:
                for other in beside.pop(number, ()):
                    if other not in seen:
                        seen.add(other)
                        waiting.append(other)
        found.append(tuple(sorted(cells)))
    return found


def build(view: View, group: tuple[int, ...]) -> Component:
    """The equations of one group of hidden cells."""
    counts = view.lists
    variables = list(group)
    position = {cell: place for place, cell in enumerate(group)}
    equations = []
    for row in rows_of(view.relations, group):
        terms = []
        constants = [0] * len(counts)
        for cell, factor in row.items():
            if cell < 0 and cell not in position:
                position[cell] = len(variables)
                variables.append(-1)
            if cell in position:
                terms.append((position[cell], factor))
            else:
                for measure, values in enumerate(counts):
                    constants[measure] -= factor * values[cell]
        if terms or any(constants):
            equations.append(Equation(tuple(terms), tuple(constants)))
    least = view.leasts
    floor = [least[cell] if cell >= 0 else 0 for cell in variables]
    ceiling = [INFINITE] * len(variables)
    if view.high is not None:
        ceiling = [min(INFINITE, int(view.high[cell])) if cell >= 0 else INFINITE for cell in variables]
    shares = len(counts) - 1
    return Component(
        cells=variables,
        equations=equations,
        low=[[0] * len(variables) for _ in range(shares)] + [floor],
        high=[[INFINITE] * len(variables) for _ in range(shares)] + [ceiling],
    )


class _ContradictionError(Exception):
    """The published numbers cannot all be true."""


def narrow(component: Component) -> bool | None:
    """Narrow the component's bounds in place by passing them along its equations.

    Returns
    -------
    True when the bounds are exact, False when they are true but perhaps too wide, None when the published numbers
    contradict each other.
    """
    equations = _without_twins(component)
    if not all(equation.terms for equation in equations):
        return None  # nothing unknown is left, and the published numbers do not agree
    width = len(component.low[0])
    edges = sum(len(equation.terms) for equation in equations)
    vertices = len({variable for equation in equations for variable, _ in equation.terms}) + len(equations)
    exact = edges == max(0, vertices - 1)
    try:
        for place in range(width):
            agree(component, place)
        where: dict[int, list[int]] = {}
        for number, equation in enumerate(equations):
            for variable, _ in equation.terms:
                where.setdefault(variable, []).append(number)
        waiting = set(range(len(equations)))
        for _ in range(2 * len(equations) + 2 if exact else _PASSES_WITH_CYCLE):
            if not waiting:
                return exact
            concerned, waiting = sorted(waiting), set()
            for number in concerned:
                waiting.discard(number)
                for variable in _pass(component, equations[number]):
                    waiting.update(where[variable])
    except _ContradictionError:
        return None
    return False


def _without_twins(component: Component) -> list[Equation]:
    """The equations with each set of twins replaced by their sum, which becomes a variable of its own."""
    where: dict[int, list[tuple[int, int]]] = {}
    for number, equation in enumerate(component.equations):
        for variable, sign in equation.terms:
            where.setdefault(variable, []).append((number, sign))
    twins: dict[tuple[tuple[int, int], ...], list[int]] = {}
    for variable, places in where.items():
        if len(places) > 1:
            twins.setdefault(tuple(places), []).append(variable)
    equations = list(component.equations)
    for shared, variables in twins.items():
        if len(variables) < 2:
            continue
        together = len(component.low[0])
        for measure in range(component.measures):
            component.low[measure].append(0)
            component.high[measure].append(INFINITE)
        gone = set(variables)
        for number, sign in shared:
            old = equations[number]
            kept = tuple(term for term in old.terms if term[0] not in gone)
            equations[number] = Equation((*kept, (together, sign)), old.constants)
        nothing = (0,) * component.measures
        equations.append(Equation((*((variable, 1) for variable in variables), (together, -1)), nothing))
    return list(dict.fromkeys(equations))


def _pass(component: Component, equation: Equation) -> set[int]:
    """Narrow every variable of one equation by the others, in every measure; which ones it narrowed."""
    touched: set[int] = set()
    terms = equation.terms
    for low, high, constant in zip(component.low, component.high, equation.constants, strict=True):
        least = most = widest = 0
        for v, sign in terms:
            below, above = low[v], high[v]
            if above - below > widest:
                widest = above - below
            if sign > 0:
                least += below
                most += above
            else:
                least -= above
                most -= below
        if constant - least >= widest and most - constant >= widest:
            continue  # no range is wide enough to be narrowed
        for v, sign in terms:
            if sign > 0:
                below, above = constant - (most - high[v]), constant - (least - low[v])
            else:
                below, above = (least + high[v]) - constant, (most + low[v]) - constant
            if above < _NEARLY and above < high[v]:
                high[v] = above
                touched.add(v)
            if below > low[v]:
                low[v] = below
                touched.add(v)
    for variable in touched:
        agree(component, variable)
    return touched


def agree(component: Component, variable: int) -> None:
    """Make the bounds of x, y and n = x + y of one variable agree; refuse the impossible."""
    lows, highs = component.low, component.high
    if len(lows) == 3:
        lx, ly, ln = lows[0][variable], lows[1][variable], lows[2][variable]
        ux, uy, un = highs[0][variable], highs[1][variable], highs[2][variable]
        # Written out, because min() and max() cost more than all the rest.
        ln = lx + ly if lx + ly > ln else ln
        un = ux + uy if ux + uy < un else un
        lx = ln - uy if ln - uy > lx else lx
        ly = ln - ux if ln - ux > ly else ly
        ux = un - ly if un - ly < ux else ux
        uy = un - lx if un - lx < uy else uy
        lows[0][variable], lows[1][variable], lows[2][variable] = lx, ly, ln
        highs[0][variable] = ux if ux < _NEARLY else INFINITE
        highs[1][variable] = uy if uy < _NEARLY else INFINITE
        highs[2][variable] = un if un < _NEARLY else INFINITE
        if lx > ux or ly > uy or ln > un:
            raise _ContradictionError
    elif any(low[variable] > high[variable] for low, high in zip(lows, highs, strict=True)):
        raise _ContradictionError
