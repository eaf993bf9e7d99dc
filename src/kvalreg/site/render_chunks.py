"""The input of both renderers: static files, which are copied unchanged, and pages in one chunk for each process.

Input: a staged project. Output: its files in the new site, the addresses of its pages, and chunks of pages of about
equal weight. No file's content is read.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from kvalreg.site.atomic_output import link_or_copy


def copy_static(staged: Path, new_site: Path) -> list[str]:
    """Copy the site's static files unchanged; the addresses of its pages."""
    pages = []
    for folder, folders, names in os.walk(staged):
        # hidden files, the extension and a renderer's own output are no part of the site's content
        folders[:] = sorted(name for name in folders if name[0] not in "._" and name != "site_libs")
        relative = Path(folder).relative_to(staged)
        (new_site / relative).mkdir(exist_ok=True)
        for name in sorted(name for name in names if name[0] not in "._"):
            if name.endswith(".qmd"):
                pages.append((relative / name).as_posix())
            else:
                link_or_copy(Path(folder, name), new_site / relative / name)
    return sorted(pages)


def split_pages(weights: Mapping[str, int], count: int) -> list[list[str]]:
    """The pages in at most `count` chunks, none of them empty, of about equal weight.

    Scheduling by longest processing time first (Graham 1969, SIAM J. Appl. Math. 17:416): each page, heaviest first,
    goes to the lightest chunk. The heaviest chunk is at most 4/3 of the best possible. Worked example, two chunks::

        a 5, b 4, c 3, d 3   ->   a | -   a | b   a | b c   a d | b c        weights 8 and 7
    """
    chunks: list[list[str]] = [[] for _ in range(min(count, len(weights)))]
    loads = [0] * len(chunks)
    for page in sorted(weights, key=lambda page: (-weights[page], page)):
        lightest = loads.index(min(loads))
        chunks[lightest].append(page)
        loads[lightest] += weights[page]
    return [sorted(chunk) for chunk in chunks]
