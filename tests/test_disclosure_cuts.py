"""Cuts: inequalities over what is suppressed, from one sum alone and from the dual values of a program."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest

from disclosure_tables import counts, mask
from kvalreg.disclosure.attack import Attack
from kvalreg.disclosure.cuts import Cut, GroupSums, Move, adjacency_cut, cut_coefficients, protection_cut
from kvalreg.disclosure.relations import Sum
from kvalreg.disclosure.suppression_table import SuppressionTable
from kvalreg.disclosure.system import PUBLIC, TableSystem

HF, A, B, C = range(4)
TRUST = SuppressionTable(
    [Sum(HF, (A, B, C))], counts(27, 3, 4, 20), None, primary=mask(4, A), public=mask(4, HF)
).to_system()


def test_the_worked_example() -> None:
    """A 3, B 4, C 20 under a public HF: A moves up by 3 of B's and 19 of C's patients, and down by its own 2.

    2 + 3 h_B + 5 h_C >= 5 says that B or C is enough; the price 1 or -1 of the one sum says it.
    """
    up = cut_coefficients(TRUST, [0], np.array([1.0]), Move(A, 1, 5))
    down = cut_coefficients(TRUST, [0], np.array([0.0]), Move(A, -1, 5))
    assert up == {B: 3.0, C: 19.0}
    assert down == {A: 2.0}
    cut = protection_cut(TRUST, A, 5, [up, down])
    assert cut == Cut(((A, 2.0), (B, 3.0), (C, 5.0)), 5.0, (A,))
    assert cut.is_violated({A})
    assert not cut.is_violated({A, B})
    assert not cut.is_violated({A, C})


def test_the_attack_finds_the_worked_example_by_itself() -> None:
    """With only A suppressed, the duals tell cuts that A alone breaks, and that A with B, or A with C, satisfies."""
    cuts = [cut for finding in Attack(TRUST).run(mask(4, A)) for cut in finding.cuts]
    assert cuts
    for cut in cuts:
        assert cut.condition_on == (A,)
        assert [cut.is_violated({A, *more}) for more in ((), (B,), (C,))] == [True, False, False]


def test_a_total_that_can_be_suppressed_helps_without_end() -> None:
    """With the HF printed as well: suppressing it lets A rise as far as is needed."""
    system = SuppressionTable([Sum(HF, (A, B, C))], counts(27, 3, 4, 20), None, primary=mask(4, A)).to_system()
    assert cut_coefficients(system, [0], np.array([1.0]), Move(A, 1, 5)) == {HF: 5.0, B: 3.0, C: 19.0}


def test_what_an_incomplete_total_holds_beside_its_parts_is_never_shown() -> None:
    """HF 30 = A + B + C + 3 others: A can take these 3 whatever is shown, so 2 of A's own and they are enough."""
    table = SuppressionTable([Sum(HF, (A, B, C), complete=False)], counts(30, 3, 4, 20), None, primary=mask(4, A))
    up = cut_coefficients(table.to_system(), [0], np.array([1.0]), Move(A, 1, 5))
    assert up[PUBLIC] == 3.0
    cut = protection_cut(table.to_system(), A, 5, [up, {A: 2.0}])
    assert cut.constant == 3.0
    assert not cut.is_violated({A})


def test_one_sum_asks_for_a_second_cell_and_for_patients_enough() -> None:
    """While A, B, C or the HF is suppressed: two of them, and together five patients that can move, a total any number.

    Movable are A's 2, B's 3, C's 19, of which five count.
    """
    system = SuppressionTable([Sum(HF, (A, B, C))], counts(27, 3, 4, 20), None, primary=mask(4, A)).to_system()
    sums = GroupSums(system)
    assert sums.members == [(HF, A, B, C)]
    assert sums.is_total.tolist() == [True, False, False, False]
    owner = (system.n_groups,)
    assert set(sums.cuts(0)) == {
        Cut(((HF, 1.0), (A, 1.0), (B, 1.0), (C, 1.0)), 2.0, owner),
        Cut(((HF, 5.0), (A, 2.0), (B, 3.0), (C, 5.0)), 5.0, owner),
    }


def test_columns_with_the_same_groups_are_one_sum() -> None:
    """n and x of one table stand in the same groups: one sum, whose cuts are those of n, of x and of n - x."""
    table = SuppressionTable([Sum(HF, (A, B, C))], counts(27, 3, 4, 20), counts(16, 1, 0, 15), primary=mask(4, A))
    sums = GroupSums(table.to_system())
    assert len(sums) == 1
    asked = {dict(cut.coefficients).get(B) for cut in sums.cuts(0)}
    assert None in asked, "B has nobody in the numerator: suppressing it does not free A's"


def test_below_reaches_every_depth() -> None:
    """Under the nation lies all but itself; under HF 1 its two hospitals."""
    sums = [Sum(0, (1, 2)), Sum(1, (3, 4)), Sum(2, (5,))]
    found = GroupSums(SuppressionTable(sums, counts(24, 14, 10, 6, 8, 10), None, primary=mask(6)).to_system())
    assert found.groups_below(mask(6, 0)).tolist() == [False, True, True, True, True, True]
    assert found.groups_below(mask(6, 1)).tolist() == [False, False, False, True, True, False]


def test_surroundings_ask_for_one_more_of_the_neighbours() -> None:
    """Whatever the reason: with only A suppressed, B or C must be too, or A not."""
    assert adjacency_cut(TRUST, [A], A) == Cut(((B, 1.0), (C, 1.0)), 1.0, (A,))


def safe(system: TableSystem, hidden: set[int]) -> bool:
    """Whether nothing is given away."""
    return not Attack(system, find_all=True).exposures(mask(system.n_groups, *hidden))


@pytest.mark.parametrize("seed", range(5))
def test_no_cut_excludes_a_safe_choice(seed: int) -> None:
    """Two HFs and two counties that cross, small counts, numerators: every safe choice satisfies every cut learned.

    Every choice that holds the primary cells is tried.
    """
    random = np.random.default_rng(seed)
    sums = [Sum(4, (0, 1)), Sum(5, (2, 3)), Sum(6, (0, 2)), Sum(7, (1, 3))]
    n = np.zeros(8, dtype=np.int64)
    n[:4] = random.integers(1, 12, 4)
    x = np.zeros(8, dtype=np.int64)
    x[:4] = random.binomial(n[:4], 0.6)
    for one in sums:
        n[one.total], x[one.total] = n[list(one.parts)].sum(), x[list(one.parts)].sum()
    system = replace(SuppressionTable(sums, n, x, primary=mask(8, int(n[:4].argmin()))), minimum=4).to_system()
    must = set(np.flatnonzero(system.primary).tolist())
    others = sorted(set(range(8)) - must)
    choices = [must | set(more) for size in range(9) for more in itertools.combinations(others, size)]
    attack, tables = Attack(system), GroupSums(system)
    cuts = {cut for number in range(len(tables)) for cut in tables.cuts(number)}
    for hidden in choices:
        cuts |= {cut for finding in attack.run(mask(8, *hidden)) for cut in finding.cuts}
    for hidden in choices:
        if safe(system, hidden):
            for cut in cuts:
                owned = all(
                    owner in hidden if owner < 8 else not hidden.isdisjoint(tables.protecting_groups[owner - 8])
                    for owner in cut.condition_on
                )
                assert not owned or not cut.is_violated(hidden)
