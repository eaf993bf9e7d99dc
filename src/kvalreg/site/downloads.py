"""What a page needs only when its reader picks a unit, put into a file beside it, so that the page itself stays light.

Comes in: the site's pages. Goes out: the same pages with their blocks of units emptied, and one file per page, which
the extension's modules fetch once a unit is chosen.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import PurePosixPath

from kvalreg.site.staging import Page

UNIT_CELLS = "enheter.json"
"""The file's name in the page's own folder: a list of blocks, each with its ``ind_id`` and ``context``."""
_BLOCK = re.compile(
    r'<script type="application/json" class="kv-units" data-ind="(?P<ind>[^"]*)" data-context="(?P<context>\w+)">'
    r"(?P<block>[^<]*)</script>"
)


def set_aside(pages: Sequence[Page]) -> tuple[list[Page], dict[str, bytes]]:
    """The pages without their blocks of units, and the files that hold these, by address."""
    light, files = [], {}
    for page in pages:
        blocks = [
            {"ind_id": found["ind"], "context": found["context"], **json.loads(found["block"])}
            for found in _BLOCK.finditer(page.body)
        ]
        if blocks:
            address = str(PurePosixPath(page.address).with_name(UNIT_CELLS))
            files[address] = json.dumps(blocks, ensure_ascii=False, separators=(",", ":")).encode()
            place = r'<script type="application/json" class="kv-units" data-ind="\g<ind>" data-context="\g<context>" '
            page = replace(page, body=_BLOCK.sub(rf'{place}data-src="{UNIT_CELLS}"></script>', page.body))
        light.append(page)
    return light, files
