"""Choices: what one group settles at once, the cheapest that satisfies what was learned, and a good one near it."""

from __future__ import annotations

import numpy as np

from disclosure_tables import counts, mask
from kvalreg.disclosure.attack import Attack
from kvalreg.disclosure.choice import Choice
from kvalreg.disclosure.relations import Sum
from kvalreg.disclosure.system import BoolArray, System
from kvalreg.disclosure.table import Table

HF, A, B, C = range(4)


def trust(*n: int, before: BoolArray | None = None) -> System:
    """One HF with three hospitals, of which those below five are primary; the HF is kept like a nation."""
    total = counts(sum(n), *n)
    small = (total > 0) & (total < 5)
    table = Table([Sum(0, (1, 2, 3))], total, None, primary=small, keep=mask(4, HF), suppressed_before=before)
    return table.system()


def learned(system: System) -> Choice:
    """A choice that has learned why the primary groups alone are not enough."""
    choice = Choice(system)
    choice.learn(Attack(system).findings(system.primary))
    return choice


def cells_of(hidden: BoolArray | None) -> list[int] | None:
    """Which these are."""
    return None if hidden is None else np.flatnonzero(hidden).tolist()


def test_one_group_that_is_enough_is_settled_at_once() -> None:
    """A 3, B 12, C 25: B is enough, asks for no further one, and has fewer patients than C."""
    system = trust(3, 12, 25)
    choice = Choice(system)
    findings = Attack(system).findings(system.primary)
    assert cells_of(choice.settle(system.primary, findings)) == [A, B]
    choice.reconsider(findings)
    assert not choice.settled.any()


def test_a_group_that_is_not_enough_is_not_settled() -> None:
    """A 1, B 5, C 9: B leaves A 1 to 5, which is too narrow, and so C is settled."""
    system = trust(1, 5, 9)
    choice = Choice(system)
    assert cells_of(choice.settle(system.primary, Attack(system).findings(system.primary))) == [A, C]


def test_the_cheapest_choice_has_few_patients() -> None:
    """Either B 12 or C 25 satisfies what was learned; the kept HF would too, at a thousand times the price."""
    choice = learned(trust(3, 12, 25))
    assert cells_of(choice.cheapest()) == [A, B]
    assert choice.price(mask(4, A, B)) < choice.price(mask(4, A, C)) < 2 < choice.price(mask(4, HF, A))


def test_what_was_hidden_before_costs_less() -> None:
    """C was hidden in June, and costs three quarters."""
    choice = learned(trust(3, 12, 25, before=mask(4, C)))
    assert cells_of(choice.cheapest()) == [A, C]


def test_a_mended_choice_satisfies_what_was_learned_and_keeps_what_must_be_hidden() -> None:
    """From the primary group alone, and from everything: in both, A and one more."""
    choice = learned(trust(3, 12, 25))
    for begin in (mask(4, A), mask(4, HF, A, B, C)):
        assert cells_of(choice.mended(begin)) == [A, B]


def test_where_nothing_can_be_chosen_there_is_no_choice() -> None:
    """B and C are public, and so is the HF: what was learned cannot be satisfied."""
    table = Table([Sum(0, (1, 2, 3))], counts(40, 3, 12, 25), None, primary=mask(4, A), known=mask(4, HF, B, C))
    choice = learned(table.system())
    assert choice.cheapest() is None
    assert choice.mended(mask(4, A)) is None


def test_no_choice_is_cheaper_than_one_more_group() -> None:
    """A and B are one group beyond what must be, and something must be: a second one more is not needed."""
    system = trust(3, 12, 25)
    choice = learned(system)
    assert not choice.none_cheaper(mask(4, A, B, C))
    cheapest = choice.cheapest()
    assert cheapest is not None
    assert choice.price(cheapest) < 1.5
