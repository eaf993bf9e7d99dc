"""The system of counts: its parts share nothing, a part is a system by itself, and untrue equations are found."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from disclosure_tables import counts, mask, system_of
from kvalreg.disclosure.relations import Sum
from kvalreg.disclosure.suppression_table import SuppressionTable
from kvalreg.disclosure.system import NO_SLACK, PUBLIC, EquationCertainty, EquationRole, Equations

TWO_TRUSTS = system_of(
    value=[10, 3, 7, 20, 4, 16],
    rows=[([0], [1, 2]), ([3], [4, 5])],
    group=[0, 1, 2, 3, 4, 5],
    need=[5] * 6,
    primary=[1],
)


def test_what_shares_no_equation_and_no_group_is_in_different_parts() -> None:
    """Two HFs of two hospitals each: two parts of three groups; only the first has anything to protect."""
    part = TWO_TRUSTS.part_by_group.tolist()
    assert part[0] == part[1] == part[2] != part[3] == part[4] == part[5]
    assert TWO_TRUSTS.active_parts() == [part[1]]


def test_a_public_count_connects_nothing() -> None:
    """The nation 30 = 10 + 20 is public: its two HFs are joined by the sum. With the HFs public too, nothing is."""
    rows = [([6], [0, 3]), ([0], [1, 2]), ([3], [4, 5])]
    value = [10, 3, 7, 20, 4, 16, 30]
    joined = system_of(value, rows, [0, 1, 2, 3, 4, 5, PUBLIC], [5] * 7, primary=[1])
    assert len(set(joined.part_by_group.tolist())) == 1
    apart = system_of(value, rows, [PUBLIC, 0, 1, PUBLIC, 2, 3, PUBLIC], [0, 5, 5, 0, 5, 5, 0], primary=[0])
    part = apart.part_by_group.tolist()
    assert part[0] == part[1] != part[2] == part[3]


def test_counts_that_are_printed_together_are_in_one_part() -> None:
    """n and x of a cell share no equation here, but a group."""
    system = system_of([5, 2], [], [0, 0], [5, 1], primary=[0])
    assert len(system.active_parts()) == 1
    assert system.part_variables(system.active_parts()[0]).tolist() == [0, 1]


def test_a_part_is_a_system_by_itself_with_numbers_of_its_own() -> None:
    """The second HF: groups 3, 4 and 5 are 0, 1 and 2 in it, with their sum, values and marks."""
    number = int(TWO_TRUSTS.part_by_group[4])
    groups, part = TWO_TRUSTS.extract_part(number)
    assert groups.tolist() == TWO_TRUSTS.part_variables(number).tolist() == [3, 4, 5]
    assert part.value.tolist() == [20, 4, 16]
    assert part.group.tolist() == part.protecting_group.tolist() == [0, 1, 2]
    assert part.equations.rows == [[(0, 1), (1, -1), (2, -1)]]
    assert part.revealing_group.tolist() == [-1, -1, -1]
    assert not part.primary.any()
    assert part.violated_equations().tolist() == []


def test_a_part_keeps_the_public_counts_of_its_equations() -> None:
    """HF 10 is public, A 3 and B 7 are printed: the part holds all three, so that its sum says the same."""
    system = system_of([10, 3, 7], [([0], [1, 2])], [PUBLIC, 0, 1], [0, 5, 5], primary=[0])
    groups, part = system.extract_part(system.active_parts()[0])
    assert groups.tolist() == [0, 1]
    assert part.value.tolist() == [10, 3, 7]
    assert part.group.tolist() == [PUBLIC, 0, 1]


def test_equations_are_taken_in_order_with_new_numbers() -> None:
    """The second and third of three; count 5 is 0 now, 4 is 1, and the rest goes along."""
    start, rest = counts(0, 2, 5, 6), counts(NO_SLACK, 4, 0)
    role = counts(EquationRole.SUM, EquationRole.GENERAL, EquationRole.REDUNDANT)
    equations = Equations(start, counts(0, 1, 3, 4, 5, 5), counts(1, -1, 1, -1, -1, 1), rest, role, counts(0, 1, 2))
    taken = equations.select(counts(1, 2), counts(-1, -1, -1, 2, 1, 0))
    assert taken.rows == [[(2, 1), (1, -1), (0, -1)], [(0, 1)]]
    assert taken.slack.tolist() == [4, 0]
    assert taken.role.tolist() == [EquationRole.GENERAL, EquationRole.REDUNDANT]
    assert taken.equation_by_entry.tolist() == [0, 0, 0, 1]


def test_equations_that_the_true_values_contradict_are_found() -> None:
    """10 = 3 + 7 holds, 20 = 4 + 15 does not; a rest of 1 makes it hold, one of 2 does not."""
    wrong = system_of([10, 3, 7, 20, 4, 15], [([0], [1, 2]), ([3], [4, 5])], range(6), [5] * 6)
    assert wrong.violated_equations().tolist() == [1]
    for rest, expected in ((1, []), (2, [1])):
        equations = replace(wrong.equations, slack=counts(NO_SLACK, rest))
        assert replace(wrong, equations=equations).violated_equations().tolist() == expected
    assert system_of([3], [], [0], [5]).violated_equations().tolist() == []


def test_implied_equations_are_left_out_of_programs() -> None:
    """n - x adds up wherever n and x do: counts 8 to 11 are in their own n = x + y alone."""
    table = SuppressionTable([Sum(0, (1, 2, 3))], counts(20, 3, 7, 10), counts(9, 1, 3, 5), primary=mask(4, 1))
    touching = table.to_system().equations_by_variable
    assert [len(touching[count]) for count in (0, 4, 8)] == [2, 2, 1]


def test_a_digest_tells_systems_apart_by_any_of_their_arrays() -> None:
    """One mark more, one patient more, another need: other bytes; the same system made again: the same."""
    one = [
        b"".join(system.digest_chunks())
        for system in (TWO_TRUSTS, TWO_TRUSTS.extract_part(int(TWO_TRUSTS.part_by_group[0]))[1])
    ]
    assert one[0] != one[1]
    others = [
        replace(TWO_TRUSTS, primary=mask(6, 1, 2)),
        replace(TWO_TRUSTS, value=TWO_TRUSTS.value + 1),
        replace(TWO_TRUSTS, protection_level=np.full(6, 6)),
        replace(TWO_TRUSTS, is_small=mask(6, 1)),
        replace(TWO_TRUSTS, cost=np.full(6, 0.75)),
    ]
    assert all(b"".join(other.digest_chunks()) != one[0] for other in others)
    assert b"".join(replace(TWO_TRUSTS).digest_chunks()) == one[0]


def test_a_reader_who_supposes_less_uses_fewer_equations() -> None:
    """A certain sum, a certain one with a rest of 4, and one that is likely: three, two and one of them are used."""
    start, role = counts(0, 2, 4, 6), counts(EquationRole.SUM, EquationRole.SUM, EquationRole.SUM)
    rest, certainty = (
        counts(NO_SLACK, 4, NO_SLACK),
        counts(EquationCertainty.CERTAIN, EquationCertainty.CERTAIN, EquationCertainty.LIKELY),
    )
    equations = Equations(start, counts(0, 1, 0, 2, 1, 3), counts(1, -1, 1, -1, 1, -1), rest, role, certainty)
    system = replace(system_of([9, 9, 5, 9], [], [0, 1, 2, 3], [0] * 4), equations=equations)
    assert len(system.restricted_to(EquationCertainty.LIKELY).equations) == 3
    assert len(system.restricted_to(EquationCertainty.CERTAIN).equations) == 2
    assert system.restricted_to(EquationCertainty.LIKELY, without_slack=True).equations.slack.tolist() == [
        NO_SLACK,
        NO_SLACK,
    ]
    assert len(system.restricted_to(EquationCertainty.CERTAIN, without_slack=True).equations) == 1
