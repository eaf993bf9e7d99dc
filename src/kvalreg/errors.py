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

from kvalreg.diagnostic_codes import DiagnosticCode

EXIT_FAILED = 1
"""Something the run was asked for did not succeed: a notebook, a delivery, a renderer."""
EXIT_CONFIGURATION = 2
"""The command, the project or a descriptor must be corrected first."""
EXIT_UNEXPECTED = 3
"""kvalreg stopped at an error that it did not expect: a defect of ours, or of the machine (no space, no memory)."""
EXIT_BUSY = 4
"""Nothing was done, because another run has the project: try again later."""

_PACKAGE = Path(__file__).parent
_DISK_FULL_ERRNOS = (errno.ENOSPC, errno.EDQUOT)
"""What the system says of a full disk, and of a user who may not write more."""
_FORBIDDEN = (errno.EACCES, errno.EPERM, errno.EROFS)
"""What it says of rights, and of a disk that is read-only."""


@dataclass(frozen=True)
class Diagnostic:
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

    message: str
    hint: str = ""
    file: str = ""
    line: int | None = None
    key: str = ""
    code: DiagnosticCode | None = None

    def __str__(self) -> str:
        location = self.file + (f":{self.line}" if self.line is not None else "")
        parts = [part for part in (location, self.key) if part]
        code_suffix = f"({self.code})" if self.code is not None else ""
        return ": ".join([*parts, " ".join(part for part in (self.message, self.hint, code_suffix) if part)])


class KvalregError(Exception):
    """The root of every expected error: printed without a traceback, ends with `exit_code`."""

    exit_code = EXIT_FAILED


class UsageError(KvalregError):
    """The command cannot be carried out as it was typed."""

    exit_code = EXIT_CONFIGURATION


class BusyError(KvalregError):
    """Another run has the project: nothing was done."""

    exit_code = EXIT_BUSY


class DiagnosticsError(KvalregError):
    """One or more faults, all of them known before anything was done."""

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics = tuple(diagnostics)
        super().__init__("\n".join(str(diagnostic) for diagnostic in self.diagnostics))

    def __reduce__(self) -> tuple[type[DiagnosticsError], tuple[tuple[Diagnostic, ...]]]:
        return (type(self), (self.diagnostics,))


class ConfigurationError(DiagnosticsError):
    """Faults in the project's own files: descriptors, units, notebooks, `_quarto.yml`."""

    exit_code = EXIT_CONFIGURATION


class DeliveryError(DiagnosticsError):
    """Faults in a delivery: nothing of it is used, and what was published before stays."""


class ApprovalPendingError(DiagnosticsError):
    """Nothing new of a registry may be published before somebody has approved it: what was published before stays."""

    exit_code = 0


class DisclosureError(DiagnosticsError):
    """What would be published gives a hidden cell away: nothing of the registry is published."""


class LedgerError(DiagnosticsError):
    """The ledger does not tell for certain what editions showed and hid: nothing new of the registry is published."""

    exit_code = EXIT_CONFIGURATION


class SiteError(DiagnosticsError):
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

    def __init__(
        self, diagnostics_by_registry: Mapping[str, Iterable[Diagnostic]], shared_diagnostics: Iterable[Diagnostic] = ()
    ) -> None:
        self.diagnostics_by_registry = {
            registry: tuple(diagnostics) for registry, diagnostics in diagnostics_by_registry.items()
        }
        self.shared_diagnostics = tuple(shared_diagnostics)
        super().__init__("\n".join(str(diagnostic) for diagnostic in self.all_diagnostics))

    @property
    def all_diagnostics(self) -> tuple[Diagnostic, ...]:
        """All of them, the registries' first."""
        return (
            *(diagnostic for diagnostics in self.diagnostics_by_registry.values() for diagnostic in diagnostics),
            *self.shared_diagnostics,
        )

    def __reduce__(
        self,
    ) -> tuple[type[RegistriesError], tuple[Mapping[str, tuple[Diagnostic, ...]], tuple[Diagnostic, ...]]]:
        return (type(self), (self.diagnostics_by_registry, self.shared_diagnostics))


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

    def __init__(self, cause: str, cell: int | None = None, detail: str = "") -> None:
        self.cause = cause
        self.cell = cell
        self.detail = detail
        super().__init__(f"cell {cell}: {cause}" if cell is not None else cause)

    def __reduce__(self) -> tuple[type[NotebookError], tuple[str, int | None, str]]:
        return (NotebookError, (self.cause, self.cell, self.detail))


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


class DiskFullError(KvalregError):
    """No room is left on the disk: the site is whole, and the same command can be given again."""

    exit_code = EXIT_UNEXPECTED


class NoAccessError(KvalregError):
    """A file may not be read or written: its rights, or those of the disk, must be corrected first."""

    exit_code = EXIT_CONFIGURATION


@contextmanager
def disk_full_guard(path: Path) -> Iterator[None]:
    """Tell a full disk as such, whoever met it: a run that writes below this place, or a renderer it has started.

    So are files that may not be written.
    """
    try:
        yield
    except Exception as error:
        if told := as_disk_full_error(error, path) or no_access(error):
            raise told from error
        raise


def as_disk_full_error(error: Exception, path: Path) -> DiskFullError | None:
    """The error to tell when a full disk is behind this one; None when it is something else."""
    for cause in _exception_chain(error):
        is_renderer_disk_full = isinstance(cause, RendererError) and os.strerror(errno.ENOSPC) in str(cause)
        if is_renderer_disk_full or (isinstance(cause, OSError) and cause.errno in _DISK_FULL_ERRNOS):
            target = getattr(cause, "filename", None) or f"a file below {path}"
            return DiskFullError(
                f"The disk is full: there was no room for {target}. The site is whole: as it was, or new. "
                f"Make room on that disk ('df -h {path}' tells how much there is), and run the same command again."
            )
    return None


def no_access(error: Exception) -> NoAccessError | None:
    """The error to tell when a file may not be read or written; None when it is something else."""
    if isinstance(error, KvalregError):
        return None
    for each in _exception_chain(error):
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
    return "\n".join(
        line for cause in _exception_chain(error) for line in (_format_exception(cause), *_format_frames(cause))
    )


def _exception_chain(error: BaseException) -> list[BaseException]:
    """The error, and before it what it was raised from or while handling."""
    chain: list[BaseException] = []
    current: BaseException | None = error
    while current is not None and current not in chain:
        chain.insert(0, current)
        current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)
    return chain


def _format_exception(error: BaseException) -> str:
    name = type(error).__name__
    if isinstance(error, OSError) and error.errno is not None:
        reason = os.strerror(error.errno)
        return f"{name}: {reason}" + (f": {error.filename}" if isinstance(error.filename, str) else "")
    return name


def _format_frames(error: BaseException) -> Iterator[str]:
    frames = list(traceback.walk_tb(error.__traceback__))
    for position, (frame, line) in enumerate(frames, start=1):
        file = PurePath(frame.f_code.co_filename)
        is_own = file.is_relative_to(_PACKAGE)
        if is_own or position == len(frames):
            display_path = file.relative_to(_PACKAGE.parent) if is_own else PurePath(*file.parts[-3:])
            yield f"  at {display_path.as_posix()}:{line} in {frame.f_code.co_name}"
