"""Random registries are what they promise: linked indicators, small numbers, low coverage, changing trees."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest

from attacker_cells import Key
from random_deliveries import choose_indicators
from random_registries import SMALL, Edition, make

SEEDS = range(30)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> list[list[Edition]]:
    """Three editions of each seed."""
    return [list(make(seed, tmp_path_factory.mktemp("random"), 3, SMALL)) for seed in SEEDS]


def kinds(edition: Edition) -> set[str]:
    """What of each indicator's id tells its kind."""
    return {key.ind_id.rstrip("0123456789") for key in edition.truth}


def test_every_kind_of_indicator_and_change_happens(made: list[list[Edition]]) -> None:
    """Thirty seeds have all of them, several times."""
    indicators = Counter(kind for editions in made for kind in kinds(editions[0]))
    assert set(indicators) == {"a", "b", "c", "d", "e", "s", "m", "k", "p", "w", "h", "dg"}
    assert min(indicators.values()) >= 3
    changes = Counter(change for editions in made for edition in editions for change in edition.changes)
    assert len(changes) == 9
    assert min(changes.values()) >= 2


def test_numbers_are_of_the_same_patients(made: list[list[Edition]]) -> None:
    """b counts those whom a counts, d those in a's numerator, e those not; coverage counts a's as its numerator."""
    for editions in made:
        truth = editions[0].truth
        for key in [key for key in truth if key.ind_id == "a" and key.context == "caregiver"]:
            n, x = truth[key]
            assert x is not None
            expected = {"b": n, "d": x, "e": n - x}
            for ind_id, count in expected.items():
                if ind_id in kinds(editions[0]):
                    assert truth.get(key._replace(ind_id=ind_id), (0, 0))[0] == count
            if "dg" in kinds(editions[0]):
                assert truth[key._replace(ind_id="dg")][1] == n
            if "h" in kinds(editions[0]):
                assert sum(truth.get(key._replace(ind_id=part), (0, 0))[0] for part in ("h0", "h1")) == n


def test_both_contexts_have_the_same_nation(made: list[list[Edition]]) -> None:
    """Where an indicator is delivered by area too."""
    compared = 0
    for editions in made:
        for key, counts in editions[0].truth.items():
            if key.context == "resident" and key.level == "nation":
                compared += 1
                assert editions[0].truth[key._replace(context="caregiver")] == counts
    assert compared


def test_numbers_are_small_and_coverage_is_low_now_and_then(made: list[list[Edition]]) -> None:
    """Of hospitals' cells, a tenth to a half has fewer than 5 patients; some coverage is below 60 %."""
    cells = [(key, counts) for editions in made for key, counts in editions[0].truth.items() if key.level == "hospital"]
    small = [key for key, (n, _) in cells if n < 5]
    assert 0.1 < len(small) / len(cells) < 0.5
    low = [key for key, (n, x) in cells if key.ind_id == "dg" and x is not None and x / n < 0.6]
    assert 10 <= len(low) <= 0.4 * len(cells)


def test_editions_change_a_little(made: list[list[Edition]]) -> None:
    """Of the cells that two editions share, at least two of five are unchanged."""
    for editions in made:
        for before, after in pairwise(editions):
            shared: list[Key] = [key for key in before.truth if key in after.truth]
            same = [key for key in shared if before.truth[key] == after.truth[key]]
            assert len(same) > 0.4 * len(shared)


def test_a_seed_is_the_same_each_time(tmp_path: Path, made: list[list[Edition]]) -> None:
    """Nothing but the seed decides."""
    again = list(make(SEEDS[3], tmp_path, 3, SMALL))
    assert [edition.truth for edition in again] == [edition.truth for edition in made[3]]


def test_indicators_have_different_minimums() -> None:
    """From 5 to 20."""
    import numpy as np

    least = {one.min_denominator for seed in SEEDS for one in choose_indicators(np.random.default_rng(seed), 0.5)}
    assert least == {5, 10, 20}
