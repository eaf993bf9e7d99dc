"""A finished site becomes the output as a whole, or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from kvalreg.errors import UsageError
from kvalreg.site.atomic_output import SITE_MARKER, atomic_output


def _publish(output: Path, staged: Path, content: str) -> None:
    with atomic_output(output, staged) as new_site:
        (new_site / "index.html").write_text(content)


def _publish_half(output: Path, staged: Path) -> None:
    with atomic_output(output, staged) as new_site:
        (new_site / "index.html").write_text("half")
        (new_site / "absent" / "page.html").write_text("cannot be written")


@pytest.fixture
def staged(tmp_path: Path) -> Path:
    """The staged project."""
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
    assert {path.name for path in tmp_path.iterdir()} == {"_build", "_site", "._site"}


def test_a_site_is_a_link_that_is_switched(tmp_path: Path, staged: Path) -> None:
    """`_site` is a relative link, so that the project can be moved; one earlier site stays for those who read it."""
    output = tmp_path / "_site"
    for content in ("1", "2", "3"):
        _publish(output, staged, content)
    assert str(output.readlink()).startswith("._site/3-")
    assert sorted(path.name[:2] for path in (tmp_path / "._site").iterdir()) == ["2-", "3-"]


def test_a_plain_folder_of_an_older_version_becomes_a_link(tmp_path: Path, staged: Path) -> None:
    """A site that an older kvalreg left as a plain folder is replaced as well."""
    output = tmp_path / "_site"
    output.mkdir()
    (output / SITE_MARKER).touch()
    _publish(output, staged, "new")
    assert output.is_symlink()
    assert (output / "index.html").read_text() == "new"


def test_a_link_of_somebody_elses_is_never_replaced(tmp_path: Path, staged: Path) -> None:
    """A link to a folder with other files, or to nothing, is left alone."""
    output, home = tmp_path / "www", tmp_path / "home"
    output.symlink_to(home)
    with pytest.raises(UsageError, match="something else than a site"):
        _publish(output, staged, "new")
    home.mkdir()
    (home / "thesis.txt").write_text("mine")
    with pytest.raises(UsageError, match="something else than a site"):
        _publish(output, staged, "new")


def test_a_failure_leaves_the_old_site(tmp_path: Path, staged: Path) -> None:
    """Nothing half-made is published."""
    output = tmp_path / "_site"
    _publish(output, staged, "old")
    with pytest.raises(FileNotFoundError):
        _publish_half(output, staged)
    assert (output / "index.html").read_text() == "old"
    assert sorted(path.name for path in (tmp_path / "._site").iterdir()) == [output.resolve().name]


def test_a_folder_of_somebody_elses_is_never_replaced(tmp_path: Path, staged: Path) -> None:
    """`--output ~` does not cost anybody their files."""
    output = tmp_path / "home"
    output.mkdir()
    (output / "thesis.txt").write_text("mine")
    with pytest.raises(UsageError, match="something else than a site"):
        _publish(output, staged, "new")
    assert (output / "thesis.txt").read_text() == "mine"


def test_an_empty_folder_may_be_used(tmp_path: Path, staged: Path) -> None:
    """A folder made beforehand for the site is used."""
    output = tmp_path / "www"
    output.mkdir()
    _publish(output, staged, "new")
    assert (output / "index.html").read_text() == "new"


def test_a_site_that_has_lost_its_link_comes_back(tmp_path: Path, staged: Path) -> None:
    """Whatever took the link away, a run that fails afterwards still leaves the last finished site, not a half one."""
    for name, marked in (("3", True), ("4", False)):
        (tmp_path / "._site" / name).mkdir(parents=True)
        (tmp_path / "._site" / name / "index.html").write_text(name)
        if marked:
            (tmp_path / "._site" / name / SITE_MARKER).touch()
    with pytest.raises(RuntimeError), atomic_output(tmp_path / "_site", staged):
        raise RuntimeError
    assert (tmp_path / "_site" / "index.html").read_text() == "3"
    assert sorted(path.name for path in (tmp_path / "._site").iterdir()) == ["3"]
