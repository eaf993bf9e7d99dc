"""The attacker finds what can be found, on sites so small that a hand calculation gives every bound."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from attacker_cells import Key, read_seen
from attacker_example import UNITS, write_site
from attacker_why import reasons
from site_attacker import Bounds, Suppositions, attack, attack_sites, compare_with_truth

SHARE = {"a": "andel", "b": "andel"}
BELOW_12 = "12 60/90, 121 30/40, 122 30/50"
"""The other health trust, all shown."""
TOP = "1 91/130, 10 91/130"


def of(folder: Path, cells: dict[str, str], types: dict[str, str] = SHARE, units: str = UNITS) -> Bounds:
    """What the attacker knows of one site."""
    return attack_sites([write_site(folder, cells, types, units)], "r")


def known(bounds: Bounds, ind_id: str, orgnr: str, **more: int) -> list[tuple[int, int] | None]:
    """The bounds of n, x and n - x."""
    found = bounds.of(ind_id, orgnr, **more)
    return [None if one is None else (one.least, one.greatest) for one in (found.n, found.x, found.y)]


def test_the_only_hidden_part_of_a_sum_is_found(tmp_path: Path) -> None:
    """HF 31 of 40, hospitals 8 of 12 and 20 of 25: the third has 3 of 3."""
    bounds = of(tmp_path, {"a 2025": f"{TOP}, 11 31/40, 111 -, 112 8/12, 113 20/25, {BELOW_12}"})
    assert known(bounds, "a", "111") == [(3, 3), (3, 3), (0, 0)]


def test_two_hidden_parts_share_what_is_left(tmp_path: Path) -> None:
    """15 patients, 11 in the numerator, 4 not: each has at least one patient."""
    bounds = of(tmp_path, {"a 2025": f"{TOP}, 11 31/40, 111 -, 112 -, 113 20/25, {BELOW_12}"})
    assert known(bounds, "a", "111") == known(bounds, "a", "112") == [(1, 14), (0, 11), (0, 4)]


def test_a_county_is_a_sum_too(tmp_path: Path) -> None:
    """111 and 112 are hidden below their HF; 111 and 121 are all of the county of 43 patients, so 111 has 3."""
    units = UNITS.replace("A;hospital;11;", "A;hospital;11;Fylket").replace("D;hospital;12;", "D;hospital;12;Fylket")
    cells = f"{TOP}, 11 31/40, 111 -, 112 -, 113 20/25, {BELOW_12}, Fylket 33/43"
    bounds = of(tmp_path, {"a 2025": cells}, units=units)
    assert known(bounds, "a", "111") == [(3, 3), (3, 3), (0, 0)]
    assert known(bounds, "a", "112") == [(12, 12), (8, 8), (4, 4)]


def test_a_level_that_is_not_printed_is_passed_through(tmp_path: Path) -> None:
    """Without HFs the RHF of 130 is the sum of its hospitals: 130 - 12 - 25 - 40 - 50 = 3."""
    bounds = of(tmp_path, {"a 2025": f"{TOP}, 111 -, 112 8/12, 113 20/25, 121 30/40, 122 30/50"})
    assert known(bounds, "a", "111") == [(3, 3), (3, 3), (0, 0)]


def test_a_total_with_patients_of_its_own_is_no_sum_of_its_parts(tmp_path: Path) -> None:
    """In 2024 every part of HF 11 is shown, and it has 5 more. That is that year; 2025 is supposed to be a sum."""
    year = f"{TOP}, 11 36/45, 111 3/3, 112 8/12, 113 20/25, {BELOW_12}"
    bounds = of(tmp_path, {"a 2024": year, "a 2025": f"1 -, 10 -, 11 36/45, 111 3/3, 112 8/12, 113 20/25, {BELOW_12}"})
    assert known(bounds, "a", "10", year=2025) == [(135, 135), (96, 96), (39, 39)]


def test_totals_below_their_parts_are_no_sums(tmp_path: Path) -> None:
    """HF 12 has 80 patients, its hospitals 90: someone was at both. Then nothing follows of 111 from its HF."""
    cells = f"{TOP}, 11 31/40, 111 -, 112 8/12, 113 20/25, 12 55/80, 121 30/40, 122 30/50"
    bounds = of(tmp_path, {"a 2025": cells})
    found = bounds.of("a", "111").n
    assert found is not None
    assert not found.exact


def test_the_same_patients_are_one_number(tmp_path: Path) -> None:
    """b has the n of a wherever both are shown. a hides 111 and 112, b hides 111 and 113: a's 111 is 40 - 12 - 25."""
    cells = {
        "a 2025": f"{TOP}, 11 31/40, 111 -, 112 -, 113 20/25, {BELOW_12}",
        "b 2025": "1 80/130, 10 80/130, 11 30/40, 111 -, 112 10/12, 113 -, 12 50/90, 121 20/40, 122 30/50",
    }
    bounds = of(tmp_path, cells)
    assert known(bounds, "a", "111") == [(3, 3), (0, 3), (0, 3)]
    assert known(bounds, "a", "112") == [(12, 12), (8, 11), (1, 4)]
    assert known(bounds, "b", "111") == [(3, 3), (0, 3), (0, 3)]
    assert known(bounds, "b", "113") == [(25, 25), (17, 20), (5, 8)]


def test_a_mean_and_a_count_count_patients_too(tmp_path: Path) -> None:
    """m is a mean with n, c a count, b the share: only b hides, and each of the others shows the number."""
    one = "1 80/130, 10 80/130, 11 30/40, 111 -, 112 -, 113 20/25, 12 50/90, 121 20/40, 122 30/50"
    mean = "1 3.5/130, 10 3.5/130, 11 3.1/40, 111 2.9/3, 112 3.2/12, 113 3.3/25, 12 3.4/90, 121 3.1/40, 122 3.6/50"
    count = "1 130/, 10 130/, 11 40/, 111 3/, 112 12/, 113 25/, 12 90/, 121 40/, 122 50/"
    for kind, told in (("gjennomsnitt", mean), ("median", mean), ("antall", count)):
        bounds = of(tmp_path, {"b 2025": one, "m 2025": told}, {"b": "andel", "m": kind})
        assert known(bounds, "b", "111") == [(3, 3), (0, 3), (0, 3)]


def test_three_agreeing_cells_link_two_columns_and_two_do_not(tmp_path: Path) -> None:
    """b is shown for two or three units, each with the n of a; a's 111 and b's 111 are one number from three on."""
    a = "1 91/130, 10 91/130, 11 31/40, 111 -, 112 -, 113 20/25"
    assert known(of(tmp_path / "2", {"a 2025": a, "b 2025": "1 9/130, 113 2/25, 111 3/3"}), "a", "111")[0] == (1, 14)
    assert known(of(tmp_path / "3", {"a 2025": a, "b 2025": "1 9/130, 10 9/130, 113 2/25, 111 3/3"}), "a", "111")[
        0
    ] == (3, 3)


def test_a_coverage_beside_a_result_gives_its_hidden_cell_away(tmp_path: Path) -> None:
    """Coverage 0.9 with a numerator that is the result's 18 patients: 20 patients; its other trust by subtraction."""
    cells = {
        "a 2025": "1 91/130 0.866667, 10 91/130 0.866667, 11 31/40 0.8, 111 10/18 0.9, 112 20/22 0.733333, "
        "12 60/90 0.9, 121 30/40 0.909091, 122 30/50 0.892857",
        "d 2025": "1 130/150, 10 130/150, 11 40/50, 111 -, 112 -, 12 90/100, 121 40/44, 122 50/56",
    }
    bounds = of(tmp_path, cells, {"a": "andel d", "d": "dg_andel"})
    assert known(bounds, "d", "111") == [(20, 20), (18, 18), (2, 2)]
    assert known(bounds, "d", "112") == [(30, 30), (22, 22), (8, 8)]


def test_a_mark_of_low_coverage_bounds_the_coverage(tmp_path: Path) -> None:
    """18 of at least 31 is below 60 %, and 22 of at most 36 is not: 31 to 36 together with the HF's 67."""
    cells = {
        "a 2025": "1 91/130, 10 91/130, 11 31/40, 111 low 18, 112 20/22, 12 60/90, 121 30/40, 122 30/50",
        "d 2025": "1 130/167, 10 130/167, 11 40/67, 111 -, 112 -, 12 90/100, 121 40/44, 122 50/56",
    }
    bounds = of(tmp_path, cells, {"a": "andel d", "d": "dg_andel"})
    assert known(bounds, "d", "111") == [(31, 45), (18, 18), (13, 27)]
    assert known(bounds, "d", "112") == [(22, 36), (22, 22), (0, 14)]


def test_a_cell_that_is_not_reliable_tells_its_patients(tmp_path: Path) -> None:
    """112 has few patients and shows its 12: 111 is 40 - 12 - 25, and its numerator is open."""
    bounds = of(tmp_path, {"a 2025": f"{TOP}, 11 31/40, 111 -, 112 few 12, 113 20/25, {BELOW_12}"})
    assert known(bounds, "a", "111") == [(3, 3), (0, 3), (0, 3)]
    assert len(bounds.found) == 1, "what is not reliable is not secret"


def test_the_numerator_of_one_is_the_patients_of_another(tmp_path: Path) -> None:
    """b is of those whom a counts: b's 111 and 112 are hidden, and stand as numerators of a."""
    cells = {
        "a 2025": f"{TOP}, 11 31/40, 111 3/3, 112 8/12, 113 20/25, {BELOW_12}",
        "b 2025": "1 80/91, 10 80/91, 11 25/31, 111 -, 112 -, 113 15/20, 12 55/60, 121 25/30, 122 30/30",
    }
    bounds = of(tmp_path, cells)
    assert known(bounds, "b", "111") == [(3, 3), (2, 3), (0, 1)], "10 of 11, with at most 8 of 8"
    assert known(bounds, "b", "112") == [(8, 8), (7, 8), (0, 1)]


def test_the_misses_of_one_are_the_patients_of_another(tmp_path: Path) -> None:
    """b is of those whom a does not count: 12 - 8 = 4 of 112; 111 has none, and no row."""
    cells = {
        "a 2025": f"{TOP}, 11 31/40, 111 3/3, 112 -, 113 -, {BELOW_12}",
        "b 2025": "1 20/39, 10 20/39, 11 5/9, 112 2/4, 113 3/5, 12 15/30, 121 5/10, 122 10/20",
    }
    bounds = of(tmp_path, cells)
    assert known(bounds, "a", "112") == [(4, 32), (0, 28), (4, 4)]
    assert known(bounds, "a", "113") == [(5, 33), (0, 28), (5, 5)]


def test_no_row_is_nobody(tmp_path: Path) -> None:
    """b is of those whom a counts, and has no row for 111: none of a's hidden patients there is counted."""
    cells = {
        "a 2025": f"{TOP}, 11 28/40, 111 -, 112 -, 113 20/25, {BELOW_12}",
        "b 2025": "1 80/91, 10 80/91, 11 22/28, 112 5/8, 113 17/20, 12 58/60, 121 28/30, 122 30/30",
    }
    assert known(of(tmp_path, cells), "a", "111") == [(1, 7), (0, 0), (1, 7)], "8 of 15 are 112's"


def test_near_100_percent_a_numerator_is_not_its_denominator(tmp_path: Path) -> None:
    """All of nearly all are counted, and b has the same patients: a's numerator is not taken for b's patients."""
    cells = {
        "a 2025": "1 129/130, 10 129/130, 11 40/40, 111 -, 112 -, 113 25/25, 12 89/90, 121 40/40, 122 49/50",
        "b 2025": "1 75/130, 10 75/130, 11 25/40, 111 -, 112 -, 113 15/25, 12 50/90, 121 20/40, 122 30/50",
    }
    assert known(of(tmp_path, cells), "b", "111") == [(1, 14), (0, 10), (0, 5)]


def test_a_computed_share_counts_whole_patients(tmp_path: Path) -> None:
    """0.75 of 40 are 30, 0.8 of 25 are 20, 0.833333 of 12 are 10: none is left for the 3 of 111: 0 %."""
    cells = "1 0.7/100, 11 0.75/40, 111 -, 112 0.833333/12, 113 0.8/25, 12 0.666667/60"
    assert known(of(tmp_path, {"a 2025": cells}, {"a": "beregnet_andel"}), "a", "111") == [(3, 3), (0, 0), (3, 3)]


def test_pooled_years_are_the_sum_of_their_years(tmp_path: Path) -> None:
    """p has three years of a; 113 has nobody in 2024. a hides one year of 111, and p shows all three."""
    year = "11 20/40, {}, 112 8/25, 12 60/90, 121 30/40, 122 30/50"
    cells = {f"a {at}": year.format(one) for at, one in ((2023, "111 12/15"), (2024, "111 -"), (2025, "111 12/15"))}
    cells["a 2024"] = cells["a 2024"].replace("112 8/25", "112 -")
    cells["p 2025"] = "11 60/120, 111 26/33, 112 34/87, 12 180/270, 121 90/120, 122 90/150"
    bounds = of(tmp_path, cells, {"a": "andel", "p": "andel"})
    assert known(bounds, "a", "111") == [(3, 3), (2, 2), (1, 1)]


def test_parts_sum_to_their_whole(tmp_path: Path) -> None:
    """Women and men are all: 12 of all and 9 women leave 3 men, whom nobody else tells of."""
    cells = {
        "all 2025": "111 8/12, 112 10/20, 113 20/25, 121 30/40",
        "men 2025": "111 -, 112 5/9, 113 8/12, 121 17/22",
        "women 2025": "111 6/9, 112 5/11, 113 12/13, 121 13/18",
    }
    bounds = of(tmp_path, cells, {"all": "andel", "men": "andel", "women": "andel"})
    assert known(bounds, "men", "111") == [(3, 3), (2, 2), (1, 1)]


def test_both_contexts_have_the_same_nation(tmp_path: Path) -> None:
    """Where patients live, the nation is hidden with an HF; where they were treated it is shown: 135 - 40 = 95."""
    cells = {
        "a 2025": "1 96/135, 11 36/45, 12 60/90",
        "a 2025 resident": "1 -, 11 30/40, 12 -",
    }
    assert known(of(tmp_path, cells), "a", "12") == [(95, 95), (66, 66), (29, 29)]


def test_a_json_file_that_shows_more_is_read_too(tmp_path: Path) -> None:
    """The CSV hides 111; an answer of the API has it, and is told of as disagreeing with nothing."""
    site = write_site(tmp_path, {"a 2025": "11 31/40, 111 -, 112 -, 113 20/25"}, SHARE)
    folder = site / "api" / "v1" / "data" / "r" / "indicators"
    folder.mkdir(parents=True)
    cell = {"context": "caregiver", "year": 2025, "unit_level": "hospital", "orgnr": "112", "var": 8, "denominator": 12}
    (folder / "a.json").write_text(json.dumps({"ind_id": "a", "data": [cell]}), encoding="utf-8")
    seen = read_seen(site, "r")
    assert seen.disagreeing == (Key("a", "caregiver", 2025, "hospital", "112"),)
    assert known(attack([seen]), "a", "111") == [(3, 3), (3, 3), (0, 0)]


def test_what_is_claimed_is_compared_with_the_truth(tmp_path: Path) -> None:
    """Found, narrow and wrong are told apart; a nation with 100 % tells of everybody, and that does not count."""
    seen = read_seen(
        write_site(tmp_path, {"a 2025": "11 31/40, 111 -, 112 -, 113 20/25, 12 90/90, 121 -, 122 86/86"}, SHARE), "r"
    )
    truth = {(0, key): (cell.n or 0, cell.x) for key, cell in seen.cells.items()}
    truth |= {(0, key): (3, 3) for key in seen.cells if key.orgnr == "111"}
    truth |= {(0, key): (12, 8) for key in seen.cells if key.orgnr == "112"}
    truth |= {(0, key): (4, 4) for key in seen.cells if key.orgnr == "121"}
    bounds = attack([seen])
    assert compare_with_truth(bounds, truth).counts == (1, 1, 1)
    assert compare_with_truth(bounds, truth, secret_below=14).counts == (1, 1, 3)
    assert compare_with_truth(bounds, {**truth, (0, Key("a", "caregiver", 2025, "hospital", "121")): (5, 5)}).wrong
    shown = read_seen(write_site(tmp_path, {"a 2025": "1 90/90, 12 90/90, 121 -, 122 -"}, SHARE), "r")
    all_of_them = {(0, key): (45, 45) for key in shown.cells}
    assert compare_with_truth(attack([shown]), all_of_them).counts == (0, 0, 0)


@pytest.mark.parametrize("enough", [5, 10**9])
def test_contentment_changes_no_finding(tmp_path: Path, enough: int) -> None:
    """A hidden cell of 14 possible values is not reported, one of 3 is, however far the attacker looks."""
    cells = {
        "a 2025": f"{TOP}, 11 31/40, 111 -, 112 -, 113 20/25, 12 60/90, 121 -, 122 -",
        "a 2024": "12 2/4, 121 -, 122 -",
    }
    seen = read_seen(write_site(tmp_path, cells, SHARE), "r")
    true = {"111": (3, 3), "112": (12, 8), "121": (40, 30), "122": (50, 30)}
    truth = {(0, key): true.get(key.orgnr, (cell.n or 0, cell.x)) for key, cell in seen.cells.items()}
    truth |= {(0, key): (2, 1) for key, cell in seen.cells.items() if key.year == 2024 and cell.mark}
    report = compare_with_truth(attack([seen], Suppositions(oracle=truth), enough=enough), truth)
    assert sorted(one.key.orgnr for one in report.narrow) == ["121", "122"]
    assert report.counts == (0, 0, 2)


def test_who_knows_the_rule_knows_that_somebody_is_small(tmp_path: Path) -> None:
    """111 and 112 have 15 patients together, and one of them fewer than 5: neither has 5 to 10, which bounds no one.
    A hospital that is hidden alone, with all above it, is the small one.
    """
    seen = read_seen(
        write_site(tmp_path, {"a 2025": "11 31/40, 111 -, 112 -, 113 20/25", "a 2024": "111 -"}, SHARE), "r"
    )
    bounds = attack([seen], Suppositions(one_below=5))
    assert known(bounds, "a", "111", year=2025)[0] == (1, 14)
    assert known(bounds, "a", "111", year=2024)[0] == (1, 4)


def test_why_a_number_is_known_is_told(tmp_path: Path) -> None:
    """The relations without which it would not follow, and no other: here one sum of patients."""
    cells = {"a 2025": f"{TOP}, 11 31/40, 111 -, 112 few 12, 113 20/25, {BELOW_12}"}
    seen = read_seen(write_site(tmp_path, cells, SHARE), "r")
    found = attack([seen]).of("a", "111")
    assert list(reasons(found, "n", [seen], Suppositions())) == [
        "a.n(2025 111) is Range(least=3, greatest=3, proven=True):",
        "  0 <= +1*a.n(2025 11)=40 -1*a.n(2025 111) -1*a.n(2025 112)=12 -1*a.n(2025 113)=25 <= 0",
    ]
