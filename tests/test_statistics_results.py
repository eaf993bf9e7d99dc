"""`Results`: true cells that nothing displays."""

from __future__ import annotations

import pandas as pd
import pytest
from IPython.core.formatters import DisplayFormatter

from kvalreg.inputs.secret import SecretFrame
from kvalreg.statistics.results import Results

CELLS = pd.DataFrame({"ind_id": ["a", "b"], "value": [0.8741, 0.8741], "var": [8741.0, 8741.0]})


@pytest.fixture
def results() -> Results:
    """Two cells."""
    return Results("slag", CELLS)


def test_the_cells_are_secret_whatever_was_given(results: Results) -> None:
    """A plain table becomes a SecretFrame, and so is what is selected or computed from it."""
    assert type(results.secret) is SecretFrame
    assert repr(results.secret[results.secret["var"] > 1]) == "<SECRET table>"


def test_results_show_how_many_cells_and_no_value(results: Results) -> None:
    """repr, str, format, a container and Jupyter tell the registry and the number of cells."""
    bundle, _ = DisplayFormatter().format(results)  # type: ignore[no-untyped-call]
    for shown in (repr(results), str(results), f"{results:>50}", repr([results]), bundle["text/plain"]):
        assert "<Results of slag: 2 SECRET cells>" in shown
        assert "8741" not in shown
    assert list(bundle) == ["text/plain"]


def test_results_have_no_display_method() -> None:
    """None of the methods by which Jupyter, rich or a notebook's author would display them."""
    names = [name for name in dir(Results) if name.startswith(("_repr_", "_ipython_", "__rich", "to_", "show", "plot"))]
    assert names == []
