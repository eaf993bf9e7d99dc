"""The embedded renderer: the Pandoc that a PyPI wheel carries, on the same staged project as Quarto.

Comes in: a staged project. Goes out: a site with the same addresses, titles, navigation and content; its search is the
extension's, over the site's own list. It supports what our own pages use; all else is refused by name and page, so
that nothing is silently lost.
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

from kvalreg.batch.workers import processors
from kvalreg.errors import RendererError
from kvalreg.report.addresses import served
from kvalreg.site.output import Approve, replaced, share, unasked
from kvalreg.site.quarto_yml import Footer, NavigationItem, QuartoYml, read_quarto_yml
from kvalreg.site.rendered import Rendered, remember, tools_of
from kvalreg.site.staging import EXTENSION, NOT_FOUND
from kvalreg.site.work import pass_on, shares

_HERE = Path(__file__).parent
_LIBRARY = Path("site_libs", "kvalreg")
_LIBRARY_ENDINGS = (".css", ".js")
_OWN = ("page.html", "pandoc.lua")
_WORTHWHILE = 2_000_000
"""Bytes of pages that are worth one more process."""


@dataclass(frozen=True)
class Pandoc:
    """The embedded Pandoc."""

    command: str
    version: str
    name: str = "pandoc"

    def render(self, staged: Path, output: Path, approve: Approve = unasked) -> None:
        """Render the pages that have changed; RendererError names what is not supported, on every page at once."""
        config = read_quarto_yml(staged / "_quarto.yml")
        tools = tools_of(f"{self.name} {self.version}", staged, *(_HERE / name for name in _OWN))
        with replaced(output, staged, approve) as aside:
            pages = pass_on(staged, aside)
            _put_library(staged, aside)
            unchanged = Rendered.last(staged, output, tools).unchanged(pages, staged, output)
            for page in unchanged:
                share(output.resolve() / served(page), aside / served(page))
            changed = sorted(set(pages) - set(unchanged))
            account = self._run(_job(config, staged, aside, changed), _shares(changed, staged))
            refused = {page["address"]: ", ".join(page["refused"]) for page in account if page["refused"]}
            if refused:
                raise RendererError(
                    "The embedded renderer does not support all that is on these pages. The old site stays.\n"
                    + "\n".join(f"  {page['address']}: {what}" for page in account for what in page["refused"])
                    + "\nRemove these from the pages, or use --renderer quarto.",
                    refused,
                )
        remember(tools, pages, staged, output)

    def _run(self, job: dict[str, Any], parts: list[list[str]]) -> list[dict[str, Any]]:
        """Have each share of the pages rendered in a process of its own."""
        jobs = [job | {"pages": [page for page in job["pages"] if page["address"] in part]} for part in parts]
        with ThreadPoolExecutor(max(1, len(jobs))) as threads:
            told = [page for part in threads.map(self._process, jobs) for page in part]
        return sorted(told, key=lambda page: str(page["address"]))

    def _process(self, job: dict[str, Any]) -> list[dict[str, Any]]:
        with tempfile.TemporaryDirectory(prefix="kvalreg-") as folder:
            file = Path(folder, "job.json")
            file.write_text(json.dumps(job), encoding="utf-8")
            done = subprocess.run(
                [self.command, "lua", str(_HERE / "pandoc.lua"), str(file)],
                capture_output=True,
                text=True,
                encoding="utf-8",
                errors="replace",
                check=False,
            )
        if done.returncode:
            raise RendererError(
                f"Pandoc {self.version} could not render the site. The old site stays. It said:\n{done.stderr.strip()}"
            )
        account: list[dict[str, Any]] = json.loads(done.stdout)
        return account


def find() -> tuple[Pandoc | None, str]:
    """The Pandoc of the wheel; it is always there."""
    try:
        return Pandoc(*_installed()), "(embedded)"
    except OSError:
        return None, "the embedded Pandoc does not answer"


@cache
def _installed() -> tuple[str, str]:
    return str(pypandoc.get_pandoc_path()), str(pypandoc.get_pandoc_version())


def _put_library(staged: Path, aside: Path) -> None:
    """Put the extension's own styles and scripts there."""
    (aside / _LIBRARY).mkdir(parents=True)
    for path in sorted((staged / EXTENSION).iterdir()):
        if path.suffix in _LIBRARY_ENDINGS:
            shutil.copyfile(path, aside / _LIBRARY / path.name)


def _shares(pages: list[str], staged: Path) -> list[list[str]]:
    """The pages in as many shares of the same weight as there are processors; fewer where there is little to do."""
    sizes = {page: (staged / page).stat().st_size for page in pages}
    return shares(sizes, min(processors(), 1 + sum(sizes.values()) // _WORTHWHILE))


def _job(config: QuartoYml, staged: Path, aside: Path, pages: list[str]) -> dict[str, Any]:
    """What pandoc.lua reads."""
    extension = (staged / EXTENSION).resolve()
    return {
        "title": config.website.title,
        "lang": config.lang,
        "template": str(_HERE / "page.html"),
        "partials": f"{extension}{os.sep}page.html",
        "filter": str(extension / "kvalreg.lua"),
        "pages": [
            {
                "address": page,
                "source": str((staged / page).resolve()),
                "output": str((aside / served(page)).resolve()),
                "surround": _surround(config, page),
            }
            for page in pages
        ],
    }


def _surround(config: QuartoYml, page: str) -> dict[str, Any]:
    """What the template shows around a page. Texts are plain; Pandoc escapes them."""
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
    places: list[dict[str, Any]] = []
    for place, content in (("left", footer.left), ("center", footer.center), ("right", footer.right)):
        if isinstance(content, str):
            places += [{"place": place, "text": content}] if content else []
        elif content:
            places.append({"place": place, "items": [_link(item, root) for item in content]})
    return places


def _link(item: NavigationItem, root: str) -> dict[str, str]:
    href = item.href
    if href and ":" not in href.split("/")[0]:
        href = root + served(href.lstrip("/"))
    return {"text": item.text, "href": href}
