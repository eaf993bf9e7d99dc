"""`kvalreg audit`, `diff`, `publish` and `rollback`: the release of a site to readers."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from kvalreg.cli.options import project_option, skip_option, wait_option
from kvalreg.console import sanitize


@click.command()
@click.argument("site", type=click.Path(path_type=Path))
@project_option
def audit(site: Path, root: Path) -> None:
    """Attack what SITE publishes: can anybody work out a number that is hidden?

    Reads pages, tables, chart specs, alternative texts, prose and data files as a stranger does, and attacks what the
    project's last build publishes together with every edition that readers have seen.

    What was released is held against its checksums; what is damaged is repaired where its original is whole.

    \b
    Examples:
      kvalreg audit _site
      kvalreg audit _site --project ~/results
    """
    from kvalreg.project import Project
    from kvalreg.release.audit import audit_site
    from kvalreg.release.checksums import verify
    from kvalreg.storage.project_lock import project_lock

    project = Project.open(root)
    audit_report = audit_site(site, project)
    with project_lock(project):
        verified = verify(project)
    click.echo(audit_report.report_text())
    click.echo(sanitize(verified.text))
    sys.exit(0 if audit_report.passed and not verified.damaged else 1)


@click.command()
@click.argument("registry")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@project_option
@skip_option
def diff(registry: str, form: str, root: Path, skip_unknown_units: bool) -> None:
    """Tell what REGISTRY's deliveries would change for readers, without building anything.

    Values, levels, and what would be shown or not, and why; compared with the edition that readers see. For whoever
    approves a delivery: it ends with the line that approves it, where the registry asks for one.

    \b
    Examples:
      kvalreg diff slag
      kvalreg diff slag --format json
    """
    from kvalreg.pipeline import unknown_unit_policy
    from kvalreg.project import Project
    from kvalreg.release.diff import diff_registry, diff_to_json, diff_to_text

    project = Project.open(root)
    registry_diff = diff_registry(project, registry, unknown_unit_policy(skip=skip_unknown_units))
    # Texts of a delivery are untrusted on a terminal; JSON escapes them itself.
    click.echo(diff_to_json(registry_diff) if form == "json" else sanitize(diff_to_text(registry_diff, project)))


@click.command()
@click.argument("edition")
@project_option
@click.option(
    "--output", type=click.Path(path_type=Path), default=None, metavar="DIR", help="Where the site was built."
)
@click.option(
    "--keep", type=click.IntRange(min=1), default=3, show_default=True, help="How many whole releases to keep."
)
@wait_option
def publish(edition: str, root: Path, output: Path | None, keep: int, wait: float) -> None:
    """Let readers see the site that was built last, as EDITION.

    A build is for you to look at; what readers see changes only here, in one step. The site is attacked together with
    every earlier edition first. It keeps a permanent address, and the ledger remembers what it showed and hid, so that
    later editions do not give it away.

    \b
    Example:
      kvalreg build && kvalreg publish 2026-06
    """
    from kvalreg.disclosure.ledger import published_files
    from kvalreg.project import Project
    from kvalreg.release.preflight import restore_damaged
    from kvalreg.release.publish import publish_edition, stale_registries
    from kvalreg.storage.project_lock import project_lock
    from kvalreg.workbench.notices import of_publication, send

    project = Project.open(root, output)
    # One writer at a time: a build that ends now must not replace the site that is being published.
    with project_lock(project, wait):
        for registry in restore_damaged(project):
            click.echo(f"{registry}: what was built of it has been damaged since, and was put back from its kept copy.")
        publish_edition(edition, project, keep)
        stale_ids = stale_registries(project)
        shown = [path.stem for path in published_files(project)]
    for remark in send(of_publication(edition, shown), project):
        click.echo(sanitize(str(remark)), err=True)
    for registry in stale_ids:
        click.echo(f"{registry}: shown as it was before, marked as delayed. kvalreg build says why.")
    click.echo(f"Published {edition}. Readers see it in {project.public}, and for good at /utgaver/{edition}/.")


@click.command()
@click.argument("edition", default="")
@project_option
@wait_option
def rollback(edition: str, root: Path, wait: float) -> None:
    """Let readers see EDITION again; the one before, when none is named.

    Later editions are withdrawn: their permanent addresses close with the next edition. The ledger still counts them as
    seen, so that whatever comes next is safe together with them. Naming a later edition goes forward again.

    \b
    Examples:
      kvalreg rollback
      kvalreg rollback 2026-06
    """
    from kvalreg.project import Project
    from kvalreg.release.publish import roll_back
    from kvalreg.storage.project_lock import project_lock

    project = Project.open(root)
    with project_lock(project, wait):
        edition_name = roll_back(project, edition)
    click.echo(f"Readers see {edition_name} in {project.public}.")
