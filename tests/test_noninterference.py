"""Non-interference: two truths that are published alike give the same site to the byte.

So no drawing, order, text or size can tell them apart, whatever is drawn and however. Truths of SMALL: two hospitals of
one HF with 2 of 4 and 1 of 3 are suppressed; others with the same sums fit everything that is published.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from audit_example import SMALL, project_in
from kvalreg.disclosure import gate
from kvalreg.disclosure.gate import GateResult
from kvalreg.disclosure.published import PublishedResults
from kvalreg.pipeline import BuildRequest, build
from small_project import Silence

OTHERS = (
    ("121;alfa_a;1;3", "122;alfa_a;2;4"),
    ("121;alfa_a;2;5", "122;alfa_a;1;2"),
    ("121;alfa_a;1;2", "122;alfa_a;2;5"),
)
"""121 and 122 have 3 of 7 together in each."""


def site_of(root: Path, delivery: str) -> dict[str, bytes]:
    """Every file of the site that a delivery makes."""
    project = project_in(root, delivery)
    assert build(project, BuildRequest(renderer="pandoc", workers=1), Silence()).exit_code == 0
    site = project.site.resolve()
    return {path.relative_to(site).as_posix(): path.read_bytes() for path in site.rglob("*") if path.is_file()}


def other(truth: tuple[str, str]) -> str:
    """The delivery with another truth of the two hospitals."""
    return SMALL.replace("121;alfa_a;2;4", truth[0]).replace("122;alfa_a;1;3", truth[1])


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The site of the delivery as it is."""
    return site_of(tmp_path_factory.mktemp("one"), SMALL)


@pytest.mark.parametrize("truth", OTHERS)
def test_truths_that_are_published_alike_give_the_same_bytes(
    truth: tuple[str, str], published: dict[str, bytes], tmp_path: Path
) -> None:
    """Every file is the same, and there are no others."""
    found = site_of(tmp_path, other(truth))
    assert found.keys() == published.keys()
    assert [name for name, content in published.items() if found[name] != content] == []


def _order(cells: pd.DataFrame, patients: pd.Series[float]) -> pd.DataFrame:
    """The rows in the order of the true numbers of patients."""
    return cells.assign(true=patients.to_numpy()).sort_values("true", kind="stable").drop(columns="true")


def _position(cells: pd.DataFrame, patients: pd.Series[float]) -> pd.DataFrame:
    """A shown number that has moved by a millionth for each patient of a suppressed cell beside it."""
    beside = zip(cells["shown"].tolist(), patients.tolist(), strict=True)
    weight = sum(at * n for at, (shown, n) in enumerate(beside) if not shown) * 1e-6
    return cells.assign(high=cells["high"] + weight)


def _length(cells: pd.DataFrame, patients: pd.Series[float]) -> pd.DataFrame:
    """Without the rows of suppressed cells that have an odd number of patients."""
    return cells[(cells["shown"] | (patients % 2 == 0)).to_numpy()]


@pytest.mark.parametrize("leak", [_order, _position, _length])
def test_planted_leaks_change_bytes(
    leak: Callable[[pd.DataFrame, pd.Series[float]], pd.DataFrame],
    published: dict[str, bytes],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """An order of rows, a number moved by what is suppressed and a file's length are seen in the bytes: it can fail."""
    real = gate.apply_gate

    def leaking(*given: object) -> GateResult:
        gated = real(*given)  # type: ignore[arg-type]
        truth = pd.DataFrame(gated.edition.secret).set_index(["ind_id", "context", "year", "level", "orgnr"])["n"]
        cells = gated.published.cells
        patients = pd.Series(truth.reindex(pd.MultiIndex.from_frame(cells[list(truth.index.names)])).to_numpy())
        made = PublishedResults(gated.published.source, leak(cells, patients), gated.published.presentations)
        return GateResult(made, gated.edition)

    monkeypatch.setattr("kvalreg.stages.gate.apply_gate", leaking)
    sites = [site_of(tmp_path / str(number), other(truth)) for number, truth in enumerate(OTHERS)]
    assert any(site != sites[0] for site in sites[1:])
