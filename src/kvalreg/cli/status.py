"""`kvalreg status`: the status of each registry."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from kvalreg.cli.options import project_option, registries_argument


@click.command()
@registries_argument
@project_option
@click.option("--today", "day", type=click.DateTime(["%Y-%m-%d"]), default=None, metavar="DATE", help="As of this day.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "json"]),
    default="table",
    show_default=True,
    help="For people or for programs.",
)
def status(registries: tuple[str, ...], root: Path, day: datetime | None, form: str) -> None:
    """Tell how each registry stands: what is missing, to be reviewed, hard to read, late or on time.

    Of all registries, it is also written as a page, _build/status/index.html, which is not part of the public site.
    Whatever is found, the exit code is 0: use `kvalreg check` to stop on faults.

    \b
    Examples:
      kvalreg status
      kvalreg status slag hofte
      kvalreg status --format json
      kvalreg status --today 2026-06-16
    """
    from rich.console import Console

    from kvalreg.clock import today
    from kvalreg.console import sanitize
    from kvalreg.project import Project
    from kvalreg.workbench.status import report_status
    from kvalreg.workbench.status_report import status_table, status_to_html, status_to_json

    project = Project.open(root)
    status_report = report_status(project, registries, day.date() if day else today())
    # The page is the overview of all registries: a part of them must not replace it.
    if not registries:
        project.status_page.parent.mkdir(parents=True, exist_ok=True)
        project.status_page.write_text(status_to_html(status_report), encoding="utf-8")
    if form == "json":
        click.echo(sanitize(status_to_json(status_report)))
        return
    Console(highlight=False).print(status_table(status_report))
    if not registries:
        click.echo(f"The same as a page: {project.display_path(project.status_page)}")
