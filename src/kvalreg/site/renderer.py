"""Which renderer makes the site: Quarto when it is there, otherwise the embedded Pandoc.

Comes in: what the user wants (``auto``, ``quarto``, ``pandoc``). Goes out: a renderer, and the reason in one line.
A new renderer is one module with a `find` function and one line in `RENDERERS`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from kvalreg.errors import UsageError
from kvalreg.site import pandoc, quarto
from kvalreg.site.atomic_output import ReleaseCheck, no_release_check


class Renderer(Protocol):
    """Makes a site of a staged project."""

    @property
    def name(self) -> str:
        """The name it is chosen by."""

    @property
    def version(self) -> str:
        """Its own version."""

    def render(self, staged: Path, output: Path, check_release: ReleaseCheck = no_release_check) -> None:
        """Render the staged project and put the approved site in `output`; an error leaves the old one."""


RENDERERS: dict[str, Callable[[], tuple[Renderer | None, str]]] = {"quarto": quarto.find, "pandoc": pandoc.find}
"""By name, the one preferred first. Each finds its renderer on this machine, or None, and says where, or why not."""
AUTO = "auto"


@dataclass(frozen=True)
class RendererChoice:
    """The renderer chosen, and why, as one line for the user."""

    renderer: Renderer
    reason: str


def choose_renderer(requested: str = AUTO) -> RendererChoice:
    """The renderer to use.

    Parameters
    ----------
    wanted
        A name in `RENDERERS`, or ``auto`` for the first of them that is there.

    Raises
    ------
    UsageError
        An unknown name, or a renderer that was asked for and is not there.
    """
    if requested not in (AUTO, *RENDERERS):
        raise UsageError(f"There is no renderer {requested!r}. Use one of {', '.join((AUTO, *RENDERERS))}.")
    rejections: list[str] = []
    for name in RENDERERS if requested == AUTO else (requested,):
        renderer, explanation = RENDERERS[name]()
        if renderer is not None:
            reason = f"because {'; '.join(rejections)}" if rejections else explanation
            separator = ", " if rejections else " "
            return RendererChoice(renderer, f"Renderer: {renderer.name} {renderer.version}{separator}{reason}.")
        rejections.append(explanation)
    raise UsageError(
        f"The renderer {requested!r} cannot be used, because {'; '.join(rejections)}. "
        "Install it (pip install 'kvalreg[quarto]', or the program from quarto.org), say where it is with "
        "KVALREG_QUARTO, or use --renderer pandoc, which is always there."
    )
