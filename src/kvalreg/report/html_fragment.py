"""Fragments of a page that display themselves in a notebook.

A fragment is Pandoc Markdown, with figures and tables as raw HTML inside. Jupyter displays its HTML; the published page
uses its Markdown, so both renderers read the same text.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass

from kvalreg.report.drawing import DEFER_CHARTS, render_unless_deferred
from kvalreg.report.markup import page_html, raw_html

FRAGMENT_MIME_TYPE = "application/vnd.kvalreg.fragment"
"""Distinguishes a fragment from other output of a notebook, such as a data frame or a picture."""


@dataclass(frozen=True)
class HtmlFragment:
    """A fragment of a page.

    Parameters
    ----------
    markdown
        Pandoc Markdown; registry texts in it have been sanitized by `kvalreg.report.markup`.
    """

    markdown: str

    def __repr__(self) -> str:
        return f"<kvalreg fragment, {len(self.markdown)} characters>"

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:  # noqa: ARG002
        markdown = render_unless_deferred(self.markdown)
        # JupyterLab needs HTML; a build uses the Markdown alone, and rendering it here would take time for nothing.
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
    """A fragment of finished HTML."""
    return HtmlFragment(raw_html(html))


def join_fragments(fragments: Iterable[HtmlFragment]) -> HtmlFragment:
    """Several fragments as one, in order; empty ones are skipped."""
    return HtmlFragment("\n\n".join(fragment.markdown for fragment in fragments if fragment.markdown))
