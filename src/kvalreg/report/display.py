"""What a report notebook shows: pieces of a page that display themselves.

A piece is Pandoc Markdown, with figures and tables as raw HTML inside. In Jupyter the HTML shows at once; on the
published page the Markdown is used, so both renderers read the same.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from kvalreg.report.drawing import draw_now
from kvalreg.report.markup import raw_html


@dataclass(frozen=True)
class Piece:
    """A piece of a page.

    Parameters
    ----------
    markdown
        Pandoc Markdown, safe: registry texts in it have been through `kvalreg.report.markup`.
    """

    markdown: str

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:  # noqa: ARG002
        return {
            "text/markdown": draw_now(self.markdown),
            "text/plain": f"<kvalreg piece, {len(self.markdown)} characters>",
        }

    def __add__(self, other: Piece) -> Piece:
        return join([self, other])


def html_piece(html: str) -> Piece:
    """A piece of finished HTML."""
    return Piece(raw_html(html))


def join(pieces: Iterable[Piece]) -> Piece:
    """Several pieces as one, in order; empty ones leave no trace."""
    return Piece("\n\n".join(piece.markdown for piece in pieces if piece.markdown))
