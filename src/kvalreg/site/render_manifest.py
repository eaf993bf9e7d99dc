"""The manifest of the last rendering, by which a renderer renders only the pages that have changed.

Owns ``rendered.json`` beside the staged project. Input: the staged project, the output, and a digest of all else that a
rendered page depends on. Output: the pages that need not be rendered again, because neither their source nor the
rendered page has been written since. A file is identified by its size and time of modification. Invariant: staging
never writes a file whose content stays the same.
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
    digest
        Of all inputs but the pages: see `renderer_digest`.
    site
        The name of the site's folder.
    pages
        The stamps of the source and of the rendered page, by address.
    """

    digest: str
    site: str = ""
    pages: dict[str, list[list[int]]] = field(default_factory=dict)

    @classmethod
    def load(cls, staged: Path, output: Path, digest: str) -> RenderManifest:
        """The last rendering, if the output is still its own and the digest is the same; otherwise an empty one."""
        try:
            data = json.loads(_manifest_path(staged).read_bytes())
            manifest = cls(data["tools"], data["site"], data["pages"])
        except (OSError, ValueError, KeyError, TypeError):
            return cls(digest)
        # another renderer, or another folder of the project, may have switched the output since
        return manifest if (manifest.digest, manifest.site) == (digest, output.resolve().name) else cls(digest)

    def unchanged_pages(self, pages: Iterable[str], staged: Path, output: Path) -> list[str]:
        """The pages that need not be rendered again: their source and their rendered page are unchanged."""
        return [
            page for page in pages if page in self.pages and self.pages[page] == _stamps(page, staged, output.resolve())
        ]


def save_manifest(digest: str, pages: Iterable[str], staged: Path, output: Path) -> None:
    """Record that the output was rendered from these pages as they are staged now."""
    site = output.resolve()
    data = {"tools": digest, "site": site.name, "pages": {page: _stamps(page, staged, site) for page in pages}}
    # written as a whole or not at all: a damaged manifest would be read as an empty one, and cost a whole rendering
    temp_path = _manifest_path(staged).with_suffix(".new")
    temp_path.write_text(json.dumps(data), encoding="utf-8")
    temp_path.replace(_manifest_path(staged))


def renderer_digest(renderer: str, staged: Path, *files: Path) -> str:
    """A digest of what all pages depend on: the renderer, the project file, the extension, and these files.

    Of `_quarto.yml.local` only the website's settings count: its list of published files changes no page.
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
