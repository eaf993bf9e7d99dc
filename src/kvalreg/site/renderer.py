"""The choice of a renderer: Quarto where it is installed, otherwise the embedded Pandoc.

Input: the user's choice (``auto``, ``quarto``, ``pandoc``). Output: a renderer, and the reason in one line. A new
renderer is one module with a `find` function and one line in `RENDERERS`.
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
    """Renders a staged project to a site."""

    @property
    def name(self) -> str:
        """The name by which it is chosen."""

    @property
    def version(self) -> str:
        """Its own version."""

    def render(self, staged: Path, output: Path, check_release: ReleaseCheck = no_release_check) -> None:
        """Render the staged project, check the site and switch `output` to it; an error leaves the old one."""


RENDERERS: dict[str, Callable[[], tuple[Renderer | None, str]]] = {"quarto": quarto.find, "pandoc": pandoc.find}
"""By name, the preferred one first. Each finds its renderer on this machine and says where, or None and why not."""
AUTO = "auto"


@dataclass(frozen=True)
class RendererChoice:
    """The chosen renderer, and the reason, as one line for the user."""

    renderer: Renderer
    reason: str


def choose_renderer(requested: str = AUTO) -> RendererChoice:
    """The renderer to use.

    Parameters
    ----------
    requested
        A name in `RENDERERS`, or ``auto`` for the first of them that is installed.

    Raises
    ------
    UsageError
        An unknown name, or a renderer that is not installed.
    """
    if requested not in (AUTO, *RENDERERS):
        raise UsageError(f"There is no renderer {requested!r}. Use one of {', '.join((AUTO, *RENDERERS))}.")
    rejections: list[str] = []
    # the first renderer that is there; why the preferred ones were not is part of the reason
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
