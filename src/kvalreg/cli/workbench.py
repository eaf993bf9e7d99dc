"""The commands for authors of a registry: `check`, `explain`, `schema` and `slugs`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from kvalreg.cli.options import project_option, quiet_option, registries_argument, skip_option


@click.command()
@registries_argument
@project_option
@skip_option
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "github"]),
    default="text",
    show_default=True,
    help="For people, for programs, or as annotations on GitHub.",
)
@click.option("--all", "every", is_flag=True, help="Tell every finding by itself, however many there are.")
@quiet_option
def check(
    registries: tuple[str, ...],
    root: Path,
    skip_unknown_units: bool,
    form: str,
    every: bool,
    quiet: bool,
) -> None:
    """Report everything that could stop publication, in one pass, without running a notebook.

    Reads descriptors, units, deliveries, expected sums and notebooks; warns of texts that are hard to read, reviews
    that are due, and deadlines. Each message ends in a number that `kvalreg explain` tells more about.

    \b
    Examples:
      kvalreg check
      kvalreg check slag --project ~/results
      kvalreg check --all
      kvalreg check --format github
    """
    from kvalreg.clock import today
    from kvalreg.console import sanitize
    from kvalreg.inputs.delivery import UnknownUnitPolicy
    from kvalreg.project import Project
    from kvalreg.workbench.check import CheckRequest, check_project
    from kvalreg.workbench.check_report import FORMATS, check_to_text

    project = Project.open(root)
    unknown_units = UnknownUnitPolicy.SKIP if skip_unknown_units else UnknownUnitPolicy.REFUSE
    check_report = check_project(project, CheckRequest(today(), registries, unknown_units))
    if check_report.exit_code or not quiet:
        is_full_text = form == "text" and every
        text = (
            check_to_text(check_report, project, every=True) if is_full_text else FORMATS[form](check_report, project)
        )
        # Errors go to stderr, as other commands' do; JSON and annotations are data and go to stdout.
        click.echo(sanitize(text), err=form == "text" and bool(check_report.exit_code))
    sys.exit(check_report.exit_code)


@click.command()
def schema() -> None:
    """Print the JSON Schema of registry.yml, for editors."""
    import json

    from kvalreg.inputs.descriptor_file import descriptor_schema

    click.echo(json.dumps(descriptor_schema(), indent=2, ensure_ascii=False))


@click.command()
@click.argument("subject")
def explain(subject: str) -> None:
    """Tell more about a message, by the number at its end, or show a page of the documentation, by its name.

    \b
    Examples:
      kvalreg explain KV103
      kvalreg explain descriptor
    """
    from kvalreg.workbench.diagnostic_reference import explain_code

    click.echo(explain_code(subject))


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
    added_count = len(pipeline.save_new_slugs(project).new_keys)
    click.echo(f"{project.display_path(project.slugs)}: {added_count} addresses added.")
