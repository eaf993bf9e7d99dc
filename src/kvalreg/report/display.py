"""What a report notebook shows: pieces of a page that display themselves.

A piece is Pandoc Markdown, with figures and tables as raw HTML inside. In Jupyter the HTML shows at once; on the
published page the Markdown is used, so both renderers read the same.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass

from kvalreg.report.drawing import DRAW_LATER, draw_now
from kvalreg.report.markup import page_html, raw_html

PIECE = "application/vnd.kvalreg.piece"
"""The mark of what a report shows, as a MIME type: by it the batch knows a piece from a bare data frame or picture."""


@dataclass(frozen=True)
class Piece:
    """A piece of a page.

    Parameters
    ----------
    markdown
        Pandoc Markdown, safe: registry texts in it have been through `kvalreg.report.markup`.
    """

    markdown: str

    def __repr__(self) -> str:
        return f"<kvalreg piece, {len(self.markdown)} characters>"

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:  # noqa: ARG002
        drawn = draw_now(self.markdown)
        # A notebook that a person runs shows HTML; the batch needs the Markdown alone.
        own = {} if os.environ.get(DRAW_LATER) else {"text/html": page_html(drawn)}
        return {
            **own,
            "text/markdown": drawn,
            "text/plain": repr(self),
            PIECE: "1",
        }

    def __add__(self, other: Piece) -> Piece:
        return join([self, other])


def html_piece(html: str) -> Piece:
    """A piece of finished HTML."""
    return Piece(raw_html(html))


def join(pieces: Iterable[Piece]) -> Piece:
    """Several pieces as one, in order; empty ones leave no trace."""
    return Piece("\n\n".join(piece.markdown for piece in pieces if piece.markdown))
