"""Smaller pages: data that only a selected unit needs moves to files, and chart templates stand once on a page.

Input: the site's pages. Output: the same pages with their blocks of units emptied, and one file per page with that
year's units. The extension's modules fetch it once a unit is selected, with the files of the units' series, which are
the same for all years' pages (`kvalreg.site.series`). A chart's ``layer`` holds no number and is the same in all
figures of a kind: a page has it once, and figures refer to it by id. Worked example, of two figures with one template::

    {"data":1,"layer":[...]}                {"layer":[...]}                    id="kv-template-1"
    {"data":2,"layer":[...]}       ->       {"data":1,"template":"kv-template-1"}
                                            {"data":2,"template":"kv-template-1"}
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
"""The file's name in the page's folder: a list of blocks, each with its ``ind_id`` and ``context``."""
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
    """A page's body on which figures with the same template refer to one copy of it; see above."""
    # The specification is text from here on: parsing and writing megabytes of JSON on every page would take longer than
    # all else, and a chart's JSON ends with its template.
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
    """The beginning of a block's JSON, without its closing brace."""
    values = {"ind_id": ind_id, "context": context}
    return json.dumps(values, ensure_ascii=False, separators=(",", ":"))[:-1]


def _data_scripts(page: Page, blocks: list[str], block: re.Match[str]) -> str:
    """The scripts in a block's place, which say where its numbers are: this year's units, and all units' series.

    The block itself is added to `blocks`.
    """
    blocks.append(f"{_block_prefix(unescape(block['ind']), block['context'])},{block['block'][1:]}")
    series_address = unescape(block["series"])
    # a page in another language than its registry's has series in its own language
    is_localized = page.address.startswith(f"{page.language}/")
    years_address = relative_url(
        localized_page(series_address, page.language) if is_localized else series_address, page.address
    )
    attributes = f'class="kv-units" data-ind="{block["ind"]}" data-context="{block["context"]}"'
    return "".join(
        f'<script type="application/json" {attributes} data-src="{escape(address)}"></script>'
        for address in (UNIT_CELLS_FILE, years_address)
    )
