"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path

import click

project_option = click.option(
    "--project", "root", type=click.Path(path_type=Path), default=Path(), metavar="DIR", help="The project's folder."
)
skip_option = click.option(
    "--skip-unknown-units", is_flag=True, help="Leave rows of unknown units out, and report them."
)
# Without --wait a second run ends at once with exit code 4: a scheduler decides whether to try again.
wait_option = click.option(
    "--wait",
    type=click.FloatRange(min=0),
    default=0,
    metavar="SECONDS",
    help="How long to wait for another run of this project to end.",
)
quiet_option = click.option("-q", "--quiet", is_flag=True, help="Print only what went wrong.")
verbose_option = click.option("-v", "--verbose", is_flag=True, help="Print every page and every row number.")
registries_argument = click.argument("registries", nargs=-1, metavar="[REGISTRY ...]")
