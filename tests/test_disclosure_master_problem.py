"""The master problem: preselection, the cheapest pattern that satisfies all cuts, and a good one near it."""

from __future__ import annotations

import numpy as np

from disclosure_tables import counts, mask
from kvalreg.arrays import BoolArray
from kvalreg.disclosure.attack import Attack
from kvalreg.disclosure.master_problem import MasterProblem
from kvalreg.disclosure.relations import Sum
from kvalreg.disclosure.suppression_table import SuppressionTable
from kvalreg.disclosure.system import TableSystem

HF, A, B, C = range(4)


def trust(*n: int, before: BoolArray | None = None) -> TableSystem:
    """One HF with three hospitals, of which those below five are primary; the HF is kept like a nation."""
    total = counts(sum(n), *n)
    small = (total > 0) & (total < 5)
    table = SuppressionTable(
        [Sum(0, (1, 2, 3))], total, None, primary=small, preserved=mask(4, HF), suppressed_before=before
    )
    return table.to_system()


def learned(system: TableSystem) -> MasterProblem:
    """A choice that has learned why the primary groups alone are not enough."""
    choice = MasterProblem(system)
    choice.add_cuts(Attack(system).run(system.primary))
    return choice


def cells_of(hidden: BoolArray | None) -> list[int] | None:
    """Which these are."""
    return None if hidden is None else np.flatnonzero(hidden).tolist()


def test_one_group_that_is_enough_is_settled_at_once() -> None:
    """A 3, B 12, C 25: B is enough, asks for no further one, and has fewer patients than C."""
    system = trust(3, 12, 25)
    choice = MasterProblem(system)
    findings = Attack(system).run(system.primary)
    assert cells_of(choice.preselect(system.primary, findings)) == [A, B]
    choice.deselect_near(findings)
    assert not choice.preselected.any()


def test_a_group_that_is_not_enough_is_not_settled() -> None:
    """A 1, B 5, C 9: B leaves A 1 to 5, which is too narrow, and so C is settled."""
    system = trust(1, 5, 9)
    choice = MasterProblem(system)
    assert cells_of(choice.preselect(system.primary, Attack(system).run(system.primary))) == [A, C]


def test_the_cheapest_choice_has_few_patients() -> None:
    """Either B 12 or C 25 satisfies what was learned; the kept HF would too, at a thousand times the price."""
    choice = learned(trust(3, 12, 25))
    assert cells_of(choice.solve()) == [A, B]
    assert (
        choice.additional_cost(mask(4, A, B))
        < choice.additional_cost(mask(4, A, C))
        < 2
        < choice.additional_cost(mask(4, HF, A))
    )


def test_what_was_hidden_before_costs_less() -> None:
    """C was hidden in June, and costs three quarters."""
    choice = learned(trust(3, 12, 25, before=mask(4, C)))
    assert cells_of(choice.solve()) == [A, C]


def test_a_mended_choice_satisfies_what_was_learned_and_keeps_what_must_be_hidden() -> None:
    """From the primary group alone, and from everything: in both, A and one more."""
    choice = learned(trust(3, 12, 25))
    for begin in (mask(4, A), mask(4, HF, A, B, C)):
        assert cells_of(choice.repair(begin)) == [A, B]


def test_where_nothing_can_be_chosen_there_is_no_choice() -> None:
    """B and C are public, and so is the HF: what was learned cannot be satisfied."""
    table = SuppressionTable(
        [Sum(0, (1, 2, 3))], counts(40, 3, 12, 25), None, primary=mask(4, A), public=mask(4, HF, B, C)
    )
    choice = learned(table.to_system())
    assert choice.solve() is None
    assert choice.repair(mask(4, A)) is None


def test_no_choice_is_cheaper_than_one_more_group() -> None:
    """A and B are one group beyond what must be, and something must be: a second one more is not needed."""
    system = trust(3, 12, 25)
    choice = learned(system)
    assert not choice.is_known_optimal(mask(4, A, B, C))
    cheapest = choice.solve()
    assert cheapest is not None
    assert choice.additional_cost(cheapest) < 1.5
