"""What either renderer has to do: files to pass on as they are, and pages, in one share for each process.

Comes in: a staged project. Goes out: its files in the new site, the addresses of its pages, and shares of equal weight.
Never reads what is in a file.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from kvalreg.site.atomic_output import link_or_copy


def copy_static(staged: Path, new_site: Path) -> list[str]:
    """Put the site's files there, which no renderer changes; answer with the addresses of the pages."""
    pages = []
    for folder, folders, names in os.walk(staged):
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
    """The pages in at most so many shares, none of them empty, of about equal weight: the heaviest are dealt first."""
    chunks: list[list[str]] = [[] for _ in range(min(count, len(weights)))]
    loads = [0] * len(chunks)
    for page in sorted(weights, key=lambda page: (-weights[page], page)):
        lightest = loads.index(min(loads))
        chunks[lightest].append(page)
        loads[lightest] += weights[page]
    return [sorted(chunk) for chunk in chunks]
