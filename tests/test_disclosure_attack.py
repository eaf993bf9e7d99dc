"""The attack: exact feasibility intervals, checked by hand and against trying every possible table."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from disclosure_tables import counts, hidden_counts, mask, rows_in, rows_of, spans, system_of, tables
from kvalreg.arrays import BoolArray, IntArray
from kvalreg.disclosure.attack import UNBOUNDED, Attack, feasibility_intervals
from kvalreg.disclosure.attacker_subproblem import Exposure
from kvalreg.disclosure.relations import Sum
from kvalreg.disclosure.suppression_table import SuppressionTable
from kvalreg.disclosure.system import TableSystem

QUICKLY = settings(deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
TRUST = [Sum(0, (1, 2, 3))]


def numbers(sums: list[Sum], n: IntArray) -> TableSystem:
    """Patients alone."""
    return SuppressionTable(sums, n, None, primary=mask(len(n))).to_system()


def bounds_of(system: TableSystem, count: int, *hidden: int) -> tuple[int, int]:
    """Least and greatest value of a count while these cells are suppressed."""
    found = feasibility_intervals(system, mask(system.n_groups, *hidden))
    return int(found.low[count]), int(found.high[count])


def exposed(system: TableSystem, *hidden: int) -> list[Exposure]:
    """Everything that is given away while these cells are suppressed."""
    return sorted(Attack(system, find_all=True).exposures(mask(system.n_groups, *hidden)))


# --- by hand ---------------------------------------------------------------------------------------------------------
def test_primary_suppression_alone_gives_the_count_away() -> None:
    """HF 20 = A 3 + B 7 + C 10 with only A suppressed: 20 - 7 - 10 = 3, exactly."""
    system = numbers(TRUST, counts(20, 3, 7, 10))
    assert bounds_of(system, 1, 1) == (3, 3)
    assert Exposure(1) in exposed(system, 1)


def test_two_suppressed_siblings_share_their_sum() -> None:
    """HF 12, C shown with 4: A + B = 8, each at least 1, so both lie between 1 and 7."""
    system = numbers(TRUST, counts(12, 3, 5, 4))
    assert bounds_of(system, 1, 1, 2) == bounds_of(system, 2, 1, 2) == (1, 7)
    assert exposed(system, 1, 2) == []


def test_a_width_of_the_minimum_is_enough_and_one_less_is_not() -> None:
    """A + B = 7 leaves 1 to 6, five apart; A + B = 6 leaves 1 to 5, which is four apart, of both alike."""
    assert exposed(numbers(TRUST, counts(20, 3, 4, 13)), 1, 2) == []
    assert {one.variable for one in exposed(numbers(TRUST, counts(20, 3, 3, 14)), 1, 2)} == {1, 2}


def test_the_only_hospital_of_a_trust_is_the_trust() -> None:
    """HF 3 shown above its one suppressed hospital shows that hospital."""
    assert bounds_of(numbers([Sum(0, (1,))], counts(3, 3)), 1, 1) == (3, 3)


def test_nothing_limits_a_chain_suppressed_to_the_top() -> None:
    """Nation, HF, hospital suppressed, a second hospital of 9 shown: the hospital can be anything, the HF 10 or more.

    The HF of 12 is not small, and that it has at least 10 gives nothing away.
    """
    system = numbers([Sum(0, (1,)), Sum(1, (2, 3))], counts(12, 12, 3, 9))
    assert bounds_of(system, 2, 0, 1, 2) == (1, UNBOUNDED)
    assert bounds_of(system, 1, 0, 1, 2) == (10, UNBOUNDED)
    assert exposed(system, 0, 1, 2) == []


def test_a_suppressed_total_with_all_parts_shown_is_exposed() -> None:
    """Suppressing the HF and showing its hospitals protects nothing."""
    assert bounds_of(numbers(TRUST, counts(20, 3, 7, 10)), 0, 0) == (20, 20)


def test_a_county_minus_a_trust_is_found() -> None:
    """County 53 = A + B + C, HF 50 = A + B, all three hospitals suppressed: C is 3, A anything from 1 to 49."""
    system = numbers([Sum(3, (0, 1, 2)), Sum(4, (0, 1))], counts(20, 30, 3, 53, 50))
    assert bounds_of(system, 2, 0, 1, 2) == (3, 3)
    assert bounds_of(system, 0, 0, 1, 2) == (1, 49)


def test_trusts_and_counties_that_cross_are_solved_exactly() -> None:
    """A 2 + B 9 = 11, C 8 + D 1 = 9, A + C = B + D = 10: with A = a, B = 11-a, C = 10-a, D = a-1, 2 <= a <= 9."""
    sums = [Sum(4, (0, 1)), Sum(5, (2, 3)), Sum(6, (0, 2)), Sum(7, (1, 3))]
    system = numbers(sums, counts(2, 9, 8, 1, 11, 9, 10, 10))
    found = [bounds_of(system, cell, 0, 1, 2, 3) for cell in range(4)]
    assert found == [(2, 9), (2, 9), (1, 8), (1, 8)]


def test_a_ring_beside_a_tree_is_no_tree() -> None:
    """A + B = 32, B + C = 20, A + C = 32: A is (32 + 32 - 20) / 2 = 22, exactly. Sum by sum it is only "13 to 31".

    D + E = 10 hangs on A + B by a sum of all four, from which it falls apart again: the whole has as many unknowns as
    equations and one more, as a tree has, and is none.
    """
    a, b, c, d, e, *_ = range(10)
    sums = [Sum(5, (a, b, d, e)), Sum(6, (d, e)), Sum(7, (b, c)), Sum(8, (a, c)), Sum(9, (a, b))]
    system = numbers(sums, counts(22, 10, 10, 3, 7, 42, 10, 20, 32, 32))
    found = [bounds_of(system, cell, a, b, c, d, e) for cell in range(5)]
    assert found == [(22, 22), (10, 10), (10, 10), (1, 9), (1, 9)]
    assert {one.variable for one in exposed(system, a, b, c, d, e)} >= {a, b, c}
    assert Exposure(d) not in exposed(system, a, b, c, d, e)
    without_the_last = numbers(sums[:-1], counts(22, 10, 10, 3, 7, 42, 10, 20, 32, 32))
    assert bounds_of(without_the_last, a, a, b, c, d, e) == (22, 22)


def test_an_incomplete_total_only_limits_from_above() -> None:
    """An HF of 20 that may treat patients outside its listed hospitals: A = 20 - 7 - 10 at most, 1 at least."""
    sums = [Sum(0, (1, 2, 3), complete=False)]
    assert bounds_of(numbers(sums, counts(20, 2, 7, 10)), 1, 1) == (1, 3)


def test_pooled_years_minus_single_years_are_found() -> None:
    """2021-2023 pooled 20, 2022 9 and 2023 8 shown: 2021 is 3."""
    assert bounds_of(numbers(TRUST, counts(20, 3, 9, 8)), 1, 1) == (3, 3)


def test_two_editions_together_give_away_what_each_one_hides() -> None:
    """June suppresses A 3 and B 30 beside C 20 of 53; December A and C 22 of 55, and shows B: A = 53 - 20 - 30."""
    june_total, december_total, a, b, june_c, december_c = range(6)
    june, december = Sum(june_total, (a, b, june_c)), Sum(december_total, (a, b, december_c))
    n = counts(53, 55, 3, 30, 20, 22)
    assert bounds_of(numbers([june], n), a, a, b) == (1, 32)
    assert bounds_of(numbers([december], n), a, a, december_c) == (1, 24)
    assert bounds_of(numbers([june, december], n), a, a, december_c) == (3, 3)


def test_a_published_difference_between_editions_is_a_sum_too() -> None:
    """A was suppressed in June, is 8 in December, and the revision log says "+5": June's count was 3."""
    december, june, change = range(3)
    assert bounds_of(numbers([Sum(december, (june, change))], counts(8, 3, 5)), june, june) == (3, 3)


def test_registrations_that_only_add_limit_an_earlier_count() -> None:
    """December shows 8 and June suppressed 3: as far as registrations only add, June had 1 to 8."""
    december, june = range(2)
    assert bounds_of(numbers([Sum(december, (june,), complete=False)], counts(8, 3)), june, june) == (1, 8)


def test_twins_have_equal_bounds() -> None:
    """HF 12 = A 3 + B 3 + C 6 with A and B suppressed: nothing tells them apart, and each is 1 to 5, too narrow."""
    system = numbers(TRUST, counts(12, 3, 3, 6))
    assert bounds_of(system, 1, 1, 2) == bounds_of(system, 2, 1, 2) == (1, 5)
    assert [one.variable for one in exposed(system, 1, 2)] == [1, 2]


def test_one_count_in_two_indicators_is_one_unknown() -> None:
    """A's 3 patients are printed by two indicators with sums of their own: HF 10 = A + 7 shows what HF 20 hides."""
    value = (3, 5, 12, 20, 7, 10)
    system = system_of(value, [([3], [0, 1, 2]), ([5], [0, 4])], [0, 1, 2, 3, 4, 5], [5] * 6)
    assert bounds_of(system, 0, 0, 1) == (3, 3)
    assert bounds_of(system, 0, 0, 1, 4) == (0, 8)  # A + B = 8, and no mark says that either has a patient


def test_numbers_that_contradict_each_other_prove_nothing() -> None:
    """HF 10 with hospitals shown at 7 and 6 leaves less than nothing for A: no bounds are told."""
    right = numbers(TRUST, counts(16, 3, 7, 6))
    wrong = replace(right, value=counts(10, 3, 7, 6))
    assert wrong.violated_equations().tolist() == [0]
    with pytest.raises(ValueError, match="contradict"):
        feasibility_intervals(wrong, mask(4, 1))


# --- numerators ------------------------------------------------------------------------------------------------------
def test_a_remainder_of_nothing_but_hits_gives_the_share_away() -> None:
    """A 3 of 3 and B 8 of 8 suppressed: 11 of 11 together, so both have 100 %, whatever their patients."""
    system = SuppressionTable(TRUST, counts(31, 3, 8, 20), counts(26, 3, 8, 15), primary=mask(4, 1)).to_system()
    assert exposed(system, 1, 2) == [Exposure(9), Exposure(10)]  # the misses of A and B: counts 2 * 4 + 1 and + 2
    assert bounds_of(system, 9, 1, 2) == (0, 0)
    assert bounds_of(system, 1, 1, 2) == (1, 10)


def test_what_the_nation_says_of_everybody_is_no_secret() -> None:
    """Nobody in the whole country was hit: then nobody at A was, and suppressing A's patients is all one can do.

    With the nation suppressed too, nothing tells A's numerator.
    """
    table = SuppressionTable(TRUST, counts(31, 3, 8, 20), counts(0, 0, 0, 0), primary=mask(4, 1), preserved=mask(4, 0))
    system = table.to_system()
    assert bounds_of(system, 1, 1, 2) == (1, 10)
    assert bounds_of(system, 5, 1, 2) == (0, 0)
    assert exposed(system, 1, 2) == []
    assert bounds_of(system, 5, 0, 1, 2) == (0, UNBOUNDED)
    assert exposed(system, 0, 1, 2) == []


def test_two_numerators_over_one_number_of_patients_are_joined() -> None:
    """24 and 48 hours over the same patients: n = x1 + y1 = x2 + y2, for A (n0), B and their HF, which is shown.

    HF: n 12, x1 12, x2 4. Everybody has the first outcome, so A's y1 is 0 and its x1 its n; the second is free.
    By hand: A has n 1 to 11 and x2 from 0 to 4.
    """
    a, b, total = ([unit + 3 * measure for measure in range(5)] for unit in range(3))
    values = {0: (4, 8, 12), 1: (4, 8, 12), 2: (0, 0, 0), 3: (1, 3, 4), 4: (3, 5, 8)}
    value = [number for measure in range(5) for number in values[measure]]
    sums = [([total[measure]], [a[measure], b[measure]]) for measure in range(5)]
    shares = [([unit[0]], [unit[one], unit[one + 1]]) for unit in (a, b, total) for one in (1, 3)]
    group = [0, 1, 2] * 5
    need = [5, 5, 5, *[1] * 12]
    least = [1, 1, 1, *[0] * 12]
    system = system_of(value, [*sums, *shares], group, need, least=least, plain=range(5, 11))
    assert system.violated_equations().tolist() == []
    assert bounds_of(system, a[0], 0, 1) == (1, 11)
    assert bounds_of(system, a[1], 0, 1) == (1, 11)
    assert bounds_of(system, a[3], 0, 1) == (0, 4)
    assert {one.variable for one in exposed(system, 0, 1)} == {a[2], b[2]}


# --- small counts ----------------------------------------------------------------------------------------------------
def test_the_least_of_a_small_count_must_not_be_raised() -> None:
    """HF1 9 = A 3 + B 6, county 11 = B + C 5, HF2 12 = C + D 7, all suppressed: B reaches 8, so A falls to 1.

    HF1 12 = A 3 + B 9 and county 10 = B + E 1: E has a patient, so B is at most 9 and A at least 3, though 3 to 11 is
    wide enough.
    """
    a, b, c, d = range(4)
    free = numbers([Sum(4, (a, b)), Sum(5, (b, c)), Sum(6, (c, d))], counts(3, 6, 5, 7, 9, 11, 12))
    assert bounds_of(free, a, a, b, c, d) == (1, 8)
    assert exposed(free, a, b, c, d) == []
    e = 2
    raised = numbers([Sum(3, (a, b)), Sum(4, (b, e))], counts(3, 9, 1, 12, 10))
    assert bounds_of(raised, a, a, b, e) == (3, 11)
    assert Exposure(a, lower_bound_raised=True) in exposed(raised, a, b, e)
    assert Exposure(a) not in exposed(raised, a, b, e)


def test_a_total_of_two_marks_has_two_patients_and_that_raises_nothing() -> None:
    """HF 3 = A 1 + B 2, all suppressed under a suppressed nation: the marks themselves say that the HF has two."""
    system = numbers([Sum(3, (0,)), Sum(0, (1, 2))], counts(3, 1, 2, 3))
    assert bounds_of(system, 0, 0, 1, 2, 3) == (2, UNBOUNDED)
    assert exposed(system, 0, 1, 2, 3) == []


def test_an_only_part_has_as_many_patients_as_the_marks_of_its_total_tell() -> None:
    """Hospital 4 is the only one of its HF, and not presented; men 1 and women 3 of the HF are marked: it has two."""
    men, women, hospital_men, hospital_women, hospital = range(5)
    rows = [([men], [hospital_men]), ([women], [hospital_women]), ([hospital], [hospital_men, hospital_women])]
    system = system_of(
        [1, 3, 1, 3, 4], rows, range(5), [5] * 5, least=[1, 1, 0, 0, 1], small=range(5), primary=range(5)
    )
    everything = mask(5, *range(5))
    assert feasibility_intervals(system, everything).low[hospital] == 2
    assert Attack(system, find_all=True).exposures(everything) == set()


# --- what is not presented -------------------------------------------------------------------------------------------
def test_a_large_unit_that_is_not_presented_may_be_known_but_a_small_one_may_not() -> None:
    """HFs are presented, hospitals not. HF 40 with one hospital tells its 40; county minus HF must not tell a 3."""
    alone = SuppressionTable([Sum(0, (1,))], counts(40, 40), None, primary=mask(2), absent=mask(2, 1)).to_system()
    assert alone.primary.tolist() == [False, True]
    assert exposed(alone, 1) == []
    sums = [Sum(3, (0, 1, 2)), Sum(4, (0, 1))]
    table = SuppressionTable(sums, counts(20, 30, 3, 53, 50), None, primary=mask(5, 2), absent=mask(5, 0, 1, 2))
    assert exposed(table.to_system(), 0, 1, 2) == [Exposure(2)]


def test_a_unit_that_is_not_presented_may_have_nobody() -> None:
    """HF 12 = A + B, neither presented: no mark says that A has a patient, so it is 0 to 12."""
    table = SuppressionTable([Sum(0, (1, 2))], counts(12, 3, 9), None, primary=mask(3), absent=mask(3, 1, 2))
    assert bounds_of(table.to_system(), 1, 1, 2) == (0, 12)


# --- tables and their printed form -----------------------------------------------------------------------------------
def test_a_table_and_a_system_show_no_count() -> None:
    """The true counts are in neither one's repr."""
    table = SuppressionTable(TRUST, counts(28173, 3, 8170, 20000), None, primary=mask(4, 1))
    assert "8170" not in repr(table)
    assert "8170" not in repr(table.to_system())


def test_impossible_tables_are_refused_without_naming_a_count() -> None:
    """A sum that does not hold, an incomplete total below its parts, a numerator above its denominator."""
    for n, x, sums in (
        (counts(21, 3, 7, 10), None, TRUST),
        (counts(19, 3, 7, 10), None, [Sum(0, (1, 2, 3), complete=False)]),
        (counts(20, 3, 7, 10), counts(15, 4, 1, 10), TRUST),
    ):
        with pytest.raises(ValueError, match=r"sum|numerator") as refusal:
            SuppressionTable(sums, n, x, primary=mask(4)).to_system()
        assert "21" not in str(refusal.value)


# --- every possible table --------------------------------------------------------------------------------------------
def floors(table: SuppressionTable, hidden: BoolArray) -> list[int]:
    """The least number of patients that the marks alone tell of each suppressed cell."""

    def floor(cell: int) -> int:
        own = 1 if table.n[cell] > 0 else 0
        below = [sum(floor(part) for part in parts if hidden[part]) for total, parts, _ in table.sums if total == cell]
        return max([own, *below])

    return [floor(cell) for cell in range(len(table.n))]


def drawn(table: SuppressionTable, data: st.DataObject, most: int) -> BoolArray:
    """Some cells with patients, to be suppressed."""
    there = np.flatnonzero(table.n > 0).tolist()
    cells = data.draw(st.lists(st.sampled_from(there), max_size=most, unique=True)) if there else []
    return mask(len(table.n), *cells)


@settings(QUICKLY, max_examples=120)
@given(table=tables(hospitals=4, greatest=4, minimum=3), data=st.data())
def test_bounds_are_exact(table: SuppressionTable, data: st.DataObject) -> None:
    """For any tree, counties and suppressed cells, the bounds are those found by trying every possible table."""
    greatest = 8
    hidden = drawn(table, data, 4)
    system = table.to_system()
    found = feasibility_intervals(system, hidden)
    least = hidden_counts(system, hidden)
    assume(all(found.high[count] <= greatest or found.high[count] == UNBOUNDED for count in least))
    tried = spans(rows_of(table), system.value.tolist(), least, greatest)
    for count, (low, high) in tried.items():
        assert low == found.low[count]
        if all(found.high[one] <= greatest for one in least):
            assert high == found.high[count]


@settings(QUICKLY, max_examples=150)
@given(table=tables(hospitals=5, greatest=4, minimum=3), data=st.data())
def test_a_count_is_exposed_where_its_possible_values_are_too_close_and_nowhere_else(
    table: SuppressionTable, data: st.DataObject
) -> None:
    """In both directions, against trying every table: too close, or the least of a small one raised.

    Counts above 10 are not tried: whoever can reach them from 4 or less can move by the minimum of 3 on the way.
    """
    hidden = drawn(table, data, 4)
    system = table.to_system()
    least = hidden_counts(system, hidden)
    greatest = max([int(system.value[count]) for count in least], default=0) + 6
    tried = spans(rows_of(table), system.value.tolist(), least, greatest)
    size = len(table.n)
    nation = size - 1
    floor = floors(table, hidden)
    expected = set()
    for count, (low, high) in tried.items():
        cell, measure = count % size, count // size
        told = measure > 0 and system.value[measure * size + nation] == 0 and not hidden[nation]
        if not told and high - low < (table.minimum if measure == 0 else 1):
            expected.add(Exposure(count))
        if measure == 0 and table.n[cell] < table.minimum and low > floor[cell]:
            expected.add(Exposure(count, lower_bound_raised=True))
    assert Attack(system, find_all=True).exposures(hidden) == expected
    quick = Attack(system).exposures(hidden)
    assert quick <= expected
    assert bool(quick) == bool(expected)


@settings(QUICKLY, max_examples=60)
@given(cells=st.lists(st.tuples(st.integers(1, 3), st.floats(0, 1)), min_size=4, max_size=4))
def test_bounds_are_exact_where_every_cell_is_in_three_sums(cells: list[tuple[int, float]]) -> None:
    """Two HFs, two counties and groups of years over the same four cells: no network, integer programs alone."""
    sums = [Sum(4, (0, 1)), Sum(5, (2, 3)), Sum(6, (0, 2)), Sum(7, (1, 3)), Sum(8, (0, 3)), Sum(9, (0, 1, 2, 3))]
    n, x = np.zeros((2, 10), dtype=np.int64)
    n[:4] = [denominator for denominator, _ in cells]
    x[:4] = [round(denominator * share) for denominator, share in cells]
    for counted in (n, x):
        for one in sums:
            counted[one.total] = counted[list(one.parts)].sum()
    table = SuppressionTable(sums, n, x, primary=mask(10))
    system = table.to_system()
    for hidden in (mask(10, 0, 1, 2, 3), mask(10, 0, 1, 2)):
        found = feasibility_intervals(system, hidden)
        tried = spans(rows_of(table), system.value.tolist(), hidden_counts(system, hidden), 12)
        assert {count: (found.low[count], found.high[count]) for count in tried} == tried


@settings(QUICKLY, max_examples=60)
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
    table = SuppressionTable(sums, counts(*(count for _, count in place)), None, primary=mask(len(place)))
    hospitals = [cell for (name, _), cell in place.items() if name.startswith("hospital")]
    hidden = mask(len(place), *data.draw(st.lists(st.sampled_from(hospitals), min_size=2, max_size=5, unique=True)))
    system = table.to_system()
    found = feasibility_intervals(system, hidden)
    tried = spans(rows_of(table), system.value.tolist(), hidden_counts(system, hidden), 8)
    assert {count: (found.low[count], found.high[count]) for count in tried} == tried


@st.composite
def two_numerators(draw: st.DrawFn) -> tuple[TableSystem, BoolArray]:
    """Three hospitals and their HF, n = x1 + y1 = x2 + y2 in each; the two numerators are suppressed apart from n.

    Groups: 0 to 3 print n and x1 of a unit, 4 to 7 print x2, which another indicator counts of the same patients.
    """
    n = [draw(st.integers(0, 3)) for _ in range(3)]
    first, second = ([draw(st.integers(0, one)) for one in n] for _ in range(2))
    measures = [n, first, [a - b for a, b in zip(n, first, strict=True)]]
    measures += [second, [a - b for a, b in zip(n, second, strict=True)]]
    value = list(itertools.chain.from_iterable([*one, sum(one)] for one in measures))
    sums = [([4 * at + 3], [4 * at, 4 * at + 1, 4 * at + 2]) for at in range(5)]
    shares = [([unit], [unit + 4 * one, unit + 4 * one + 4]) for unit in range(4) for one in (1, 3)]
    group = [0, 1, 2, 3] * 3 + [4, 5, 6, 7] * 2
    least = [int(one > 0) for one in value[:4]] + [0] * 16
    need = [3 * int(one > 0) for one in value[:4]] + [int(value[at % 4] > 0) for at in range(4, 20)]
    system = system_of(value, [*sums, *shares], group, need, least=least, plain=range(5, 13))
    cells = draw(st.lists(st.sampled_from(range(3)), max_size=3, unique=True))
    further = draw(st.lists(st.sampled_from(range(3)), max_size=3, unique=True))
    return system, mask(8, *cells, *(4 + one for one in further))


@settings(QUICKLY, max_examples=100)
@given(two_numerators())
def test_several_numerators_over_the_same_patients_are_attacked_together(drawn: tuple[TableSystem, BoolArray]) -> None:
    """One n, two x's: the bounds, and what is exposed, are those of every possible table of all five counts."""
    system, hidden = drawn
    least = hidden_counts(system, hidden)
    tried = spans(rows_in(system), system.value.tolist(), least, 9)
    found = feasibility_intervals(system, hidden)
    assert {count: (found.low[count], found.high[count]) for count in tried} == tried
    expected = {Exposure(count) for count, (low, high) in tried.items() if high - low < system.protection_level[count]}
    assert Attack(system, find_all=True).exposures(hidden) == expected


@settings(QUICKLY, max_examples=100)
@given(table=tables(hospitals=7, greatest=20), data=st.data())
def test_stopping_early_never_hides_an_exposure(table: SuppressionTable, data: st.DataObject) -> None:
    """What `Attack` tells, which stops as soon as a count is known to be free, is what the exact bounds tell."""
    hidden = drawn(table, data, 12)
    system = table.to_system()
    attack = Attack(system, find_all=True)
    found = feasibility_intervals(system, hidden)
    nation = len(table.n) - 1
    told = {measure for measure in (1, 2) if system.value[measure * len(table.n) + nation] == 0 and not hidden[nation]}
    expected = {
        count
        for count in hidden_counts(system, hidden)
        if found.high[count] - found.low[count] < system.protection_level[count] and count // len(table.n) not in told
    }
    assert {one.variable for one in attack.exposures(hidden) if not one.lower_bound_raised} == expected
    assert attack.exposures(hidden) == Attack(system, find_all=True).exposures(hidden), "it tells the same again"


@settings(QUICKLY, max_examples=60)
@given(table=tables(hospitals=7, greatest=40, counties=0, shares=False))
def test_a_count_suppressed_alone_in_a_published_sum_is_always_found(table: SuppressionTable) -> None:
    """With primary suppression only, the bounds of each cell that is suppressed alone in a sum are its count."""
    found = feasibility_intervals(table.to_system(), table.primary)
    for total, parts, _ in table.sums:
        hidden = [cell for cell in (total, *parts) if table.primary[cell]]
        if len(hidden) == 1:
            assert found.low[hidden[0]] == found.high[hidden[0]] == table.n[hidden[0]]
