"""The attacker puts editions side by side: unchanged numbers, other names, other trees. Bounds by hand calculation."""

from __future__ import annotations

from pathlib import Path

from attacker_cells import Seen, all_hidden, read_seen
from attacker_example import UNITS, write_site
from site_attacker import Suppositions, attack, compare_with_truth

SHARE = {"a": "andel"}
BELOW_12 = "12 60/90, 121 30/40, 122 30/50"
FIRST = f"1 90/130, 10 90/130, 11 30/40, 111 -, 112 -, 113 20/25, {BELOW_12}"
"""111 has 2 of 3 and 112 8 of 12; together 10 of 15."""


def edition(folder: Path, cells: dict[str, str], types: dict[str, str] = SHARE, units: str = UNITS) -> Seen:
    """One edition."""
    return read_seen(write_site(folder, cells, types, units), "r")


def known(
    editions: list[Seen], orgnr: str, in_edition: int, supposed: Suppositions | None = None
) -> list[tuple[int, int] | None]:
    """The bounds of n, x and n - x of the one secret cell of a unit in an edition."""
    bounds = attack(editions, supposed)
    found = next(one for one in bounds.found if (one.key.orgnr, one.edition) == (orgnr, in_edition))
    return [None if one is None else (one.least, one.greatest) for one in (found.n, found.x, found.y)]


def test_outcomes_change_and_patients_do_not(tmp_path: Path) -> None:
    """In the second edition 112 is shown and 113 guards 111: the first edition's 111 has 15 - 12 = 3 patients."""
    later = f"1 96/130, 10 96/130, 11 36/40, 111 -, 112 12/12, 113 -, {BELOW_12}"
    editions = [edition(tmp_path / "1", {"a 2025": FIRST}), edition(tmp_path / "2", {"a 2025": later})]
    assert known(editions, "112", 0)[0] == (12, 12)
    assert known(editions, "111", 0) == [(3, 3), (0, 3), (0, 3)]
    assert known(editions, "111", 1)[0] == (3, 3)


def test_a_new_indicator_may_be_an_old_one(tmp_path: Path) -> None:
    """The second edition has no a, and b has its numbers: b shows 112, and a's 111 has 2 of 3."""
    later = f"1 90/130, 10 90/130, 11 30/40, 111 -, 112 8/12, 113 -, {BELOW_12}"
    editions = [edition(tmp_path / "1", {"a 2025": FIRST}), edition(tmp_path / "2", {"b 2025": later}, {"b": "andel"})]
    assert known(editions, "111", 0) == [(3, 3), (2, 2), (1, 1)]


def test_a_hospital_may_have_another_number(tmp_path: Path) -> None:
    """112 is 912 in the second edition, where it is shown: of the same name, or with another name and its numbers."""
    later = FIRST.replace("112 -", "912 8/12").replace("113 20/25", "113 -")
    year = "11 40/60, 111 10/15, 112 10/20, 113 20/25"
    before = {"a 2025": FIRST, "a 2024": year, "a 2023": year, "a 2022": year}
    after = {"a 2025": later, **{f"a {at}": year.replace("112", "912") for at in (2022, 2023, 2024)}}
    for name in ("B", "New name"):
        units = UNITS.replace("112;B;B", f"912;{name};{name}")
        editions = [edition(tmp_path / f"1{name}", before), edition(tmp_path / f"2{name}", after, units=units)]
        assert known(editions, "111", 0) == [(3, 3), (2, 2), (1, 1)]


def test_a_hospital_moves_to_another_trust(tmp_path: Path) -> None:
    """112 is part of HF 12 in the second edition: HF 11 of 28 has 113 and 111, which has 28 - 25 = 3."""
    later = "1 90/130, 10 90/130, 11 22/28, 111 -, 112 -, 113 20/25, 12 68/102, 121 -, 122 30/50"
    units = UNITS.replace("112;B;B;hospital;11", "112;B;B;hospital;12")
    editions = [edition(tmp_path / "1", {"a 2025": FIRST}), edition(tmp_path / "2", {"a 2025": later}, units=units)]
    assert known(editions, "111", 0) == [(3, 3), (2, 2), (1, 1)]
    assert known(editions, "112", 0) == [(12, 12), (8, 8), (4, 4)]


def test_a_hospital_is_withdrawn(tmp_path: Path) -> None:
    """Without 111 its HF has 37 patients, not 40."""
    later = f"1 88/127, 10 88/127, 11 28/37, 112 -, 113 -, {BELOW_12}"
    units = UNITS.replace("111;A;A;hospital;11;\n", "")
    editions = [edition(tmp_path / "1", {"a 2025": FIRST}), edition(tmp_path / "2", {"a 2025": later}, units=units)]
    assert known(editions, "111", 0) == [(3, 3), (2, 2), (1, 1)]


def test_two_hospitals_become_one(tmp_path: Path) -> None:
    """114 is 112 and 113 in each year that is shown; in 2025 it has 37 patients, and 113 had 25: 112 has 12."""
    year = "11 40/60, 111 10/15, 112 10/20, 113 20/25"
    merged = "11 40/60, 111 10/15, 114 30/45"
    units = UNITS.replace("112;B;B;hospital;11;\n113;C;C;hospital;11;\n", "114;BC;BC;hospital;11;\n")
    before = {"a 2025": FIRST, "a 2024": year, "a 2023": year, "a 2022": year}
    after = {"a 2025": "11 -, 111 -, 114 28/37", "a 2024": merged, "a 2023": merged, "a 2022": merged}
    editions = [edition(tmp_path / "1", before), edition(tmp_path / "2", after, units=units)]
    assert known(editions, "112", 0) == [(12, 12), (8, 8), (4, 4)]
    assert known(editions, "111", 0) == [(3, 3), (2, 2), (1, 1)]


def test_registrations_may_only_add(tmp_path: Path) -> None:
    """112 had 12 and still has, of 16: 4 are left for 111. 113 had at most the 25 it has, so 111 had at least 3."""
    before = f"1 90/130, 10 90/130, 11 30/40, 111 -, 112 8/12, 113 -, {BELOW_12}"
    later = f"1 91/131, 10 91/131, 11 31/41, 111 -, 112 -, 113 20/25, {BELOW_12}"
    editions = [edition(tmp_path / "1", {"a 2025": before}), edition(tmp_path / "2", {"a 2025": later})]
    assert known(editions, "111", 1, Suppositions(links=False))[0] == (1, 15)
    assert known(editions, "111", 1, Suppositions(links=False, only_add=True))[0] == (3, 4)


def test_what_an_edition_has_told_is_no_finding(tmp_path: Path) -> None:
    """The first edition showed 3 of 3. The second hides it; that nobody can take back, and it is told apart."""
    before = f"1 91/130, 10 91/130, 11 31/40, 111 3/3, 112 8/12, 113 20/25, {BELOW_12}"
    later = before.replace("111 3/3, 112 8/12", "111 -, 112 -")
    editions = [edition(tmp_path / "1", {"a 2025": before}), edition(tmp_path / "2", {"a 2025": later})]
    true = {"111": (3, 3), "112": (12, 8)}
    truth = {
        (number, key): true.get(key.orgnr, (cell.n or 0, cell.x))
        for number, seen in enumerate(editions)
        for key, cell in seen.cells.items()
    }
    report = compare_with_truth(attack(editions, Suppositions(oracle=truth)), truth)
    assert (report.counts, len(report.told)) == ((0, 0, 0), 2)


def test_the_oracle_says_which_numbers_are_one_and_nothing_else(tmp_path: Path) -> None:
    """112 has one patient more in the second edition. Whoever supposes it unchanged is wrong; the oracle tells so."""
    later = f"1 91/131, 10 91/131, 11 31/41, 111 -, 112 9/13, 113 -, {BELOW_12}"
    editions = [edition(tmp_path / "1", {"a 2025": FIRST}), edition(tmp_path / "2", {"a 2025": later})]
    true = [{"111": (3, 2), "112": (12, 8)}, {"111": (3, 2), "113": (25, 20)}]
    truth = {
        (number, key): true[number].get(key.orgnr, (cell.n or 0, cell.x))
        for number, seen in enumerate(editions)
        for key, cell in seen.cells.items()
    }
    supposing = compare_with_truth(attack(editions, Suppositions()), truth)
    assert supposing.wrong
    knowing = attack(editions, Suppositions(oracle=truth))
    report = compare_with_truth(knowing, truth)
    assert report.counts[0] == 3, "113 had 25, so 111 has 28 - 25 in both, and 112 had 15 - 3"
    assert [one.key.orgnr for one in report.told] == ["113"]
    assert not report.wrong


def test_with_everything_hidden_what_earlier_editions_tell_is_left(tmp_path: Path) -> None:
    """An edition in which all is hidden adds nothing to what is known."""
    first = edition(tmp_path, {"a 2025": FIRST})
    alone, with_hidden = attack([first]), attack([first, all_hidden(first)])
    assert [one.n for one in alone.found] == [one.n for one in with_hidden.found if one.edition == 0]
