"""The border between SECRET and shown: what may be shown is plain, and showing what is secret is a type error."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pandas as pd

from kvalreg.disclosure.gate import apply_gate
from kvalreg.disclosure.published import RegistrySource
from kvalreg.inputs.delivery import UnknownUnitPolicy
from kvalreg.inputs.descriptor_file import read_descriptors
from kvalreg.inputs.registry_deliveries import read_deliveries
from kvalreg.inputs.secret import SecretFrame
from kvalreg.inputs.units import read_units
from kvalreg.project import Project
from kvalreg.statistics.aggregation import aggregate

ROOT = Path(__file__).parents[1]
SHOWING = """
from pathlib import Path

from kvalreg.disclosure.published import PublishedResults, save_published
from kvalreg.inputs.registry_deliveries import RegistryDeliveries
from kvalreg.report.report import Report, rounds
from kvalreg.report.translation import get_translator
from kvalreg.site.site_model import PublishedRegistry
from kvalreg.statistics.results import Results


def show_published(known: PublishedResults) -> None:
    Report(known, 2024, "final", get_translator("nb"))
    rounds(known)
    PublishedRegistry(known, ())
    save_published(known, Path())


def show_results(known: Results) -> None:
    Report(known, 2024, "final", get_translator("nb"))  # leak
    rounds(known)  # leak
    PublishedRegistry(known, ())  # leak
    save_published(known, Path())  # leak


def show_delivered(known: RegistryDeliveries) -> None:
    Report(known, 2024, "final", get_translator("nb"))  # leak
    rounds(known)  # leak
    PublishedRegistry(known, ())  # leak
    save_published(known, Path())  # leak
"""
"""Everything that shows something, given what may be shown and what may not."""


def test_cells_are_secret_up_to_the_gate_and_plain_after_it(project: Project) -> None:
    """Delivered rows and results are secret tables; published cells are plain ones, and so are their columns."""
    units = read_units(project.units, "units.csv")
    registry = read_descriptors(project)[0]["alfa"]
    delivered = read_deliveries(project, registry, units, UnknownUnitPolicy.REFUSE)
    results = aggregate(delivered, registry, units)
    assert type(delivered.rows) is type(results.secret) is SecretFrame
    published = apply_gate(results, RegistrySource(registry, units, delivered.deliveries)).published
    assert type(published.cells) is pd.DataFrame
    assert type(published.cells["value"]) is pd.Series
    assert type(published.cells.iloc[0]) is pd.Series


def test_showing_what_is_secret_is_a_type_error(tmp_path: Path) -> None:
    """mypy accepts every way of showing PublishedResults, and refuses each with Results and RegistryDeliveries."""
    source = tmp_path / "showing.py"
    source.write_text(SHOWING, encoding="utf-8")
    command = [sys.executable, "-m", "mypy", str(source)]  # from the checkout: with its settings, and its cache if any
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    said = [line for line in done.stdout.splitlines() if "showing.py:" in line and ": error: " in line]
    leaks = [number for number, line in enumerate(SHOWING.splitlines(), start=1) if line.endswith("# leak")]
    assert [int(line.rsplit(": error: ")[0].rsplit(":", 1)[1]) for line in said] == leaks, done.stdout + done.stderr
    assert all("[arg-type]" in line for line in said)
