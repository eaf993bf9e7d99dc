"""The commands of a statistician's day: `check`, `explain`, `schema` and `slugs`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from kvalreg.cli.options import project_option, quiet_option, registries_argument, skip_option, verbose_option
from kvalreg.console import Console


@click.command()
@registries_argument
@project_option
@skip_option
@quiet_option
@verbose_option
def check(
    registries: tuple[str, ...],
    root: Path,
    skip_unknown_units: bool,
    quiet: bool,
    verbose: bool,
) -> None:
    """Report everything that could stop a build, without running a notebook.

    Reads descriptors, deliveries and notebooks, and warns of texts that are hard to read.

    \b
    Examples:
      kvalreg check
      kvalreg check slag --project ~/results
    """
    from kvalreg import pipeline
    from kvalreg.project import Project

    console = Console.of(quiet=quiet, verbose=verbose)
    request = pipeline.Request(registries, unknown_units=pipeline.unknown_units(skip=skip_unknown_units))
    account = pipeline.check(Project.open(root), request)
    console.account(account)
    sys.exit(account.exit_code)


@click.command()
def schema() -> None:
    """Print the JSON Schema of registry.yml, for editors."""
    import json

    from kvalreg.inputs.descriptor_file import descriptor_schema

    click.echo(json.dumps(descriptor_schema(), indent=2, ensure_ascii=False))


@click.command()
@click.argument("number")
def explain(number: str) -> None:
    """Tell more about a kind of fault, by the number at the end of its message.

    \b
    Example:
      kvalreg explain KV103
    """
    from kvalreg.workbench import explanation

    click.echo(explanation.explain(number))


@click.command()
@project_option
def slugs(root: Path) -> None:
    """Write down the addresses of new hospitals and medical fields.

    A page keeps its address for good: keep registries/slugs.csv with the descriptors. Lines that are there are never
    changed.

    \b
    Example:
      kvalreg slugs
    """
    from kvalreg import pipeline
    from kvalreg.project import Project

    project = Project.open(root)
    added = len(pipeline.keep_slugs(project).new)
    click.echo(f"{project.relative(project.slugs)}: {added} addresses added.")
