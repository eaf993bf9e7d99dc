"""The demo's site, attacked as a reader would: all that its open data prints of a registry, put side by side."""

from __future__ import annotations

import pytest

from attacker_cells import read_seen
from attacker_truth import secret_below_of, truth_of_project
from kvalreg.pipeline import RunResult
from kvalreg.project import Project
from site_attacker import Suppositions, attack, compare_with_truth

REGISTRIES = ("diabetes-barn", "hofte", "kols", "muskel", "rygg", "slag")


@pytest.mark.parametrize("with_oracle", [False, True])
@pytest.mark.parametrize("registry", REGISTRIES)
def test_the_demo_gives_nothing_away(registry: str, with_oracle: bool, demo: tuple[Project, RunResult]) -> None:
    """No secret cell's n, x or n - x is found, and none is narrower than the registry's own minimum."""
    root = demo[0].root
    truth = {(0, key): counts for key, counts in truth_of_project(root, registry).items()}
    seen = read_seen(root / "_site", registry)
    assert not seen.disagreeing, "all files tell the same"
    supposed = Suppositions(oracle=truth if with_oracle else None)
    report = compare_with_truth(attack([seen], supposed, enough=5), truth, secret_below_of(root, registry))
    assert report.counts == (0, 0, 0), report.lines()
    assert not report.open
