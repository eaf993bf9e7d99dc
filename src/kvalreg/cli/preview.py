"""`kvalreg preview`: a registry's pages in the browser, rebuilt at each save."""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kvalreg.cli.options import project_option, skip_option

if TYPE_CHECKING:
    from kvalreg.errors import Diagnostic


@click.command()
@click.argument("registry")
@click.argument("year", type=int, required=False)
@click.option("--port", type=click.IntRange(1, 65535), default=None, help="Where to serve; a free one if not given.")
@click.option(
    "--renderer",
    type=click.Choice(["pandoc", "quarto"]),
    default="pandoc",
    show_default=True,
    help="Pandoc is quicker.",
)
@click.option("--open", "opens", is_flag=True, help="Open the page in your browser.")
@project_option
@skip_option
def preview(
    registry: str,
    year: int | None,
    port: int | None,
    renderer: str,
    opens: bool,
    root: Path,
    skip_unknown_units: bool,
) -> None:
    """Show REGISTRY's pages in your browser, made anew each time you save its notebook, descriptor or data.

    Shows the newest year, or YEAR. Only this machine can see it, and _site is not touched. What is wrong is told here
    and on the page, and the last good page stays. Ctrl-C ends it.

    \b
    Examples:
      kvalreg preview slag
      kvalreg preview slag 2025 --port 8080 --open
    """
    from kvalreg.console import sanitize
    from kvalreg.pipeline import unknown_unit_policy
    from kvalreg.project import Project
    from kvalreg.site.renderer import choose_renderer
    from kvalreg.workbench.preview import Preview, PreviewRequest, watch_preview
    from kvalreg.workbench.preview_server import PreviewServer, PreviewState
    from kvalreg.workbench.registry_ids import require_registry

    project = Project.open(root)
    require_registry(registry, project)
    request = PreviewRequest(registry, year, unknown_unit_policy(skip=skip_unknown_units), os.cpu_count() or 1)
    live_preview = Preview(project, request, choose_renderer(renderer))
    state = PreviewState()

    # Runs after each build, in this thread; the server's threads wait for the state's new version.
    def on_built(diagnostics: tuple[Diagnostic, ...], seconds: float) -> None:
        is_first = not state.version  # the browser is opened once, when there is a page to see
        state.update(diagnostics)
        time_text = time.strftime("%H:%M:%S")
        if diagnostics:
            messages = "\n".join(f"  {diagnostic}" for diagnostic in diagnostics)
            click.echo(sanitize(f"{time_text} could not be made; the last good page stays:\n{messages}"), err=True)
        else:
            click.echo(f"{time_text} made in {seconds:.1f} s: {server.address}{live_preview.address}")
        if is_first and opens:
            click.launch(f"{server.address}{live_preview.address}")

    # The server runs in a thread of its own; this one watches the files until Ctrl-C.
    with PreviewServer(live_preview.output_project.site, state, port or 0) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True).start()
        click.echo(f"Preview of {registry}: {server.address}  (Ctrl-C ends it)")
        # A shell may start background jobs with SIGINT ignored, and a service manager ends with SIGTERM.
        for signal_number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(signal_number, signal.default_int_handler)
        try:
            watch_preview(live_preview, on_built, time.sleep)
        except KeyboardInterrupt:
            server.shutdown()
            click.echo("\nPreview ended. _site is as it was.")
