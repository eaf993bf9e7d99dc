"""New files for a project: a registry, a notebook, a whole project, each ready to be checked and built.

Comes in: what somebody asked for. Goes out: the files that were written. Nothing is ever overwritten: when one of the
files is there already, none is written, and when writing fails midway, those already written are taken away again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from pathlib import Path
from string import Template

from pydantic import TypeAdapter, ValidationError

from kvalreg.errors import UsageError
from kvalreg.inputs.descriptor_model import RegistryId
from kvalreg.inputs.text_file import quote
from kvalreg.inputs.units import Units, read_units
from kvalreg.project import Project, shared_root
from kvalreg.workbench.sample import deliveries_yml, sample_delivery, sample_expectation


@dataclass(frozen=True)
class NewRegistry:
    """What a registry is called.

    Parameters
    ----------
    language
        ``nb`` or ``nn``.
    field
        The medical field that readers find it under.
    """

    id: str
    name: str
    short_name: str
    language: str
    field: str


def new_registry(asked: NewRegistry, project: Project, today: date) -> list[Path]:
    """A commented descriptor, a sample delivery for the project's units, and sums to compare with.

    Raises
    ------
    UsageError
        When the id cannot be one, or anything of a registry with this id is there already.
    ConfigurationError
        When `units.csv` has faults: the sample is made for its units.
    """
    refuse(asked.id, project)
    units = read_units(project.units, project.relative(project.units))
    year = today.year - 1
    told = {
        "id": asked.id,
        "name": _yaml_text(asked.name),
        "short_name": _yaml_text(asked.short_name),
        "field": _yaml_text(asked.field),
        "today": today.isoformat(),
        "year": str(year),
    }
    return write_new(
        {project.descriptor(asked.id): _template(f"registry.{asked.language}.yml", told)}
        | _sample(asked.id, project, units, today)
    )


def new_site(target: Path, registry: NewRegistry | None, today: date) -> list[Path]:
    """An empty project for a service environment: sample units, the website's settings and, if asked, one registry.

    Raises
    ------
    UsageError
        When the folder is there and holds something.
    """
    if registry is not None:
        _check_id(registry.id)
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise UsageError(f"{target}: there is something here already. Name a folder that is empty or does not exist.")
    quarto_yml = (shared_root() / "_quarto.yml").read_text(encoding="utf-8")
    made = write_new(
        {
            target / "registries" / "units.csv": _template("units.csv", {}),
            target / "_quarto.yml": quarto_yml,
            target / ".gitignore": _template("site.gitignore", {}),
            target / "README.md": _template("site.README.md", {}),
        }
    )
    return made if registry is None else made + new_registry(registry, Project.open(target), today)


def write_new(contents: Mapping[Path, str]) -> list[Path]:
    """Write files that are not there yet, all or none.

    Raises
    ------
    UsageError
        When one of them is there, or a file cannot be written.
    """
    there = [path for path in contents if path.exists()]
    if there:
        named = ", ".join(str(path) for path in there)
        raise UsageError(f"There already: {named}. Nothing was written. Choose another id, or move the old files away.")
    made: list[Path] = []
    try:
        for path, content in contents.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("x", encoding="utf-8", newline="\n") as file:
                made.append(path)
                file.write(content)
    except OSError as error:
        for path in made:
            path.unlink(missing_ok=True)
        raise UsageError(f"{error.filename}: it cannot be written: {error.strerror}. Nothing was kept.") from None
    return made


def known_registry(registry: str, project: Project) -> None:
    """Refuse an id that is no registry of the project, and name those there are."""
    known = [path.parent.name for path in project.descriptors()]
    if registry not in known:
        raise UsageError(f"There is no registry {quote(registry)}. This project has: {', '.join(known) or 'none'}.")


def refuse(registry: str, project: Project) -> None:
    """Refuse an id that cannot be one, or that the project has something for already."""
    _check_id(registry)
    there = [path for path in (project.descriptor(registry).parent, project.data(registry)) if path.exists()]
    if there:
        named = " and ".join(f"{project.relative(path)}/" for path in there)
        raise UsageError(
            f"There is something for the id {quote(registry)} already: {named}. "
            "Nothing was written. Choose another id, or move the old folder away."
        )


def _check_id(registry: str) -> None:
    try:
        TypeAdapter(RegistryId).validate_python(registry)
    except ValidationError:
        raise UsageError(
            f"{quote(registry)} is no id of a registry. Use small letters a to z, digits, _ and -, "
            "begin with a letter, and write at most 60 signs, as in barnehelse."
        ) from None


def _sample(registry: str, project: Project, units: Units, today: date) -> dict[Path, str]:
    folder = project.data(registry)
    return {
        folder / "eksempel.csv": sample_delivery(registry, units, today.year - 1),
        project.delivery_list(registry): deliveries_yml("eksempel.csv", today),
        project.expected(registry) / "eksempel.csv": sample_expectation(registry, units, today.year - 1),
    }


def _template(name: str, told: Mapping[str, str]) -> str:
    text = files("kvalreg.workbench").joinpath("templates", name).read_text(encoding="utf-8")
    return Template(text).substitute(told) if told else text


def _yaml_text(text: str) -> str:
    """Any text as a YAML scalar: a JSON string is one."""
    return json.dumps(" ".join(text.split()), ensure_ascii=False)
