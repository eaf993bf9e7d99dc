"""The ledger of editions: what each edition of a registry published and suppressed, so that differences are safe too.

Owns the files ``<edition>/<registry>.parquet``, SECRET: to know that a suppressed cell is unchanged one must know its
count. A ledger is stored where the deliveries are, with the same care, and nothing of it is shown. It fails closed: for
every published edition, each registry in it needs an entry that is valid, belongs to that registry and edition, and
agrees with what was published; otherwise that registry is stopped. It decides nothing else: `protection` attacks the
editions together.

The folders: ``next`` is what was built and not yet published; ``.<edition>.new`` is the staging folder of an edition
that is being published; ``<edition>`` is committed, by one rename; ``.<edition>.old`` is what a rename has replaced.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from kvalreg.diagnostic_codes import DiagnosticCode
from kvalreg.disclosure.edition import EDITION_NAME_PATTERN
from kvalreg.disclosure.edition import Edition as Edition
from kvalreg.disclosure.edition import LedgerState as LedgerState
from kvalreg.disclosure.ledger_agreement import entry_matches_published
from kvalreg.disclosure.ledger_entry import (
    LEDGER_VERSION,
    MANIFEST_NAME,
    EntryOwner,
    LedgerEntry,
    LedgerEntryError,
    LedgerManifest,
    checksum,
    entry_from_edition,
    read_entry,
)
from kvalreg.disclosure.published import read_published
from kvalreg.errors import Diagnostic, LedgerError
from kvalreg.project import Project
from kvalreg.storage.permissions import make_private_folder, write_private

NEXT = "next"
"""The folder of what has been built and not yet published."""


# --- writing ---------------------------------------------------------------------------------------------------------
def save_edition(edition: Edition, registry_id: str, ledger: Path) -> Path:
    """Write ``<ledger>/<name>/<registry>.parquet``, and its checksum into the folder's manifest."""
    content = entry_from_edition(edition).to_bytes(EntryOwner(registry_id, edition.name))
    return _save_entry(content, registry_id, make_private_folder(ledger, edition.name))


def move_entry(registry_id: str, source: Path, ledger: Path) -> Path:
    """Copy what was built of a registry into the folder `NEXT` of another ledger."""
    content = (source / NEXT / f"{registry_id}.parquet").read_bytes()
    return _save_entry(content, registry_id, make_private_folder(ledger, NEXT))


def _save_entry(content: bytes, registry_id: str, folder: Path) -> Path:
    try:
        entries = dict(
            (_read_manifest(folder) or LedgerManifest(version=LEDGER_VERSION, edition=folder.name, entries={})).entries
        )
    except LedgerEntryError:  # of a build that was damaged since: its entries are made again before they are published
        entries = {}
    target = write_private(folder / f"{registry_id}.parquet", content)
    _write_manifest(folder, folder.name, entries | {registry_id: checksum(content)})
    return target


def prepare_edition(name: str, project: Project) -> None:
    """Make an edition of what was built last, in a staging folder: `commit_edition` makes it part of the ledger.

    Raises
    ------
    LedgerError
        When an entry of what was built is not valid, or does not agree with the pages: nothing may be published.
    """
    staging_folder = _staging_folder(project.ledger / name)
    shutil.rmtree(staging_folder, ignore_errors=True)
    make_private_folder(project.ledger, staging_folder.name)
    entries, diagnostics = {}, []
    for path in published_files(project):
        location = _EntryLocation(project, NEXT, path.stem)
        try:
            entry = _read_verified(location)
        except (LedgerEntryError, OSError) as error:
            diagnostics.append(_diagnostic(location, error))
            continue
        # Durable before it counts: an edition whose entries are lost in a crash would stop every registry in it.
        content = entry.to_bytes(EntryOwner(path.stem, name))
        write_private(staging_folder / location.entry_path.name, content, fsync=True)
        entries[path.stem] = checksum(content)
    if diagnostics:
        shutil.rmtree(staging_folder)
        raise LedgerError(diagnostics)
    _write_manifest(staging_folder, name, entries)


def commit_edition(name: str, project: Project) -> None:
    """Commit a prepared edition; one of the same name, left by an interrupted publication, is replaced."""
    target = project.ledger / name
    previous = target.with_name(f".{name}.old")
    shutil.rmtree(previous, ignore_errors=True)
    # A halt between the two renames leaves no folder of this name: if the edition was published, its registries are
    # then stopped, since `published_edition_names` knows it from other folders.
    if target.exists():
        target.rename(previous)
    _staging_folder(target).rename(target)
    shutil.rmtree(previous, ignore_errors=True)


def published_files(project: Project) -> list[Path]:
    """The published cells of every registry of the project, as built last: what an edition is made of."""
    return sorted(path for path in project.published.glob("*.parquet") if project.has_registry(path.stem))


def _write_manifest(folder: Path, name: str, entries: dict[str, str]) -> None:
    manifest = LedgerManifest(version=LEDGER_VERSION, edition=name, entries=dict(sorted(entries.items())))
    write_private(folder / MANIFEST_NAME, manifest.to_bytes(), fsync=name != NEXT)


def _staging_folder(folder: Path) -> Path:
    return folder.with_name(f".{folder.name}.new")


# --- reading ---------------------------------------------------------------------------------------------------------
def read_editions(registry_id: str, project: Project) -> tuple[Edition, ...]:
    """Every published edition of a registry, oldest first; none where it was in none.

    Raises
    ------
    LedgerError
        With a diagnostic for each edition whose entry is missing, damaged, belongs to another registry or edition, or
        does not agree with what was published.
    """
    editions, diagnostics = [], []
    locations = [_EntryLocation(project, name, registry_id) for name in published_edition_names(project)]
    for location in locations:
        try:
            entry = _read_if_published(location)
        except (LedgerEntryError, OSError) as error:
            diagnostics.append(_diagnostic(location, error))
        else:
            editions += [entry.to_edition(location.edition_name)] if entry is not None else []
    if diagnostics:
        raise LedgerError(_combine(diagnostics, locations))
    return tuple(editions)


def read_next(registry_id: str, project: Project) -> Edition:
    """What the last build would publish of a registry.

    Raises
    ------
    LedgerError
        When it is missing, damaged or another registry's, or does not agree with the published cells.
    """
    location = _EntryLocation(project, NEXT, registry_id)
    try:
        return _read_verified(location).to_edition(NEXT)
    except (LedgerEntryError, OSError) as error:
        raise LedgerError([_diagnostic(location, error)]) from None


def damaged_next(registries: Iterable[str], project: Project) -> dict[str, Diagnostic]:
    """A diagnostic for each of these registries whose entry or cells of the last build are damaged or lost.

    What an interrupted build leaves is valid, and only disagrees with the cells: that is no damage.
    """
    diagnostics = {}
    for registry_id in registries:
        location = _EntryLocation(project, NEXT, registry_id)
        try:
            _read_verified(location)
            if not location.snapshot_path.exists():
                raise LedgerEntryError(DiagnosticCode.SNAPSHOT_LOST, "is missing")
        except (LedgerEntryError, OSError) as error:
            diagnostic = _diagnostic(location, error)
            is_built = location.entry_path.exists() or location.snapshot_path.exists()
            if is_built and diagnostic.code is not DiagnosticCode.LEDGER_CONFLICT:
                diagnostics[registry_id] = diagnostic
    return diagnostics


def next_is_named(registries: Iterable[str], project: Project) -> bool:
    """Whether the manifest of what was built last is valid, and names all these registries."""
    try:
        manifest = _read_manifest(project.pending_ledger / NEXT)
    except LedgerEntryError:
        return False
    return manifest is None or {*registries} <= {*manifest.entries}


def published_edition_names(project: Project) -> list[str]:
    """The names of all editions that may have been published, withdrawn ones too."""
    # Any trace of an edition counts: were one of the folders lost, the edition must not be taken for unpublished.
    folders = (project.ledger, project.snapshots, project.editions, project.withdrawn)
    names = {path.name for folder in folders if folder.is_dir() for path in folder.iterdir()}
    if project.public.is_symlink():
        names.add(project.public.readlink().name)
    return sorted(name for name in names if EDITION_NAME_PATTERN.fullmatch(name))


def ledger_files(registry_id: str, project: Project) -> Iterator[Path]:
    """Every file that `read_editions` reads, whether it exists or not."""
    for name in published_edition_names(project):
        location = _EntryLocation(project, name, registry_id)
        yield from (location.entry_path, location.folder / MANIFEST_NAME, location.snapshot_path)


@dataclass(frozen=True)
class _EntryLocation:
    """The files of one registry in one edition, or in what was built last."""

    project: Project
    edition_name: str
    registry_id: str

    @property
    def folder(self) -> Path:
        return (self.project.pending_ledger if self.edition_name == NEXT else self.project.ledger) / self.edition_name

    @property
    def entry_path(self) -> Path:
        return self.folder / f"{self.registry_id}.parquet"

    @property
    def snapshot_path(self) -> Path:
        folder = self.project.published if self.edition_name == NEXT else self.project.snapshots / self.edition_name
        return folder / self.entry_path.name


def _read_if_published(location: _EntryLocation) -> LedgerEntry | None:
    """A registry's entry for an edition that may have been published; None when the registry was not in it."""
    # The snapshot of what was published is the best witness: with it the entry must exist and agree.
    if location.snapshot_path.exists():
        return _read_verified(location)
    # Without it, the registry was in the edition if an entry or the manifest says so: then the snapshot is lost,
    # unless the publication was interrupted before anything was visible.
    has_snapshots = location.snapshot_path.parent.is_dir()
    try:
        manifest = _read_manifest(location.folder)
    except LedgerEntryError:
        manifest = None
    if location.entry_path.exists() or (manifest is not None and location.registry_id in manifest.entries):
        if has_snapshots or manifest is None or location.edition_name in _certainly_published(location.project):
            raise LedgerEntryError(DiagnosticCode.SNAPSHOT_LOST, "is missing, and the ledger has an entry for it")
        return _read_verified(location)
    # Neither names the registry: it was not in the edition, if there is anything left that would say so.
    if has_snapshots or manifest is not None:
        return None
    raise LedgerEntryError(
        DiagnosticCode.SNAPSHOT_LOST, "is missing, and nothing else tells which registries were in it"
    )


def _certainly_published(project: Project) -> set[str]:
    """The editions that were certainly published: their sites exist, or they were withdrawn."""
    names = {path.name for folder in (project.editions, project.withdrawn) for path in folder.glob("*")}
    return names | ({project.public.readlink().name} if project.public.is_symlink() else set())


def _read_verified(location: _EntryLocation) -> LedgerEntry:
    """An entry that is valid, belongs to this registry and edition, and agrees with what was published."""
    try:
        content = location.entry_path.read_bytes()
    except FileNotFoundError:
        raise LedgerEntryError(DiagnosticCode.LEDGER_MISSING, "is missing") from None
    entry, manifest = read_entry(content), _read_manifest(location.folder)
    # Of this registry and edition, by what the entry says and by what the manifest says.
    if entry.owner not in (None, EntryOwner(location.registry_id, location.edition_name)):
        raise LedgerEntryError(
            DiagnosticCode.LEDGER_OWNER_MISMATCH, f"is another's: it is that of {' in '.join(entry.owner)}"
        )
    if manifest is not None and manifest.edition != location.edition_name:
        raise LedgerEntryError(
            DiagnosticCode.LEDGER_OWNER_MISMATCH,
            f"cannot be trusted: {MANIFEST_NAME} beside it is that of {manifest.edition}",
        )
    # Unchanged since it was written.
    expected_checksum = manifest.entries.get(location.registry_id) if manifest is not None else None
    if expected_checksum is None and not _is_legacy(entry, manifest, location):
        raise LedgerEntryError(
            DiagnosticCode.LEDGER_DAMAGED, f"cannot be trusted: no {MANIFEST_NAME} beside it names it"
        )
    if expected_checksum is not None and (expected_checksum != checksum(content) or entry.owner is None):
        raise LedgerEntryError(
            DiagnosticCode.LEDGER_DAMAGED, f"is damaged: its checksum is not the one in {MANIFEST_NAME}"
        )
    if location.snapshot_path.exists() and not _matches_published(entry, location):
        raise LedgerEntryError(DiagnosticCode.LEDGER_CONFLICT, "does not say what was published")
    return entry


def _is_legacy(entry: LedgerEntry, manifest: LedgerManifest | None, location: _EntryLocation) -> bool:
    """Whether an entry is of the legacy format without a manifest; a build writes one beside its own older entries."""
    return entry.version == 1 and (manifest is None or location.edition_name == NEXT)


def _matches_published(entry: LedgerEntry, location: _EntryLocation) -> bool:
    try:
        published = read_published(location.snapshot_path.read_bytes())
    except ValueError:
        raise LedgerEntryError(DiagnosticCode.SNAPSHOT_LOST, "is damaged") from None
    try:
        return entry_matches_published(entry.cells, published)
    except Exception:  # noqa: BLE001 - columns of other types, which Arrow refuses in many ways: it does not agree
        return False


def _read_manifest(folder: Path) -> LedgerManifest | None:
    """The manifest of a folder; None when it has none."""
    try:
        return LedgerManifest.from_bytes((folder / MANIFEST_NAME).read_bytes())
    except FileNotFoundError:
        return None


# --- diagnostics -----------------------------------------------------------------------------------------------------
def _diagnostic(location: _EntryLocation, error: LedgerEntryError | OSError) -> Diagnostic:
    """The problem, the file, and a hint."""
    if isinstance(error, OSError):
        error = LedgerEntryError(DiagnosticCode.LEDGER_DAMAGED, f"cannot be read: {error.strerror}")
    edition_text = "what was built last" if location.edition_name == NEXT else f"the edition {location.edition_name}"
    faulty_path = location.snapshot_path if error.code is DiagnosticCode.SNAPSHOT_LOST else location.entry_path
    subject = (
        f"What {edition_text} showed"
        if faulty_path == location.snapshot_path
        else f"The ledger's entry for {edition_text}"
    )
    folders = [
        faulty_path.parent,
        *([location.snapshot_path.parent] if error.code is DiagnosticCode.LEDGER_CONFLICT else []),
    ]
    hint = _REBUILD_HINT if location.edition_name == NEXT else _restore_hint(location, folders)
    return Diagnostic(f"{subject} {error.problem}.", hint, location.project.display_path(faulty_path), code=error.code)


_REBUILD_HINT = "Nothing is published. Run kvalreg build --no-cache, and publish again."


def _restore_hint(location: _EntryLocation, folders: list[Path]) -> str:
    folder_names = " and ".join(location.project.display_path(folder) for folder in folders)
    reason = "it could give away what was hidden"
    return f"Nothing new of {location.registry_id} is published, as {reason}. Restore {folder_names} from a backup."


def _combine(diagnostics: list[Diagnostic], locations: list[_EntryLocation]) -> list[Diagnostic]:
    """One diagnostic where the entire ledger is gone, in place of one for each edition."""
    if {diagnostic.code for diagnostic in diagnostics} != {DiagnosticCode.LEDGER_MISSING} or any(
        location.folder.exists() for location in locations
    ):
        return diagnostics
    ledger, names = locations[0].folder.parent, ", ".join(location.edition_name for location in locations)
    message = f"The ledger has none of the editions that readers have seen: {names}."
    return [
        Diagnostic(
            message,
            _restore_hint(locations[0], [ledger]),
            locations[0].project.display_path(ledger),
            code=DiagnosticCode.LEDGER_MISSING,
        )
    ]
