"""Pages made light: what is needed only when a reader picks a unit lies in files, and what figures share is said once.

Comes in: the site's pages. Goes out: the same pages with their blocks of units emptied, and one file per page with that
year's units. The extension's modules fetch it once a unit is chosen, with the files of the units' years, which are the
same for all years' pages: `kvalreg.site.series` makes them. The layers of a chart hold no number and are the same in
all figures of a kind: the first one on a page has them, and the others name it.
"""

from __future__ import annotations

import json
import re
from collections import Counter
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
_SPEC, _END, _TEMPLATE = '<script type="application/json" class="kv-spec">', "</script>", ',"layer":'


def set_aside(pages: Sequence[Page]) -> tuple[list[Page], dict[str, bytes]]:
    """The pages without their blocks of units, and the files that hold these, by address."""
    light, files = [], {}
    for page in pages:
        blocks: list[str] = []
        body = _BLOCK.sub(partial(_sources, page, blocks), page.body)
        if blocks:
            address = str(PurePosixPath(page.address).with_name(UNIT_CELLS))
            files[address] = f"[{','.join(blocks)}]".encode()
        light.append(replace(page, body=said_once(body)))
    return light, files


def said_once(body: str) -> str:
    """A page on which figures that share their chart's template name that of the first one, by its id."""
    before, *figures = body.split(_SPEC)
    specs = [figure.partition(_END)[0].partition(_TEMPLATE) for figure in figures]
    used = Counter(template for _, _, template in specs if template)
    names: dict[str, str] = {}
    parts = [before]
    for figure, (own, sign, template) in zip(figures, specs, strict=True):
        if used[template] > 1:
            if template not in names:
                names[template] = f"kv-template-{len(names) + 1}"
                kept = f'<script type="application/json" class="kv-template" id="{names[template]}">'
                parts.append(f"{kept}{{{sign[1:]}{template}{_END}\n")
            figure = f'{own},"template":"{names[template]}"}}{figure[len(own + sign + template) :]}'
        parts += [_SPEC, figure]
    return "".join(parts)


def _about(ind_id: str, context: str) -> str:
    """The beginning of a block, which is JSON already."""
    told = {"ind_id": ind_id, "context": context}
    return json.dumps(told, ensure_ascii=False, separators=(",", ":"))[:-1]


def _sources(page: Page, blocks: list[str], block: re.Match[str]) -> str:
    """Where a block's numbers lie, seen from its page: this year's units, and all units' years in its language.

    The block itself is added to those that are set aside.
    """
    blocks.append(f"{_about(unescape(block['ind']), block['context'])},{block['block'][1:]}")
    series = unescape(block["series"])
    own = page.address.startswith(f"{page.language}/")
    years = link(in_language(series, page.language) if own else series, page.address)
    about = f'class="kv-units" data-ind="{block["ind"]}" data-context="{block["context"]}"'
    return "".join(
        f'<script type="application/json" {about} data-src="{escape(file)}"></script>' for file in (UNIT_CELLS, years)
    )
