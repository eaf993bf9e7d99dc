"""Secret tables: whatever shows them shows a placeholder, and what is derived from them is secret as well."""

from __future__ import annotations

import logging
import pickle
import pprint
import subprocess
import sys
import textwrap
import traceback
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from IPython.core.formatters import DisplayFormatter
from rich.console import Console
from rich.traceback import Traceback

from kvalreg.inputs.delivery import Delivery
from kvalreg.inputs.registry_deliveries import RegistryDeliveries
from kvalreg.inputs.secret import SecretFrame, SecretSeries
from kvalreg.inputs.table_file import TextTable

VALUE = 8741.25
"""What must never be seen."""
SEEN = "8741"


@pytest.fixture
def secret() -> SecretFrame:
    """Three rows, each with the value."""
    return SecretFrame({"unit": ["a", "a", "b"], "year": [2022, 2023, 2024], "var": VALUE, "n": [VALUE, VALUE, 1.0]})


PLACES = pd.DataFrame({"unit": ["a", "b"], "county": ["x", "y"]})

DERIVED: dict[str, Callable[[SecretFrame], Any]] = {
    "boolean selection": lambda f: f[f["var"] > 1],
    "loc": lambda f: f.loc[f["var"] > 1, ["var", "n"]],
    "iloc": lambda f: f.iloc[:2],
    "columns": lambda f: f[["var", "n"]],
    "column": lambda f: f["var"],
    "row": lambda f: f.iloc[0],
    "mask": lambda f: f["var"] > 1,
    "arithmetic": lambda f: f["var"] / f["n"],
    "map": lambda f: f["var"].map(str),
    "astype": lambda f: f.astype({"var": "str"}),
    "text accessor": lambda f: f["var"].astype("str").str.replace(".", ","),
    "assign": lambda f: f.assign(share=f["var"] / f["n"]),
    "merge": lambda f: f.merge(PLACES, on="unit"),
    "concat": lambda f: pd.concat([f, f], ignore_index=True),
    "concat before a plain one": lambda f: pd.concat([f, pd.DataFrame({"var": [1.0]})]),
    "merge_asof": lambda f: pd.merge_asof(f, f, on="year", by="unit"),
    "groupby agg": lambda f: f.groupby("unit", as_index=False).agg(var=("var", "sum")),
    "groupby sum": lambda f: f.groupby("unit")["var"].sum(),
    "groupby shift": lambda f: f.groupby("unit")[["var"]].shift(1),
    "one group": lambda f: next(iter(f.groupby("unit")))[1],
    "reset_index": lambda f: f.reset_index(),
    "set_index": lambda f: f.set_index("unit"),
    "sort_values": lambda f: f.sort_values("var", kind="stable", ignore_index=True),
    "rename": lambda f: f.rename(columns={"var": "x"}),
    "drop": lambda f: f.drop(columns="unit"),
    "drop_duplicates": lambda f: f.drop_duplicates(),
    "fillna": lambda f: f.fillna(0),
    "reindex": lambda f: f["var"].reindex([0, 5]),
    "where": lambda f: f["var"].where(f["n"] > 1),
    "pivot_table": lambda f: f.pivot_table(index="unit", values="var"),
    "transpose": lambda f: f.T,
    "stack": lambda f: f[["var", "n"]].stack(),
    "unstack": lambda f: f.set_index(["unit", "year"])["var"].unstack(),
    "to_frame": lambda f: f["var"].to_frame(),
    "copy": lambda f: f.copy(),
    "query": lambda f: f.query("var > 1"),
    "first of iterrows": lambda f: next(iter(f.iterrows()))[1],
    "numpy function": lambda f: np.sqrt(f["var"]),
    "pickle": lambda f: pickle.loads(pickle.dumps(f)),
}

SHOWINGS: dict[str, Callable[[Any], str]] = {
    "repr": repr,
    "str": str,
    "f-string": lambda x: f"{x}",
    "f-string with a width": lambda x: f"{x:>60}",
    "f-string with repr": lambda x: f"{x!r}",
    "percent": lambda x: "%s %r" % (x, x),  # noqa: UP031
    "inside a list and a dict": lambda x: f"{[x]} { ({'x': x}) }",
    "pprint": pprint.pformat,
    "to_string": lambda x: str(x.to_string()),
    "to_markdown": lambda x: str(x.to_markdown()),
    "to_html": lambda x: str(x.to_html()),
    "to_latex": lambda x: str(x.to_latex()),
    "Jupyter": lambda x: str(DisplayFormatter().format(x)),  # type: ignore[no-untyped-call]
    "Jupyter's own methods": lambda x: f"{x._repr_html_()} {x._repr_latex_()} {x._repr_mimebundle_(None, None)}",
    "rich": lambda x: _printed(x),
}


def _printed(*things: Any) -> str:
    """What rich prints."""
    out = Console(file=StringIO(), width=200)
    out.print(*things)
    found = out.file
    assert isinstance(found, StringIO)
    return found.getvalue()


@pytest.mark.parametrize("derive", DERIVED.values(), ids=DERIVED)
def test_what_is_derived_is_secret(secret: SecretFrame, derive: Callable[[SecretFrame], Any]) -> None:
    """A table made of a secret one is a SecretFrame, a column or row a SecretSeries."""
    made = derive(secret)
    assert type(made) in (SecretFrame, SecretSeries)
    assert repr(made) in ("<SECRET table>", "<SECRET column>")


@pytest.mark.parametrize("show", SHOWINGS.values(), ids=SHOWINGS)
def test_every_way_of_showing_shows_a_placeholder(secret: SecretFrame, show: Callable[[Any], str]) -> None:
    """Table, column and row alike: nothing of them is seen; not even how many rows there are."""
    for thing in (secret, secret["var"], secret.iloc[0], secret[secret["n"] > 1]):
        shown = show(thing)
        assert SEEN not in shown
        assert "2 rows" not in shown
        assert "3 rows" not in shown


def test_jupyter_offers_plain_text_and_nothing_else(secret: SecretFrame) -> None:
    """A page takes HTML and Markdown outputs, so a displayed secret does not even leave a placeholder there."""
    bundle, _ = DisplayFormatter().format(secret)  # type: ignore[no-untyped-call]
    assert bundle == {"text/plain": "<SECRET table>"}
    with pytest.raises(TypeError, match="no style"):
        _ = secret.style


def test_logs_show_a_placeholder(secret: SecretFrame, caplog: pytest.LogCaptureFixture) -> None:
    """A careless log line with %r, %s and an exception whose argument is the table."""
    log = logging.getLogger("careless")
    log.warning("%r %s %r", secret, secret["var"], [secret.iloc[0]])
    try:
        raise ValueError(secret)
    except ValueError:
        log.exception("failed")
    assert "<SECRET" in caplog.text
    assert SEEN not in caplog.text


def test_tracebacks_with_local_variables_show_a_placeholder(secret: SecretFrame) -> None:
    """Python's traceback with captured locals, and rich's with show_locals."""

    def fail(cells: SecretFrame) -> None:
        column, row, small = cells["var"], cells.iloc[0], cells[cells["n"] > 1]
        raise RuntimeError(f"{cells} {column} {row} {small}")

    with pytest.raises(RuntimeError) as caught:
        fail(secret)
    error = caught.value
    told = "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())
    assert "column = <SECRET column>" in told
    rich_told = _printed(Traceback.from_exception(type(error), error, error.__traceback__, show_locals=True))
    assert "<SECRET table>" in rich_told
    assert SEEN not in told.replace("VALUE = 8741.25", "") + rich_told


def test_pytest_shows_a_placeholder(tmp_path: Path) -> None:
    """The output of a failing test with --showlocals, as CI would print it."""
    (tmp_path / "test_x.py").write_text(
        textwrap.dedent(
            """
            from kvalreg.inputs.secret import SecretFrame

            def test_x():
                cells = SecretFrame({"var": [int("87") * 100 + 41] * 3})
                column = cells["var"]
                assert cells is column
            """
        ),
        encoding="utf-8",
    )
    command = [sys.executable, "-m", "pytest", "-l", "-vv", "-p", "no:cacheprovider", "test_x.py"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "<SECRET table>" in done.stdout
    assert SEEN not in done.stdout


def test_rows_of_patients_are_in_no_repr(secret: SecretFrame) -> None:
    """Deliveries and file tables given a plain table keep it as a secret one."""
    rows = pd.DataFrame(secret)
    carriers = (
        Delivery(Path("a.csv"), "a.csv", "0", rows),
        RegistryDeliveries("slag", rows, (), ()),
        TextTable(SecretFrame(rows), "0"),
    )
    for carrier in carriers:
        assert "<SECRET table>" in repr(carrier)
        assert SEEN not in f"{carrier!r} {carrier} {_printed(carrier)}"


def test_opening_is_one_deliberate_call(secret: SecretFrame) -> None:
    """pd.DataFrame(frame) is a plain table with the same cells, and so is what is made of it from then on."""
    plain = pd.DataFrame(secret)
    assert type(plain) is pd.DataFrame
    assert type(plain.assign(share=secret["var"])) is pd.DataFrame
    assert type(plain["var"]) is pd.Series
    assert SEEN in repr(plain)


def test_writing_a_file_is_deliberate_and_works(secret: SecretFrame, tmp_path: Path) -> None:
    """The ledger and deliveries are files: to_csv and Parquet hold the values, and come back as plain tables."""
    assert SEEN in secret.to_csv()
    secret.to_parquet(tmp_path / "x.parquet")
    assert pd.read_parquet(tmp_path / "x.parquet")["var"].tolist() == [VALUE] * 3
