"""The two parts of an audit's work, done in several processes: reading each file, then judging each registry.

Comes in: files, and what everybody knows. Goes out: what each file told, kept on a `Shelf`, and a verdict on each
registry. Reading is remembered per file and a clean verdict per registry, so that a site of which one registry has
changed is audited at that registry's price. Where a first look, at what files tell in short, finds anything wrong, the
registry's files are read again word by word, so that findings name every place.
"""

from __future__ import annotations

import gc
import hashlib
import json
import marshal
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import NamedTuple, TypeVar

from kvalreg.batch.workers import Workers, processors
from kvalreg.disclosure.ledger import NEXT, ledger_files
from kvalreg.errors import UsageError
from kvalreg.memory import without_collection
from kvalreg.project import Project
from kvalreg.release.audit_files import Edition, File, fragments_of, page_of, read_files, settle_contexts
from kvalreg.release.audit_findings import Finding, found_in, suspected
from kvalreg.release.audit_heard import Heard
from kvalreg.release.audit_memory import Shelf
from kvalreg.release.audit_parts import ANY, Stored, dump_part, join_parts, load_parts
from kvalreg.release.audit_pieces import dump_book, load_book, read_pieces
from kvalreg.release.audit_proof import exposed
from kvalreg.release.audit_public import Public
from kvalreg.release.audit_readings import Reader
from kvalreg.release.audit_rows import Rows
from kvalreg.release.audit_sheet import sheet_of_edition, sheet_of_parts
from kvalreg.release.digests import Digests

WORTHWHILE = 4_000_000
"""Bytes of files from which on further processes are worth their start of a second."""
_FILES_AT_ONCE = 4
"""Files that a process is sent in one go, to read them."""
_Kept = tuple[dict[str, str], tuple[str, ...], tuple[str, ...], bool, str]
"""What is kept of a file, as in `Told`, but for its name."""
_T = TypeVar("_T")
_A = TypeVar("_A")


class Told(NamedTuple):
    """What is kept of a file.

    Parameters
    ----------
    entry
        The name of all this, made of the file's address and content.
    parts
        The registries that it says something of, each with the name of the entry that holds what.
    cells
        Those of whose cells it tells.
    unattached
        Places of rows that belong to no cell we can name.
    page_of
        The registry whose page of results it is.
    """

    file: File
    entry: str
    parts: dict[str, str]
    cells: tuple[str, ...]
    unattached: tuple[str, ...]
    readable: bool
    page_of: str


class Verdict(NamedTuple):
    """What was found about one registry, and how many cells were read, and hidden."""

    findings: tuple[Finding, ...]
    cells: int
    hidden: int


class Case(NamedTuple):
    """One registry's files."""

    registry: str
    files: tuple[Told, ...]


@dataclass(frozen=True)
class Work:
    """What every process needs.

    Parameters
    ----------
    public
        What everybody knows.
    known
        Its checksum, and that of the audit's code.
    folder
        Where is remembered what files have told.
    project
        Where the published cells and the ledger are.
    """

    public: Public
    known: str
    folder: Path
    project: Project


class Auditor:
    """One process's tools."""

    def __init__(self, work: Work) -> None:
        self.reader = Reader(work.public)
        self.rows = Rows(self.reader)
        self.public = work.public
        self.known = work.known
        self.shelf = Shelf(work.folder)
        self.project = work.project

    def read(self, file: File) -> Told:
        """What a file tells."""
        content = file.path.read_bytes()
        entry = self.entry(file, hashlib.sha256(content).digest())
        return Told(file, entry, *(self._by_pieces(file, content) or self._read_anew(file)))

    def entry(self, file: File, digest: bytes) -> str:
        """The name of what a file of this digest tells."""
        return hashlib.sha256(f"{self.known}\n{file.address}\n".encode() + digest).hexdigest()

    def remembered(self) -> dict[str, _Kept]:
        """What files told when they were read before, by entry."""
        stored = self.shelf.get(self.index)
        return {} if stored is None else marshal.loads(stored)  # noqa: S302 - the shelf has checked its checksum

    def remember(self, told: list[Told]) -> None:
        """Keep what files told, and nothing else."""
        self.shelf.put(self.index, marshal.dumps({one.entry: tuple(one[2:]) for one in told}))

    @property
    def index(self) -> str:
        """The name of the entry that holds what every file told."""
        return hashlib.sha256(f"{self.known}\nfiles".encode()).hexdigest()

    def _read_anew(self, file: File) -> _Kept:
        heard, readable = Heard(file.address), True
        with without_collection():
            try:
                self.rows.read(fragments_of(self.public, file), heard)
            except (ValueError, OSError):
                readable = False
            dumped = {registry: join_parts([dump_part(part)]) for registry, part in heard.parts().items()}
        parts = {registry: hashlib.sha256(part).hexdigest() for registry, part in dumped.items()}
        for registry, name in parts.items():
            self.shelf.put(name, dumped[registry])
        return parts, tuple(sorted(heard.registries)), tuple(heard.unattached), readable, page_of(self.public, file)

    def _by_pieces(self, file: File, content: bytes) -> _Kept | None:
        """What a file of all registries tells, its pieces from memory where they have been read before."""
        name = self.book(file)
        with without_collection():
            book = read_pieces(self.rows, file, content, load_book(self.shelf.get(name)))
        if book is None:
            return None
        self.shelf.put(name, dump_book(book))
        dumped: dict[str, list[bytes]] = {}
        for kept in book.values():
            for registry, part in kept.parts.items():
                dumped.setdefault(registry, []).append(part)
        parts = {}
        for registry, told in dumped.items():
            whole = join_parts(told)
            parts[registry] = hashlib.sha256(whole).hexdigest()
            if not self.shelf.holds(parts[registry]):
                self.shelf.put(parts[registry], whole)
        cells = tuple(sorted({registry for kept in book.values() for registry in kept.cells}))
        places = tuple(place for kept in book.values() for place in kept.unattached)
        return parts, cells, places, True, ""

    def book(self, file: File) -> str:
        """The name of the entry that holds a file's pieces."""
        return hashlib.sha256(f"{self.known}\nbook\n{file.address}".encode()).hexdigest()

    def judge(self, case: Case) -> tuple[str, Verdict]:
        """What is wrong with one registry, and the name of the entry that remembers it where nothing is."""
        parts = [(told.file.address, told.parts.get(case.registry), told.parts.get(ANY)) for told in case.files]
        entry = hashlib.sha256(repr((self.known, case.registry, parts)).encode()).hexdigest()
        stored = self.shelf.get(entry)
        if stored is not None:
            return entry, Verdict((), *json.loads(stored))
        with without_collection():
            verdict = self._judged(case)
        if not verdict.findings:
            self.shelf.put(entry, json.dumps(verdict[1:]).encode())
        return entry, verdict

    def _judged(self, case: Case) -> Verdict:
        now = sheet_of_parts(part for told in case.files for part in self._parts(told, case.registry))
        findings: tuple[Finding, ...] = ()
        if suspected(self.public, now):
            edition = self._of_registry(case.registry, case.files)
            settle_contexts(edition)
            now = sheet_of_edition(edition)
            findings = tuple(found_in(self.public, edition, now))
        return Verdict(findings, len(now), int(now.hidden.sum()))

    def prove(self, registry: str) -> tuple[str, tuple[Finding, ...]]:
        """What a registry's editions give away, and the name of the entry that remembers that it is nothing."""
        files = [self.project.next_ledger / NEXT / f"{registry}.parquet", *ledger_files(registry, self.project)]
        below = self.public.registries[registry].secret_below
        digest = hashlib.sha256(repr((self.known, registry, below)).encode())
        for file in files:
            digest.update(f"{file}\n".encode() + hashlib.sha256(file.read_bytes() if file.is_file() else b"").digest())
        entry = digest.hexdigest()
        if self.shelf.holds(entry):
            return entry, ()
        findings = tuple(exposed(self.public, self.project, registry))
        if not findings:
            self.shelf.put(entry, b"")
        return entry, findings

    def _parts(self, told: Told, registry: str) -> Iterator[Stored]:
        for name in (registry, ANY):
            if name in told.parts:
                stored = self.shelf.get(told.parts[name])
                if stored is None:  # damaged, or taken away since
                    self._by_pieces(told.file, told.file.path.read_bytes()) or self._read_anew(told.file)
                    stored = self.shelf.get(told.parts[name])
                if stored is None:
                    raise UsageError(f"{told.file.path}: this file changes while it is audited. Run the audit again.")
                yield from load_parts(stored)

    def _of_registry(self, registry: str, files: Iterable[Told]) -> Edition:
        """The registry's files read word by word."""
        concerned = [told.file for told in files if registry in told.parts or ANY in told.parts]
        edition = read_files(self.reader, concerned)
        edition.readings = {key: told for key, told in edition.readings.items() if key.registry == registry}
        edition.unattached = []
        return edition


# --- processes -------------------------------------------------------------------------------------------------------
_here: list[Auditor] = []


def _begin(work: Work) -> None:
    gc.disable()  # a look at everything that is remembered, after each file, is a tenth of the time
    _here[:] = [Auditor(work)]


def _read(files: list[File]) -> list[Told]:
    return [_here[0].read(file) for file in files]


def _judge(cases: list[Case]) -> list[tuple[str, Verdict]]:
    return [_here[0].judge(case) for case in cases]


def _prove(registries: list[str]) -> list[tuple[str, tuple[Finding, ...]]]:
    return [_here[0].prove(registry) for registry in registries]


class Crew:
    """Reads files and judges registries: in this process where there is little, in one process a core otherwise."""

    def __init__(self, work: Work, digests: Digests) -> None:
        self.work = work
        self.digests = digests
        self.auditor = Auditor(work)
        self.workers: Workers | None = None

    def __enter__(self) -> Crew:
        return self

    def __exit__(self, error: type[BaseException] | None, *others: object) -> None:
        if self.workers is not None:
            self.workers.__exit__(error, *others)

    def read(self, files: list[File]) -> list[Told]:
        """What each file tells, in the order given; from memory where it has been read before."""
        if processors() > 1 and sum(file.path.stat().st_size for file in files) > WORTHWHILE:
            self.workers = Workers(processors(), partial(_begin, self.work))
        before = self.auditor.remembered()
        entries = [self.auditor.entry(file, self.digests.of(file.path)) for file in files]
        anew = [file for file, entry in zip(files, entries, strict=True) if entry not in before]
        if self.workers is None:
            read = iter([self.auditor.read(file) for file in anew])
        else:
            read = iter(self._each(self.workers, _read, anew, at_once=_FILES_AT_ONCE))
        told = [
            Told(file, entry, *before[entry]) if entry in before else next(read)
            for file, entry in zip(files, entries, strict=True)
        ]
        self.auditor.remember(told)
        return told

    def judge(self, cases: list[Case]) -> list[tuple[str, Verdict]]:
        """The verdict on each registry, in the order given."""
        if self.workers is None:
            return [self.auditor.judge(case) for case in cases]
        return self._each(self.workers, _judge, cases, at_once=1)

    def prove(self, registries: list[str]) -> list[tuple[str, tuple[Finding, ...]]]:
        """What each registry's editions give away, in the order given."""
        if self.workers is None:
            return [self.auditor.prove(registry) for registry in registries]
        return self._each(self.workers, _prove, registries, at_once=1)

    def _each(
        self, workers: Workers, function: Callable[[list[_A]], list[_T]], given: list[_A], at_once: int
    ) -> list[_T]:
        """What a function makes of each in the workers, in the order given."""
        shares = (given[at : at + at_once] for at in range(0, len(given), at_once))
        made = [workers.submit(function, share) for share in shares]
        return [one for share in made for one in share.result()]
