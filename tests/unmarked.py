"""Pages without the marks that say which cell a number is, for tests of what readers see."""

from __future__ import annotations

import re


def unmarked(html: str) -> str:
    """The same without `<data>` and `<time>`, without spans that only mark, and without ``data-kv-`` attributes."""
    html = re.sub(r"</?(?:data|time)\b[^>]*>", "", html)
    html = re.sub(r'<span data-kv-(?:text|role)="[^"]*">([^<]*)</span>', r"\1", html)
    return re.sub(r' data-kv-[a-z]+="[^"]*"', "", html)
