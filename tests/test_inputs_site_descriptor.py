"""`registries/site.yml`: optional, and refused with line and key where it is wrong."""

from __future__ import annotations

import pytest

from kvalreg.errors import ConfigurationError
from kvalreg.inputs.site_descriptor import SiteDescriptor, read_site_descriptor
from kvalreg.project import Project


def test_a_project_needs_none(project: Project) -> None:
    """Without it addresses begin at the root, and nobody is named."""
    found = read_site_descriptor(project)
    assert found == SiteDescriptor()
    assert (found.base_url, found.path, found.absolute_url("data/index.qmd")) == ("", "/", "/data/")


def test_addresses_are_made_whole(project: Project) -> None:
    """The site's own folder is kept, with or without a slash at its end."""
    for url in ("https://example.org/r", "https://example.org/r/"):
        project.site_descriptor.write_text(f"url: {url}\n", encoding="utf-8")
        found = read_site_descriptor(project)
        assert found.path == "/r/"
        assert found.absolute_url("index.qmd") == "https://example.org/r/"
        assert found.absolute_url("om/kontakt/index.qmd") == "https://example.org/r/om/kontakt/"
        assert found.absolute_url("data/slag/resultater.csv") == "https://example.org/r/data/slag/resultater.csv"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("url: example.org\n", r"site\.yml:1: url"),
        ("publisher: A\nurl: https://example.org/?a=1\n", r"site\.yml:2: url.*after \? or #"),
        ("publisher: A\npulisher: B\n", r"site\.yml:2: pulisher.*publisher"),
        ("", "is empty"),
    ],
)
def test_a_faulty_file_is_refused_with_its_line(project: Project, text: str, told: str) -> None:
    """An address that is none, an unknown key, an empty file."""
    project.site_descriptor.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError, match=told):
        read_site_descriptor(project)
