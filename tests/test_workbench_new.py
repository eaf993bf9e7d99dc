"""`kvalreg new`: what it writes is checked and built, and nothing is ever overwritten."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import nbformat
import pytest

from kvalreg.diagnostic_codes import DiagnosticCode
from kvalreg.errors import UsageError
from kvalreg.project import Project
from kvalreg.workbench.check import CheckRequest, check_project
from kvalreg.workbench.scaffold import RegistryOptions, create_registry, create_site, write_new_files
from kvalreg.workbench.scaffold_notebook import create_notebook

TODAY = date(2026, 3, 1)


def asked(registry: str = "gamma", language: str = "nb", name: str = "Register for gamma") -> RegistryOptions:
    """A registry to make."""
    return RegistryOptions(registry, name, registry.capitalize(), language, "Prøver")


def everything(root: Path) -> dict[str, bytes]:
    """Every file below a folder, and what is in it."""
    return {str(path.relative_to(root)): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


@pytest.mark.parametrize("language", ["nb", "nn"])
def test_a_new_registry_passes_the_check(project: Project, language: str) -> None:
    """All that is said of it are the texts to fill in; they are easy to read, and its sums come out as expected."""
    create_registry(asked(language=language), project, TODAY)
    found = check_project(project, CheckRequest(TODAY, ("gamma",)))
    assert {finding.diagnostic.code for finding in found.findings} == {DiagnosticCode.PLACEHOLDER_TEXT}
    assert found.exit_code == 0


def test_any_name_becomes_good_yaml(project: Project) -> None:
    """Colons, quotation marks and signs of YAML in a name are text."""
    create_registry(asked(name='Register: "A" #1 {b} \\ $c'), project, TODAY)
    text = project.descriptor("gamma").read_text(encoding="utf-8")
    assert 'name: "Register: \\"A\\" #1 {b} \\\\ $c"' in text
    assert check_project(project, CheckRequest(TODAY, ("gamma",))).exit_code == 0


@pytest.mark.parametrize("there", ["registries/alfa/registry.yml", "data/alfa/a.csv"])
def test_an_id_that_is_used_is_refused_and_nothing_changes(project: Project, there: str) -> None:
    """The sentence names the folders that are there."""
    before = everything(project.root)
    with pytest.raises(UsageError, match=there.rsplit("/", 1)[0]):
        create_registry(asked("alfa"), project, TODAY)
    assert everything(project.root) == before


@pytest.mark.parametrize("wrong", ["Ærlig", "9a", "a b", "../x", "a/b", "", "a" * 61, "units.csv"])
def test_an_id_that_is_none_is_refused_with_what_is_allowed(project: Project, wrong: str) -> None:
    """The sentence says which signs an id has; nothing is written, inside the project or out of it."""
    before = everything(project.root.parent)
    with pytest.raises(UsageError, match="small letters a to z"):
        create_registry(asked(wrong), project, TODAY)
    assert everything(project.root.parent) == before


def test_files_are_written_all_or_none(tmp_path: Path) -> None:
    """One that is there stops the others, and keeps what it holds."""
    (tmp_path / "b").write_text("mine", encoding="utf-8")
    with pytest.raises(UsageError, match="Nothing was written"):
        write_new_files({tmp_path / "a": "x", tmp_path / "b": "y"})
    assert everything(tmp_path) == {"b": b"mine"}


def test_a_failure_midway_takes_back_what_was_written(tmp_path: Path) -> None:
    """A folder that cannot be made, because a file has its name: nothing of ours stays."""
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    with pytest.raises(UsageError, match="cannot be written"):
        write_new_files({tmp_path / "a": "x", tmp_path / "file" / "b": "y"})
    assert everything(tmp_path) == {"file": b"mine"}


# --- notebooks -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("kind", ["year", "registry", "analysis"])
def test_a_new_notebook_passes_the_check(project: Project, kind: str) -> None:
    """Its parameters are the registry's own, and its newest complete year."""
    path = create_notebook("alfa", kind, project, TODAY)
    assert check_project(project, CheckRequest(date(2025, 3, 1), ("alfa",))).exit_code == 0
    parameters = next(cell.source for cell in nbformat.read(path, as_version=4).cells if cell.metadata.get("tags"))
    assert 'registry = "alfa"' in parameters
    assert "year = 2024" in parameters or kind == "analysis"


def test_a_notebook_that_is_there_is_kept(project: Project) -> None:
    """A second one is refused."""
    path = create_notebook("alfa", "year", project, TODAY)
    path.write_text("mine", encoding="utf-8")
    with pytest.raises(UsageError, match="There already"):
        create_notebook("alfa", "year", project, TODAY)
    assert path.read_text(encoding="utf-8") == "mine"


def test_a_notebook_of_no_registry_is_refused(project: Project) -> None:
    """The sentence names the registries there are."""
    with pytest.raises(UsageError, match=r"'gamma'.*alfa, beta"):
        create_notebook("gamma", "year", project, TODAY)


# --- projects --------------------------------------------------------------------------------------------------------
def test_a_new_site_with_a_registry_passes_the_check(tmp_path: Path) -> None:
    """Units, settings, README and the rest are there; sums come out as expected."""
    create_site(tmp_path / "results", asked(), TODAY)
    project = Project.open(tmp_path / "results")
    assert check_project(project, CheckRequest(TODAY)).exit_code == 0
    assert {"_quarto.yml", ".gitignore", "README.md"} <= set(everything(project.root))


def test_a_new_site_without_a_registry_says_how_to_make_one(tmp_path: Path) -> None:
    """An empty project is told what comes next."""
    create_site(tmp_path / "results", None, TODAY)
    with pytest.raises(UsageError, match="kvalreg new registry ID"):
        check_project(Project.open(tmp_path / "results"), CheckRequest(TODAY))


def test_a_folder_that_holds_something_is_left_alone(project: Project) -> None:
    """A project is not made on top of another."""
    before = everything(project.root)
    with pytest.raises(UsageError, match="something here already"):
        create_site(project.root, None, TODAY)
    assert everything(project.root) == before
