"""`kvalreg build`: the pipeline from deliveries to a site."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kvalreg.cli.options import (
    project_option,
    quiet_option,
    registries_argument,
    skip_option,
    verbose_option,
    wait_option,
)
from kvalreg.clock import today
from kvalreg.console import Console
from kvalreg.last_build import UNCHANGED, open_memo, parameters_of, unchanged_result
from kvalreg.memory import gc_paused
from kvalreg.project import Project

if TYPE_CHECKING:
    from kvalreg.release.checksums import Verified
    from kvalreg.run_result import RunResult


@click.command()
@registries_argument
@click.option(
    "--year",
    "years",
    type=int,
    multiple=True,
    help="Only this year's pages, and those that tell of older numbers (may be repeated).",
)
@click.option("--renderer", type=click.Choice(["auto", "quarto", "pandoc"]), default="auto", show_default=True)
@click.option(
    "--jobs", type=click.IntRange(min=1), default=None, help="Notebooks at a time; one per core if not given."
)
@project_option
@click.option("--output", type=click.Path(path_type=Path), default=None, metavar="DIR", help="Where the site goes.")
@click.option("--cluster", default="", metavar="ADDRESS", help="Run notebooks on a Dask cluster: tcp://host:8786.")
@click.option("--no-cache", is_flag=True, help="Make everything again, also what is unchanged.")
@skip_option
@click.option(
    "--draft", is_flag=True, help="Include deliveries that nobody has approved; the site goes to _build/draft."
)
@click.option("--due", "only_due", is_flag=True, help="For schedulers: what has changed, and what a deadline asks for.")
@wait_option
@quiet_option
@verbose_option
def build(
    registries: tuple[str, ...],
    years: tuple[int, ...],
    renderer: str,
    jobs: int | None,
    root: Path,
    output: Path | None,
    cluster: str,
    no_cache: bool,
    skip_unknown_units: bool,
    draft: bool,
    only_due: bool,
    wait: float,
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
      kvalreg build --due --wait 600       as a scheduler runs it; see _build/report.json
      kvalreg build --cluster tcp://scheduler:8786
    """
    from kvalreg.run_report import RecordingProgress, recorded_run

    # Options become a project and, for a draft, its folder of drafts.
    console = Console.from_flags(quiet=quiet, verbose=verbose)
    project = Project.open(root, output)
    target_project = project.draft if draft else project
    with recorded_run(target_project, "build --due" if only_due else "build") as report:
        released = _verify_released(project, wait) if only_due else None
        parameters = parameters_of(registries, years, renderer, skip_unknown_units=skip_unknown_units)
        # An unchanged project is recognised before the pipeline and its libraries are imported.
        if not (no_cache or draft):
            report.run_result = unchanged_result(project, parameters, open_memo(project))
        if report.run_result is not None:
            console.info(UNCHANGED)
        else:
            from kvalreg.execution.worker_pool import start_forkserver

            start_forkserver()  # the parent of the notebooks' kernels imports its libraries while this process does
            with gc_paused():
                from kvalreg import pipeline

            # Everything else is the pipeline's: one request, one result.
            request = pipeline.BuildRequest(
                registries,
                years,
                renderer,
                workers=jobs or os.cpu_count() or 1,
                unknown_units=pipeline.unknown_unit_policy(skip=skip_unknown_units),
                wait=wait,
                use_cache=not no_cache,
                cluster=cluster,
            )
            run_build = pipeline.build_draft if draft else pipeline.build
            report.run_result = run_build(project, request, RecordingProgress(console, report))
        # A scheduled build also reports what is missing, since nobody reads its pages.
        if released is not None:
            _report_due(report.run_result, released, project)
    console.print_result(report.run_result)
    sys.exit(report.run_result.exit_code)


def _verify_released(project: Project, wait: float) -> Verified:
    """Compare what readers see with its checksums, and repair it."""
    from kvalreg.release.checksums import verify
    from kvalreg.storage.project_lock import project_lock

    with project_lock(project, wait):
        return verify(project)


def _report_due(run_result: RunResult, released: Verified, project: Project) -> None:
    """Add what a scheduled build found besides, and tell registries' contacts of what failed or is late."""
    from kvalreg.workbench.due_deadlines import deadline_warnings, late
    from kvalreg.workbench.notices import of_build, send

    registries = {task.name.split()[0] for task in run_result.task_results}
    failed = {task.name.split()[0] for task in run_result.task_results if not task.ok}
    notices = of_build(sorted(failed), late(project, today()))
    run_result.warnings += [*released.repaired, *deadline_warnings(project, today())]
    run_result.warnings += send(notices, project, over=of_build(registries - failed, ()))
    run_result.task_results += released.entries
