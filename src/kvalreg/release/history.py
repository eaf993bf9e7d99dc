"""What has been published: which editions there are, which of them stand, and what each one changed.

Owns ``snapshots/<name>/``: the gated cells of an edition, one file per registry, and ``changes.json``. Comes in: a
project. Goes out: names of editions, and `PastEdition`s and `Changes` for the revision log.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from pydantic import TypeAdapter

from kvalreg.disclosure.ledger import published_files
from kvalreg.disclosure.published import load_published, load_source
from kvalreg.project import Project
from kvalreg.report.revision import Changes, History, PastEdition, changes

_CHANGES = "changes.json"
_PAST = TypeAdapter(PastEdition)


def published_editions(project: Project) -> list[str]:
    """The names of all editions that have been published, oldest first."""
    folders = project.editions.iterdir() if project.editions.is_dir() else ()
    return sorted(folder.name for folder in folders if not folder.name.startswith("."))


def withdrawn_editions(project: Project) -> set[str]:
    """The names of editions that have been taken back."""
    return {path.name for path in project.withdrawn.iterdir()} if project.withdrawn.is_dir() else set()


def standing_editions(project: Project) -> tuple[str, ...]:
    """The names of editions that have not been taken back, oldest first."""
    withdrawn = withdrawn_editions(project)
    return tuple(name for name in published_editions(project) if name not in withdrawn)


def public_edition(project: Project) -> str | None:
    """The edition that readers see, or None."""
    return project.public.resolve().name if project.public.is_dir() else None


def past_editions(project: Project) -> tuple[PastEdition, ...]:
    """Every edition and what it changed, newest first; those taken back are marked."""
    withdrawn = withdrawn_editions(project)
    found = []
    for name in reversed(published_editions(project)):
        path = project.snapshots / name / _CHANGES
        if path.is_file():
            past = _PAST.validate_json(path.read_bytes())
            found.append(PastEdition(name, past.since, past.changes, withdrawn=name in withdrawn))
    return tuple(found)


def changes_since(name: str | None, registries: list[str], project: Project) -> tuple[Changes, ...]:
    """What differs between an edition and these registries' cells; nothing when there has been no edition."""
    if name is None:
        return ()
    folder = project.snapshots / name
    found = []
    for registry in registries:
        file = f"{registry}.parquet"
        there = (folder / file).is_file()
        if there and _same(folder / file, project.published / file):
            continue
        if there and load_source(registry, folder) is None:  # a damaged one: its registry has been told of it
            continue
        before = load_published(registry, folder) if there else None
        found.append(changes(before, load_published(registry, project.published)))
    return tuple(one for one in found if one)


def history(registries: list[str], project: Project) -> History:
    """What readers have seen, and how these registries, named by their ids, differ from it."""
    since = public_edition(project)
    return History(since or "", changes_since(since, registries, project), past_editions(project))


def save_snapshot(name: str, before: str | None, project: Project) -> None:
    """Keep the gated cells of a new edition, and what it changed."""
    target = project.snapshots / name
    aside = target.with_name(f".{name}.new")
    for folder in (aside, target):
        shutil.rmtree(folder, ignore_errors=True)
    aside.mkdir(parents=True)
    for path in published_files(project):
        shutil.copyfile(path, aside / path.name)
    registries = [path.stem for path in sorted(aside.glob("*.parquet"))]
    past = PastEdition(name, before or "", changes_since(before, registries, project))
    (aside / _CHANGES).write_bytes(_PAST.dump_json(past))
    aside.rename(target)


def _same(one: Path, other: Path) -> bool:
    return one.read_bytes() == other.read_bytes()
