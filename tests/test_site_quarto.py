"""Quarto renders only the pages that have changed, and the site is the same as if it had rendered all."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from kvalreg.errors import RendererError
from kvalreg.inputs.site_descriptor import SiteDescriptor
from kvalreg.project import Project
from kvalreg.site import quarto
from kvalreg.site.quarto import Quarto, _refused_page
from kvalreg.site.staging import Page, stage
from site_example import PAGES, RESOURCES, example_project

CHECKOUT = Path(__file__).parents[1]

FAKE_QUARTO = """
import json, pathlib, sys
said = sys.argv[1:]
with open({told!r}, "a") as file:
    pages = [str(path) for path in sorted(pathlib.Path().rglob("*.qmd")) if path.parts[0] != "_extensions"]
    file.write(json.dumps({{"said": said, "pages": pages}}) + "\\n")
out = pathlib.Path(said[-1])
entries = []
for page in pages:
    if "ikke støttet" in pathlib.Path(page).read_text("utf-8"):
        print("before\\n\\033[31mERROR: " + page + "\\033[0m")
        sys.exit(1)
    made = (out / page).with_suffix(".html")
    made.parent.mkdir(parents=True, exist_ok=True)
    made.write_bytes(pathlib.Path(page).read_bytes())
    href = page.replace(".qmd", ".html")
    entries.append({{"objectID": href, "href": href, "text": page}})
(out / "site_libs").mkdir()
(out / "site_libs" / "a.js").write_text("a")
(out / "search.json").write_text(json.dumps(entries))
"""
"""A Quarto that copies its pages, and logs its arguments and pages."""


@pytest.fixture
def fake_quarto(tmp_path: Path) -> Quarto:
    """A Quarto for tests of how it is called: the real one takes seconds, and is not installed everywhere."""
    program = tmp_path / "bin" / "quarto"
    program.parent.mkdir()
    program.write_text(f"#!{sys.executable}\n" + FAKE_QUARTO.format(told=str(tmp_path / "told")), encoding="utf-8")
    program.chmod(0o755)
    return Quarto(str(program), "1.10.18")


def take_rendered_pages(folder: Path) -> list[str]:
    """The pages that Quarto has rendered since the last call; the log is emptied."""
    log = folder / "told"
    lines = log.read_text("utf-8").splitlines() if log.exists() else []
    log.unlink(missing_ok=True)
    return sorted(page for line in lines for page in json.loads(line)["pages"])


def render(renderer: Quarto, project: Project, pages: list[Page]) -> dict[str, bytes]:
    """Stage and render, and give every file of the site."""
    renderer.render(stage(project, pages, RESOURCES), project.site)
    site = project.site.resolve()
    return {path.relative_to(site).as_posix(): path.read_bytes() for path in site.rglob("*") if path.is_file()}


def changed(page: Page) -> Page:
    """The same page with one more paragraph."""
    return replace(page, body=f"{page.body}\n\nEt nytt avsnitt.")


ALL = sorted(page.address for page in PAGES)


def test_quarto_is_run_without_executing(fake_quarto: Quarto, tmp_path: Path) -> None:
    """Quarto is started in a folder of its own, with execution off."""
    render(fake_quarto, example_project(tmp_path), PAGES)
    call = json.loads((tmp_path / "told").read_text("utf-8"))
    assert call["said"] == ["render", ".", "--no-execute", "--output-dir", "_site"]
    assert call["pages"] == ALL


def test_only_a_changed_page_is_rendered(fake_quarto: Quarto, tmp_path: Path) -> None:
    """One page has changed, one is gone: one is rendered, and the site is what a whole rendering makes."""
    project = example_project(tmp_path / "a")
    render(fake_quarto, project, PAGES)
    assert take_rendered_pages(tmp_path) == ALL
    pages = [changed(PAGES[0]), *PAGES[1:-1]]
    site = render(fake_quarto, project, pages)
    assert take_rendered_pages(tmp_path) == [PAGES[0].address]
    assert site == render(fake_quarto, example_project(tmp_path / "b"), pages)


def test_nothing_changed_renders_one_page(fake_quarto: Quarto, tmp_path: Path) -> None:
    """With one page Quarto brings its library, so one is always rendered."""
    project = example_project(tmp_path)
    before = render(fake_quarto, project, PAGES)
    take_rendered_pages(tmp_path)
    assert render(fake_quarto, project, PAGES) == before
    assert len(take_rendered_pages(tmp_path)) == 1


def test_a_page_that_was_touched_is_rendered_again(fake_quarto: Quarto, tmp_path: Path) -> None:
    """What somebody has changed in the finished site is not reused."""
    project = example_project(tmp_path)
    before = render(fake_quarto, project, PAGES)
    take_rendered_pages(tmp_path)
    (project.site.resolve() / "om" / "index.html").write_text("Noe annet.", encoding="utf-8")
    assert render(fake_quarto, project, PAGES) == before
    assert "om/index.qmd" in take_rendered_pages(tmp_path)


def _filter(project: Project) -> None:
    path = project.extension / "kvalreg.lua"
    path.write_text(path.read_text("utf-8") + "\n-- another filter\n", encoding="utf-8")


def _search_index(project: Project) -> None:
    (project.site.resolve() / "search.json").write_text("[]", encoding="utf-8")


def _unexpected_file(project: Project) -> None:
    """Quarto now makes a picture beside a page, and it is unknown which page it belongs to."""
    program = project.root / "bin" / "quarto"
    program.write_text(program.read_text("utf-8") + '(out / "a.png").write_text("png")\n', encoding="utf-8")
    renderer = Quarto(str(program), "1.10.18")
    render(renderer, project, [changed(PAGES[0]), *PAGES[1:]])
    take_rendered_pages(project.root)


@pytest.mark.parametrize("change", [_filter, _search_index, _unexpected_file])
def test_in_doubt_every_page_is_rendered(
    fake_quarto: Quarto, tmp_path: Path, change: Callable[[Project], None]
) -> None:
    """With another extension, an edited search index or an unexpected file, all pages are rendered."""
    shutil.copytree(CHECKOUT / "_extensions", tmp_path / "_extensions")
    project = example_project(tmp_path)
    render(fake_quarto, project, PAGES)
    take_rendered_pages(tmp_path)
    change(project)
    render(fake_quarto, project, PAGES)
    assert take_rendered_pages(tmp_path) == ALL


def test_a_failed_rendering_saves_no_manifest(fake_quarto: Quarto, tmp_path: Path) -> None:
    """A page that Quarto refuses stops the site and is named; once it is corrected, it and no other is rendered."""
    project = example_project(tmp_path)
    before = render(fake_quarto, project, PAGES)
    with pytest.raises(RendererError, match=r"(?m)^  before\n  ERROR: index\.qmd$"):
        render(fake_quarto, project, [replace(PAGES[0], body="ikke støttet"), *PAGES[1:]])
    assert (project.site / "index.html").read_bytes() == before["index.html"]
    take_rendered_pages(tmp_path)
    render(fake_quarto, project, [changed(PAGES[0]), *PAGES[1:]])
    assert take_rendered_pages(tmp_path) == [PAGES[0].address]


def test_the_page_at_which_quarto_stopped_is_named() -> None:
    """As Quarto 1.10 says it: a line with the page before it is made, then the error, in colour."""
    output = (
        "\r[ 1/12] index.qmd\n\r[ 2/12] registre/alfa/2024/index.qmd\n"
        "\x1b[31mERROR (/opt/quarto/share/pandoc/datadir/_json.lua:212) unexpected character 'x' at line 1 col 5\n"
        "\x1b[39mError running filter /opt/quarto/share/filters/main.lua:\nstack traceback:\n\t(...tail calls...)\n"
        "WARN: Error encountered when rendering files\n"
    )
    message = "Quarto says «unexpected character 'x' at line 1 col 5»"
    assert _refused_page(output) == ("registre/alfa/2024/index.qmd", message)
    assert _refused_page("ERROR: The configuration cannot be read.\n") is None


def test_many_pages_are_rendered_by_two_quartos(
    fake_quarto: Quarto, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From sixteen pages up a second Quarto is worth its start, where there is a processor for it."""
    monkeypatch.setattr(quarto, "available_cpus", lambda: 2)
    more = [replace(PAGES[0], address=f"om/{number}/index.qmd") for number in range(10)]
    site = render(fake_quarto, example_project(tmp_path), [*PAGES, *more])
    assert len((tmp_path / "told").read_text("utf-8").splitlines()) == 2
    assert (
        len(take_rendered_pages(tmp_path)) == len([name for name in site if name.endswith(".html")]) == len(PAGES) + 10
    )
    assert len(json.loads(site["search.json"])) == len(PAGES) + 10


@pytest.fixture(scope="module")
def real() -> Quarto:
    """The Quarto of this machine."""
    renderer, reason = quarto.find()
    if renderer is None:
        pytest.skip(f"needs Quarto, and {reason}")
    return renderer


@pytest.mark.xdist_group("quarto")
def test_the_real_quarto_makes_the_same_site_of_changes_as_of_all(real: Quarto, tmp_path: Path) -> None:
    """A page changed, one new that others link to, one gone: byte for byte what a whole rendering gives."""
    project = example_project(tmp_path / "a")
    nyre = next(page for page in PAGES if page.address == "registre/nyre/index.qmd")
    render(real, project, [page for page in PAGES if page is not nyre])
    pages = [changed(PAGES[0]), *PAGES[1:-1]]
    site = render(real, project, pages)
    assert site == render(real, example_project(tmp_path / "b"), pages)
    assert "registre/nyre/index.html" in site


@pytest.mark.xdist_group("quarto")
def test_chunks_make_the_site_that_quarto_makes_by_itself(
    real: Quarto, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pages rendered in three projects of their own are byte for byte those of `quarto render` on the whole."""
    monkeypatch.setattr(quarto, "available_cpus", lambda: 3)
    monkeypatch.setattr(quarto, "_PAGES_PER_PROCESS", 4)
    project = example_project(tmp_path)
    lost = Page("404.qmd", "Finnes ikke", "Gå til [forsiden](/index.qmd) eller [data](/data/index.qmd).", "nb")
    staged = stage(
        project, [*PAGES, lost], RESOURCES, SiteDescriptor.model_validate({"url": "https://example.org/resultater/"})
    )
    real.render(staged, project.site)
    by_hand = tmp_path / "by-hand"
    order = [real.command, "render", str(staged), "--no-execute", "--output-dir", str(by_hand)]
    subprocess.run(order, check=True, capture_output=True)
    pages = {path.relative_to(by_hand) for path in by_hand.rglob("*.html")}
    assert len(pages) == len(PAGES) + 1
    for name in pages:
        assert (project.site / name).read_bytes() == (by_hand / name).read_bytes(), name
    ours, theirs = (json.loads((site / "search.json").read_bytes()) for site in (project.site, by_hand))
    assert sorted(ours, key=str) == sorted(theirs, key=str)
