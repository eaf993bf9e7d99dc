"""What the site is made of and what it is made into: `Site` comes in to every maker, `Content` goes out.

Owns both types. A site's pages and files are already safe: makers read `Published` and accepted pages only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from kvalreg.batch.accepted import AcceptedPage
from kvalreg.disclosure.published import Published
from kvalreg.site.staging import Page


@dataclass(frozen=True)
class Shown:
    """One registry on the site: its published cells, and the pages made of them."""

    published: Published
    pages: tuple[AcceptedPage, ...]


@dataclass(frozen=True)
class Site:
    """All that the site's makers may know.

    Parameters
    ----------
    shown
        The registries that have published something, by id.
    """

    shown: tuple[Shown, ...]

    @property
    def synthetic(self) -> bool:
        """Whether any of it is made up; the site then says so on its own pages."""
        return any(registry.published.registry.synthetic for registry in self.shown)


@dataclass(frozen=True)
class Content:
    """Pages, and files that are published as they are, by address: ``data/slag/2023.csv``."""

    pages: tuple[Page, ...] = ()
    files: Mapping[str, bytes] = field(default_factory=dict)
