"""Every error kvalreg raises on purpose, and the faults they carry.

Owns the form of a message: what is wrong, where (file, line, key), what to do next, and the exit code; and what may be
told of an error that nobody expected. Never carries a value of a result cell: a message may end in a log that others
read.
"""

from __future__ import annotations

import errno
import os
import traceback
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePath

from kvalreg.kinds import Kind

EXIT_FAILED = 1
"""Something the run was asked for did not succeed: a notebook, a delivery, a renderer."""
EXIT_CONFIGURATION = 2
"""The command, the project or a descriptor must be corrected first."""
EXIT_UNEXPECTED = 3
"""kvalreg stopped at an error that it did not expect: a defect of ours, or of the machine (no space, no memory)."""
EXIT_BUSY = 4
"""Nothing was done, because another run has the project: try again later."""

_PACKAGE = Path(__file__).parent
_FULL = (errno.ENOSPC, errno.EDQUOT)
"""What the system says of a full disk, and of a user who may not write more."""
_FORBIDDEN = (errno.EACCES, errno.EPERM, errno.EROFS)
"""What it says of rights, and of a disk that is read-only."""


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong, and what to do about it.

    Parameters
    ----------
    what
        What is wrong, as a sentence without the place.
    todo
        What to do next, as a sentence.
    file
        The file as the user knows it, relative to the project where it lies inside it.
    line
        1-based line in a text file, or 1-based row (the header is row 1) in a table.
    key
        Where inside the file: ``indicators[2].type`` in a descriptor, ``orgnr`` in a delivery.
    kind
        What sort of fault it is; `kvalreg explain` tells more about each.
    """

    what: str
    todo: str = ""
    file: str = ""
    line: int | None = None
    key: str = ""
    kind: Kind | None = None

    def __str__(self) -> str:
        place = self.file + (f":{self.line}" if self.line is not None else "")
        parts = [part for part in (place, self.key) if part]
        number = f"({self.kind})" if self.kind is not None else ""
        return ": ".join([*parts, " ".join(part for part in (self.what, self.todo, number) if part)])


class KvalregError(Exception):
    """The root of every expected error: printed without a traceback, ends with `exit_code`."""

    exit_code = EXIT_FAILED


class UsageError(KvalregError):
    """The command cannot be carried out as it was typed."""

    exit_code = EXIT_CONFIGURATION


class BusyError(KvalregError):
    """Another run has the project: nothing was done."""

    exit_code = EXIT_BUSY


class FaultsError(KvalregError):
    """One or more faults, all of them known before anything was done."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(str(fault) for fault in self.faults))

    def __reduce__(self) -> tuple[type[FaultsError], tuple[tuple[Fault, ...]]]:
        return (type(self), (self.faults,))


class ConfigurationError(FaultsError):
    """Faults in the project's own files: descriptors, units, notebooks, `_quarto.yml`."""

    exit_code = EXIT_CONFIGURATION


class DeliveryError(FaultsError):
    """Faults in a delivery: nothing of it is used, and what was published before stays."""


class AwaitingError(FaultsError):
    """Nothing new of a registry may be published before somebody has approved it: what was published before stays."""

    exit_code = 0


class DisclosureError(FaultsError):
    """What would be published gives a hidden cell away: nothing of the registry is published."""


class LedgerError(FaultsError):
    """The ledger does not tell for certain what editions showed and hid: nothing new of the registry is published."""

    exit_code = EXIT_CONFIGURATION


class SiteError(FaultsError):
    """The finished site is not whole: it is not put in place."""


class RegistriesError(KvalregError):
    """Faults of single registries, met while the site of all was made: the others can be released without them.

    Parameters
    ----------
    faults
        By registry.
    shared
        What belongs to no registry that can be named; it may go with the faults of the others.
    """

    def __init__(self, faults: Mapping[str, Iterable[Fault]], shared: Iterable[Fault] = ()) -> None:
        self.faults = {registry: tuple(found) for registry, found in faults.items()}
        self.shared = tuple(shared)
        super().__init__("\n".join(str(fault) for fault in self.every))

    @property
    def every(self) -> tuple[Fault, ...]:
        """All of them, the registries' first."""
        return (*(fault for found in self.faults.values() for fault in found), *self.shared)

    def __reduce__(self) -> tuple[type[RegistriesError], tuple[Mapping[str, tuple[Fault, ...]], tuple[Fault, ...]]]:
        return (type(self), (self.faults, self.shared))


class NotebookError(KvalregError):
    """A report notebook failed.

    Parameters
    ----------
    error
        The error's type and first line.
    cell
        1-based number of the cell among all cells of the notebook, or None when no cell is to blame.
    detail
        What the log says: the cell and its traceback.
    """

    def __init__(self, error: str, cell: int | None = None, detail: str = "") -> None:
        self.error = error
        self.cell = cell
        self.detail = detail
        super().__init__(f"cell {cell}: {error}" if cell is not None else error)

    def __reduce__(self) -> tuple[type[NotebookError], tuple[str, int | None, str]]:
        return (NotebookError, (self.error, self.cell, self.detail))


class RendererError(KvalregError):
    """The site could not be rendered: what the renderer said, and what to do.

    Parameters
    ----------
    pages
        What is wrong with which pages, by address, where the renderer names them.
    """

    def __init__(self, message: str, pages: Mapping[str, str] | None = None) -> None:
        self.pages = dict(pages or {})
        super().__init__(message)


class FullDiskError(KvalregError):
    """No room is left on the disk: the site is whole, and the same command can be given again."""

    exit_code = EXIT_UNEXPECTED


class NoAccessError(KvalregError):
    """A file may not be read or written: its rights, or those of the disk, must be corrected first."""

    exit_code = EXIT_CONFIGURATION


@contextmanager
def full_disk_told(place: Path) -> Iterator[None]:
    """Tell a full disk as such, whoever met it: a run that writes below this place, or a renderer it has started.

    So are files that may not be written.
    """
    try:
        yield
    except Exception as error:
        if told := full_disk(error, place) or no_access(error):
            raise told from error
        raise


def full_disk(error: Exception, place: Path) -> FullDiskError | None:
    """The error to tell when a full disk is behind this one; None when it is something else."""
    for each in _causes(error):
        said = isinstance(each, RendererError) and os.strerror(errno.ENOSPC) in str(each)
        if said or (isinstance(each, OSError) and each.errno in _FULL):
            where = getattr(each, "filename", None) or f"a file below {place}"
            return FullDiskError(
                f"The disk is full: there was no room for {where}. The site is whole: as it was, or new. "
                f"Make room on that disk ('df -h {place}' tells how much there is), and run the same command again."
            )
    return None


def no_access(error: Exception) -> NoAccessError | None:
    """The error to tell when a file may not be read or written; None when it is something else."""
    if isinstance(error, KvalregError):
        return None
    for each in _causes(error):
        if isinstance(each, OSError) and each.errno in _FORBIDDEN:
            where = each.filename if isinstance(each.filename, str) else "a file"
            return NoAccessError(
                f"{where} may not be read or written: {os.strerror(each.errno or 0)}. The site is whole: as it was, or "
                "new. Look at the owner and the rights of the file and its folder, and whether the disk is read-only."
            )
    return None


def describe_unexpected(error: BaseException) -> str:
    """The type of an error and the places it passed, for whoever maintains kvalreg.

    Never its message and never a variable: either may hold a cell's value. Only of the operating system's errors the
    system's own words and the file are told. Of foreign code the innermost place is named, of ours every place.

    Returns
    -------
    Lines such as ``KeyError``, ``  at kvalreg/pipeline.py:198 in _gated``; what caused the error comes first.
    """
    return "\n".join(line for each in _causes(error) for line in (_kind(each), *_places(each)))


def _causes(error: BaseException) -> list[BaseException]:
    """The error, and before it what it was raised from or while handling."""
    chain: list[BaseException] = []
    found: BaseException | None = error
    while found is not None and found not in chain:
        chain.insert(0, found)
        found = found.__cause__ or (None if found.__suppress_context__ else found.__context__)
    return chain


def _kind(error: BaseException) -> str:
    name = type(error).__name__
    if isinstance(error, OSError) and error.errno is not None:
        told = os.strerror(error.errno)
        return f"{name}: {told}" + (f": {error.filename}" if isinstance(error.filename, str) else "")
    return name


def _places(error: BaseException) -> Iterator[str]:
    frames = list(traceback.walk_tb(error.__traceback__))
    for number, (frame, line) in enumerate(frames, start=1):
        file = PurePath(frame.f_code.co_filename)
        ours = file.is_relative_to(_PACKAGE)
        if ours or number == len(frames):
            shown = file.relative_to(_PACKAGE.parent) if ours else PurePath(*file.parts[-3:])
            yield f"  at {shown.as_posix()}:{line} in {frame.f_code.co_name}"
