"""`kvalreg audit` and `kvalreg publish`: what may be released, and what has been."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from kvalreg.cli.options import project_option


@click.command()
@click.argument("site", type=click.Path(path_type=Path))
@click.argument("editions", nargs=-1, type=click.Path(path_type=Path), metavar="[EARLIER ...]")
@project_option
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


@click.command()
@click.argument("edition")
@project_option
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
