"""Reading `registries/<id>/registry.yml`: every registry that is good, every fault of those that are not.

Input: a file, or a project. Output: `Registry`, or all faults at once with file, line and key. It never stops at the
first fault, and one registry's faults never hide another registry.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from kvalreg.diagnostic_codes import DiagnosticCode
from kvalreg.errors import ConfigurationError, Diagnostic
from kvalreg.inputs.bibliography import add_publications
from kvalreg.inputs.descriptor import Registry, find_invalid_references
from kvalreg.inputs.descriptor_model import REGISTRY_ID
from kvalreg.inputs.descriptor_warnings import descriptor_warnings
from kvalreg.inputs.incomplete import with_stand_ins
from kvalreg.inputs.text_file import printable, quote
from kvalreg.inputs.validation import sort_diagnostics, validate
from kvalreg.inputs.yaml_file import KeyPath, YamlDocument, parse_yaml, read_text
from kvalreg.project import Project

_JSON_SCHEMA = "https://json-schema.org/draft/2020-12/schema"


def read_descriptor(path: Path, display_path: str) -> Registry:
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
    return _read(path, display_path)[0]


def read_descriptors(
    project: Project, load_owners: Callable[[], Mapping[str, str]] = dict
) -> tuple[dict[str, Registry], dict[str, tuple[Diagnostic, ...]]]:
    """Every good registry of a project by its id, and the faults of the others by the name of their folder.

    A folder without `registry.yml` is a fault. So is an indicator id that several registries use, as deliveries name
    indicators by id alone: for all of them but the one that had it first.

    Parameters
    ----------
    owners
        Tells which registry has published an indicator, by the indicator's id; asked only where an id is shared.
    """
    registries: dict[str, Registry] = {}
    documents: dict[str, YamlDocument] = {}
    diagnostics: dict[str, tuple[Diagnostic, ...]] = {}
    for folder in _registry_folders(project):
        path = project.descriptor(folder)
        display_path = project.display_path(path)
        if not path.is_file():
            message, hint = "The folder has no registry.yml.", "Write one, or remove the folder."
            diagnostics[folder] = (
                Diagnostic(
                    message, hint, printable(project.display_path(path.parent)), code=DiagnosticCode.DESCRIPTOR_MISSING
                ),
            )
            continue
        try:
            registries[folder], documents[folder] = _read(path, display_path)
        except ConfigurationError as error:
            diagnostics[folder] = error.diagnostics
        except Exception as error:  # noqa: BLE001 - a file that breaks its reader is its registry's alone
            message, hint = (
                f"The file cannot be read ({type(error).__name__}).",
                "Compare it with another registry's file.",
            )
            diagnostics[folder] = (
                Diagnostic(message, hint, printable(display_path), code=DiagnosticCode.FILE_UNREADABLE),
            )
    shared = _duplicate_indicator_ids(registries, documents, load_owners)
    return {name: registry for name, registry in registries.items() if name not in shared}, diagnostics | shared


def complete_descriptor(registry: Registry, project: Project) -> tuple[Registry, list[Diagnostic]]:
    """The registry with the publications of its bibliography, and what its owner should know of its descriptor.

    The remarks stop nothing: empty fields, addresses in a wrong form, what is wrong with the bibliography.
    """
    path = project.descriptor(registry.id)
    display_path = project.display_path(path)
    document = _parse_descriptor(read_text(path, display_path), display_path, registry.id)[1]
    completed, warnings = add_publications(registry, document, path.parent)
    return completed, [*descriptor_warnings(registry, document), *warnings]


def descriptor_schema() -> dict[str, Any]:
    """The JSON Schema of a descriptor: an editor that knows it completes keys and explains them."""
    schema = Registry.model_json_schema()
    described = "registry.yml: what a registry is, what it measures, and how its results were used."
    return {"$schema": _JSON_SCHEMA, **schema, "title": "kvalreg registry", "description": described}


def _registry_folders(project: Project) -> list[str]:
    names = (path.name for path in project.registries.iterdir() if path.is_dir())
    return sorted(name for name in names if not name.startswith((".", "_")))


def _read(path: Path, display_path: str) -> tuple[Registry, YamlDocument]:
    return _parse_descriptor(read_text(path, display_path), display_path, path.parent.name)


@lru_cache(256)
def _parse_descriptor(text: str, display_path: str, folder: str) -> tuple[Registry, YamlDocument]:
    """What a descriptor's text says: a build asks several times, and a nation's take half a second to read."""
    document = parse_yaml(text, display_path)
    whole, incomplete = with_stand_ins(document)
    registry, diagnostics = validate(whole, Registry)
    if isinstance(document.data, dict):
        references = [
            document.diagnostic(reference.key_path, printable(reference.message), reference.hint, reference.code)
            for reference in find_invalid_references(document.data)
        ]
        diagnostics = sort_diagnostics([*diagnostics, *references, *_id_diagnostics(document, document.data, folder)])
    if diagnostics or registry is None:
        raise ConfigurationError(diagnostics)
    return registry.without(incomplete) if incomplete else registry, document


def _id_diagnostics(document: YamlDocument, data: dict[str, object], folder: str) -> list[Diagnostic]:
    descriptor_id = data.get("id")
    if descriptor_id is None or descriptor_id == folder:
        return []
    fits = re.fullmatch(REGISTRY_ID, folder) is not None
    hint = f"Write 'id: {printable(folder)}', or rename the folder." if fits else "Rename the folder as the id."
    return [
        document.diagnostic(
            ("id",),
            f"The id {quote(str(descriptor_id))} differs from the folder's name.",
            hint,
            DiagnosticCode.FOLDER_NAME_MISMATCH,
        )
    ]


def _duplicate_indicator_ids(
    registries: dict[str, Registry], documents: dict[str, YamlDocument], load_owners: Callable[[], Mapping[str, str]]
) -> dict[str, tuple[Diagnostic, ...]]:
    """The faults of registries that use an indicator id which another registry uses too, and had first."""
    uses_by_id: defaultdict[str, list[tuple[str, KeyPath]]] = defaultdict(list)
    for name, registry in registries.items():
        for index, indicator in registry.numbered:
            uses_by_id[indicator.id].append((name, ("indicators", index, "id")))
    diagnostics: defaultdict[str, list[Diagnostic]] = defaultdict(list)
    shared_ids = {ind_id: uses for ind_id, uses in uses_by_id.items() if len(uses) > 1}
    owner_by_id = load_owners() if shared_ids else {}
    for ind_id, uses in shared_ids.items():
        for name, key_path in uses:
            other_registries = ", ".join(other for other, _ in uses if other != name)
            if other_registries and owner_by_id.get(ind_id) != name:
                message = f"The indicator id '{ind_id}' is used by another registry too: {other_registries}."
                diagnostics[name].append(
                    documents[name].diagnostic(
                        key_path, message, "Give each indicator an id of its own.", DiagnosticCode.DUPLICATE_ID
                    )
                )
    return {name: sort_diagnostics(diagnostics_of_registry) for name, diagnostics_of_registry in diagnostics.items()}
