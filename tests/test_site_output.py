"""A finished site put in place: whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from kvalreg.errors import UsageError
from kvalreg.site.output import replaced


def _publish(output: Path, staged: Path, content: str) -> None:
    with replaced(output, staged) as aside:
        (aside / "index.html").write_text(content)


def _publish_half(output: Path, staged: Path) -> None:
    with replaced(output, staged) as aside:
        (aside / "index.html").write_text("half")
        (aside / "absent" / "page.html").write_text("cannot be written")


@pytest.fixture
def staged(tmp_path: Path) -> Path:
    """The folder that a site is made from."""
    folder = tmp_path / "_build" / "site"
    folder.mkdir(parents=True)
    return folder


def test_a_new_site_replaces_the_old_one(tmp_path: Path, staged: Path) -> None:
    """Nothing of the old site is left among the new, and nothing is left beside it."""
    output = tmp_path / "_site"
    _publish(output, staged, "old")
    (output / "old.html").touch()
    _publish(output, staged, "new")
    assert (output / "index.html").read_text() == "new"
    assert not (output / "old.html").exists()
    assert {path.name for path in tmp_path.iterdir()} == {"_build", "_site"}


def test_a_failure_leaves_the_old_site(tmp_path: Path, staged: Path) -> None:
    """Nothing half-made is published."""
    output = tmp_path / "_site"
    _publish(output, staged, "old")
    with pytest.raises(FileNotFoundError):
        _publish_half(output, staged)
    assert (output / "index.html").read_text() == "old"
    assert {path.name for path in tmp_path.iterdir()} == {"_build", "_site"}


def test_a_folder_of_somebody_elses_is_never_replaced(tmp_path: Path, staged: Path) -> None:
    """`--output ~` does not cost anybody their files."""
    output = tmp_path / "home"
    output.mkdir()
    (output / "thesis.txt").write_text("mine")
    with pytest.raises(UsageError, match="something else than a site"):
        _publish(output, staged, "new")
    assert (output / "thesis.txt").read_text() == "mine"


def test_an_empty_folder_may_be_used(tmp_path: Path, staged: Path) -> None:
    """A folder made beforehand for the site is taken."""
    output = tmp_path / "www"
    output.mkdir()
    _publish(output, staged, "new")
    assert (output / "index.html").read_text() == "new"


def test_a_site_taken_away_by_an_interrupted_run_comes_back(tmp_path: Path, staged: Path) -> None:
    """A run that was killed between taking the old site away and putting the new one in loses neither."""
    taken = tmp_path / "._site.abc.old"
    taken.mkdir()
    (taken / "index.html").write_text("old")
    with pytest.raises(RuntimeError), replaced(tmp_path / "_site", staged):
        raise RuntimeError
    assert (tmp_path / "_site" / "index.html").read_text() == "old"
