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

from kvalreg.site.staging import Page
from kvalreg.urls import localized_page, relative_url

UNIT_CELLS_FILE = "enheter.json"
"""The file's name in the page's own folder: a list of blocks, each with its ``ind_id`` and ``context``."""
_UNIT_BLOCK = re.compile(
    r'<script type="application/json" class="kv-units" data-ind="(?P<ind>[^"]*)" data-context="(?P<context>\w+)"'
    r' data-series="(?P<series>[^"]*)">(?P<block>[^<]*)</script>'
)
_SPEC, _END, _TEMPLATE = '<script type="application/json" class="kv-spec">', "</script>", ',"layer":'


def extract_lazy_data(pages: Sequence[Page]) -> tuple[list[Page], dict[str, bytes]]:
    """The pages without their blocks of units, and the files that hold these, by address."""
    stripped_pages, files = [], {}
    for page in pages:
        blocks: list[str] = []
        body = _UNIT_BLOCK.sub(partial(_data_scripts, page, blocks), page.body)
        if blocks:
            address = str(PurePosixPath(page.address).with_name(UNIT_CELLS_FILE))
            files[address] = f"[{','.join(blocks)}]".encode()
        stripped_pages.append(replace(page, body=deduplicate_templates(body)))
    return stripped_pages, files


def deduplicate_templates(body: str) -> str:
    """A page on which figures that share their chart's template name that of the first one, by its id."""
    head, *figures = body.split(_SPEC)
    specs = [figure.partition(_END)[0].partition(_TEMPLATE) for figure in figures]
    template_counts = Counter(template for _, _, template in specs if template)
    template_ids: dict[str, str] = {}
    parts = [head]
    for figure, (chart, separator, template) in zip(figures, specs, strict=True):
        if template_counts[template] > 1:
            if template not in template_ids:
                template_ids[template] = f"kv-template-{len(template_ids) + 1}"
                script_tag = f'<script type="application/json" class="kv-template" id="{template_ids[template]}">'
                parts.append(f"{script_tag}{{{separator[1:]}{template}{_END}\n")
            figure = f'{chart},"template":"{template_ids[template]}"}}{figure[len(chart + separator + template) :]}'
        parts += [_SPEC, figure]
    return "".join(parts)


def _block_prefix(ind_id: str, context: str) -> str:
    """The beginning of a block, which is JSON already."""
    values = {"ind_id": ind_id, "context": context}
    return json.dumps(values, ensure_ascii=False, separators=(",", ":"))[:-1]


def _data_scripts(page: Page, blocks: list[str], block: re.Match[str]) -> str:
    """Where a block's numbers lie, seen from its page: this year's units, and all units' years in its language.

    The block itself is added to those that are set aside.
    """
    blocks.append(f"{_block_prefix(unescape(block['ind']), block['context'])},{block['block'][1:]}")
    series_address = unescape(block["series"])
    is_localized = page.address.startswith(f"{page.language}/")
    years_address = relative_url(
        localized_page(series_address, page.language) if is_localized else series_address, page.address
    )
    attributes = f'class="kv-units" data-ind="{block["ind"]}" data-context="{block["context"]}"'
    return "".join(
        f'<script type="application/json" {attributes} data-src="{escape(address)}"></script>'
        for address in (UNIT_CELLS_FILE, years_address)
    )
