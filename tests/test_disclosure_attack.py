"""The attack: exact bounds on every hidden count, checked by hand and against trying every possible table."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from disclosure_tables import counts, solutions, tables
from kvalreg.disclosure.attack import Exposure, Measure, attack, exposed
from kvalreg.disclosure.cells import UNBOUNDED, Policy, Table, View
from kvalreg.disclosure.relations import BoolArray, IntArray, Relations, Sum
from kvalreg.disclosure.solver import Enough

POLICY = Policy(minimum=5)


def mask(size: int, *cells: int) -> BoolArray:
    """True at these cells."""
    chosen = np.zeros(size, dtype=np.bool_)
    chosen[list(cells)] = True
    return chosen


def published(relations: Relations, n: IntArray, *hidden: int) -> View:
    """Denominators alone, with these cells hidden."""
    return Table(relations, n, None, primary=mask(len(n))).view(mask(len(n), *hidden))


def bounds_of(view: View, cell: int) -> tuple[int, int]:
    """Least and greatest denominator of a cell."""
    n = attack(view).n
    return int(n.low[cell]), int(n.high[cell])


TRUST = Relations.of(4, [Sum(0, (1, 2, 3))])


def test_primary_suppression_alone_gives_the_count_away() -> None:
    """HF 20 = A 3 + B 7 + C 10 with only A hidden: 20 - 7 - 10 = 3, exactly."""
    view = published(TRUST, counts(20, 3, 7, 10), 1)
    assert bounds_of(view, 1) == (3, 3)
    assert exposed(attack(view), view, POLICY) == [Exposure(1, Measure.DENOMINATOR)]


def test_two_hidden_siblings_share_their_sum() -> None:
    """HF 12, C shown with 4: A + B = 8, each at least 1, so both lie between 1 and 7."""
    view = published(TRUST, counts(12, 3, 5, 4), 1, 2)
    assert bounds_of(view, 1) == bounds_of(view, 2) == (1, 7)
    assert exposed(attack(view), view, POLICY) == []


def test_hidden_siblings_with_a_tiny_sum_are_exposed() -> None:
    """A + B = 3 leaves 1 or 2 for each: closer than the minimum denominator."""
    view = published(TRUST, counts(20, 1, 2, 17), 1, 2)
    assert bounds_of(view, 1) == (1, 2)
    assert [one.cell for one in exposed(attack(view), view, POLICY)] == [1, 2]


def test_the_only_hospital_of_a_trust_is_the_trust() -> None:
    """HF 3 shown above its one hidden hospital shows that hospital."""
    view = published(Relations.of(2, [Sum(0, (1,))]), counts(3, 3), 1)
    assert bounds_of(view, 1) == (3, 3)


def test_nothing_limits_a_chain_hidden_to_the_top() -> None:
    """Nation, HF and hospital hidden, a second hospital of 9 shown: the hospital can be anything, the HF from 10 up."""
    relations = Relations.of(4, [Sum(0, (1,)), Sum(1, (2, 3))])
    view = published(relations, counts(12, 12, 3, 9), 0, 1, 2)
    assert bounds_of(view, 2) == (1, UNBOUNDED)
    assert bounds_of(view, 1) == (10, UNBOUNDED)


def test_a_hidden_total_with_all_parts_shown_is_exposed() -> None:
    """Hiding the HF and showing its hospitals hides nothing."""
    view = published(TRUST, counts(20, 3, 7, 10), 0)
    assert bounds_of(view, 0) == (20, 20)


def test_a_county_minus_a_trust_is_found() -> None:
    """County 53 = A + B + C, HF 50 = A + B, all three hospitals hidden: C is 3."""
    relations = Relations.of(5, [Sum(3, (0, 1, 2)), Sum(4, (0, 1))])
    view = published(relations, counts(20, 30, 3, 53, 50), 0, 1, 2)
    assert bounds_of(view, 2) == (3, 3)
    assert bounds_of(view, 0) == (1, 49)


def test_trusts_and_counties_that_cross_are_solved_exactly() -> None:
    """A 2 + B 9 = 11, C 8 + D 1 = 9, A + C = B + D = 10: with A = a, B = 11-a, C = 10-a, D = a-1, 2 <= a <= 9."""
    relations = Relations.of(8, [Sum(4, (0, 1)), Sum(5, (2, 3)), Sum(6, (0, 2)), Sum(7, (1, 3))])
    view = published(relations, counts(2, 9, 8, 1, 11, 9, 10, 10), 0, 1, 2, 3)
    assert [bounds_of(view, cell) for cell in range(4)] == [(2, 9), (2, 9), (1, 8), (1, 8)]


def test_an_incomplete_total_only_limits_from_above() -> None:
    """An HF of 20 that may treat patients outside its listed hospitals: A = 20 - 7 - 10 at most, 1 at least."""
    relations = Relations.of(4, [Sum(0, (1, 2, 3), complete=False)])
    assert bounds_of(published(relations, counts(20, 2, 7, 10), 1), 1) == (1, 3)


def test_pooled_years_minus_single_years_are_found() -> None:
    """2021-2023 pooled 20, 2022 9 and 2023 8 shown: 2021 is 3."""
    assert bounds_of(published(TRUST, counts(20, 3, 9, 8), 1), 1) == (3, 3)


def test_two_editions_together_give_away_what_each_one_hides() -> None:
    """June hides A 3 and B 30 beside C 20 of 53; December hides A and C 22 of 55 and shows B: A = 53 - 20 - 30."""
    june_total, december_total, a, b, june_c, december_c = range(6)
    relations = Relations.of(6, [Sum(june_total, (a, b, june_c)), Sum(december_total, (a, b, december_c))])
    n = counts(53, 55, 3, 30, 20, 22)
    june = published(Relations.of(6, [Sum(june_total, (a, b, june_c))]), n, a, b)
    december = published(Relations.of(6, [Sum(december_total, (a, b, december_c))]), n, a, december_c)
    assert bounds_of(june, a) == (1, 32)
    assert bounds_of(december, a) == (1, 24)
    assert bounds_of(published(relations, n, a, december_c), a) == (3, 3)


def test_a_published_difference_between_editions_is_a_sum_too() -> None:
    """A was hidden in June, is 8 in December, and the revision log says "+5": June's count was 3."""
    december, june, change = range(3)
    relations = Relations.of(3, [Sum(december, (june, change))])
    assert bounds_of(published(relations, counts(8, 3, 5), june), june) == (3, 3)


def test_what_a_reader_knows_from_elsewhere_is_used() -> None:
    """A + B = 20, and prose says that B has at least fifteen: A has at most 5."""
    view = published(TRUST, counts(24, 3, 17, 4), 1, 2)
    leaked = View(view.relations, view.n, None, view.hidden, low=counts(0, 0, 15, 0))
    assert bounds_of(leaked, 1) == (1, 5)


def test_numbers_that_contradict_each_other_prove_nothing() -> None:
    """HF 10 with hospitals shown at 7 and 6 leaves less than nothing for A: no bounds, and the release is refused."""
    view = View(TRUST, counts(10, -1, 7, 6), None, mask(4, 1))
    found = attack(view)
    assert not found.consistent[1]
    assert exposed(found, view, POLICY) == [Exposure(1, Measure.DENOMINATOR)]
    crossed = Relations.of(8, [Sum(4, (0, 1)), Sum(5, (2, 3)), Sum(6, (0, 2)), Sum(7, (1, 3))])
    wrong = View(crossed, counts(-1, -1, -1, -1, 11, 9, 10, 99), None, mask(8, 0, 1, 2, 3))
    assert not attack(wrong).consistent[:4].any()


def test_a_remainder_of_nothing_but_hits_gives_the_share_away() -> None:
    """A 3 of 3 and B 8 of 8 hidden: 11 of 11 together, so both have 100 %, whatever their patients."""
    table = Table(TRUST, counts(31, 3, 8, 20), counts(26, 3, 8, 15), primary=mask(4, 1))
    view = table.view(mask(4, 1, 2))
    assert exposed(attack(view), view, POLICY) == [Exposure(1, Measure.MISSES), Exposure(2, Measure.MISSES)]
    assert exposed(attack(view), view, Policy(minimum=5, numerator_width=0)) == []


def test_what_the_nation_says_of_everybody_is_no_secret() -> None:
    """Nobody in the whole country was hit: then nobody at A was, and hiding A's patients is all one can do."""
    table = Table(TRUST, counts(31, 3, 8, 20), counts(0, 0, 0, 0), primary=mask(4, 1), keep=mask(4, 0))
    view = table.view(mask(4, 1, 2))
    assert attack(view).n.width[1] == 9
    assert exposed(attack(view), view, POLICY) == []


def test_a_large_unit_that_is_not_presented_may_be_known_but_a_small_one_may_not() -> None:
    """HFs are presented, hospitals not. HF 40 with one hospital tells its 40; county minus HF must not tell a 3."""
    alone = Table(Relations.of(2, [Sum(0, (1,))]), counts(40, 40), None, primary=mask(2), absent=mask(2, 1))
    assert exposed(attack(alone.view(mask(2))), alone.view(mask(2)), POLICY) == []
    relations = Relations.of(5, [Sum(3, (0, 1, 2)), Sum(4, (0, 1))])
    table = Table(relations, counts(20, 30, 3, 53, 50), None, primary=mask(5, 2), absent=mask(5, 0, 1, 2))
    view = table.view(mask(5))
    assert exposed(attack(view), view, POLICY) == [Exposure(2, Measure.DENOMINATOR)]


def test_a_table_and_a_view_show_no_count_they_should_not() -> None:
    """The true counts are in neither a table's nor a view's repr, and a view holds none of a hidden cell."""
    table = Table(TRUST, counts(28173, 3, 8170, 20000), None, primary=mask(4, 1))
    assert "8170" not in repr(table)
    assert table.view(mask(4, 1, 2)).n.tolist() == [28173, -1, -1, 20000]


def test_impossible_tables_are_refused_without_naming_a_count() -> None:
    """A sum that does not hold, a numerator above its denominator, a hidden cell without patients."""
    for n, x, primary in (
        (counts(21, 3, 7, 10), None, mask(4)),
        (counts(20, 3, 7, 10), counts(15, 4, 1, 10), mask(4)),
        (counts(17, 0, 7, 10), None, mask(4, 1)),
    ):
        with pytest.raises(ValueError, match=r"sum 0|numerator|primary") as refusal:
            Table(TRUST, n, x, primary=primary)
        assert "21" not in str(refusal.value)


def agrees_with_trying_everything(view: View) -> None:
    """Each bound is reached by some possible table and passed by none; counts up to 7 are tried."""
    greatest = 7
    found = attack(view)
    assume(not ((found.n.high > greatest) & (found.n.high < UNBOUNDED) & view.hidden).any())
    possible = solutions(view, greatest)
    assert found.x is not None
    assert found.misses is not None
    assert found.consistent.all()
    for span, values in (
        (found.n, [n for n, _ in possible]),
        (found.x, [x for _, x in possible]),
        (found.misses, [n - x for n, x in possible]),
    ):
        met = np.array(values)
        for cell in np.flatnonzero(view.hidden):
            assert met[:, cell].min() == span.low[cell]
            if (found.n.high[view.hidden] <= greatest).all():
                assert met[:, cell].max() == span.high[cell]
            else:
                assert met[:, cell].max() <= span.high[cell]


@settings(deadline=None, max_examples=150, suppress_health_check=list(HealthCheck))
@given(table=tables(hospitals=4, greatest=4), data=st.data())
def test_bounds_are_exact(table: Table, data: st.DataObject) -> None:
    """For any tree, counties and hidden cells, the bounds are those found by trying every possible table."""
    shown = np.flatnonzero((table.n > 0) & (table.n <= 7)).tolist()
    hidden = data.draw(st.lists(st.sampled_from(shown), max_size=4, unique=True)) if shown else []
    agrees_with_trying_everything(table.view(mask(len(table.n), *hidden)))


@settings(deadline=None, max_examples=60)
@given(cells=st.lists(st.tuples(st.integers(1, 3), st.floats(0, 1)), min_size=4, max_size=4))
def test_bounds_are_exact_where_every_cell_is_in_three_sums(cells: list[tuple[int, float]]) -> None:
    """Two HFs, two counties and two groups of years over the same four cells: no network, integer programming alone."""
    sums = [Sum(4, (0, 1)), Sum(5, (2, 3)), Sum(6, (0, 2)), Sum(7, (1, 3)), Sum(8, (0, 3)), Sum(9, (0, 1, 2, 3))]
    relations = Relations.of(10, sums)
    n, x = np.zeros((2, 10), dtype=np.int64)
    n[:4] = [denominator for denominator, _ in cells]
    x[:4] = [round(denominator * share) for denominator, share in cells]
    for counted in (n, x):
        for one in sums:
            counted[one.total] = counted[list(one.parts)].sum()
    table = Table(relations, n, x, primary=mask(10))
    agrees_with_trying_everything(table.view(mask(10, 0, 1, 2, 3)))
    agrees_with_trying_everything(table.view(mask(10, 0, 1, 2)))


@settings(deadline=None, max_examples=100, suppress_health_check=list(HealthCheck))
@given(table=tables(hospitals=7, greatest=20), data=st.data())
def test_stopping_early_never_hides_an_exposure(table: Table, data: st.DataObject) -> None:
    """Bounds that need not be exact lead to the same exposures as exact ones."""
    hidden = np.array(data.draw(st.lists(st.booleans(), min_size=len(table.n), max_size=len(table.n)))) & (table.n > 0)
    view = table.view(hidden)
    early = exposed(attack(view, Enough(POLICY)), view, POLICY)
    assert early == exposed(attack(view), view, POLICY)


@settings(deadline=None, max_examples=100, suppress_health_check=list(HealthCheck))
@given(table=tables(hospitals=7, greatest=40, counties=0))
def test_a_small_count_hidden_alone_under_a_published_sum_is_always_found(table: Table) -> None:
    """With primary suppression only, the attack names the exact count of each cell that is hidden alone in a sum."""
    view = table.view(table.primary)
    n = attack(view).n
    for cells in table.relations.members:
        hidden = [cell for cell in cells if view.hidden[cell]]
        if len(hidden) == 1:
            assert n.low[hidden[0]] == n.high[hidden[0]] == table.n[hidden[0]]


@settings(deadline=None, max_examples=60, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_bounds_are_exact_over_two_editions(data: st.DataObject) -> None:
    """Two HFs and two counties over four hospitals, of which some change: shared cells are in up to four sums."""
    june = [data.draw(st.integers(1, 3)) for _ in range(4)]
    change = [data.draw(st.sampled_from([0, 0, 1])) for _ in range(4)]
    december = [n + more for n, more in zip(june, change, strict=True)]
    place: dict[tuple[str, int], int] = {}
    sums = list[Sum]()
    for edition in (june, december):
        own = [place.setdefault((f"hospital {i}", count), len(place)) for i, count in enumerate(edition)]
        for name, parts in {"HF 0": (0, 1), "HF 1": (2, 3), "county 0": (0, 2), "county 1": (1, 3)}.items():
            total = place.setdefault((name, sum(edition[part] for part in parts)), len(place))
            sums.append(Sum(total, tuple(own[part] for part in parts)))
    n = counts(*(count for _, count in place))
    table = Table(Relations.of(len(n), sums), n, n * 0, primary=mask(len(n)))
    hospitals = [cell for (name, _), cell in place.items() if name.startswith("hospital")]
    hidden = data.draw(st.lists(st.sampled_from(hospitals), min_size=2, max_size=5, unique=True))
    view = table.view(mask(len(n), *hidden))
    found = attack(published(table.relations, n, *hidden)).n
    possible = [solution for solution, _ in solutions(view, 7)]
    for cell in hidden:
        assert (found.low[cell], found.high[cell]) == (
            min(solution[cell] for solution in possible),
            max(solution[cell] for solution in possible),
        )


def test_a_repeated_sum_that_differs_is_a_contradiction() -> None:
    """Two totals, 12 and 13, over the same hidden hospitals cannot both be true."""
    relations = Relations.of(5, [Sum(0, (2, 3, 4)), Sum(1, (2, 3, 4))])
    view = View(relations, counts(12, 13, -1, -1, -1), None, mask(5, 2, 3, 4))
    assert not attack(view).consistent[2:].any()
