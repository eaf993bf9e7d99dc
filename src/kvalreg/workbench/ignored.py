"""Ignored files: deliveries, notebooks and pages that nothing reads, since they are misplaced or misnamed.

Input: a project. Output: a warning for each file. They stop nothing. Unlisted files in a registry's folder of
deliveries are reported by `inputs/registry_deliveries.py`, in builds as well.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from kvalreg.diagnostic_codes import DiagnosticCode
from kvalreg.errors import Diagnostic
from kvalreg.inputs.text_file import printable
from kvalreg.project import Project

# Suffixes of tables, also of those that kvalreg cannot read: somebody put them there to be read.
_TABLES = {".csv", ".parquet", ".tsv", ".xlsx", ".xls", ".ods", ".sav", ".dta", ".sas7bdat", ".rds"}
_PAGES = {".ipynb", ".qmd", ".rmd"}
_SHARED_FILES = {"units.csv", "slugs.csv", "site.yml", "registry.schema.json"}
_REGISTRY_FILES = {"registry.yml"}
_REPORTS = {"registry.ipynb", "year.ipynb"}
_BIBLIOGRAPHIES = {".bib", ".json"}
_MAX_WARNINGS = 20


def ignored_files(project: Project, registries: frozenset[str], *, every: bool) -> list[Diagnostic]:
    """A warning for each ignored file of these registries, and with `every` also of no registry; 20 at most."""
    ignored = list(_ignored_of_registries(project, registries))
    if every:
        ignored += _ignored_elsewhere(project, registries)
    return [_warning(path, hint, project) for path, hint in ignored[:_MAX_WARNINGS]]


def _ignored_of_registries(project: Project, registries: frozenset[str]) -> Iterator[tuple[Path, str]]:
    for registry in sorted(registries):
        for path in _files(project.descriptor(registry).parent):
            if path.name not in _REGISTRY_FILES and path.suffix.lower() not in _BIBLIOGRAPHIES:
                is_descriptor = path.stem == "registry"  # registry.yaml, registry.json
                yield path, "Rename it to registry.yml." if is_descriptor else "Write texts in registry.yml."
        for path in _files(project.root / "notebooks" / "report" / registry):
            if path.name not in _REPORTS:
                yield path, "Name it registry.ipynb or year.ipynb: these two make the registry's pages."


def _ignored_elsewhere(project: Project, registries: frozenset[str]) -> Iterator[tuple[Path, str]]:
    root, reports = project.root, project.root / "notebooks" / "report"
    for path in _files(project.registries):
        if path.name not in _SHARED_FILES:
            yield path, "A registry is a folder with a registry.yml."
    for path in _files(root / "data"):
        if path.suffix.lower() in _TABLES:
            yield path, "Put it into the folder of its registry, data/<id>/."
    for folder in (*_folders(root / "data"), *_folders(reports)):
        if folder.name not in registries:
            yield folder, f"There is no registry of this name in {project.display_path(project.registries)}."
    for path in (*_files(reports), *_files(root), *_files(root / "notebooks")):
        if path.name not in _REPORTS and path.suffix.lower() in _PAGES:
            yield path, "Report notebooks are in notebooks/report/<id>/, analyses in notebooks/analysis/."


def _folders(folder: Path) -> list[Path]:
    folders = (path for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else ()
    return sorted(path for path in folders if not path.name.startswith((".", "_")))


def _files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    # Hidden files, backups of editors, files put aside by a leading "_", and README files are meant to be ignored.
    files = (path for path in folder.iterdir() if path.is_file())
    return sorted(path for path in files if not path.name.startswith((".", "~", "_", "README")))


def _warning(path: Path, hint: str, project: Project) -> Diagnostic:
    message = "The folder is not read." if path.is_dir() else "The file is not read."
    folder = project.display_path(path.parent)
    display_path = path.name if folder == "." else f"{folder}/{path.name}"
    return Diagnostic(message, hint, printable(display_path), code=DiagnosticCode.FILE_IGNORED)
