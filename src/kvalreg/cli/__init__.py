"""The command line: a thin wrapper around `kvalreg.pipeline`, `kvalreg.release` and `kvalreg.workbench`.

Owns options, output and exit codes: 0 all succeeded, 1 something failed, 2 usage or configuration, 3 an unexpected
error, of which neither the message nor a variable is printed (they may hold a result), 4 another run has the project.

Commands import what they run inside their functions: `kvalreg --help` and a build with nothing to do must not wait for
pandas.
"""

from __future__ import annotations

import sys
from pathlib import Path

import click

from kvalreg import __version__
from kvalreg.cli.build import build
from kvalreg.cli.imports import import_
from kvalreg.cli.new import new
from kvalreg.cli.preview import preview
from kvalreg.cli.release import audit, diff, publish, rollback
from kvalreg.cli.status import status
from kvalreg.cli.workbench import check, explain, schema, slugs
from kvalreg.console import Output, sanitize
from kvalreg.errors import (
    EXIT_CONFIGURATION,
    EXIT_FAILED,
    EXIT_UNEXPECTED,
    KvalregError,
    as_disk_full_error,
    as_no_access_error,
    describe_unexpected,
)
from kvalreg.memory import exit_fast

_UNEXPECTED_MESSAGE = (
    "kvalreg stopped at an error that it did not expect. The site is whole: as it was, or new.\n"
    "Send these lines to whoever maintains kvalreg. They hold no results; the error's message might, and is left out."
)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="kvalreg")
def cli() -> None:
    """Result pages for medical quality registries: from deliveries to a website.

    \b
    Examples:
      kvalreg build                        make the whole site
      kvalreg check                        find faults without building
      kvalreg status                       see what is missing, due or late
      kvalreg preview slag                 look at pages while you write them
      kvalreg new site results             begin a project of your own
      kvalreg publish 2026-06              let readers see the site, as an edition
      kvalreg import imongr SOURCE DIR     make a project of an imongr export

    Exit codes: 0 all succeeded; 1 a delivery, a notebook or the renderer failed; 2 usage or configuration;
    3 kvalreg stopped at an error that it did not expect; 4 another run has the project, and nothing was done.
    """


for _command in (
    build,
    check,
    status,
    new,
    preview,
    diff,
    audit,
    publish,
    rollback,
    schema,
    explain,
    slugs,
    import_,
):
    cli.add_command(_command)


def main() -> None:
    """Run the command; an expected error prints without a traceback, any other without its message."""
    # A closed pipe or a full disk behind stdout must not stop a build: the output is lost, and the exit code says so.
    output = sys.stdout = Output(sys.stdout)
    code = _run_command()
    output.flush()
    if output.lost:
        click.echo(f"Not all of this could be printed: {output.lost}. The work itself is done.", err=True)
    exit_fast()
    sys.exit(code or (EXIT_FAILED if output.lost else 0))


def _run_command() -> int:
    """Run the command, print its error if there is one, and return the exit code."""
    # From the expected to the unexpected: each error that a user can act on says how, and prints no traceback.
    try:
        cli(standalone_mode=False)
    except SystemExit as exit_:
        return int(exit_.code or 0)
    except click.ClickException as error:
        error.show()
        return EXIT_CONFIGURATION
    except (click.Abort, KeyboardInterrupt):
        click.echo("Stopped. The site is as it was.", err=True)
        return 130  # 128 + SIGINT, as shells have it
    except KvalregError as error:
        click.echo(str(error), err=True)
        return error.exit_code
    except Exception as error:  # noqa: BLE001 - the last resort: a traceback could print a result
        if known_error := as_disk_full_error(error, Path.cwd()) or as_no_access_error(error):
            click.echo(str(known_error), err=True)
            return known_error.exit_code
        click.echo(sanitize(f"{_UNEXPECTED_MESSAGE}\n{describe_unexpected(error)}"), err=True)
        return EXIT_UNEXPECTED
    return 0
