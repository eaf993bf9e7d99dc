"""Reading `registries/<id>/registry.yml`: every registry that is good, every fault of those that are not.

Comes in: a file, or a project. Goes out: `Registry`, or all faults at once with file, line and key.
It never stops at the first fault, and one registry's faults never hide another registry.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from kvalreg.errors import ConfigurationError, Fault
from kvalreg.inputs.bibliography import with_publications
from kvalreg.inputs.descriptor import Registry, wrong_references
from kvalreg.inputs.descriptor_gaps import descriptor_remarks
from kvalreg.inputs.descriptor_model import REGISTRY_ID
from kvalreg.inputs.incomplete import with_stand_ins
from kvalreg.inputs.text_file import printable, quote
from kvalreg.inputs.validation import in_order, validate
from kvalreg.inputs.yaml_file import Document, Place, read_text, values_of
from kvalreg.kinds import Kind
from kvalreg.project import Project

_JSON_SCHEMA = "https://json-schema.org/draft/2020-12/schema"


def read_descriptor(path: Path, shown: str) -> Registry:
    """The registry that a descriptor describes.

    Parameters
    ----------
    path
        `registries/<id>/registry.yml`; the folder's name must be the registry's id.
    shown
        The file as the user knows it.

    Raises
    ------
    ConfigurationError
        With every fault of the file: its line, its key, what is wrong and what to do.
    """
    return _read(path, shown)[0]


def read_descriptors(
    project: Project, owners: Callable[[], Mapping[str, str]] = dict
) -> tuple[dict[str, Registry], dict[str, tuple[Fault, ...]]]:
    """Every good registry of a project by its id, and the faults of the others by the name of their folder.

    A folder without `registry.yml` is a fault. So is an indicator id that several registries use, as deliveries name
    indicators by id alone: for all of them but the one that had it first.

    Parameters
    ----------
    owners
        Tells which registry has published an indicator, by the indicator's id; asked only where an id is shared.
    """
    registries: dict[str, Registry] = {}
    documents: dict[str, Document] = {}
    faults: dict[str, tuple[Fault, ...]] = {}
    for folder in _folders(project):
        path = project.descriptor(folder)
        shown = project.relative(path)
        if not path.is_file():
            what, todo = "The folder has no registry.yml.", "Write one, or remove the folder."
            faults[folder] = (Fault(what, todo, printable(project.relative(path.parent)), kind=Kind.NO_DESCRIPTOR),)
            continue
        try:
            registries[folder], documents[folder] = _read(path, shown)
        except ConfigurationError as error:
            faults[folder] = error.faults
        except Exception as error:  # a file that breaks its reader is its registry's alone
            what, todo = (
                f"The file cannot be read ({type(error).__name__}).",
                "Compare it with another registry's file.",
            )
            faults[folder] = (Fault(what, todo, printable(shown), kind=Kind.FILE_UNREADABLE),)
    shared = _shared_ids(registries, documents, owners)
    return {name: registry for name, registry in registries.items() if name not in shared}, faults | shared


def completed(registry: Registry, project: Project) -> tuple[Registry, list[Fault]]:
    """The registry with the publications of its bibliography, and what its owner should know of its descriptor.

    The remarks stop nothing: empty fields, addresses in a wrong form, what is wrong with the bibliography.
    """
    path = project.descriptor(registry.id)
    shown = project.relative(path)
    document = _understood(read_text(path, shown), shown, registry.id)[1]
    whole, remarks = with_publications(registry, document, path.parent)
    return whole, [*descriptor_remarks(registry, document), *remarks]


def descriptor_schema() -> dict[str, Any]:
    """The JSON Schema of a descriptor: an editor that knows it completes keys and explains them."""
    schema = Registry.model_json_schema()
    described = "registry.yml: what a registry is, what it measures, and how its results were used."
    return {"$schema": _JSON_SCHEMA, **schema, "title": "kvalreg registry", "description": described}


def _folders(project: Project) -> list[str]:
    names = (path.name for path in project.registries.iterdir() if path.is_dir())
    return sorted(name for name in names if not name.startswith((".", "_")))


def _read(path: Path, shown: str) -> tuple[Registry, Document]:
    return _understood(read_text(path, shown), shown, path.parent.name)


@lru_cache(256)
def _understood(text: str, shown: str, folder: str) -> tuple[Registry, Document]:
    """What a descriptor's text says: a build asks several times, and a nation's take half a second to read."""
    document = values_of(text, shown)
    whole, incomplete = with_stand_ins(document)
    registry, faults = validate(whole, Registry)
    if isinstance(document.data, dict):
        references = [
            document.fault(each.place, printable(each.what), each.todo, each.kind)
            for each in wrong_references(document.data)
        ]
        faults = in_order([*faults, *references, *_id_faults(document, document.data, folder)])
    if faults or registry is None:
        raise ConfigurationError(faults)
    return registry.without(incomplete) if incomplete else registry, document


def _id_faults(document: Document, data: dict[str, object], folder: str) -> list[Fault]:
    given = data.get("id")
    if given is None or given == folder:
        return []
    fits = re.fullmatch(REGISTRY_ID, folder) is not None
    todo = f"Write 'id: {printable(folder)}', or rename the folder." if fits else "Rename the folder as the id."
    return [
        document.fault(("id",), f"The id {quote(str(given))} differs from the folder's name.", todo, Kind.FOLDER_NAME)
    ]


def _shared_ids(
    registries: dict[str, Registry], documents: dict[str, Document], owners: Callable[[], Mapping[str, str]]
) -> dict[str, tuple[Fault, ...]]:
    """The faults of registries that use an indicator id which another registry uses too, and had first."""
    places: defaultdict[str, list[tuple[str, Place]]] = defaultdict(list)
    for name, registry in registries.items():
        for number, indicator in registry.numbered:
            places[indicator.id].append((name, ("indicators", number, "id")))
    faults: defaultdict[str, list[Fault]] = defaultdict(list)
    shared = {ind_id: users for ind_id, users in places.items() if len(users) > 1}
    first = owners() if shared else {}
    for ind_id, users in shared.items():
        for name, place in users:
            others = ", ".join(other for other, _ in users if other != name)
            if others and first.get(ind_id) != name:
                what = f"The indicator id '{ind_id}' is used by another registry too: {others}."
                faults[name].append(
                    documents[name].fault(place, what, "Give each indicator an id of its own.", Kind.ID_TWICE)
                )
    return {name: in_order(found) for name, found in faults.items()}
