"""Which columns are taken for the same patients: each rule at its limit."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from disclosure_cells import Line, cells, edition, lines, place, units
from kvalreg.disclosure.links import NUMERATOR, PATIENTS, IndicatorSum, PooledPeriod, SeriesLinks, find_links
from kvalreg.disclosure.protection import unit_names_by_index

Counts = Sequence[int | tuple[int, int]]


def linked(one: Counts, other: Counts) -> bool:
    """Whether the patients of two indicators are linked, by the hospitals alone."""
    rows = [*lines("a", one)[:-1], *lines("b", other)[:-1]]
    cluster = find_links(cells(rows), {}).cluster
    return bool(cluster[0, PATIENTS] == cluster[1, PATIENTS])


def test_three_equal_counts_are_a_link_and_two_are_not() -> None:
    """All that two columns share is equal in either case; two equal numbers may be chance."""
    assert linked([30, 40, 50], [30, 40, 50])
    assert not linked([30, 40], [30, 40])


def test_nobody_twice_is_no_equal_count() -> None:
    """0 and 0 are equal in many columns that have nothing to do with each other."""
    assert not linked([30, 40, 0, 0, 0], [30, 40, 0, 0, 0])


def test_columns_over_two_years_are_linked_where_half_of_all_is_equal() -> None:
    """Six large hospitals over two years, 12 counts: 6 equal ones are half, 5 are not, nor 80 % of any year's 6."""

    def over_two_years(equal: Sequence[tuple[int, int]]) -> bool:
        rows: list[Line] = []
        for year in (2023, 2024):
            counts = [30 * year_at + 100 for year_at in range(1, 7)]
            others = [n if (year, at) in equal else n + 7 for at, n in enumerate(counts, 1)]
            rows += [*lines("a", counts, year)[:-1], *lines("b", others, year)[:-1]]
        cluster = find_links(cells(rows), {}).cluster
        return bool(cluster[0, PATIENTS] == cluster[1, PATIENTS])

    half = [(year, at) for year in (2023, 2024) for at in (1, 2, 3)]
    assert over_two_years(half)
    assert not over_two_years(half[:-1])


def test_columns_are_linked_where_80_per_cent_of_a_year_is_equal() -> None:
    """Five hospitals in each of three years, of which one year agrees in 4 of 5 and the others in none: 4 of 15."""

    def in_one_year(equal: int) -> bool:
        rows: list[Line] = []
        for year in (2022, 2023, 2024):
            counts = [30, 40, 50, 60, 70]
            same = equal if year == 2023 else 0
            others = [n if at < same else n + 7 for at, n in enumerate(counts)]
            rows += [*lines("a", counts, year)[:-1], *lines("b", others, year)[:-1]]
        cluster = find_links(cells(rows), {}).cluster
        return bool(cluster[0, PATIENTS] == cluster[1, PATIENTS])

    assert in_one_year(4)
    assert not in_one_year(3)


@pytest.mark.parametrize(("equal", "expected"), [(3, True), (2, False)])
def test_columns_are_linked_where_half_of_their_small_counts_are_equal(equal: int, expected: bool) -> None:
    """Nearly equal columns differ in large cells and agree in small ones: 3 of 6 under 20 are half, and 2 are not."""
    small = [4, 6, 8, 10, 12, 14]
    large = [100, 120, 140, 160, 180, 200, 220, 240]
    others = [n if at < equal else n + 1 for at, n in enumerate(small)] + [n + 3 for n in large]
    assert linked([*small, *large], others) is expected


def test_a_numerator_can_be_another_ones_patients() -> None:
    """Of 60, 70 and 80 patients 30, 40 and 50 are alive; these are whom the other indicator counts."""
    rows = [*lines("a", [(30, 60), (40, 70), (50, 80)])[:-1], *lines("b", [30, 40, 50])[:-1]]
    cluster = find_links(cells(rows), {}).cluster
    assert cluster[0, NUMERATOR] == cluster[1, PATIENTS] != cluster[0, PATIENTS]


def test_a_numerator_is_never_linked_with_its_own_patients() -> None:
    """Near 100 % the numerator of a equals its patients, and b's patients equal both: b is linked with the patients.

    Five hospitals with everybody in the outcome but at the last; b counts as a does.
    """
    rows = [*lines("a", [(30, 30), (40, 40), (50, 50), (60, 60), (69, 70)])[:-1]]
    rows += lines("b", [30, 40, 50, 60, 70])[:-1]
    found = find_links(cells(rows), {})
    assert found.cluster[0, PATIENTS] == found.cluster[1, PATIENTS]
    for indicator in (0, 1):
        assert len(set(found.cluster[indicator].tolist())) == 3


def test_no_numerator_is_its_own_whole_by_way_of_others() -> None:
    """c counts the numerator of a, and the numerator of c equals the patients of a at all hospitals but one.

    Linked as well, x of a = n of c and x of c = n of a: all four equal, though a has 8 of 9 at the last hospital.
    """
    shares = [(30, 30), (40, 40), (50, 50), (60, 60), (8, 9)]
    rows = [*lines("a", shares)[:-1], *lines("c", [(30, 30), (40, 40), (50, 50), (60, 60), (7, 8)])[:-1]]
    cluster = find_links(cells(rows), {}).cluster
    below = {(int(n), int(part)) for n, *parts in cluster for part in parts}
    assert all((part, n) not in below for n, part in below)
    assert cluster[0, PATIENTS] == cluster[1, PATIENTS] or cluster[0, NUMERATOR] == cluster[1, PATIENTS]


def test_a_pooled_period_is_the_sum_of_its_years() -> None:
    """p of 2024 counts 2023 and 2024 of a at three hospitals; at two, it may be chance."""

    def pools(hospitals: int) -> frozenset[PooledPeriod]:
        counts = [30, 47, 58][:hospitals]
        rows = [line for year in (2023, 2024) for line in lines("a", [n + year - 2023 for n in counts], year)[:-1]]
        rows += lines("p", [2 * n + 1 for n in counts])[:-1]
        return find_links(cells(rows), {}).pooled_periods

    assert PooledPeriod(1, 0, 2) in pools(3)
    assert pools(2) == frozenset()


def test_a_year_is_the_sum_of_its_parts() -> None:
    """w = men + women at each of four hospitals, and is no sum of men and another column."""
    men, women, other = [12, 19, 28, 33], [15, 21, 22, 40], [11, 13, 17, 29]
    rows = [*lines("m", men)[:-1], *lines("o", other)[:-1]]
    rows += [*lines("v", women)[:-1], *lines("w", [a + b for a, b in zip(men, women, strict=True)])[:-1]]
    assert find_links(cells(rows), {}).indicator_sums == frozenset({IndicatorSum(3, (0, 2), includes_numerators=False)})


def test_numerators_add_up_in_one_indicator_of_each_parts_patients() -> None:
    """w = men + women, with the outcome as well; k counts the men and another outcome, which adds up to nothing."""
    men, women = [(9, 12), (11, 19), (20, 28), (30, 33)], [(8, 15), (13, 21), (19, 22), (21, 40)]
    both = [(x + u, n + m) for (x, n), (u, m) in zip(men, women, strict=True)]
    other = [(x - 3, n) for x, n in men]
    rows = [*lines("k", other)[:-1], *lines("m", men)[:-1], *lines("v", women)[:-1], *lines("w", both)[:-1]]
    found = find_links(cells(rows), {}).indicator_sums
    assert {one for one in found if one.includes_numerators} == {IndicatorSum(3, (1, 2), includes_numerators=True)}


def test_a_whole_in_two_contexts_has_parts_in_one() -> None:
    """w is told by treating hospital and by area, men and women by hospital alone: half of w's cells have no part."""
    men, women = [12, 19, 28, 33], [15, 21, 22, 40]
    whole = [a + b for a, b in zip(men, women, strict=True)]
    rows = [*lines("m", men)[:-1], *lines("v", women)[:-1], *lines("w", whole)[:-1]]
    found = cells(
        [*rows, *lines("w", [n + 50 for n in whole], 2023)[:-1], *lines("w", [n + 70 for n in whole], 2022)[:-1]]
    )
    assert IndicatorSum(2, (0, 1), includes_numerators=False) in find_links(found, {}).indicator_sums


def two_editions(
    june: Sequence[Line], december: Sequence[Line], names: dict[str, str] | None = None
) -> tuple[SeriesLinks, dict[str, int]]:
    """The links between an edition and the next, and the place of each unit."""
    before = units(*sorted({one[2] for one in june}), names=names)
    after = units(*sorted({one[2] for one in december}), names=names)
    all_cells = cells(december, after, [edition("2026-06", june, before)])
    found = find_links(all_cells, unit_names_by_index([before, after], all_cells))
    return found, {orgnr: place(all_cells, orgnr) for orgnr in {one[2] for one in [*june, *december]}}


def test_a_unit_that_keeps_its_name_is_the_same_under_another_number() -> None:
    """Hospital 2 is number 9 now, and has other patients."""
    june, december = lines("a", [30, 40])[:-1], [("a", 2024, "1", 30, None), ("a", 2024, "9", 77, None)]
    found, at = two_editions(june, december, names={"2": "Vik", "9": "Vik"})
    assert found.canonical_unit[at["2"]] == at["9"]
    assert found.canonical_unit[at["1"]] == at["1"]
    other, at = two_editions(june, december)
    assert other.canonical_unit[at["2"]] == at["2"]


@pytest.mark.parametrize(("years", "same"), [(3, True), (2, False)])
def test_a_unit_with_three_equal_counts_is_the_same_under_another_name(years: int, same: bool) -> None:
    """Hospital 2 is number 9 now, under another name, with the same patients in three years; two may be chance."""
    june = [("a", 2024 - back, orgnr, n + back, None) for back in range(years) for orgnr, n in (("1", 30), ("2", 40))]
    december = [(one, year, {"2": "9"}.get(orgnr, orgnr), n, x) for one, year, orgnr, n, x in june]
    found, at = two_editions(june, december)
    assert bool(found.canonical_unit[at["2"]] == at["9"]) is same


def test_a_unit_that_has_taken_over_another_is_their_sum() -> None:
    """Hospital 1 had 30 and hospital 2 had 40; 2 is gone and 1 has 70. With 71, nobody can say so."""
    june = lines("a", [30, 40, 50])[:-1]
    for n, merged in ((70, True), (71, False)):
        found, at = two_editions(june, [("a", 2024, "1", n, None), ("a", 2024, "3", 50, None)])
        assert found.mergers == (((at["1"], (at["1"], at["2"])),) if merged else ())
