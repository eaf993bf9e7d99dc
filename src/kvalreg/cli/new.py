"""`kvalreg new`: scaffolding of registries, notebooks and projects."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kvalreg.cli.options import project_option

if TYPE_CHECKING:
    from kvalreg.project import Project

# Shared by `new registry`, which asks for what is not given, and `new site`, which asks nothing.
_name_option = click.option("--name", default=None, help="The registry's full name; asked for when not given.")
_short_name_option = click.option("--short-name", default=None, help="A short name for menus and tables.")
_language_option = click.option("--language", type=click.Choice(["nb", "nn"]), default=None, help="Bokmål or nynorsk.")
_field_option = click.option("--field", default=None, help="The medical field that readers find it under.")


@click.group()
def new() -> None:
    """Write a registry, a notebook or a project to begin with. Nothing is ever overwritten.

    \b
    Examples:
      kvalreg new site results
      kvalreg new registry barnehelse --project results
      kvalreg new notebook barnehelse --project results
    """


@new.command()
@click.argument("id")
@_name_option
@_short_name_option
@_language_option
@_field_option
@project_option
def registry(
    id: str,  # noqa: A002
    name: str | None,
    short_name: str | None,
    language: str | None,
    field: str | None,
    root: Path,
) -> None:
    """Write a registry to fill in: a commented descriptor, a sample delivery, and sums to check it by.

    What is not given by an option is asked for on a terminal, and has a sensible answer otherwise.

    \b
    Examples:
      kvalreg new registry barnehelse
      kvalreg new registry barnehelse --name "Register for barnehelse" --language nn --field Barn
    """
    from kvalreg.clock import today
    from kvalreg.project import Project
    from kvalreg.workbench.scaffold import RegistryOptions, create_registry, require_unused_id

    project = Project.open(root)
    require_unused_id(id, project)  # before the questions, whose answers would be lost
    name = name or _ask("The registry's full name", f"Register for {id}")
    options = RegistryOptions(
        id,
        name,
        short_name or _ask("A short name for menus", id.capitalize()),
        language or _ask("Language (nb or nn)", "nb", click.Choice(["nb", "nn"])),
        field or _ask("Medical field", "Annet"),
    )
    _echo_written(create_registry(options, project, today()), project)
    click.echo(f"Next: kvalreg check {id}, then kvalreg preview {id}")


@new.command()
@click.argument("registry")
@click.option(
    "--kind",
    type=click.Choice(["year", "registry", "analysis"]),
    default="year",
    show_default=True,
    help="The page of a year, the registry's own page, or from an extract to a delivery.",
)
@project_option
def notebook(registry: str, kind: str, root: Path) -> None:
    """Write a notebook of REGISTRY's own, to change: it takes the place of the shared one.

    \b
    Examples:
      kvalreg new notebook barnehelse
      kvalreg new notebook barnehelse --kind analysis
    """
    from kvalreg.clock import today
    from kvalreg.project import Project
    from kvalreg.workbench.scaffold_notebook import create_notebook

    project = Project.open(root)
    _echo_written([create_notebook(registry, kind, project, today())], project)
    click.echo(f"Next: open it in Jupyter, then kvalreg check {registry}")


@new.command()
@click.argument("target", type=click.Path(path_type=Path), metavar="DIR")
@click.option("--registry", "id", default=None, metavar="ID", help="With one registry to fill in.")
@_name_option
@_short_name_option
@_language_option
@_field_option
def site(
    target: Path,
    id: str | None,  # noqa: A002
    name: str | None,
    short_name: str | None,
    language: str | None,
    field: str | None,
) -> None:
    """Write an empty project into DIR: sample units, the website's settings, a README, and a registry if you name one.

    \b
    Examples:
      kvalreg new site results
      kvalreg new site results --registry barnehelse
    """
    from kvalreg.clock import today
    from kvalreg.project import Project
    from kvalreg.workbench.scaffold import RegistryOptions, create_site

    # Names that are not given are derived from the id, without questions: the registry is an extra here.
    options = None
    if id is not None:
        name, short_name = name or f"Register for {id}", short_name or id.capitalize()
        options = RegistryOptions(id, name, short_name, language or "nb", field or "Annet")
    # The project does not exist before this line, so it is opened for its paths alone.
    _echo_written(create_site(target, options, today()), Project(target.resolve()))
    next_command = f"kvalreg check --project {target}" if id else f"kvalreg new registry ID --project {target}"
    click.echo(f"Next: {next_command}")


def _ask(question: str, answer: str, value_type: click.Choice[str] | None = None) -> str:
    """Ask on a terminal; elsewhere return the suggested answer."""
    if not sys.stdin.isatty():
        return answer
    return str(click.prompt(question, default=answer, type=value_type))


def _echo_written(paths: list[Path], project: Project) -> None:
    for path in paths:
        click.echo(f"Wrote {project.display_path(path)}")
