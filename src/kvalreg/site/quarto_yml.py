"""`_quarto.yml` as the embedded renderer understands it: the keys it knows, with their values.

Input: the staged file. Output: a frozen model, or every key that is not supported, by name and line. Nothing is
guessed: what Quarto would show and this renderer would not is refused.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from kvalreg.errors import RendererError


class QuartoModel(BaseModel):
    """Keys as Quarto spells them, with a hyphen; an unknown key is an error."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, alias_generator=lambda name: name.replace("_", "-"), populate_by_name=False
    )


class ProjectKeys(QuartoModel):
    """`project`. What is rendered follows from what is staged."""

    type: Literal["website"]
    output_dir: str = "_site"
    render: list[str] = []
    resources: list[str] = []


class Execute(QuartoModel):
    """`execute`. Nothing is ever executed here."""

    enabled: Literal[False]


class NavigationItem(QuartoModel):
    """A link in the navigation bar or footer, or a text in the footer."""

    text: str
    href: str = ""


class Navbar(QuartoModel):
    """`website.navbar`. The bar is always open and stands still, as with `collapse: false` and `pinned: false`."""

    left: list[NavigationItem] = []
    right: list[NavigationItem] = []
    collapse: Literal[False]
    pinned: Literal[False] = False

    @property
    def items(self) -> list[NavigationItem]:
        """Every link, from left to right."""
        return [*self.left, *self.right]


class Footer(QuartoModel):
    """`website.page-footer`: a text or a list of links in each place."""

    left: str | list[NavigationItem] = ""
    center: str | list[NavigationItem] = ""
    right: str | list[NavigationItem] = ""


class Search(QuartoModel):
    """`website.search`: the field in the navigation bar."""

    location: Literal["navbar"]
    type: Literal["textbox", "overlay"] = "textbox"


class Website(QuartoModel):
    """`website`."""

    title: str
    site_path: str = "/"
    description: str = ""
    search: Search | bool = False
    navbar: Navbar
    page_footer: Footer = Footer()


class QuartoYml(QuartoModel):
    """The whole file."""

    project: ProjectKeys
    execute: Execute
    engine: Literal["markdown"] = "markdown"
    lang: str
    website: Website
    format: dict[Literal["kvalreg-html"], Literal["default"]] = Field(min_length=1)

    @model_validator(mode="after")
    def _navigation_has_links(self) -> Self:
        # in the navigation bar `page.html` would make of such an item a link that leads nowhere
        for item in self.website.navbar.items:
            if not item.href:
                raise ValueError(f"website.navbar: {item.text!r} has no href")
        return self


_UNREADABLE = (YAMLError, RecursionError, ValueError, AttributeError, OSError)
"""Errors from a damaged file: bytes in no known encoding, lists nested too deeply, a list in place of a mapping."""


def site_title(path: Path) -> str:
    """`website.title`, whatever else is in the file; empty where there is none. A renderer reports what is wrong."""
    try:
        content = YAML(typ="safe").load(path)
        return str(content["website"]["title"])
    except (*_UNREADABLE, KeyError, TypeError):
        return ""


def read_quarto_yml(path: Path) -> QuartoYml:
    """The project file, or RendererError with every key that the embedded renderer does not understand.

    `_quarto.yml.local` beside it adds to its website, as with Quarto.
    """
    try:
        content = YAML(typ="rt").load(path)  # round-trip nodes carry line numbers
        plain = _plain_values(content)
        # staging writes the site's path there, which the links of the 404 page need
        local = path.with_name(f"{path.name}.local")
        if local.is_file() and isinstance(plain, dict) and isinstance(plain.get("website"), dict):
            plain["website"] |= _plain_values(YAML(typ="safe").load(local)).get("website", {})
        return QuartoYml.model_validate(plain)
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise RendererError(f"_quarto.yml:{line}: this is no valid YAML: {error.problem}. Correct it.") from None
    except ValidationError as error:
        lines = [_error_message(content, details) for details in error.errors(include_url=False)]
        raise RendererError(
            "The embedded renderer does not understand all of _quarto.yml:\n"
            + "\n".join(f"  {line}" for line in lines)
            + "\nRemove or correct these keys, or use --renderer quarto."
        ) from None
    except _UNREADABLE as error:
        raise RendererError(
            f"_quarto.yml: the file, or the .local one beside it, cannot be read ({type(error).__name__}). "
            "Compare it with the one that kvalreg has."
        ) from None


def _plain_values(node: Any) -> Any:
    """ruamel's round-trip nodes, which carry line numbers, as plain values."""
    if isinstance(node, dict):
        return {str(key): _plain_values(value) for key, value in node.items()}
    return [_plain_values(value) for value in node] if isinstance(node, list) else node


def _error_message(content: Any, error: Any) -> str:
    # pydantic puts the alternatives of a union into the path of an error: they are no keys of the file
    key_path = [
        part for part in error["loc"] if not (isinstance(part, str) and "[" in part) and part not in _UNION_LABELS
    ]
    key = ".".join(str(part) for part in key_path)
    problem = "is not supported" if error["type"] == "extra_forbidden" else str(error["msg"]).lower()
    return f"_quarto.yml:{_key_line(content, key_path)}: {key}: {problem}"


_UNION_LABELS = ("str", "bool", "Search")
"""The names of a union's alternatives in pydantic's paths, as far as they look like keys."""


def _key_line(content: Any, key_path: list[Any]) -> int:
    """The line of the innermost key on a path that is in the file."""
    line, node = 1, content
    for part in key_path:
        try:
            position = node.lc.item(part) if isinstance(part, int) else node.lc.key(part)
            line, node = position[0] + 1, node[part]
        except (AttributeError, KeyError, IndexError, TypeError):
            break
    return line
