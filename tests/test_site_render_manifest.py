"""The embedded renderer renders only the pages that have changed; the site is the same as if it had rendered all."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from kvalreg.errors import RendererError
from kvalreg.project import Project
from kvalreg.site import pandoc
from kvalreg.site.pandoc import Pandoc
from kvalreg.site.staging import EXTENSION, Page, stage
from site_example import PAGES, RESOURCES, example_project

CHECKOUT = Path(__file__).parents[1]


@pytest.fixture
def rendered(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The pages that Pandoc has rendered."""
    pages: list[str] = []
    run = Pandoc._render_chunk

    def process(self: Pandoc, job: dict[str, list[dict[str, str]]]) -> list[dict[str, object]]:
        pages.extend(page["address"] for page in job["pages"])
        return run(self, job)

    monkeypatch.setattr(Pandoc, "_render_chunk", process)
    return pages


def render(project: Project, pages: list[Page]) -> dict[str, bytes]:
    """Stage and render, and give every file of the site."""
    renderer, _ = pandoc.find()
    assert renderer is not None
    renderer.render(stage(project, pages, RESOURCES), project.site)
    site = project.site.resolve()
    return {path.relative_to(site).as_posix(): path.read_bytes() for path in site.rglob("*") if path.is_file()}


def changed(page: Page) -> Page:
    """The same page with one more paragraph."""
    return replace(page, body=f"{page.body}\n\nEt nytt avsnitt.")


def test_only_a_changed_page_is_rendered(tmp_path: Path, rendered: list[str]) -> None:
    """One page of all has changed: it alone is rendered, and the site is what a whole rendering makes."""
    project = example_project(tmp_path / "a")
    render(project, PAGES)
    assert sorted(rendered) == sorted(page.address for page in PAGES)
    rendered.clear()
    pages = [changed(PAGES[0]), *PAGES[1:]]
    site = render(project, pages)
    assert rendered == [PAGES[0].address]
    assert site == render(example_project(tmp_path / "b"), pages)


def test_nothing_changed_renders_nothing(tmp_path: Path, rendered: list[str]) -> None:
    """The same pages again: no page is rendered, and the site is whole; one fewer, and it is gone."""
    project = example_project(tmp_path)
    before = render(project, PAGES)
    rendered.clear()
    assert render(project, PAGES) == before
    assert len(render(project, PAGES[1:])) == len(before) - 1
    assert not rendered


def _page_touched(project: Project) -> None:
    path = project.site.resolve() / PAGES[0].address.replace(".qmd", ".html")
    path.unlink()
    path.write_text("Noe annet.", encoding="utf-8")


def _page_gone(project: Project) -> None:
    (project.site.resolve() / PAGES[0].address.replace(".qmd", ".html")).unlink()


@pytest.mark.parametrize("damage", [_page_touched, _page_gone])
def test_a_page_that_was_touched_is_rendered_again(
    tmp_path: Path, rendered: list[str], damage: Callable[[Project], None]
) -> None:
    """What somebody has changed or removed in the finished site is not reused."""
    project = example_project(tmp_path)
    before = render(project, PAGES)
    rendered.clear()
    damage(project)
    assert render(project, PAGES) == before
    assert rendered == [PAGES[0].address]


def _filter(project: Project) -> None:
    path = project.extension / "kvalreg.lua"
    path.write_text(path.read_text("utf-8") + "\n-- another filter\n", encoding="utf-8")


def _title(project: Project) -> None:
    path = project.quarto_yml
    path.write_text(path.read_text("utf-8").replace("title: ", "title: Ny ", 1), encoding="utf-8")


def _manifest(project: Project) -> None:
    project.staging.with_name("site.rendered.json").write_text("{", encoding="utf-8")


@pytest.mark.parametrize("change", [_filter, _title, _manifest])
def test_another_digest_renders_every_page(
    tmp_path: Path, rendered: list[str], change: Callable[[Project], None]
) -> None:
    """With another filter or project file, or an unreadable manifest, every page is rendered."""
    shutil.copytree(CHECKOUT / "_extensions", tmp_path / "_extensions")
    shutil.copy(CHECKOUT / "_quarto.yml", tmp_path)
    project = example_project(tmp_path)
    render(project, PAGES)
    rendered.clear()
    change(project)
    render(project, PAGES)
    assert len(rendered) == len(PAGES)


def test_another_published_file_renders_no_page(tmp_path: Path, rendered: list[str]) -> None:
    """A file in a new folder changes the list of files that Quarto copies, and no page."""
    project = example_project(tmp_path)
    render(project, PAGES)
    rendered.clear()
    renderer, _ = pandoc.find()
    assert renderer is not None
    renderer.render(stage(project, PAGES, {**RESOURCES, "nytt/sted/a.csv": b"a"}), project.site)
    assert (project.site / "nytt" / "sted" / "a.csv").read_bytes() == b"a"
    assert not rendered


def test_a_failed_rendering_saves_no_manifest(tmp_path: Path, rendered: list[str]) -> None:
    """A page with an unsupported feature stops the site; once it is corrected, it and no other is rendered."""
    project = example_project(tmp_path)
    render(project, PAGES)
    with pytest.raises(RendererError):
        render(project, [replace(PAGES[0], body="# For stor"), *PAGES[1:]])
    rendered.clear()
    render(project, [changed(PAGES[0]), *PAGES[1:]])
    assert rendered == [PAGES[0].address]


def test_staging_never_writes_into_the_site(tmp_path: Path) -> None:
    """Files of the site are shared with the staged project, which replaces them and never writes into them."""
    project = example_project(tmp_path)
    render(project, PAGES)
    stage(project, PAGES, dict.fromkeys(RESOURCES, b"noe annet"))
    for name, content in RESOURCES.items():
        assert (project.site / name).read_bytes() == content
    assert (project.staging / EXTENSION).is_dir()
