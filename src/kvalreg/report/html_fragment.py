"""What a report notebook shows: pieces of a page that display themselves.

A piece is Pandoc Markdown, with figures and tables as raw HTML inside. In Jupyter the HTML shows at once; on the
published page the Markdown is used, so both renderers read the same.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass

from kvalreg.report.drawing import DEFER_CHARTS, render_unless_deferred
from kvalreg.report.markup import page_html, raw_html

FRAGMENT_MIME_TYPE = "application/vnd.kvalreg.piece"
"""The mark of what a report shows, as a MIME type: by it the batch knows a piece from a bare data frame or picture."""


@dataclass(frozen=True)
class HtmlFragment:
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
        markdown = render_unless_deferred(self.markdown)
        # A notebook that a person runs shows HTML; the batch needs the Markdown alone.
        html_bundle = {} if os.environ.get(DEFER_CHARTS) else {"text/html": page_html(markdown)}
        return {
            **html_bundle,
            "text/markdown": markdown,
            "text/plain": repr(self),
            FRAGMENT_MIME_TYPE: "1",
        }

    def __add__(self, other: HtmlFragment) -> HtmlFragment:
        return join_fragments([self, other])


def html_fragment(html: str) -> HtmlFragment:
    """A piece of finished HTML."""
    return HtmlFragment(raw_html(html))


def join_fragments(fragments: Iterable[HtmlFragment]) -> HtmlFragment:
    """Several pieces as one, in order; empty ones leave no trace."""
    return HtmlFragment("\n\n".join(fragment.markdown for fragment in fragments if fragment.markdown))
