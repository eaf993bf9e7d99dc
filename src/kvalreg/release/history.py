"""The history of publication: which editions there are, which of them are active, and what each one changed.

Owns ``snapshots/<name>/``: the gated cells of an edition, one file for each registry, and ``changes.json``. Input: a
project. Output: names of editions, and `EditionHistory` for the revision log.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from pydantic import TypeAdapter

from kvalreg.disclosure.ledger import published_files
from kvalreg.disclosure.published import load_published, load_source
from kvalreg.project import Project
from kvalreg.revision import EditionHistory, PastEdition, RegistryRevision, compare_publications

_CHANGES_FILE = "changes.json"
_PAST_EDITION_ADAPTER = TypeAdapter(PastEdition)


def published_editions(project: Project) -> list[str]:
    """The names of all editions that have been published, oldest first."""
    folders = project.editions.iterdir() if project.editions.is_dir() else ()
    return sorted(folder.name for folder in folders if not folder.name.startswith("."))


def withdrawn_editions(project: Project) -> set[str]:
    """The names of withdrawn editions."""
    return {path.name for path in project.withdrawn.iterdir()} if project.withdrawn.is_dir() else set()


def active_editions(project: Project) -> tuple[str, ...]:
    """The names of editions that are not withdrawn, oldest first."""
    withdrawn = withdrawn_editions(project)
    return tuple(name for name in published_editions(project) if name not in withdrawn)


def public_edition(project: Project) -> str | None:
    """The edition that readers see, or None."""
    return project.public.resolve().name if project.public.is_dir() else None


def past_editions(project: Project) -> tuple[PastEdition, ...]:
    """Every edition and what it changed, newest first; withdrawn ones are marked."""
    withdrawn = withdrawn_editions(project)
    editions = []
    for name in reversed(published_editions(project)):
        path = project.snapshots / name / _CHANGES_FILE
        if path.is_file():
            past_edition = _PAST_EDITION_ADAPTER.validate_json(path.read_bytes())
            editions.append(PastEdition(name, past_edition.since, past_edition.changes, withdrawn=name in withdrawn))
    return tuple(editions)


def revisions_since(name: str | None, registries: list[str], project: Project) -> tuple[RegistryRevision, ...]:
    """What differs between an edition and these registries' current cells; nothing when there is no edition."""
    if name is None:
        return ()
    folder = project.snapshots / name
    revisions = []
    for registry in registries:
        file = f"{registry}.parquet"
        has_snapshot = (folder / file).is_file()
        if has_snapshot and _has_same_bytes(folder / file, project.published / file):
            continue  # most registries: their cells need not be parsed
        if has_snapshot and load_source(registry, folder) is None:
            continue  # a damaged snapshot: the audit reports it to its registry
        previous = load_published(registry, folder) if has_snapshot else None
        revisions.append(compare_publications(previous, load_published(registry, project.published)))
    return tuple(revision for revision in revisions if revision)


def edition_history(registries: list[str], project: Project) -> EditionHistory:
    """What readers have seen, and how these registries' current cells differ from it."""
    baseline = public_edition(project)
    return EditionHistory(baseline or "", revisions_since(baseline, registries, project), past_editions(project))


def save_snapshot(name: str, previous: str | None, project: Project) -> None:
    """Save the gated cells of a new edition, and what it changed."""
    target = project.snapshots / name
    temp_folder = target.with_name(f".{name}.new")
    for folder in (temp_folder, target):
        shutil.rmtree(folder, ignore_errors=True)
    temp_folder.mkdir(parents=True)
    for path in published_files(project):
        shutil.copyfile(path, temp_folder / path.name)
    # computed once: what an edition changed is what readers saw change on the day of its publication
    registries = [path.stem for path in sorted(temp_folder.glob("*.parquet"))]
    past_edition = PastEdition(name, previous or "", revisions_since(previous, registries, project))
    (temp_folder / _CHANGES_FILE).write_bytes(_PAST_EDITION_ADAPTER.dump_json(past_edition))
    temp_folder.rename(target)


def _has_same_bytes(left: Path, right: Path) -> bool:
    return left.read_bytes() == right.read_bytes()
