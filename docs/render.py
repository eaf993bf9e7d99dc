"""The documentation as a website, rendered by the site's own machinery: `make docs`.

Input: the Markdown beside this file and a few pages at the repository's root. Output: `_build/docs/index.html`.
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
"""Pages at the root of the repository, where people look for them."""

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
    rendered = [_page(path, text, written) for path, text in sorted(written.items())]
    formulas = dict.fromkeys(formula for page in rendered for formula in _FORMULA.findall(_without_code(page.body)))
    mathml = _mathml(list(formulas))
    return [replace(page, body=_FORMULA.sub(lambda m: mathml.get(m[0], m[0]), page.body)) for page in rendered]


def _mathml(formulas: list[str]) -> dict[str, str]:
    html = pypandoc.convert_text("\n\n".join(formulas), "html", "markdown", extra_args=["--mathml", "--wrap=none"])
    lines = [line.removeprefix("<p>").removesuffix("</p>") for line in html.strip().split("\n")]
    assert len(lines) == len(formulas), "Pandoc does not understand a formula"
    return {formula: f"`{mathml}`{{=html}}" for formula, mathml in zip(formulas, lines, strict=True)}


def _without_code(text: str) -> str:
    return re.sub(r"`[^`\n]*`", "", _FENCE.sub("", text))


def address(path: str) -> str:
    """Where a page is: ``howto/README.md`` at ``howto/index.qmd``, ``../SECURITY.md`` at ``security.qmd``."""
    source = PurePosixPath(path.lower() if path.startswith("../") else path)
    name = "index" if source.name == "README.md" else source.stem
    return str(PurePosixPath(*[part for part in source.parent.parts if part != ".."], f"{name}.qmd"))


def render(output: Path, renderer: str = AUTO) -> None:
    """Render the documentation into a folder."""
    project = Project(DOCS, output=output, build_override=output.with_name(f"{output.name}.staged"))
    choose_renderer(renderer).renderer.render(stage(project, pages(sources()), pictures()), output)


def _page(path: str, text: str, written: Mapping[str, str]) -> Page:
    title, _, body = text.strip().partition("\n")
    body = _COMMENT.sub("", body)
    parts, position = [], 0
    for fence in _FENCE.finditer(body):
        parts += [_linked(body[position : fence.start()], path, written), fence[0]]
        position = fence.end()
    parts.append(_linked(body[position:], path, written))
    breadcrumb = () if path == "README.md" else (("kvalreg", "index.qmd"),)
    return Page(address(path), title.removeprefix("# ").replace("`", ""), "".join(parts), "en", breadcrumb=breadcrumb)


def _linked(text: str, path: str, written: Mapping[str, str]) -> str:
    """Links between pages as the site has them; of a link to what is no page, the text alone stays."""

    def site_link(link: re.Match[str]) -> str:
        target, _, anchor = link["target"].partition("#")
        if re.match(r"[a-z]+:", target) or not target or link["picture"]:
            return link[0]
        page = os.path.normpath(PurePosixPath(path).parent / target)
        page = f"{page}/README.md" if f"{page}/README.md" in written else page
        if page not in written:
            return link["text"]
        target = os.path.relpath(address(page), PurePosixPath(address(path)).parent)
        return f"[{link['text']}]({target}{f'#{anchor}' if anchor else ''})"

    return _LINK.sub(site_link, text)


@click.command()
@click.option("--renderer", type=click.Choice([AUTO, *RENDERERS]), default=AUTO)
@click.option("--output", type=click.Path(path_type=Path), default=ROOT / "_build" / "docs")
def main(renderer: str, output: Path) -> None:
    """Render the documentation."""
    render(output.resolve(), renderer)
    click.echo(f"Open {output / 'index.html'}")


if __name__ == "__main__":
    main()
