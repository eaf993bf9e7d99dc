"""`kvalreg import`: projects from the exports of other systems."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from kvalreg.cli.options import quiet_option, verbose_option
from kvalreg.console import Console
from kvalreg.errors import EXIT_FAILED


@click.group(name="import")
def import_() -> None:
    """Make a project of what another system holds."""


@import_.command()
@click.argument("source", type=click.Path(path_type=Path))
@click.argument("target", type=click.Path(path_type=Path), metavar="DIR")
@click.option("--unknown-units", type=click.Choice(["skip", "refuse"]), default="skip", show_default=True)
@quiet_option
@verbose_option
def imongr(source: Path, target: Path, unknown_units: str, quiet: bool, verbose: bool) -> None:
    """Make a project of what imongr holds: units, definitions, deliveries.

    SOURCE has units.csv, indicators.json and one CSV per registry. Deliveries are copied byte for byte.

    Rows of units that are not in units.csv are reported by row, and the new project's deliveries.yml names those units
    as left out; every build says so. With --unknown-units refuse they are not named there, and the build refuses their
    delivery until you decide.

    \b
    Example:
      kvalreg import imongr ~/imongr-export ~/results && kvalreg build --project ~/results

    The end tells which registries are ready to build, and what stops the others; then the exit code is 1, though all of
    them are there.
    """
    from kvalreg.inputs.delivery import UnknownUnitPolicy
    from kvalreg.inputs.imongr import import_imongr
    from kvalreg.workbench.import_report import import_to_text

    # Problems are printed even with --quiet: the exit code alone would not say which registry is not ready.
    report = import_imongr(source, target, UnknownUnitPolicy(unknown_units))
    Console.from_flags(quiet=quiet and not report.not_ready, verbose=verbose).info(import_to_text(report, target))
    sys.exit(EXIT_FAILED if report.not_ready else 0)
