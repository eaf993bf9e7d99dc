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

from kvalreg.site.staging import EXTENSION, file_stamp
from kvalreg.urls import output_path


@dataclass(frozen=True)
class RenderManifest:
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

    digest: str
    site: str = ""
    pages: dict[str, list[list[int]]] = field(default_factory=dict)

    @classmethod
    def load(cls, staged: Path, output: Path, digest: str) -> RenderManifest:
        """The last rendering, if it made what the output is now, with the same tools; otherwise an empty one."""
        try:
            data = json.loads(_manifest_path(staged).read_bytes())
            manifest = cls(data["tools"], data["site"], data["pages"])
        except (OSError, ValueError, KeyError, TypeError):
            return cls(digest)
        return manifest if (manifest.digest, manifest.site) == (digest, output.resolve().name) else cls(digest)

    def unchanged_pages(self, pages: Iterable[str], staged: Path, output: Path) -> list[str]:
        """The pages that need not be rendered again: what was made of them lies in the output as it was made."""
        return [
            page for page in pages if page in self.pages and self.pages[page] == _stamps(page, staged, output.resolve())
        ]


def save_manifest(digest: str, pages: Iterable[str], staged: Path, output: Path) -> None:
    """Note that the output was made of these pages as they are staged now."""
    site = output.resolve()
    data = {"tools": digest, "site": site.name, "pages": {page: _stamps(page, staged, site) for page in pages}}
    temp_path = _manifest_path(staged).with_suffix(".new")
    temp_path.write_text(json.dumps(data), encoding="utf-8")
    temp_path.replace(_manifest_path(staged))


def renderer_digest(renderer: str, staged: Path, *files: Path) -> str:
    """A digest of what all pages are made with: the renderer, the project file, the extension, and these files.

    Which files are published stands in the project file's additions as well, and is no matter of the pages.
    """
    extension = sorted(path for path in (staged / EXTENSION).rglob("*") if path.is_file())
    digest = hashlib.sha256(renderer.encode())
    local = staged / "_quarto.yml.local"
    local_config = YAML(typ="safe").load(local) if local.is_file() else {}
    digest.update(json.dumps(local_config.get("website", {}), sort_keys=True).encode())
    project = [path for path in (staged / "_quarto.yml",) if path.is_file()]
    for path in [*project, *extension, *files]:
        digest.update(path.name.encode() + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _manifest_path(staged: Path) -> Path:
    return Path(f"{os.fspath(staged)}.rendered.json")


def _stamps(page: str, staged: Path, site: Path) -> list[list[int]]:
    return [[*file_stamp(staged / page)], [*file_stamp(site / output_path(page))]]
