"""Real deliveries, thinned until they have small numbers, give nothing away."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from attacker_cells import read_seen
from attacker_truth import Row, in_force, read_rows, read_types, read_units, true_counts
from edition_runs import publish_cells
from kvalreg.inputs.delivery import UnknownUnitPolicy
from kvalreg.inputs.imongr import import_imongr
from real_thinned import thinned
from site_attacker import Suppositions, attack, compare_with_truth


@pytest.fixture(scope="module")
def real(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project of the real units, definitions and deliveries."""
    root = tmp_path_factory.mktemp("real") / "real"
    import_imongr(shared / "data" / "real", root, UnknownUnitPolicy.SKIP)
    return root


@pytest.mark.parametrize("share", [0.02, 0.05, 0.1])
@pytest.mark.parametrize("registry", ["hoftebrudd", "hjerneslag"])
def test_a_real_delivery_thinned_gives_nothing_away(registry: str, share: float, real: Path, tmp_path: Path) -> None:
    """To a reader who knows which numbers are the same nothing; one who supposes it is wrong more often than right."""
    rows = thinned(in_force([read_rows(real / "data" / registry / f"{registry}.csv")]), share, seed=1)
    made = publish_cells(shutil.copytree(real, tmp_path / "real"), registry, "2026-06", rows)
    assert isinstance(made, Path), made
    units = read_units(real / "registries" / "units.csv")
    counts = true_counts(rows, units, read_types(real, registry))
    truth = {(0, key): true for key, true in counts.items()}
    knowing, supposing = (
        compare_with_truth(attack([read_seen(made, registry)], Suppositions(oracle=oracle), enough=5), truth)
        for oracle in (truth, None)
    )
    assert knowing.cells, "something is hidden"
    assert knowing.counts == (0, 0, 0), knowing.lines()
    assert not knowing.open
    assert len(supposing.n_exact) + len(supposing.x_exact) < max(1, len(supposing.wrong) / 4)


def test_thinning_keeps_what_is_equal_equal() -> None:
    """Two indicators of the same 200 patients have the same few afterwards; one of 150 of them has no more."""
    rows = [Row("caregiver", 2020, "1", name, x, n) for name, x, n in (("a", 50, 200), ("b", 180, 200), ("c", 9, 150))]
    for seed in range(20):
        left = {row.ind_id: row for row in thinned(rows, 0.1, seed)}
        assert left["a"].denominator == left["b"].denominator >= left["c"].denominator
        assert all(0 <= row.var <= row.denominator for row in left.values())
