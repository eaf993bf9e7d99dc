"""The page that an executed notebook makes.

Comes in: a notebook with its outputs. Goes out: Pandoc Markdown, or a `NotebookError` when a cell shows what may not be
part of a page. It reads and runs nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape
from typing import Any

from kvalreg.batch.hygiene import cell_number, picture_text, refused
from kvalreg.errors import NotebookError
from kvalreg.report.display import PIECE
from kvalreg.report.markup import raw_html

_OWN = '<div data-kv-text="registry">'
"""What a registry's own notebook shows by itself: the audit does not judge it."""
_HEADING = re.compile(r"(#{1,6} +)(.*?)( *(?:\{[^}]*\})? *#*)")


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
            parts.append(own_markdown(cell.source))
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
    if PIECE in data:
        return _joined(data["text/markdown"])
    if "text/markdown" in data:
        return own_markdown(_joined(data["text/markdown"]))
    if "text/html" in data:
        return raw_html(f"{_OWN}{_joined(data['text/html'])}</div>")
    if "image/svg+xml" in data:
        drawn = _joined(data["image/svg+xml"])
        return raw_html(f'{_OWN}<div role="img" aria-label="{escape(picture)}">{drawn}</div></div>')
    for mime in ("image/png", "image/jpeg"):
        if mime in data:
            uri = f"data:{mime};base64,{_joined(data[mime]).strip()}"
            return raw_html(f'{_OWN}<img alt="{escape(picture)}" src="{uri}"></div>')
    return ""


def own_markdown(source: str) -> str:
    """A registry's own Markdown, with its blocks and headings marked as such where they have a digit.

    Headings stay outside of the marks' elements, since they begin sections of the page.
    """
    if not re.search(r"\d", source):
        return source
    parts: list[str] = []
    for text, heading in _pieces(source):
        if heading:
            parts.append(_marked_heading(text) if re.search(r"\d", text) else text)
        elif text.strip():
            parts.append(f"{raw_html(_OWN)}\n\n{text.strip()}\n\n{raw_html('</div>')}")
    return "\n\n".join(parts)


def _marked_heading(line: str) -> str:
    """A heading whose text is marked as the registry's own."""
    parts = _HEADING.fullmatch(line)
    return f'{parts[1]}[{parts[2]}]{{kv-text="registry"}}{parts[3]}' if parts else line


def _pieces(source: str) -> Iterator[tuple[str, bool]]:
    """The headings of a Markdown text, and what stands between them; a sign in a fence of code begins none."""
    block: list[str] = []
    fenced = ""
    for line in source.splitlines():
        fence = re.match(r"(```+|~~~+)", line)
        if fence and not fenced:
            fenced = fence[1]
        elif fenced and line.startswith(fenced):
            fenced = ""
        if not fenced and _HEADING.fullmatch(line):
            yield "\n".join(block), False
            yield line, True
            block = []
        else:
            block.append(line)
    yield "\n".join(block), False


def _joined(source: str | list[str]) -> str:
    return source if isinstance(source, str) else "".join(source)
