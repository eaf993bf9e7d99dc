"""Scaffolding: new files for a registry or a whole project, ready to be checked and built.

Input: options of the new registry or site. Output: the files that were written. Nothing is ever overwritten: when one
of the files exists, none is written, and when writing fails midway, those already written are deleted.
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
from kvalreg.workbench.sample_data import deliveries_yml, sample_delivery, sample_expected_sums


@dataclass(frozen=True)
class RegistryOptions:
    """The names of a new registry.

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


def create_registry(options: RegistryOptions, project: Project, today: date) -> list[Path]:
    """A commented descriptor, a sample delivery for the project's units, and sums to compare with.

    Raises
    ------
    UsageError
        When the id is not valid, or anything of a registry with this id exists.
    ConfigurationError
        When `units.csv` has errors: the sample delivery is for its units.
    """
    require_unused_id(options.id, project)
    units = read_units(project.units, project.display_path(project.units))
    year = today.year - 1
    substitutions = {
        "id": options.id,
        "name": _yaml_scalar(options.name),
        "short_name": _yaml_scalar(options.short_name),
        "field": _yaml_scalar(options.field),
        "today": today.isoformat(),
        "year": str(year),
    }
    return write_new_files(
        {project.descriptor(options.id): _fill_template(f"registry.{options.language}.yml", substitutions)}
        | _sample_files(options.id, project, units, today)
    )


def create_site(target: Path, registry: RegistryOptions | None, today: date) -> list[Path]:
    """An empty project: sample units, the website's settings and optionally one registry.

    Raises
    ------
    UsageError
        When the folder exists and is not empty.
    """
    # Before anything is written: a bad id would leave a project behind that cannot be created again.
    if registry is not None:
        _check_id(registry.id)
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise UsageError(f"{target}: there is something here already. Name a folder that is empty or does not exist.")
    quarto_yml = (shared_root() / "_quarto.yml").read_text(encoding="utf-8")
    written = write_new_files(
        {
            target / "registries" / "units.csv": _fill_template("units.csv", {}),
            target / "_quarto.yml": quarto_yml,
            target / ".gitignore": _fill_template("site.gitignore", {}),
            target / "README.md": _fill_template("site.README.md", {}),
        }
    )
    return written if registry is None else written + create_registry(registry, Project.open(target), today)


def write_new_files(contents: Mapping[Path, str]) -> list[Path]:
    """Write new files, all or none.

    Raises
    ------
    UsageError
        When one of them exists, or cannot be written.
    """
    existing = [path for path in contents if path.exists()]
    if existing:
        names = ", ".join(str(path) for path in existing)
        raise UsageError(f"There already: {names}. Nothing was written. Choose another id, or move the old files away.")
    written: list[Path] = []
    try:
        for path, content in contents.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            # "x" fails where the file has been created since it was looked for.
            with path.open("x", encoding="utf-8", newline="\n") as file:
                written.append(path)
                file.write(content)
    except OSError as error:
        for path in written:
            path.unlink(missing_ok=True)
        raise UsageError(f"{error.filename}: it cannot be written: {error.strerror}. Nothing was kept.") from None
    return written


def require_unused_id(registry: str, project: Project) -> None:
    """Refuse an id that is not valid, or for which the project has files already."""
    _check_id(registry)
    existing = [path for path in (project.descriptor(registry).parent, project.data(registry)) if path.exists()]
    if existing:
        names = " and ".join(f"{project.display_path(path)}/" for path in existing)
        raise UsageError(
            f"There is something for the id {quote(registry)} already: {names}. "
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


def _sample_files(registry: str, project: Project, units: Units, today: date) -> dict[Path, str]:
    folder = project.data(registry)
    return {
        folder / "eksempel.csv": sample_delivery(registry, units, today.year - 1),
        project.delivery_list(registry): deliveries_yml("eksempel.csv", today),
        project.expected_sums(registry) / "eksempel.csv": sample_expected_sums(registry, units, today.year - 1),
    }


def _fill_template(name: str, substitutions: Mapping[str, str]) -> str:
    # Texts without substitutions are copied as they are: they may have dollar signs of their own.
    text = files("kvalreg.workbench").joinpath("templates", name).read_text(encoding="utf-8")
    return Template(text).substitute(substitutions) if substitutions else text


def _yaml_scalar(text: str) -> str:
    """Any text as a YAML scalar: YAML is a superset of JSON, so a JSON string is one."""
    return json.dumps(" ".join(text.split()), ensure_ascii=False)
