"""The embedded renderer: the Pandoc that a PyPI wheel carries, on the same staged project as Quarto.

Input: a staged project. Output: a site with the same addresses, titles, navigation and content; its search is the
extension's, over the site's own index. It supports what kvalreg's own pages use; all else is refused by name and page,
so that nothing is silently lost.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pypandoc

from kvalreg.errors import RendererError
from kvalreg.execution.worker_pool import available_cpus
from kvalreg.site.atomic_output import ReleaseCheck, atomic_output, link_or_copy, no_release_check
from kvalreg.site.quarto_yml import Footer, NavigationItem, QuartoYml, read_quarto_yml
from kvalreg.site.render_chunks import copy_static, split_pages
from kvalreg.site.render_manifest import RenderManifest, renderer_digest, save_manifest
from kvalreg.site.staging import EXTENSION, NOT_FOUND
from kvalreg.urls import output_path

_FOLDER = Path(__file__).parent
_ASSETS = Path("site_libs", "kvalreg")
_ASSET_SUFFIXES = (".css", ".js")
_RENDERER_FILES = ("page.html", "pandoc.lua")
_BYTES_PER_PROCESS = 2_000_000
"""How many bytes of pages are worth one more process."""


@dataclass(frozen=True)
class Pandoc:
    """The embedded Pandoc."""

    command: str
    version: str
    name: str = "pandoc"

    def render(self, staged: Path, output: Path, check_release: ReleaseCheck = no_release_check) -> None:
        """Render the pages that have changed; RendererError names what is not supported, on every page at once."""
        config = read_quarto_yml(staged / "_quarto.yml")
        digest = renderer_digest(f"{self.name} {self.version}", staged, *(_FOLDER / name for name in _RENDERER_FILES))
        with atomic_output(output, staged, check_release) as new_site:
            # files and assets as they are, and pages that have not changed from the site before
            pages = copy_static(staged, new_site)
            _copy_assets(staged, new_site)
            unchanged = RenderManifest.load(staged, output, digest).unchanged_pages(pages, staged, output)
            for page in unchanged:
                link_or_copy(output.resolve() / output_path(page), new_site / output_path(page))
            # the others in parallel; a page that is refused fails the whole rendering, and is named with all such pages
            changed = sorted(set(pages) - set(unchanged))
            results = self._render_chunks(_job(config, staged, new_site, changed), _page_chunks(changed, staged))
            unsupported = {page["address"]: ", ".join(page["refused"]) for page in results if page["refused"]}
            if unsupported:
                raise RendererError(
                    "The embedded renderer does not support all that is on these pages. The old site stays.\n"
                    + "\n".join(f"  {page['address']}: {feature}" for page in results for feature in page["refused"])
                    + "\nRemove these from the pages, or use --renderer quarto.",
                    unsupported,
                )
        save_manifest(digest, pages, staged, output)

    def _render_chunks(self, job: dict[str, Any], chunks: list[list[str]]) -> list[dict[str, Any]]:
        """Render each chunk of the pages in a process of its own."""
        jobs = [job | {"pages": [page for page in job["pages"] if page["address"] in chunk]} for chunk in chunks]
        with ThreadPoolExecutor(max(1, len(jobs))) as threads:
            results = [page for chunk in threads.map(self._render_chunk, jobs) for page in chunk]
        return sorted(results, key=lambda page: str(page["address"]))

    def _render_chunk(self, job: dict[str, Any]) -> list[dict[str, Any]]:
        with tempfile.TemporaryDirectory(prefix="kvalreg-") as folder:
            file = Path(folder, "job.json")
            file.write_text(json.dumps(job), encoding="utf-8")
            result = subprocess.run(
                [self.command, "lua", str(_FOLDER / "pandoc.lua"), str(file)],
                capture_output=True,
                text=True,
                encoding="utf-8",
                errors="replace",
                check=False,
            )
        if result.returncode:
            raise RendererError(
                f"Pandoc {self.version} could not render the site. The old site stays. It said:\n"
                f"{result.stderr.strip()}"
            )
        results: list[dict[str, Any]] = json.loads(result.stdout)
        return results


def find() -> tuple[Pandoc | None, str]:
    """The Pandoc of the wheel, and where it comes from; or None, and why."""
    try:
        return Pandoc(*_installed()), "(embedded)"
    except OSError:
        return None, "the embedded Pandoc does not answer"


@cache
def _installed() -> tuple[str, str]:
    return str(pypandoc.get_pandoc_path()), str(pypandoc.get_pandoc_version())


def _copy_assets(staged: Path, new_site: Path) -> None:
    """Copy the extension's style sheets and scripts to where `page.html` looks for them."""
    (new_site / _ASSETS).mkdir(parents=True)
    for path in sorted((staged / EXTENSION).iterdir()):
        if path.suffix in _ASSET_SUFFIXES:
            shutil.copyfile(path, new_site / _ASSETS / path.name)


def _page_chunks(pages: list[str], staged: Path) -> list[list[str]]:
    """The pages in as many chunks of the same size as there are processors; fewer where there is little to do."""
    sizes = {page: (staged / page).stat().st_size for page in pages}
    return split_pages(sizes, min(available_cpus(), 1 + sum(sizes.values()) // _BYTES_PER_PROCESS))


def _job(config: QuartoYml, staged: Path, new_site: Path, pages: list[str]) -> dict[str, Any]:
    """The input of pandoc.lua."""
    extension = (staged / EXTENSION).resolve()
    return {
        "title": config.website.title,
        "lang": config.lang,
        "template": str(_FOLDER / "page.html"),
        # Pandoc looks for partials in the folder of this path; there need be no such file
        "partials": f"{extension}{os.sep}page.html",
        "filter": str(extension / "kvalreg.lua"),
        "pages": [
            {
                "address": page,
                "source": str((staged / page).resolve()),
                "output": str((new_site / output_path(page)).resolve()),
                "surround": _page_layout(config, page),
            }
            for page in pages
        ],
    }


def _page_layout(config: QuartoYml, page: str) -> dict[str, Any]:
    """The navigation and footer around a page, as variables of the template. Texts are plain; Pandoc escapes them."""
    # the 404 page is served at any address, so its links begin at the site's path
    root = config.website.site_path if page == NOT_FOUND else "../" * page.count("/")
    navbar = []
    for item in config.website.navbar.items:
        link = _link(item, root)
        navbar.append(link | ({"current": True} if item.href.lstrip("/") == page else {}))
    return {
        "root": root,
        "home": f"{root}index.html",
        "site-title": config.website.title,
        "navbar": navbar,
        "search": bool(config.website.search),
        "footer": _footer(config.website.page_footer, root),
    }


def _footer(footer: Footer, root: str) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = []
    for position, content in (("left", footer.left), ("center", footer.center), ("right", footer.right)):
        # as in Quarto's project file, a place holds a text or a list of links
        if isinstance(content, str):
            entries += [{"place": position, "text": content}] if content else []
        elif content:
            entries.append({"place": position, "items": [_link(item, root) for item in content]})
    return entries


def _link(item: NavigationItem, root: str) -> dict[str, str]:
    href = item.href
    if href and ":" not in href.split("/")[0]:
        href = root + output_path(href.lstrip("/"))
    return {"text": item.text, "href": href}
