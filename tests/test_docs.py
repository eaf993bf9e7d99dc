"""Documentation that cannot go stale: every block runs, every link leads somewhere, everything there is is told."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
import reference
import render
from pydantic import BaseModel

from docs_blocks import DAY, ROOT, Desk, blocks, folder_of
from kvalreg.errors import KvalregError
from kvalreg.inputs.delivery_list import ListedDelivery
from kvalreg.inputs.descriptor import IndicatorType, Registry
from kvalreg.project import Project
from kvalreg.report import Report
from kvalreg.report.figures import FIGURES
from kvalreg.report.html_fragment import HtmlFragment
from kvalreg.report.translation import get_translator
from kvalreg.site.renderer import RENDERERS
from kvalreg.workbench.scaffold import create_site

WRITTEN = render.sources()
HAND = {path: text for path, text in WRITTEN.items() if path not in reference.pages()}
"""Pages that people write; the others are made from the code."""
RUN_ELSEWHERE = {"tutorial.md": "test_docs_tutorial", "methods/": "test_statistics_documentation and its like"}
"""Whose blocks are run by tests of their own."""
LANGUAGES = {"sh", "python", "text", "yaml", "csv"}


def is_run_here(path: str) -> bool:
    """Whether a page has blocks that no other test runs."""
    return not path.startswith(tuple(RUN_ELSEWHERE)) and bool(list(blocks(HAND[path])))


# --- blocks ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "path", [path for path in [*HAND, "../README.md"] if path == "../README.md" or is_run_here(path)]
)
def test_every_block_of_a_page_runs(path: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """From top to bottom, in a folder that holds what the page says."""
    text = HAND[path] if path in HAND else (ROOT / "README.md").read_text(encoding="utf-8")
    due = [block for block in blocks(text) if block.mark != "not run" and block.language != "text"]
    if not due:
        return
    holds = folder_of(text)
    assert holds in FOLDERS, f"{path}: say what the folder holds, as in <!-- in: an empty folder -->"
    desk = Desk(FOLDERS[holds](tmp_path, request))
    for block in due:
        desk.run(block)


def _empty_project(folder: Path, _: pytest.FixtureRequest) -> Path:
    create_site(folder / "results", None, datetime.fromtimestamp(int(DAY), UTC).date())
    return folder / "results"


def _demo(folder: Path, request: pytest.FixtureRequest) -> Path:
    """The demo with what it has published; nothing there is written."""
    project: Project = request.getfixturevalue("demo")[0]
    (folder / "_build").mkdir()
    for name in ("registries", "data", "_build/published"):
        (folder / name).symlink_to(project.root / name)
    return folder


FOLDERS: dict[str, Callable[[Path, pytest.FixtureRequest], Path]] = {
    "an empty folder": lambda folder, _: folder,
    "an empty project": _empty_project,
    "the demo": _demo,
    "the repository": lambda _folder, _: ROOT,
}


@pytest.mark.parametrize("path", HAND)
def test_a_block_has_a_language_and_a_mark_that_mean_something(path: str) -> None:
    """A block in an unknown language would be run by nobody; one that is not run says why."""
    found = list(blocks(HAND[path]))
    assert [block.line for block in found if block.language not in LANGUAGES] == []
    assert [block.line for block in found if block.mark == "not run" and len(block.value) < 10] == []
    assert len(found) == len(re.findall(r"^```\w", HAND[path], re.MULTILINE)), "a block is not closed"


# --- the site --------------------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The documentation, rendered by the embedded renderer."""
    folder = tmp_path_factory.mktemp("docs") / "site"
    render.render(folder, "pandoc")
    return folder


def test_the_documentation_renders_with_every_page(site: Path) -> None:
    """Whatever the renderer does not understand would be refused; each page has its title."""
    for path, text in WRITTEN.items():
        page = (site / render.address(path)).with_suffix(".html").read_text(encoding="utf-8")
        title = text.strip().splitlines()[0].removeprefix("# ").replace("`", "")
        assert f">{title}</h1>" in page.replace("’", "'").replace("&#39;", "'"), path


def test_every_link_leads_to_a_page_and_a_part_of_it(site: Path) -> None:
    """Also to parts of generated pages."""
    dead = []
    for page in site.resolve().rglob("*.html"):
        for target in re.findall(r'<a [^>]*href="([^"]+)"', page.read_text(encoding="utf-8")):
            path, _, part = target.partition("#")
            if re.match(r"[a-z]+:", path):
                continue
            there = (page.parent / path).resolve() if path else page
            there = there / "index.html" if there.is_dir() else there
            if not there.is_file() or (part and f'id="{part}"' not in there.read_text(encoding="utf-8")):
                dead.append(f"{page.name}: {target}")
    assert dead == []


def test_links_between_sources_lead_to_files() -> None:
    """On a page in the repository as well."""
    dead = [
        f"{path}: {target}"
        for path, text in HAND.items()
        for target in re.findall(r"\]\(([^)#\s]+)[^)\s]*\)", text)
        if ":" not in target and not (render.DOCS / path).parent.joinpath(target).resolve().exists()
    ]
    assert dead == []


@pytest.mark.parametrize("path", [path for path in HAND if path not in ("../CHANGELOG.md",)])
def test_a_line_holds_one_sentence(path: str) -> None:
    """So that a change is one line of a comparison. Tables and lists may be told more closely."""
    prose = re.sub(r"^```.*?^```$|^\|.*$|`[^`\n]*`", "", HAND[path], flags=re.DOTALL | re.MULTILINE)
    lines = [line for line in prose.splitlines() if re.search(r"[a-zæøå)]\. [A-ZÆØÅ]", line)]
    assert [line for line in lines if not re.match(r"\s*([-*]|\d+\.) |\*\*", line)] == []


# --- the reference ---------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("path", reference.pages())
def test_the_reference_is_what_the_code_says(path: str) -> None:
    """It lies in the repository and in the wheel, so a change of the code without `make reference` is found here."""
    assert (render.DOCS / path).read_text(encoding="utf-8") == reference.pages()[path], "run make reference"


def test_the_reference_holds_no_page_that_is_not_made() -> None:
    """A page whose maker is gone would stay as it was."""
    lying = {f"reference/{path.name}" for path in (render.DOCS / "reference").glob("*.md")}
    assert lying == {*reference.pages(), "reference/README.md"}


# --- nothing is left untold ------------------------------------------------------------------------------------------
def test_every_key_of_a_descriptor_and_a_delivery_list_is_explained() -> None:
    """A key without a docstring would be an empty cell of the reference."""
    models: list[type[BaseModel]] = [*reference.models(Registry), ListedDelivery]
    silent = [
        f"{model.__name__}.{key}"
        for model in models
        for key, field in model.model_fields.items()
        if not field.description
    ]
    assert silent == []


def test_every_command_and_option_is_explained() -> None:
    """Each command says what it does and has something to copy; each option has its help."""
    silent = []
    for name, command in reference.all_commands():
        help_ = command.help or ""
        if "Example" not in help_ and name not in WITHOUT_EXAMPLE:
            silent.append(name)
        silent += [
            f"{name} {one.opts[-1]}"
            for one in command.params
            if one.param_type_name == "option" and not getattr(one, "help", "") and not hasattr(one.type, "choices")
        ]
    assert silent == []


WITHOUT_EXAMPLE = {"kvalreg schema"}
"""Commands that are called by their name alone."""


@pytest.mark.parametrize("kind", [Report, HtmlFragment])
def test_every_public_method_is_explained(kind: type) -> None:
    """What a notebook may call has a docstring."""
    assert [name for name, one in reference.members(kind) if not (one.__doc__ or "").strip()] == []


def executors() -> list[str]:
    """Every public class of `kvalreg.execution` that jobs are submitted to."""
    found = []
    for path in sorted((ROOT / "src" / "kvalreg" / "execution").glob("*.py")):
        for node in ast.parse(path.read_text("utf-8")).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                methods = {one.name for one in node.body if isinstance(one, ast.FunctionDef)}
                found += [node.name] if {"submit", "__exit__"} <= methods else []
    assert "WorkerPool" in found
    return found


@pytest.mark.parametrize(
    ("path", "names"),
    [
        ("howto/indicator.md", [kind.value for kind in IndicatorType]),
        ("figures.md", list(FIGURES)),
        ("howto/renderer.md", list(RENDERERS)),
        ("howto/executor.md", executors()),
    ],
)
def test_every_extension_has_its_line(path: str, names: list[str]) -> None:
    """A new type, figure, renderer or executor is told of where people look for it."""
    assert [name for name in names if f"| `{name}` |" not in HAND[path]] == []


def test_every_exit_code_and_error_is_explained() -> None:
    """What a scheduler reads has its meaning; every error says in a sentence what it is."""
    kinds = [KvalregError]
    for kind in kinds:
        kinds += kind.__subclasses__()
        assert (kind.__doc__ or "").strip()
    assert {kind.exit_code for kind in kinds} <= {0, *reference.exit_codes()}
    assert all(reference.exit_codes().values())


def test_the_glossary_uses_the_words_of_the_pages() -> None:
    """Levels of units and target achievement are called the same there as on the site."""
    text = HAND["glossary.md"].lower()
    for language, said in (("nb", "måloppnåelse"), ("nn", "måloppnåing"), ("en", "target achievement")):
        assert said in get_translator(language)("levels.high").lower()
        assert said in text
