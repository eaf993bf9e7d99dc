"""Random registries in three editions give nothing away, and none is refused: see `random_registries`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from random_registries import SMALL, Asked, tried


@pytest.mark.parametrize("seed", range(30))
def test_a_random_registry_gives_nothing_away(seed: int, tmp_path: Path) -> None:
    """Linked indicators, coverage, pooled years, parts, two contexts; three editions with another tree, late
    registrations and corrected outcomes: nothing is found that would not be found with everything hidden.
    """
    found = tried(seed, tmp_path, Asked())
    assert found.safe, "\n".join(found.lines())


@pytest.mark.parametrize("seed", range(100, 103))
def test_a_higher_limit_holds_too(seed: int, tmp_path: Path) -> None:
    """Where fewer than 8 patients are secret, every secret n has bounds 8 apart."""
    found = tried(seed, tmp_path, Asked(size=replace(SMALL, secret_below=8)))
    assert found.safe, "\n".join(found.lines())


@pytest.mark.parametrize("seed", range(200, 202))
def test_whole_sites_give_nothing_away(seed: int, tmp_path: Path, instant: None) -> None:
    """The same from the delivery's file to the published editions, with every file that holds data."""
    found = tried(seed, tmp_path, Asked(2, replace(SMALL, own_rows=False), site=True))
    assert found.safe, "\n".join(found.lines())
