"""Which renderer is chosen, and what the user is told about it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from kvalreg.errors import RendererError, UsageError
from kvalreg.site import quarto
from kvalreg.site.renderer import RENDERERS, choose_renderer


@pytest.fixture(autouse=True)
def _no_quarto(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A machine without Quarto: nothing named, nothing beside Python, an empty PATH."""
    monkeypatch.setattr(sys, "executable", str(tmp_path / "venv" / "python"))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    for variable in ("KVALREG_QUARTO", "QUARTO_PATH"):
        monkeypatch.delenv(variable, raising=False)


def _program(folder: Path, script: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "quarto"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def test_without_quarto_the_embedded_renderer_is_taken() -> None:
    """The reason is said in one line."""
    choice = choose_renderer("auto")
    assert choice.renderer.name == "pandoc"
    assert choice.reason == f"Renderer: pandoc {choice.renderer.version}, because no Quarto was found."


def test_quarto_is_preferred_when_it_is_there(tmp_path: Path) -> None:
    """Auto takes Quarto, and says where it was found."""
    _program(tmp_path / "bin", "echo 1.10.18")
    assert choose_renderer().reason == "Renderer: quarto 1.10.18 (found on PATH)."


def test_quarto_beside_python_is_found(tmp_path: Path) -> None:
    """The quarto-cli wheel puts its command into the environment, which need not be on PATH."""
    _program(tmp_path / "venv", "echo 1.8.25")
    assert choose_renderer().reason == "Renderer: quarto 1.8.25 (found beside Python)."


@pytest.mark.parametrize("variable", ["KVALREG_QUARTO", "QUARTO_PATH"])
def test_the_quarto_the_user_names_is_tried_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    """A named program, or the folder it lies in, goes before PATH."""
    _program(tmp_path / "bin", "echo 1.10.18")
    monkeypatch.setenv(variable, str(_program(tmp_path / "own", "echo 1.9.2").parent))
    assert choose_renderer().reason == f"Renderer: quarto 1.9.2 (named by {variable})."


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("echo 1.3.450", "the Quarto on PATH is 1.3.450, older than 1.4"),
        ("exit 1", "the Quarto on PATH does not answer"),
        ("echo 'ERROR: no programs'", "the Quarto on PATH does not answer"),
        ("/bin/sleep 5", "the Quarto on PATH does not answer"),
    ],
)
def test_a_quarto_that_cannot_be_used_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, reason: str
) -> None:
    """Too old, broken or silent: the embedded renderer takes over and the reason is said."""
    monkeypatch.setattr(quarto, "_VERSION_TIMEOUT", 0.5)
    _program(tmp_path / "bin", script)
    choice = choose_renderer("auto")
    assert choice.reason == f"Renderer: pandoc {choice.renderer.version}, because {reason}."


def test_a_quarto_that_is_asked_for_must_be_there() -> None:
    """Asked for by name and missing, it is an error of use that says what to do."""
    with pytest.raises(UsageError, match=r"because no Quarto was found\. Install it .* or use --renderer pandoc"):
        choose_renderer("quarto")


def test_pandoc_can_be_asked_for(tmp_path: Path) -> None:
    """The embedded renderer is taken when it is asked for, whatever else is there."""
    _program(tmp_path / "bin", "echo 1.10.18")
    choice = choose_renderer("pandoc")
    assert choice.reason == f"Renderer: pandoc {choice.renderer.version} (embedded)."


def test_an_unknown_renderer_is_refused() -> None:
    """The names that can be used are said."""
    with pytest.raises(UsageError, match="auto, quarto, pandoc"):
        choose_renderer("jekyll")
    assert list(RENDERERS) == ["quarto", "pandoc"]


def test_a_failing_quarto_leaves_the_old_site_and_says_why(tmp_path: Path) -> None:
    """RendererError carries the last lines of what Quarto said, without its colours."""
    command = _program(tmp_path / "bin", 'echo first; printf "\\033[31mERROR: no such filter\\033[0m\\n"; exit 1')
    staged = tmp_path / "_build" / "site"
    staged.mkdir(parents=True)
    (staged / "index.qmd").touch()
    with pytest.raises(RendererError, match=r"(?m)^  first\n  ERROR: no such filter$"):
        quarto.Quarto(str(command), "1.10.18").render(staged, tmp_path / "_site")
    assert not (tmp_path / "_site").exists()
