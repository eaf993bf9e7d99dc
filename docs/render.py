"""The documentation as a website, rendered by the site's own machinery: `make docs`.

Comes in: the Markdown beside this file and a few pages at the repository's root. Goes out: `_build/docs/index.html`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path, PurePosixPath

import click
import pypandoc

from kvalreg.project import Project
from kvalreg.site.renderer import AUTO, RENDERERS, choose_renderer
from kvalreg.site.staging import Page, stage

DOCS = Path(__file__).resolve().parent
ROOT = DOCS.parent
AT_THE_ROOT = ("CHANGELOG.md", "CODE_OF_CONDUCT.md", "CONTRIBUTING.md", "RELEASING.md", "SECURITY.md")
"""Pages that stand where people look for them in a repository."""

_FENCE = re.compile(r"^( *)(`{3,})[^`\n]*\n.*?^\1\2 *$", re.DOTALL | re.MULTILINE)
_COMMENT = re.compile(r"^<!--.*?-->\n", re.DOTALL | re.MULTILINE)
_FORMULA = re.compile(r"\$\$.+?\$\$|(?<![\\w$`])\$(?! )[^$`\n]+?(?<! )\$(?![\\w$`])")
_LINK = re.compile(r"(?P<picture>!?)\[(?P<text>(?:[^\[\]]|`[^`]*`)*)\]\((?P<target>[^)\s]+)\)")


def sources() -> dict[str, str]:
    """Every page's Markdown by its path below `docs/`."""
    written = {path.relative_to(DOCS).as_posix(): path.read_text(encoding="utf-8") for path in DOCS.rglob("*.md")}
    return written | {f"../{name}": (ROOT / name).read_text(encoding="utf-8") for name in AT_THE_ROOT}


def pictures() -> dict[str, bytes]:
    """Every picture by its address."""
    return {path.relative_to(DOCS).as_posix(): path.read_bytes() for path in sorted(DOCS.rglob("*.png"))}


def pages(written: Mapping[str, str]) -> list[Page]:
    """The pages of the site, formulas as MathML: every browser draws it, and screen readers read it."""
    made = [_page(path, text, written) for path, text in sorted(written.items())]
    formulas = dict.fromkeys(formula for page in made for formula in _FORMULA.findall(_without_code(page.body)))
    drawn = _mathml(list(formulas))
    return [replace(page, body=_FORMULA.sub(lambda found: drawn.get(found[0], found[0]), page.body)) for page in made]


def _mathml(formulas: list[str]) -> dict[str, str]:
    html = pypandoc.convert_text("\n\n".join(formulas), "html", "markdown", extra_args=["--mathml", "--wrap=none"])
    drawn = [line.removeprefix("<p>").removesuffix("</p>") for line in html.strip().split("\n")]
    assert len(drawn) == len(formulas), "a formula is not understood"
    return {formula: f"`{html}`{{=html}}" for formula, html in zip(formulas, drawn, strict=True)}


def _without_code(text: str) -> str:
    return re.sub(r"`[^`\n]*`", "", _FENCE.sub("", text))


def address(path: str) -> str:
    """Where a page is: ``howto/README.md`` at ``howto/index.qmd``, ``../SECURITY.md`` at ``security.qmd``."""
    place = PurePosixPath(path.lower() if path.startswith("../") else path)
    name = "index" if place.name == "README.md" else place.stem
    return str(PurePosixPath(*[part for part in place.parent.parts if part != ".."], f"{name}.qmd"))


def render(output: Path, renderer: str = AUTO) -> None:
    """Render the documentation into a folder."""
    project = Project(DOCS, output=output, build_override=output.with_name(f"{output.name}.staged"))
    choose_renderer(renderer).renderer.render(stage(project, pages(sources()), pictures()), output)


def _page(path: str, text: str, written: Mapping[str, str]) -> Page:
    title, _, body = text.strip().partition("\n")
    body = _COMMENT.sub("", body)
    parts, at = [], 0
    for fence in _FENCE.finditer(body):
        parts += [_linked(body[at : fence.start()], path, written), fence[0]]
        at = fence.end()
    parts.append(_linked(body[at:], path, written))
    breadcrumb = () if path == "README.md" else (("kvalreg", "index.qmd"),)
    return Page(address(path), title.removeprefix("# ").replace("`", ""), "".join(parts), "en", breadcrumb=breadcrumb)


def _linked(text: str, path: str, written: Mapping[str, str]) -> str:
    """Links between pages as the site has them; of a link to what is no page, the text alone stays."""

    def way(link: re.Match[str]) -> str:
        target, _, part = link["target"].partition("#")
        if re.match(r"[a-z]+:", target) or not target or link["picture"]:
            return link[0]
        there = os.path.normpath(PurePosixPath(path).parent / target)
        there = f"{there}/README.md" if f"{there}/README.md" in written else there
        if there not in written:
            return link["text"]
        target = os.path.relpath(address(there), PurePosixPath(address(path)).parent)
        return f"[{link['text']}]({target}{f'#{part}' if part else ''})"

    return _LINK.sub(way, text)


@click.command()
@click.option("--renderer", type=click.Choice([AUTO, *RENDERERS]), default=AUTO)
@click.option("--output", type=click.Path(path_type=Path), default=ROOT / "_build" / "docs")
def main(renderer: str, output: Path) -> None:
    """Render the documentation."""
    render(output.resolve(), renderer)
    click.echo(f"Open {output / 'index.html'}")


if __name__ == "__main__":
    main()
