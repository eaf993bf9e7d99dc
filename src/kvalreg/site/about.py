"""The pages about the numbers: how to read them.

Comes in: the texts that lie beside this module. Goes out: pages.
"""

from __future__ import annotations

from importlib.resources import files

from kvalreg.site.content import Content, Site
from kvalreg.site.staging import Page


def about(site: Site) -> Content:
    """How to read the numbers."""
    text = files("kvalreg.site").joinpath("om.md").read_text(encoding="utf-8")
    return Content((Page("om/index.qmd", "Slik leser du tallene", text, "nb", synthetic=site.synthetic),))
