"""The command line: a thin wrapper around `kvalreg.pipeline` and `kvalreg.inputs.imongr`.

Owns options, what is printed and the exit code: 0 all succeeded, 1 something failed, 2 usage or configuration, 3 an
error that nobody expected, of which neither the message nor a variable is printed: they may hold a result.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from kvalreg import __version__
from kvalreg.console import Console, plain
from kvalreg.errors import EXIT_UNEXPECTED, KvalregError, describe_unexpected

_project = click.option(
    "--project", "root", type=click.Path(path_type=Path), default=Path(), metavar="DIR", help="The project's folder."
)
_skip = click.option("--skip-unknown-units", is_flag=True, help="Leave rows of unknown units out, and report them.")
_quiet = click.option("-q", "--quiet", is_flag=True, help="Print only what went wrong.")
_verbose = click.option("-v", "--verbose", is_flag=True, help="Print every page and every row number.")
_UNEXPECTED = (
    "kvalreg stopped at an error that it did not expect. The site is whole: as it was, or new.\n"
    "Send these lines to whoever maintains kvalreg. They hold no results; the error's message might, and is left out."
)
_registries = click.argument("registries", nargs=-1, metavar="[REGISTRY ...]")


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="kvalreg")
def cli() -> None:
    """Result pages for medical quality registries: from deliveries to a website.

    \b
    Examples:
      kvalreg build                        make the whole site
      kvalreg check                        find faults without building
      kvalreg publish 2026-06              keep the site as an edition
      kvalreg import imongr SOURCE DIR     make a project of an imongr export

    Exit codes: 0 all succeeded; 1 a delivery, a notebook or the renderer failed; 2 usage or configuration;
    3 kvalreg stopped at an error that it did not expect.
    """


@cli.command()
@_registries
@click.option("--year", "years", type=int, multiple=True, help="Only this year's pages (may be repeated).")
@click.option("--renderer", type=click.Choice(["auto", "quarto", "pandoc"]), default="auto", show_default=True)
@click.option(
    "--jobs", type=click.IntRange(min=1), default=None, help="Notebooks at a time; one per core if not given."
)
@_project
@click.option("--output", type=click.Path(path_type=Path), default=None, metavar="DIR", help="Where the site goes.")
@_skip
@_quiet
@_verbose
def build(
    registries: tuple[str, ...],
    years: tuple[int, ...],
    renderer: str,
    jobs: int | None,
    root: Path,
    output: Path | None,
    skip_unknown_units: bool,
    quiet: bool,
    verbose: bool,
) -> None:
    """Run the pipeline and leave the site in _site/.

    \b
    Examples:
      kvalreg build                        every registry and year
      kvalreg build slag hofte             two registries
      kvalreg build slag --year 2025       one page, and the registry's own
      kvalreg build --project ~/results --renderer pandoc --jobs 8
    """
    from kvalreg import pipeline
    from kvalreg.project import Project

    console = Console.of(quiet=quiet, verbose=verbose)
    request = pipeline.Request(
        registries, years, renderer, jobs or os.cpu_count() or 1, pipeline.unknown_units(skip=skip_unknown_units)
    )
    account = pipeline.build(Project.open(root, output), request, console)
    console.account(account)
    sys.exit(account.exit_code)


@cli.command()
@_registries
@_project
@_skip
@_quiet
@_verbose
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


@cli.command()
@click.argument("site", type=click.Path(path_type=Path))
@click.argument("editions", nargs=-1, type=click.Path(path_type=Path), metavar="[EARLIER ...]")
@_project
def audit(site: Path, editions: tuple[Path, ...], root: Path) -> None:
    """Attack what SITE publishes: can anybody work out a number that is hidden?

    Reads pages, tables, chart specs, alternative texts, prose and data files, never the secret results, and knows only
    what every reader knows. Earlier editions of the site may be given as further folders.

    \b
    Examples:
      kvalreg audit _site
      kvalreg audit _site utgaver/2025-06 --project ~/results
    """
    from kvalreg.project import Project
    from kvalreg.release.audit import audit as attack

    found = attack(site, Project.open(root).root, editions)
    click.echo(found.report_text())
    sys.exit(0 if found.passed else 1)


@cli.command()
@click.argument("edition")
@_project
@click.option(
    "--output", type=click.Path(path_type=Path), default=None, metavar="DIR", help="Where the site was built."
)
def publish(edition: str, root: Path, output: Path | None) -> None:
    """Keep the site that was built last as EDITION, for readers to see.

    The site is attacked together with every earlier edition first. The ledger then remembers what it showed and hid, so
    that later editions do not give it away.

    \b
    Example:
      kvalreg build && kvalreg publish 2026-06
    """
    from kvalreg.project import Project
    from kvalreg.release.edition import publish_edition

    project = Project.open(root, output)
    click.echo(f"Published {edition}: {project.relative(publish_edition(edition, project))}/index.html")


@cli.command()
def schema() -> None:
    """Print the JSON Schema of registry.yml, for editors."""
    import json

    from kvalreg.inputs.descriptor_file import descriptor_schema

    click.echo(json.dumps(descriptor_schema(), indent=2, ensure_ascii=False))


@cli.group(name="import")
def import_() -> None:
    """Make a project of what another system holds."""


@import_.command()
@click.argument("source", type=click.Path(path_type=Path))
@click.argument("target", type=click.Path(path_type=Path), metavar="DIR")
@click.option("--unknown-units", type=click.Choice(["skip", "refuse"]), default="skip", show_default=True)
@_quiet
@_verbose
def imongr(source: Path, target: Path, unknown_units: str, quiet: bool, verbose: bool) -> None:
    """Make a project of what imongr holds: units, definitions, deliveries.

    SOURCE has units.csv, indicators.json and one CSV per registry. Deliveries are copied byte for byte.

    Rows of units that are not in units.csv are reported by row, and the new project's deliveries.yml names those units
    as left out; every build says so. With --unknown-units refuse they are not named there, and the build refuses their
    delivery until you decide.

    \b
    Example:
      kvalreg import imongr ~/imongr-export ~/results && kvalreg build --project ~/results
    """
    from kvalreg.inputs.delivery import UnknownUnits
    from kvalreg.inputs.imongr import import_imongr

    report = import_imongr(source, target, UnknownUnits(unknown_units))
    Console.of(quiet=quiet, verbose=verbose).imported(report, target)


def main() -> None:
    """Run the command; an expected error prints without a traceback, any other without its message."""
    try:
        cli(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except (click.Abort, KeyboardInterrupt):
        click.echo("Stopped. The site is as it was.", err=True)
        sys.exit(130)
    except KvalregError as error:
        click.echo(str(error), err=True)
        sys.exit(error.exit_code)
    except Exception as error:
        click.echo(plain(f"{_UNEXPECTED}\n{describe_unexpected(error)}"), err=True)
        sys.exit(EXIT_UNEXPECTED)


if __name__ == "__main__":
    main()
