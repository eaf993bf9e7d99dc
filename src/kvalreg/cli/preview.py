"""`kvalreg preview`: a registry's pages in the browser, made anew at each save."""

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
    from kvalreg.errors import Fault


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
    from kvalreg.console import plain
    from kvalreg.pipeline import unknown_units
    from kvalreg.project import Project
    from kvalreg.site.renderer import choose_renderer
    from kvalreg.workbench.creation import known_registry
    from kvalreg.workbench.preview import Preview, Wanted, follow
    from kvalreg.workbench.preview_server import PreviewServer, State

    project = Project.open(root)
    known_registry(registry, project)
    wanted = Wanted(registry, year, unknown_units(skip=skip_unknown_units), os.cpu_count() or 1)
    showing = Preview(project, wanted, choose_renderer(renderer))
    state = State()

    def tell(faults: tuple[Fault, ...], seconds: float) -> None:
        first = not state.version
        state.tell(faults)
        clock = time.strftime("%H:%M:%S")
        if faults:
            told = "\n".join(f"  {fault}" for fault in faults)
            click.echo(plain(f"{clock} could not be made; the last good page stays:\n{told}"), err=True)
        else:
            click.echo(f"{clock} made in {seconds:.1f} s: {server.address}{showing.address}")
        if first and opens:
            click.launch(f"{server.address}{showing.address}")

    with PreviewServer(showing.own.site, state, port or 0) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True).start()
        click.echo(f"Preview of {registry}: {server.address}  (Ctrl-C ends it)")
        # also where a shell or a service has told its children to ignore Ctrl-C, or ends them in another way
        for ending in (signal.SIGINT, signal.SIGTERM):
            signal.signal(ending, signal.default_int_handler)
        try:
            follow(showing, tell, time.sleep)
        except KeyboardInterrupt:
            server.shutdown()
            click.echo("\nPreview ended. _site is as it was.")
