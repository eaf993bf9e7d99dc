"""A project's own copy of the extension must fit the pages."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from kvalreg.errors import ConfigurationError
from kvalreg.project import Project, shared_root
from kvalreg.site.extension import check_extension


@pytest.fixture
def project_copy(tmp_path: Path) -> Path:
    """A project's own copy of the extension as it is shipped."""
    return Path(shutil.copytree(shared_root() / "_extensions" / "kvalreg", tmp_path / "_extensions" / "kvalreg"))


def error_message(project: Path) -> str:
    """The error about a project's extension."""
    with pytest.raises(ConfigurationError) as caught:
        check_extension(Project(project))
    return str(caught.value)


def test_a_project_without_its_own_uses_the_shipped_one(tmp_path: Path) -> None:
    """Most projects: there is no error."""
    check_extension(Project(tmp_path))


def test_own_looks_are_welcome(tmp_path: Path, project_copy: Path) -> None:
    """A copy with other styles and one more script is of the same version, and good."""
    (project_copy / "kvalreg.scss").write_text("/* ours */", encoding="utf-8")
    (project_copy / "ours.js").write_text("", encoding="utf-8")
    check_extension(Project(tmp_path))


def test_a_copy_of_another_version_is_named_with_what_it_lacks(tmp_path: Path, project_copy: Path) -> None:
    """Both faults at once: the version, and the script that puts a chart's rows together."""
    settings = project_copy / "_extension.yml"
    settings.write_text("title: ours\nversion: 0.0.9\n", encoding="utf-8")
    (project_copy / "rows.js").unlink()
    message = error_message(tmp_path)
    assert "of version 0.0.9" in message
    assert "It has no rows.js" in message
    assert "_extensions/kvalreg" in message


@pytest.mark.parametrize("settings", ["", "- a\n", "title: ours\n"])
def test_a_copy_without_a_version_is_refused(tmp_path: Path, project_copy: Path, settings: str) -> None:
    """Nobody can say which pages it was made for."""
    (project_copy / "_extension.yml").write_text(settings, encoding="utf-8")
    assert "of version none" in error_message(tmp_path)


def test_a_copy_without_settings_is_refused(tmp_path: Path, project_copy: Path) -> None:
    """Quarto itself would not find its format there."""
    (project_copy / "_extension.yml").unlink()
    assert "of version none" in error_message(tmp_path)
