"""Files that somebody may think are read, and are not: stray deliveries, notebooks and pages.

Comes in: a project. Goes out: remarks, one a file. They stop nothing. What lies in a registry's own folder of
deliveries is told by `inputs/registry_deliveries.py`, to builds as well.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from kvalreg.diagnostic_codes import DiagnosticCode
from kvalreg.errors import Diagnostic
from kvalreg.inputs.text_file import printable
from kvalreg.project import Project

_TABLES = {".csv", ".parquet", ".tsv", ".xlsx", ".xls", ".ods", ".sav", ".dta", ".sas7bdat", ".rds"}
_PAGES = {".ipynb", ".qmd", ".rmd"}
_OF_ALL = {"units.csv", "slugs.csv", "site.yml", "registry.schema.json"}
_OF_ONE = {"registry.yml"}
_REPORTS = {"registry.ipynb", "year.ipynb"}
_BIBLIOGRAPHIES = {".bib", ".json"}
_MOST = 20


def ignored_files(project: Project, registries: frozenset[str], *, every: bool) -> list[Diagnostic]:
    """A remark on each file that is not read: of these registries, and with `every` also of none; 20 at most."""
    found = list(_of_registries(project, registries))
    if every:
        found += _of_none(project, registries)
    return [_remark(path, todo, project) for path, todo in found[:_MOST]]


def _of_registries(project: Project, registries: frozenset[str]) -> Iterator[tuple[Path, str]]:
    for registry in sorted(registries):
        for path in _files(project.descriptor(registry).parent):
            if path.name not in _OF_ONE and path.suffix.lower() not in _BIBLIOGRAPHIES:
                is_descriptor = path.stem == "registry"
                yield path, "Rename it to registry.yml." if is_descriptor else "Write texts in registry.yml."
        for path in _files(project.root / "notebooks" / "report" / registry):
            if path.name not in _REPORTS:
                yield path, "Name it registry.ipynb or year.ipynb: these two make the registry's pages."


def _of_none(project: Project, registries: frozenset[str]) -> Iterator[tuple[Path, str]]:
    root, reports = project.root, project.root / "notebooks" / "report"
    for path in _files(project.registries):
        if path.name not in _OF_ALL:
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
    found = (path for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else ()
    return sorted(path for path in found if not path.name.startswith((".", "_")))


def _files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    files = (path for path in folder.iterdir() if path.is_file())
    return sorted(path for path in files if not path.name.startswith((".", "~", "_", "README")))


def _remark(path: Path, todo: str, project: Project) -> Diagnostic:
    what = "The folder is not read." if path.is_dir() else "The file is not read."
    where = project.display_path(path.parent)
    shown = path.name if where == "." else f"{where}/{path.name}"
    return Diagnostic(what, todo, printable(shown), code=DiagnosticCode.FILE_IGNORED)
