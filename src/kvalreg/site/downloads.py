"""What a page needs only when its reader picks a unit, put into files beside it, so that the page itself stays light.

Comes in: the site's pages. Goes out: the same pages with their blocks of units emptied, and one file per page with that
year's units. The extension's modules fetch it once a unit is chosen, with the files of the units' years, which are the
same for all years' pages: `kvalreg.site.series` makes them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from html import escape, unescape
from pathlib import PurePosixPath

from kvalreg.report.addresses import in_language, link
from kvalreg.site.staging import Page

UNIT_CELLS = "enheter.json"
"""The file's name in the page's own folder: a list of blocks, each with its ``ind_id`` and ``context``."""
_BLOCK = re.compile(
    r'<script type="application/json" class="kv-units" data-ind="(?P<ind>[^"]*)" data-context="(?P<context>\w+)"'
    r' data-series="(?P<series>[^"]*)">(?P<block>[^<]*)</script>'
)


def set_aside(pages: Sequence[Page]) -> tuple[list[Page], dict[str, bytes]]:
    """The pages without their blocks of units, and the files that hold these, by address."""
    light, files = [], {}
    for page in pages:
        blocks = [
            {"ind_id": unescape(found["ind"]), "context": found["context"], **json.loads(found["block"])}
            for found in _BLOCK.finditer(page.body)
        ]
        if blocks:
            address = str(PurePosixPath(page.address).with_name(UNIT_CELLS))
            files[address] = json.dumps(blocks, ensure_ascii=False, separators=(",", ":")).encode()
            page = replace(page, body=_BLOCK.sub(partial(_sources, page), page.body))
        light.append(page)
    return light, files


def _sources(page: Page, block: re.Match[str]) -> str:
    """Where a block's numbers lie, seen from its page: this year's units, and all units' years in its language."""
    series = unescape(block["series"])
    own = page.address.startswith(f"{page.language}/")
    years = link(in_language(series, page.language) if own else series, page.address)
    about = f'class="kv-units" data-ind="{block["ind"]}" data-context="{block["context"]}"'
    return "".join(
        f'<script type="application/json" {about} data-src="{escape(file)}"></script>' for file in (UNIT_CELLS, years)
    )
