"""Non-interference in the whole demo: other true counts behind what is suppressed change no byte of any page or file.

The gate is asked which levels it presents and what it suppresses, and the attack for another world that fits all that
is shown. With that world in place of the true counts, and the same levels and suppressed cells, the demo is built anew.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from kvalreg.arrays import BoolArray, IntArray
from kvalreg.disclosure import gate, protection
from kvalreg.disclosure.attack import Attack
from kvalreg.disclosure.gate import GateResult
from kvalreg.disclosure.ledger import Edition
from kvalreg.disclosure.published import CellStatus, RegistrySource, read_published
from kvalreg.disclosure.suppression_cache import SuppressionCache
from kvalreg.disclosure.system import PUBLIC
from kvalreg.disclosure.system_assembly import SystemAssembly
from kvalreg.inputs.descriptor import IndicatorType
from kvalreg.pipeline import BuildRequest, RunResult, build
from kvalreg.project import Project
from kvalreg.statistics.results import Results
from small_project import Silence

CHECKOUT = Path(__file__).parents[1]


def other_world(assembly: SystemAssembly, suppressed: BoolArray) -> IntArray:
    """Values of all counts that fit what is shown, as different from the true ones as the attack has met."""
    system, values = assembly.system, assembly.system.value.copy()
    for number in system.active_parts():
        groups, part = system.extract_part(number)
        counts, attack = system.part_variables(number), Attack(part)
        assert not attack.exposures(suppressed[groups])
        worlds = attack.solutions
        shown = ~suppressed[groups][part.group] | (part.group == PUBLIC)
        fits = ~worlds.is_changed[:, shown].any(axis=1)
        if fits.any():
            most = np.flatnonzero(fits)[worlds.is_changed[fits].sum(axis=1).argmax()]
            values[counts] = worlds.values[most]
    return values


def with_counts(results: Results, n: IntArray, x: IntArray, at: IntArray, source: RegistrySource) -> Results:
    """The same results with other numbers in some cells."""
    cells = pd.DataFrame(results.secret).copy()
    types = cells["ind_id"].map({one.id: one.type for one in source.registry.indicators})
    shares = types.isin([one for one in IndicatorType if one.is_summed]).to_numpy() & (x >= 0)
    computed = (types == IndicatorType.BEREGNET_ANDEL).to_numpy()
    column = {name: cells[name].to_numpy(dtype=float).copy() for name in ("var", "denominator", "value", "coverage")}
    for row in at.tolist():
        share = x[row] / n[row] if n[row] else np.nan
        if types.iloc[row] is IndicatorType.ANTALL:
            column["var"][row] = column["value"][row] = n[row]
            continue
        column["denominator"][row] = n[row]
        if shares[row]:
            column["var"][row] = share if computed[row] else x[row]
            column["value"][row] = share
        else:
            column["var"][row] = column["value"][row] = column["value"][row] * 1.01
    held = gate._coverage_cell_index(cells, source.registry)
    told = np.flatnonzero(np.isin(held, at))
    column["coverage"][told] = column["value"][held[told]]
    return Results(results.registry_id, cells.assign(**column))


def test_other_counts_behind_what_is_suppressed_change_no_byte(
    demo: tuple[Project, RunResult], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every registry of the demo is published from another truth, and every file of the site is the same."""
    real, choose, changed = gate.apply_gate, protection._suppressed_groups, dict[str, int]()
    seen: list[tuple[SystemAssembly, BoolArray]] = []

    def spying(assembly: SystemAssembly, *given: Any) -> BoolArray:
        suppressed = choose(assembly, *given)
        seen.append((assembly, suppressed))
        return suppressed

    def publishing(
        results: Results,
        source: RegistrySource,
        editions: Sequence[Edition] = (),
        remembered: SuppressionCache | None = None,
    ) -> GateResult:
        kept: list[protection.SuppressedCells] = []

        def protecting(*given: Any) -> protection.SuppressedCells:
            kept.append(protection.complementary_suppression(*given))
            return kept[-1]

        with monkeypatch.context() as patch:
            patch.setattr(protection, "_suppressed_groups", spying)
            patch.setattr(gate, "complementary_suppression", protecting)
            truly = real(results, source, editions, remembered)
        assembly, suppressed = seen[-1]
        facts = assembly.variables[: len(results.secret)]
        values = other_world(assembly, suppressed)
        n, x = (np.where(facts[:, at] >= 0, values[facts[:, at]], -1) for at in (0, 1))
        true = (np.where(facts[:, at] >= 0, assembly.system.value[facts[:, at]], -1) for at in (0, 1))
        differ = np.flatnonzero(np.any([now != then for now, then in zip((n, x), true, strict=True)], axis=0))
        changed[source.registry.id] = len(differ)
        with monkeypatch.context() as patch:
            patch.setattr(gate, "complementary_suppression", lambda *_: kept[-1])
            patch.setattr(gate, "choose_levels", lambda *_: truly.published.presentations)
            made = real(with_counts(results, n, x, differ, source), source, editions, remembered)
        assert truly.edition.secret["n"].tolist() != made.edition.secret["n"].tolist() or not len(differ)
        return made

    for folder in ("registries", "data"):
        shutil.copytree(CHECKOUT / folder, tmp_path / folder)
    monkeypatch.setattr("kvalreg.stages.gate.apply_gate", publishing)
    account = build(Project(tmp_path), BuildRequest(renderer="pandoc", workers=1), Silence())
    assert account.exit_code == demo[1].exit_code
    one, other = (_files(project.site.resolve()) for project in (demo[0], Project(tmp_path)))
    assert one.keys() == other.keys()
    assert [name for name, content in one.items() if other[name] != content] == []
    hidden = {key for key, cells in _suppressed_of(demo[0]).items() if cells}
    assert hidden
    assert {key for key, many in changed.items() if many} == hidden


def _files(site: Path) -> dict[str, bytes]:
    return {path.relative_to(site).as_posix(): path.read_bytes() for path in site.rglob("*") if path.is_file()}


def _suppressed_of(project: Project) -> dict[str, int]:
    tables = {path.stem: read_published(path.read_bytes()).cells for path in project.published.glob("*.parquet")}
    return {name: cells["status"].to_pylist().count(CellStatus.SECRET) for name, cells in tables.items()}
