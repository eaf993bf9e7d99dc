"""`_quarto.yml` as the embedded renderer reads it: all of it, or a list of what it does not understand."""

from __future__ import annotations

from pathlib import Path

import pytest

from kvalreg.errors import RendererError
from kvalreg.project import shared_root
from kvalreg.site.quarto_yml import read_quarto_yml


def test_the_shared_file_is_understood() -> None:
    """Title, language, navigation and footer are read from the file that Quarto reads."""
    config = read_quarto_yml(shared_root() / "_quarto.yml")
    assert config.website.title == "Resultater fra kvalitetsregistrene"
    assert config.lang == "nb"
    assert [(item.text, item.href) for item in config.website.navbar.items] == [
        ("Forside", "index.qmd"),
        ("Registre", "registre/index.qmd"),
        ("Sykehus", "sykehus/index.qmd"),
        ("Fagområder", "fagomrade/index.qmd"),
        ("Data", "data/index.qmd"),
        ("Om tallene", "om/index.qmd"),
    ]


def test_nothing_is_executed_and_nothing_beside_the_pages_is_rendered() -> None:
    """The source tree's notebooks and docs are never published, also when somebody runs Quarto by hand."""
    config = read_quarto_yml(shared_root() / "_quarto.yml")
    assert config.execute.enabled is False
    assert config.engine == "markdown"
    assert config.project.render == ["*.qmd", "!docs/", "!notebooks/"]


def test_every_key_that_is_not_understood_is_named_with_its_line(tmp_path: Path) -> None:
    """All at once: an unknown key, a value that means something else, a missing key."""
    path = tmp_path / "_quarto.yml"
    path.write_text(
        "project:\n  type: website\nexecute:\n  enabled: true\nlang: nb\nwebsite:\n  title: T\n  sidebar:\n"
        "    style: docked\n  navbar:\n    collapse: false\n    left:\n      - href: a.qmd\n"
        "format:\n  kvalreg-html: default\n"
    )
    with pytest.raises(RendererError) as caught:
        read_quarto_yml(path)
    lines = str(caught.value).splitlines()
    assert any(line.startswith("  _quarto.yml:4: execute.enabled: ") for line in lines)
    assert "  _quarto.yml:8: website.sidebar: is not supported" in lines
    assert "  _quarto.yml:13: website.navbar.left.0.text: field required" in lines
    assert lines[-1].endswith("or use --renderer quarto.")


def test_a_file_that_is_no_yaml_is_refused_with_its_line(tmp_path: Path) -> None:
    """A slip of indentation is pointed at."""
    path = tmp_path / "_quarto.yml"
    path.write_text("project:\n  type: website\n lang: nb\n")
    with pytest.raises(RendererError, match=r"_quarto\.yml:3: this is no valid YAML"):
        read_quarto_yml(path)
