"""What is released stays what it is: the checksums of every file that readers have been given, and their repair.

Owns `_build/checksums/`: one list for each edition, as ``sha256sum`` writes it, of its release and its permanent copy.
Input: a project. Output: what was repaired from the originals, and what could not be. Nothing secret is in it.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from kvalreg.diagnostic_codes import DiagnosticCode
from kvalreg.errors import EXIT_CONFIGURATION, Diagnostic
from kvalreg.execution.worker_pool import available_cpus
from kvalreg.inputs.text_file import printable
from kvalreg.project import Project
from kvalreg.release.history import active_editions, public_edition, published_editions
from kvalreg.release.originals import Originals
from kvalreg.run_result import TaskResult
from kvalreg.site.atomic_output import switch_link
from kvalreg.storage.permissions import clear_path, make_private_folder, make_world_readable, write_private

_HEAD = "# SHA-256 of the lines below: "
_TOLD = 5
"""So many files of an edition are named."""

Listed = dict[str, str]
"""Checksums by path, relative to `_build`."""


@dataclass(frozen=True)
class Verified:
    """What a look at all that was released came to.

    Parameters
    ----------
    repaired
        What was not as it was released, and is again.
    damaged
        What is not as it was released, and cannot be repaired.
    """

    repaired: tuple[Diagnostic, ...]
    damaged: tuple[Diagnostic, ...]

    @property
    def entries(self) -> list[TaskResult]:
        """What is damaged, for the account of a run: whoever keeps the project must see to it."""
        return [TaskResult(one.file, ok=False, error=str(one), exit_code=EXIT_CONFIGURATION) for one in self.damaged]

    @property
    def text(self) -> str:
        """A line for each."""
        told = [*self.damaged, *self.repaired]
        return "\n".join(map(str, told)) if told else "Every file that was released is as it was."


# --- when an edition is published ------------------------------------------------------------------------------------
def record(name: str, folders: Iterable[tuple[Path, Path]], project: Project) -> None:
    """Keep the checksums and originals of an edition's files.

    Parameters
    ----------
    folders
        Where its files lie now, and where they will.
    """
    originals = Originals(project)
    listed: Listed = {}
    for now, later in folders:
        for path in _files(now):
            listed[_place(later / path.relative_to(now), project)] = originals.keep(path.read_bytes())
    _write(name, listed, project)


def forget_removed(project: Project) -> None:
    """Drop the checksums of releases that are kept no longer, and the originals that nothing needs."""
    needed: set[str] = set()
    for path in project.checksums.glob("*.sha256"):
        listed = _read(path.stem, project)
        if listed is None:  # what it needs is not known
            return
        there = _kept(path.stem, listed, project)
        if there != listed:
            _write(path.stem, there, project)
        needed |= set(there.values())
    Originals(project).forget_others(needed)


# --- afterwards ------------------------------------------------------------------------------------------------------
def verify(project: Project) -> Verified:
    """Hold every released file against its checksum, and put back from the originals what differs.

    A file that nobody released is told and left where it is. Rights are set as readers need them.
    """
    repaired: list[Diagnostic] = []
    damaged: list[Diagnostic] = []
    for name in published_editions(project):
        listed = _read(name, project)
        if listed is None:
            damaged.append(_adopted(name, project))
            continue
        wanted = _kept(name, listed, project)
        wrong = _wrong(wanted, project)
        lost = [place for place in wrong if not _mended(place, wanted[place], project)]
        mended = [place for place in wrong if place not in lost]
        repaired += _told(
            name, mended, "not as it was released, and has been repaired", DiagnosticCode.RELEASE_REPAIRED
        )
        damaged += _told(
            name, lost, "not as it was released, and no copy of it is whole", DiagnosticCode.RELEASE_DAMAGED
        )
        damaged += _told(name, _added(name, wanted, project), "among what readers see, and was never released", _ADDED)
    for folder in (*project.editions.glob("[!.]*"), *project.releases.glob("[!.]*")):
        make_world_readable(folder)
    return Verified((*repaired, *_link(project)), tuple(damaged))


_ADDED = DiagnosticCode.RELEASE_DAMAGED


def _wrong(wanted: Listed, project: Project) -> list[str]:
    """The files that do not have their checksum; one that has several names is read once."""
    by_file: dict[tuple[int, int], list[str]] = {}
    wrong = []
    for place in wanted:
        path = project.build_root / place
        if path.is_symlink() or not path.is_file():
            wrong.append(place)
        else:
            known = path.stat()
            by_file.setdefault((known.st_dev, known.st_ino), []).append(place)
    with ThreadPoolExecutor(available_cpus()) as threads:
        found = threads.map(lambda places: _checksum(project.build_root / places[0]), by_file.values())
        for checksum, places in zip(found, by_file.values(), strict=True):
            wrong += [place for place in places if wanted[place] != checksum]
    return wrong


def _mended(place: str, checksum: str, project: Project) -> bool:
    """Whether a file could be put back: a new file takes its name, since the old one may have several."""
    content = Originals(project).content(checksum)
    if content is None:
        return False
    path = clear_path(project.build_root / place)
    write_private(path, content)
    return True


def _added(name: str, wanted: Listed, project: Project) -> list[str]:
    """Files where an edition's lie that are none of it."""
    places = [_place(path, project) for folder in _folders(name, project) for path in _files(folder)]
    return [place for place in places if place not in wanted]


def _link(project: Project) -> list[Diagnostic]:
    """See that what readers see is a release; the newest one that stands takes the place of what is none."""
    standing = [name for name in active_editions(project) if (project.releases / name).is_dir()]
    seen = public_edition(project)
    is_whole = seen is not None and project.public.resolve() == (project.releases / seen).resolve()
    if is_whole or not standing or (project.public.exists() and not project.public.is_symlink()):
        return []
    switch_link(project.public, project.releases / standing[-1])
    what = f"It led to no release, and leads to the one of {standing[-1]} again."
    return [Diagnostic(what, "", project.public.name, code=DiagnosticCode.RELEASE_REPAIRED)]


def _adopted(name: str, project: Project) -> Diagnostic:
    """An edition without a list gets one of its files as they are: it was published before there were lists."""
    record(name, [(folder, folder) for folder in _folders(name, project)], project)
    what = f"The edition {name} has no list of checksums that is whole. It has one now, of its files as they are."
    todo = "Look at the edition: until now nothing says what it was."
    return Diagnostic(what, todo, f"_build/checksums/{name}.sha256", code=DiagnosticCode.RELEASE_DAMAGED)


def _told(name: str, places: list[str], what: str, kind: DiagnosticCode) -> list[Diagnostic]:
    """One line for an edition's files."""
    if not places:
        return []
    named = ", ".join(printable(place) for place in sorted(places)[:_TOLD])
    more = f" and {len(places) - _TOLD} more" if len(places) > _TOLD else ""
    todo = (
        ""
        if kind is DiagnosticCode.RELEASE_REPAIRED
        else "Put it back from your backups, or remove what is none of ours."
    )
    what = f"In the edition {name}, {named}{more}: {what}."
    return [Diagnostic(what, todo, f"_build/{printable(min(places))}", code=kind)]


# --- lists -----------------------------------------------------------------------------------------------------------
def _write(name: str, listed: Listed, project: Project) -> None:
    lines = "".join(f"{checksum}  {place}\n" for place, checksum in sorted(listed.items())).encode()
    make_private_folder(project.checksums)
    head = f"{_HEAD}{hashlib.sha256(lines).hexdigest()}\n".encode()
    write_private(project.checksums / f"{name}.sha256", head + lines, fsync=True)


def _read(name: str, project: Project) -> Listed | None:
    """An edition's list, or None where there is none that is whole."""
    try:
        head, _, lines = (project.checksums / f"{name}.sha256").read_bytes().partition(b"\n")
        if head.decode() != f"{_HEAD}{hashlib.sha256(lines).hexdigest()}":
            return None
        pairs = [line.split("  ", 1) for line in lines.decode().splitlines()]
    except (OSError, UnicodeDecodeError):
        return None
    return {place: checksum for checksum, place in pairs}


def _folders(name: str, project: Project) -> list[Path]:
    """Where an edition's files lie: its permanent copy, and its release while that is kept."""
    release = project.releases / name
    return [project.editions / name, *([release] if release.is_dir() or public_edition(project) == name else [])]


def _kept(name: str, listed: Listed, project: Project) -> Listed:
    """What of a list is meant to be there still."""
    starts = tuple(f"{_place(folder, project)}/" for folder in _folders(name, project))
    return {place: checksum for place, checksum in listed.items() if place.startswith(starts)}


def _place(path: Path, project: Project) -> str:
    return path.relative_to(project.build_root).as_posix()


def _files(folder: Path) -> Iterator[Path]:
    """Every file below a folder; links, which lead to other editions, are none."""
    for place, _, names in os.walk(folder):
        for name in sorted(names):
            path = Path(place, name)
            if not path.is_symlink():
                yield path


def _checksum(path: Path) -> str:
    with suppress(OSError), path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
    return ""
