"""Export an executed notebook as a page.

Input: a notebook with its outputs. Output: Pandoc Markdown, or a `NotebookError` when a cell displays what may not be
part of a page. It reads no files and runs no code.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape
from typing import Any

from kvalreg.errors import NotebookError
from kvalreg.execution.notebook_lint import cell_number, figure_alt, output_refusal
from kvalreg.report.html_fragment import FRAGMENT_MIME_TYPE
from kvalreg.report.markup import raw_html

_REGISTRY_DIV = '<div data-kv-text="registry">'
"""Around what a registry's own notebook displays without the report: the audit does not check numbers in it."""
_HEADING = re.compile(r"(#{1,6} +)(.*?)( *(?:\{[^}]*\})? *#*)")


def export_markdown(notebook: Any) -> str:
    """An executed notebook as a page: its Markdown cells and its outputs, without code.

    The report's fragments are used as Markdown. A cell that is tagged as reviewed may display other things: HTML as a
    raw block, and images with their alternative text. Printed text is dropped: a page consists of displays.

    Raises
    ------
    NotebookError
        When a cell displays what is not the report's, or an image without alternative text; the message repeats nothing
        of it.
    """
    parts: list[str] = []
    for position, cell in enumerate(notebook.cells):
        if cell.cell_type == "markdown":
            parts.append(mark_registry_markdown(cell.source))
        elif cell.cell_type == "code":
            reason = output_refusal(cell)
            if reason:
                raise NotebookError(reason, cell_number(notebook.cells, position))
            parts += [text for output in cell.outputs if (text := _output_markdown(output, figure_alt(cell)))]
    return "\n\n".join(part for part in parts if part.strip()) + "\n"


def _output_markdown(output: Any, alt_text: str) -> str:
    if output.output_type not in ("display_data", "execute_result"):
        return ""
    # an output has several representations: the first of these that it has is used
    data = output.data
    if FRAGMENT_MIME_TYPE in data:
        return _join_source(data["text/markdown"])
    if "text/markdown" in data:
        return mark_registry_markdown(_join_source(data["text/markdown"]))
    if "text/html" in data:
        return raw_html(f"{_REGISTRY_DIV}{_join_source(data['text/html'])}</div>")
    if "image/svg+xml" in data:
        svg = _join_source(data["image/svg+xml"])
        return raw_html(f'{_REGISTRY_DIV}<div role="img" aria-label="{escape(alt_text)}">{svg}</div></div>')
    for mime in ("image/png", "image/jpeg"):
        if mime in data:
            uri = f"data:{mime};base64,{_join_source(data[mime]).strip()}"
            return raw_html(f'{_REGISTRY_DIV}<img alt="{escape(alt_text)}" src="{uri}"></div>')
    return ""


def mark_registry_markdown(source: str) -> str:
    """A registry's own Markdown, with its blocks and headings tagged as such where they have a digit.

    Headings stay outside of the tagged elements, since they begin sections of the page.
    """
    if not re.search(r"\d", source):
        return source
    # text without a digit has no number to check, and needs no tag
    parts: list[str] = []
    for text, heading in _split_at_headings(source):
        if heading:
            parts.append(_mark_heading(text) if re.search(r"\d", text) else text)
        elif text.strip():
            parts.append(f"{raw_html(_REGISTRY_DIV)}\n\n{text.strip()}\n\n{raw_html('</div>')}")
    return "\n\n".join(parts)


def _mark_heading(line: str) -> str:
    """A heading whose text is tagged as the registry's own."""
    parts = _HEADING.fullmatch(line)
    return f'{parts[1]}[{parts[2]}]{{kv-text="registry"}}{parts[3]}' if parts else line


def _split_at_headings(source: str) -> Iterator[tuple[str, bool]]:
    """The headings of a Markdown text and the text between them, each with whether it is a heading.

    A line that begins with ``#`` inside a fenced code block is no heading.
    """
    block: list[str] = []
    open_fence = ""
    for line in source.splitlines():
        fence = re.match(r"(```+|~~~+)", line)
        if fence and not open_fence:
            open_fence = fence[1]
        elif open_fence and line.startswith(open_fence):
            open_fence = ""
        if not open_fence and _HEADING.fullmatch(line):
            yield "\n".join(block), False
            yield line, True
            block = []
        else:
            block.append(line)
    yield "\n".join(block), False


def _join_source(source: str | list[str]) -> str:
    return source if isinstance(source, str) else "".join(source)
