"""`registries/site.yml`: who answers for the site, how they are reached, and where it is published.

Owns the fields' names, types and rules. The file is optional. Input: a project. Output: `SiteDescriptor`, or every
fault of the file. The site's title is `website.title` in `_quarto.yml` and stands in no other place.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from pydantic import HttpUrl, field_validator

from kvalreg.errors import ConfigurationError
from kvalreg.inputs.descriptor_model import DescriptorModel, DescriptorText, NoNumber, RequiredText
from kvalreg.inputs.validation import validate
from kvalreg.inputs.yaml_file import read_yaml
from kvalreg.project import Project


class Notices(DescriptorModel):
    """Notices to registries' contacts: late, failed, published. Passwords and a webhook's address are no part of it."""

    sender: DescriptorText = ""
    """The address that e-mail comes from. Left out: none is sent."""
    copy_to: tuple[RequiredText, ...] = ()
    """Who gets every notice besides the registry's own contacts, such as the service environment."""


class SiteDescriptor(DescriptorModel):
    """Who answers for the site, and where it is."""

    url: HttpUrl | None = None
    """The site's whole address, such as 'https://example.org/resultater/'. Left out: pages have relative addresses, and
    there is no sitemap."""
    publisher: NoNumber = ""
    """The institution that publishes the site."""
    publisher_url: HttpUrl | None = None
    """The institution's own page, or its address in a public register of institutions."""
    email: DescriptorText = ""
    """Where readers may ask, and tell of faults."""
    phone: DescriptorText = ""
    """Phone number, in quotation marks."""
    accessibility_statement: HttpUrl | None = None
    """The site's accessibility statement in the national register of such statements."""
    notices: Notices | None = None
    """Whom scheduled builds and publications tell by e-mail or a webhook. Left out: nobody."""

    @field_validator("url")
    @classmethod
    def _is_folder_url(cls, url: HttpUrl | None) -> HttpUrl | None:
        if url is not None and (url.query or url.fragment):
            raise ValueError("The site's address has a part after ? or #. Write the address of its front page alone.")
        return url

    @property
    def base_url(self) -> str:
        """The site's whole address with a slash at its end; empty where it is not known."""
        return "" if self.url is None else f"{str(self.url).rstrip('/')}/"

    @property
    def path(self) -> str:
        """The part of the address after the host, with a slash at both ends: ``/`` or ``/resultater/``."""
        return urlsplit(self.base_url).path or "/"

    def absolute_url(self, address: str) -> str:
        """A page's or file's whole address; from the site's root where the site's own is not known.

        Examples
        --------
        >>> SiteDescriptor(url="https://example.org/r").whole("data/index.qmd")
        'https://example.org/r/data/'
        """
        served_path = address.removesuffix("index.qmd").removesuffix("index.html")
        served_path = f"{served_path.removesuffix('.qmd')}.html" if served_path.endswith(".qmd") else served_path
        return f"{self.base_url or '/'}{served_path}"


def read_site_descriptor(project: Project) -> SiteDescriptor:
    """What `registries/site.yml` says; a site that nobody answers for where it is not there.

    Raises
    ------
    ConfigurationError
        With every fault of the file.
    """
    path = project.site_descriptor
    if not path.is_file():
        return SiteDescriptor()
    descriptor, diagnostics = validate(read_yaml(path, project.display_path(path)), SiteDescriptor)
    if descriptor is None:
        raise ConfigurationError(diagnostics)
    return descriptor
