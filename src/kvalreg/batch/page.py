"""The page that an executed notebook makes.

Comes in: a notebook with its outputs. Goes out: Pandoc Markdown, or a `NotebookError` when a cell shows what may not be
part of a page. It reads and runs nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import Any

from kvalreg.batch.hygiene import cell_number, picture_text, refused
from kvalreg.errors import NotebookError
from kvalreg.report.markup import raw_html


def page_markdown(notebook: Any) -> str:
    """The page that an executed notebook makes: its Markdown cells and its outputs, no code.

    Our pieces are used as Markdown. A cell that is tagged as reviewed may show other things: HTML as a raw block, and
    pictures with the text that describes them. What it prints is left out: a page is made of what is displayed.

    Raises
    ------
    NotebookError
        When a cell shows what is not ours, or a picture without words; the message holds nothing of what is shown.
    """
    parts: list[str] = []
    for place, cell in enumerate(notebook.cells):
        if cell.cell_type == "markdown":
            parts.append(cell.source)
        elif cell.cell_type == "code":
            why = refused(cell)
            if why:
                raise NotebookError(why, cell_number(notebook.cells, place))
            parts += [text for output in cell.outputs if (text := _output_markdown(output, picture_text(cell)))]
    return "\n\n".join(part for part in parts if part.strip()) + "\n"


def _output_markdown(output: Any, picture: str) -> str:
    if output.output_type not in ("display_data", "execute_result"):
        return ""
    data = output.data
    takers: dict[str, Callable[[str], str]] = {"text/markdown": str, "text/html": raw_html}
    for mime, take in takers.items():
        if mime in data:
            return take(_joined(data[mime]))
    if "image/svg+xml" in data:
        return raw_html(f'<div role="img" aria-label="{escape(picture)}">{_joined(data["image/svg+xml"])}</div>')
    for mime in ("image/png", "image/jpeg"):
        if mime in data:
            uri = f"data:{mime};base64,{_joined(data[mime]).strip()}"
            return raw_html(f'<img alt="{escape(picture)}" src="{uri}">')
    return ""


def _joined(source: str | list[str]) -> str:
    return source if isinstance(source, str) else "".join(source)
