"""The ledger of editions: what each edition of a registry showed and hid, so that the next one's differences are safe.

Owns the files ``<edition>/<registry>.parquet``, SECRET: to know that a hidden cell is unchanged one must know its
count. A ledger is kept where the deliveries are kept, with the same care, and nothing of it is shown. It fails closed:
of every edition that readers have seen, each registry in it needs an entry that is whole, its own, and says what was
published; otherwise that registry is stopped. It decides nothing else: `protection` attacks the editions together.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from kvalreg.disclosure.edition import EDITION_NAME
from kvalreg.disclosure.edition import Edition as Edition
from kvalreg.disclosure.edition import State as State
from kvalreg.disclosure.ledger_agreement import agree
from kvalreg.disclosure.ledger_entry import (
    MANIFEST,
    VERSION,
    BadEntryError,
    Entry,
    Manifest,
    Owner,
    checksum,
    entry_of,
    read_entry,
)
from kvalreg.disclosure.published import read_published
from kvalreg.errors import Fault, LedgerError
from kvalreg.kinds import Kind
from kvalreg.private_files import private_folder, write_private
from kvalreg.project import Project

NEXT = "next"
"""The folder of what has been built and not yet published."""


# --- writing ---------------------------------------------------------------------------------------------------------
def save_edition(edition: Edition, registry_id: str, ledger: Path) -> Path:
    """Write ``<ledger>/<name>/<registry>.parquet``, and its checksum into the manifest beside it."""
    content = entry_of(edition).written(Owner(registry_id, edition.name))
    return _save_entry(content, registry_id, private_folder(ledger, edition.name))


def move_entry(registry_id: str, source: Path, ledger: Path) -> Path:
    """Put what was made of a registry in another ledger's folder of what has been built and not yet published."""
    content = (source / NEXT / f"{registry_id}.parquet").read_bytes()
    return _save_entry(content, registry_id, private_folder(ledger, NEXT))


def _save_entry(content: bytes, registry_id: str, folder: Path) -> Path:
    try:
        entries = dict((_manifest(folder) or Manifest(version=VERSION, edition=folder.name, entries={})).entries)
    except BadEntryError:  # of a build that was damaged since: its entries are made again before they are published
        entries = {}
    target = write_private(folder / f"{registry_id}.parquet", content)
    _write_manifest(folder, folder.name, entries | {registry_id: checksum(content)})
    return target


def prepare_edition(name: str, project: Project) -> None:
    """Make of what was built last an edition of the ledger, aside: `close_edition` puts it in its place.

    Raises
    ------
    LedgerError
        When an entry of what was built is not whole, or does not say what the pages say: nothing may be published.
    """
    aside = _aside(project.ledger / name)
    shutil.rmtree(aside, ignore_errors=True)
    private_folder(project.ledger, aside.name)
    entries, faults = {}, []
    for shown in published_files(project):
        place = _Place(project, NEXT, shown.stem)
        try:
            entry = _read(place)
        except (BadEntryError, OSError) as error:
            faults.append(_fault(place, error))
            continue
        content = entry.written(Owner(shown.stem, name))
        write_private(aside / place.entry.name, content, lasting=True)
        entries[shown.stem] = checksum(content)
    if faults:
        shutil.rmtree(aside)
        raise LedgerError(faults)
    _write_manifest(aside, name, entries)


def close_edition(name: str, project: Project) -> None:
    """Put an edition that was prepared in its place; one of the same name, left by a halt halfway, is replaced."""
    target = project.ledger / name
    before = target.with_name(f".{name}.old")
    shutil.rmtree(before, ignore_errors=True)
    if target.exists():
        target.rename(before)
    _aside(target).rename(target)
    shutil.rmtree(before, ignore_errors=True)


def published_files(project: Project) -> list[Path]:
    """The gated cells of every registry of the project, as they were built last: what an edition is made of."""
    return sorted(path for path in project.published.glob("*.parquet") if project.has_registry(path.stem))


def _write_manifest(folder: Path, name: str, entries: dict[str, str]) -> None:
    manifest = Manifest(version=VERSION, edition=name, entries=dict(sorted(entries.items())))
    write_private(folder / MANIFEST, manifest.written(), lasting=name != NEXT)


def _aside(folder: Path) -> Path:
    return folder.with_name(f".{folder.name}.new")


# --- reading ---------------------------------------------------------------------------------------------------------
def read_editions(registry_id: str, project: Project) -> tuple[Edition, ...]:
    """Every edition that readers have seen of a registry, oldest first; none where it was in none.

    Raises
    ------
    LedgerError
        With a fault for each edition whose entry is missing, damaged or foreign, or says something else than was
        published.
    """
    found, faults = [], []
    places = [_Place(project, name, registry_id) for name in seen_editions(project)]
    for place in places:
        try:
            entry = _seen(place)
        except (BadEntryError, OSError) as error:
            faults.append(_fault(place, error))
        else:
            found += [entry.edition(place.name)] if entry is not None else []
    if faults:
        raise LedgerError(_together(faults, places))
    return tuple(found)


def read_next(registry_id: str, project: Project) -> Edition:
    """What the last build would publish of a registry.

    Raises
    ------
    LedgerError
        When it is missing, damaged or another's, or says something else than the published cells.
    """
    place = _Place(project, NEXT, registry_id)
    try:
        return _read(place).edition(NEXT)
    except (BadEntryError, OSError) as error:
        raise LedgerError([_fault(place, error)]) from None


def damaged_next(registries: Iterable[str], project: Project) -> dict[str, Fault]:
    """What is wrong with what the last build would publish of these registries, where it is damaged or gone.

    What a build that was stopped halfway has left is whole: it only says something else than the cells.
    """
    found = {}
    for registry in registries:
        place = _Place(project, NEXT, registry)
        try:
            _read(place)
            if not place.snapshot.exists():
                raise BadEntryError(Kind.SNAPSHOT_LOST, "is missing")
        except (BadEntryError, OSError) as error:
            fault = _fault(place, error)
            if fault.kind is not Kind.LEDGER_DISAGREES and (place.entry.exists() or place.snapshot.exists()):
                found[registry] = fault
    return found


def next_is_named(registries: Iterable[str], project: Project) -> bool:
    """Whether the manifest of what was built last is whole, and names all these registries."""
    try:
        manifest = _manifest(project.next_ledger / NEXT)
    except BadEntryError:
        return False
    return manifest is None or {*registries} <= {*manifest.entries}


def seen_editions(project: Project) -> list[str]:
    """The names of all editions that readers may have seen, withdrawn ones too, as any trace of them tells."""
    folders = (project.ledger, project.snapshots, project.editions, project.withdrawn)
    names = {path.name for folder in folders if folder.is_dir() for path in folder.iterdir()}
    if project.public.is_symlink():
        names.add(project.public.readlink().name)
    return sorted(name for name in names if EDITION_NAME.fullmatch(name))


def ledger_files(registry_id: str, project: Project) -> Iterator[Path]:
    """Every file that `read_editions` reads, whether it is there or not."""
    for name in seen_editions(project):
        place = _Place(project, name, registry_id)
        yield from (place.entry, place.folder / MANIFEST, place.snapshot)


@dataclass(frozen=True)
class _Place:
    """One registry in one edition, or in what was built last: where it lies."""

    project: Project
    name: str
    registry: str

    @property
    def folder(self) -> Path:
        return (self.project.next_ledger if self.name == NEXT else self.project.ledger) / self.name

    @property
    def entry(self) -> Path:
        return self.folder / f"{self.registry}.parquet"

    @property
    def snapshot(self) -> Path:
        folder = self.project.published if self.name == NEXT else self.project.snapshots / self.name
        return folder / self.entry.name


def _seen(place: _Place) -> Entry | None:
    """A registry's entry for an edition that readers may have seen; None when it was not in it."""
    if place.snapshot.exists():
        return _read(place)
    told = place.snapshot.parent.is_dir()
    try:
        manifest = _manifest(place.folder)
    except BadEntryError:
        manifest = None
    if place.entry.exists() or (manifest is not None and place.registry in manifest.entries):
        if told or manifest is None or place.name in _certain(place.project):
            raise BadEntryError(Kind.SNAPSHOT_LOST, "is missing, and the ledger has an entry for it")
        return _read(place)  # of a publication that was stopped before readers saw it
    if told or manifest is not None:
        return None
    raise BadEntryError(Kind.SNAPSHOT_LOST, "is missing, and nothing else tells which registries were in it")


def _certain(project: Project) -> set[str]:
    """The editions that readers have seen for certain."""
    names = {path.name for folder in (project.editions, project.withdrawn) for path in folder.glob("*")}
    return names | ({project.public.readlink().name} if project.public.is_symlink() else set())


def _read(place: _Place) -> Entry:
    """An entry that is whole and its own, and says what was published."""
    try:
        content = place.entry.read_bytes()
    except FileNotFoundError:
        raise BadEntryError(Kind.LEDGER_MISSING, "is missing") from None
    entry, manifest = read_entry(content), _manifest(place.folder)
    if entry.owner not in (None, Owner(place.registry, place.name)):
        raise BadEntryError(Kind.LEDGER_FOREIGN, f"is another's: it is that of {' in '.join(entry.owner)}")
    if manifest is not None and manifest.edition != place.name:
        raise BadEntryError(
            Kind.LEDGER_FOREIGN, f"cannot be trusted: {MANIFEST} beside it is that of {manifest.edition}"
        )
    known = manifest.entries.get(place.registry) if manifest is not None else None
    if known is None and not _is_older(entry, manifest, place):
        raise BadEntryError(Kind.LEDGER_DAMAGED, f"cannot be trusted: no {MANIFEST} beside it names it")
    if known is not None and (known != checksum(content) or entry.owner is None):
        raise BadEntryError(Kind.LEDGER_DAMAGED, f"is damaged: its checksum is not the one in {MANIFEST}")
    if place.snapshot.exists() and not _agrees(entry, place):
        raise BadEntryError(Kind.LEDGER_DISAGREES, "does not say what was published")
    return entry


def _is_older(entry: Entry, manifest: Manifest | None, place: _Place) -> bool:
    """Whether an entry is of a version that had no manifest; a build writes one beside older entries of its own."""
    return entry.version == 1 and (manifest is None or place.name == NEXT)


def _agrees(entry: Entry, place: _Place) -> bool:
    try:
        published = read_published(place.snapshot.read_bytes())
    except ValueError:
        raise BadEntryError(Kind.SNAPSHOT_LOST, "is damaged") from None
    try:
        return agree(entry.cells, published)
    except Exception:  # columns of another kind: nothing that was written here
        return False


def _manifest(folder: Path) -> Manifest | None:
    """The manifest of a folder; None when it has none."""
    try:
        return Manifest.read((folder / MANIFEST).read_bytes())
    except FileNotFoundError:
        return None


# --- what is told ----------------------------------------------------------------------------------------------------
def _fault(place: _Place, error: BadEntryError | OSError) -> Fault:
    """What is wrong, which file, and what to do."""
    if isinstance(error, OSError):
        error = BadEntryError(Kind.LEDGER_DAMAGED, f"cannot be read: {error.strerror}")
    what = "what was built last" if place.name == NEXT else f"the edition {place.name}"
    lost = place.snapshot if error.kind is Kind.SNAPSHOT_LOST else place.entry
    subject = f"What {what} showed" if lost == place.snapshot else f"The ledger's entry for {what}"
    folders = [lost.parent, *([place.snapshot.parent] if error.kind is Kind.LEDGER_DISAGREES else [])]
    todo = _AGAIN if place.name == NEXT else _restore(place, folders)
    return Fault(f"{subject} {error.what}.", todo, place.project.relative(lost), kind=error.kind)


_AGAIN = "Nothing is published. Run kvalreg build --no-cache, and publish again."


def _restore(place: _Place, folders: list[Path]) -> str:
    named = " and ".join(place.project.relative(folder) for folder in folders)
    why = "it could give away what was hidden"
    return f"Nothing new of {place.registry} is published, as {why}. Restore {named} from a backup."


def _together(faults: list[Fault], places: list[_Place]) -> list[Fault]:
    """One fault where all of the ledger is gone, in place of one for each edition."""
    if {fault.kind for fault in faults} != {Kind.LEDGER_MISSING} or any(one.folder.exists() for one in places):
        return faults
    ledger, names = places[0].folder.parent, ", ".join(one.name for one in places)
    what = f"The ledger has none of the editions that readers have seen: {names}."
    return [Fault(what, _restore(places[0], [ledger]), places[0].project.relative(ledger), kind=Kind.LEDGER_MISSING)]
