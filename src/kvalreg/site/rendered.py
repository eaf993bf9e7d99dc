"""What was rendered last, of which sources: so that a renderer is asked only for the pages that have changed.

Owns ``rendered.json`` beside the staged project. Comes in: the staged project, the output, and a digest of whatever
else decides what a page looks like. Goes out: the pages that need not be rendered, because neither their source nor
what was made of it has been written since. A file is known by its size and time, as staging never writes what is there.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from ruamel.yaml import YAML

from kvalreg.report.addresses import served
from kvalreg.site.staging import EXTENSION, stamp


@dataclass(frozen=True)
class Rendered:
    """One rendering.

    Parameters
    ----------
    tools
        A digest of all but the pages: see `tools_of`.
    site
        The name of the folder that it made.
    pages
        By address the stamps of the source and of what was made of it.
    """

    tools: str
    site: str = ""
    pages: dict[str, list[list[int]]] = field(default_factory=dict)

    @classmethod
    def last(cls, staged: Path, output: Path, tools: str) -> Rendered:
        """The last rendering, if it made what the output is now, with the same tools; otherwise an empty one."""
        try:
            told = json.loads(_record(staged).read_bytes())
            found = cls(told["tools"], told["site"], told["pages"])
        except (OSError, ValueError, KeyError, TypeError):
            return cls(tools)
        return found if (found.tools, found.site) == (tools, output.resolve().name) else cls(tools)

    def unchanged(self, pages: Iterable[str], staged: Path, output: Path) -> list[str]:
        """The pages that need not be rendered again: what was made of them lies in the output as it was made."""
        return [
            page for page in pages if page in self.pages and self.pages[page] == _stamps(page, staged, output.resolve())
        ]


def remember(tools: str, pages: Iterable[str], staged: Path, output: Path) -> None:
    """Note that the output was made of these pages as they are staged now."""
    site = output.resolve()
    told = {"tools": tools, "site": site.name, "pages": {page: _stamps(page, staged, site) for page in pages}}
    aside = _record(staged).with_suffix(".new")
    aside.write_text(json.dumps(told), encoding="utf-8")
    aside.replace(_record(staged))


def tools_of(renderer: str, staged: Path, *files: Path) -> str:
    """A digest of what all pages are made with: the renderer, the project file, the extension, and these files.

    Which files are published stands in the project file's additions as well, and is no matter of the pages.
    """
    extension = sorted(path for path in (staged / EXTENSION).rglob("*") if path.is_file())
    digest = hashlib.sha256(renderer.encode())
    local = staged / "_quarto.yml.local"
    added = YAML(typ="safe").load(local) if local.is_file() else {}
    digest.update(json.dumps(added.get("website", {}), sort_keys=True).encode())
    project = [path for path in (staged / "_quarto.yml",) if path.is_file()]
    for path in [*project, *extension, *files]:
        digest.update(path.name.encode() + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _record(staged: Path) -> Path:
    return Path(f"{os.fspath(staged)}.rendered.json")


def _stamps(page: str, staged: Path, site: Path) -> list[list[int]]:
    return [[*stamp(staged / page)], [*stamp(site / served(page))]]
