"""Every error kvalreg raises on purpose, and the diagnostics that they carry.

Owns the form of a message: what is wrong, where (file, line, key), what to do next, and the exit code; and what may be
reported of an unexpected error. A message never holds a value of a result cell: it may end in a log that others read.

Errors are handled in one way: a registry's error is caught in one place (`RegistryFallback.isolated` in
`kvalreg.release.fallback`) and turned into diagnostics (`kvalreg.execution.diagnose`), and the registry falls back to
its last good result. Every other error ends the run; the command line prints it and exits with `exit_code`.
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
"""A part of the run failed: a notebook, a delivery, a renderer."""
EXIT_CONFIGURATION = 2
"""The command, the project or a descriptor must be corrected first."""
EXIT_UNEXPECTED = 3
"""An unexpected error: a defect of kvalreg, or of the machine (no space, no memory)."""
EXIT_BUSY = 4
"""Nothing was done, because another run holds the project's lock: try again later."""

_PACKAGE = Path(__file__).parent
_DISK_FULL_ERRNOS = (errno.ENOSPC, errno.EDQUOT)
"""A full disk, and a user's exhausted quota."""
_FORBIDDEN_ERRNOS = (errno.EACCES, errno.EPERM, errno.EROFS)
"""Missing permissions, and a read-only file system."""


@dataclass(frozen=True)
class Diagnostic:
    """One problem, and what to do about it.

    Parameters
    ----------
    message
        What is wrong, as a sentence without the location.
    hint
        What to do next, as a sentence.
    file
        The file as the user knows it, relative to the project where it lies inside it.
    line
        1-based line in a text file, or 1-based row (the header is row 1) in a table.
    key
        Where inside the file: ``indicators[2].type`` in a descriptor, ``orgnr`` in a delivery.
    code
        What sort of problem it is; `kvalreg explain` says more about each.
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
    """The base of every expected error: it is printed without a traceback, and the run ends with `exit_code`."""

    exit_code = EXIT_FAILED


class UsageError(KvalregError):
    """The command cannot be carried out as it was given."""

    exit_code = EXIT_CONFIGURATION


class BusyError(KvalregError):
    """Another run holds the project's lock: nothing was done."""

    exit_code = EXIT_BUSY


class DiagnosticsError(KvalregError):
    """One or more diagnostics, all of them found before anything was changed."""

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics = tuple(diagnostics)
        super().__init__("\n".join(str(diagnostic) for diagnostic in self.diagnostics))

    # an exception is pickled with `args`, the text; here and below it crosses processes with its fields instead
    def __reduce__(self) -> tuple[type[DiagnosticsError], tuple[tuple[Diagnostic, ...]]]:
        return (type(self), (self.diagnostics,))


class ConfigurationError(DiagnosticsError):
    """Problems in the project's own files: descriptors, units, notebooks, `_quarto.yml`."""

    exit_code = EXIT_CONFIGURATION


class DeliveryError(DiagnosticsError):
    """Problems in a delivery: nothing of it is used, and what was published before stays."""


class ApprovalPendingError(DiagnosticsError):
    """Nothing new of a registry may be published before somebody has approved it: what was published before stays."""

    exit_code = 0


class DisclosureError(DiagnosticsError):
    """A suppressed cell could be worked out from what would be published: nothing of the registry is published."""


class LedgerError(DiagnosticsError):
    """The ledger does not say with certainty what editions showed and hid: nothing new of the registry is published."""

    exit_code = EXIT_CONFIGURATION


class SiteError(DiagnosticsError):
    """The finished site is incomplete: it does not replace the old one."""


class RegistriesError(KvalregError):
    """Diagnostics of single registries, found in the site of all: the others can be released without them.

    Parameters
    ----------
    diagnostics_by_registry
        What is wrong with each registry's pages.
    shared_diagnostics
        What cannot be attributed to a registry; it may disappear together with a registry that is at fault.
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
        """All diagnostics, the registries' first."""
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
    cause
        The error's type and first line.
    cell
        1-based number of the cell among all cells of the notebook, or None when the error is no cell's.
    detail
        For the log: the cell and its traceback.
    """

    def __init__(self, cause: str, cell: int | None = None, detail: str = "") -> None:
        self.cause = cause
        self.cell = cell
        self.detail = detail
        super().__init__(f"cell {cell}: {cause}" if cell is not None else cause)

    def __reduce__(self) -> tuple[type[NotebookError], tuple[str, int | None, str]]:
        return (NotebookError, (self.cause, self.cell, self.detail))


class RendererError(KvalregError):
    """The site could not be rendered: the renderer's own message, and what to do.

    Parameters
    ----------
    pages
        The renderer's message for each page that it names, by address.
    """

    def __init__(self, message: str, pages: Mapping[str, str] | None = None) -> None:
        self.pages = dict(pages or {})
        super().__init__(message)


class DiskFullError(KvalregError):
    """The disk is full: the site is complete, old or new, and the same command can be given again."""

    exit_code = EXIT_UNEXPECTED


class NoAccessError(KvalregError):
    """A file may not be read or written: its permissions, or those of the disk, must be corrected first."""

    exit_code = EXIT_CONFIGURATION


@contextmanager
def disk_full_guard(path: Path) -> Iterator[None]:
    """Raise `DiskFullError` or `NoAccessError` for such an error in the block, however deep its cause is.

    Parameters
    ----------
    path
        The folder below which the block writes.
    """
    try:
        yield
    except Exception as error:
        if clear_error := as_disk_full_error(error, path) or as_no_access_error(error):
            raise clear_error from error
        raise


def as_disk_full_error(error: Exception, path: Path) -> DiskFullError | None:
    """The error to report when a full disk caused this one; None when something else did."""
    for cause in _exception_chain(error):
        # a renderer is another program: all that comes from it is its message
        is_renderer_disk_full = isinstance(cause, RendererError) and os.strerror(errno.ENOSPC) in str(cause)
        if is_renderer_disk_full or (isinstance(cause, OSError) and cause.errno in _DISK_FULL_ERRNOS):
            target = getattr(cause, "filename", None) or f"a file below {path}"
            return DiskFullError(
                f"The disk is full: there was no room for {target}. The site is whole: as it was, or new. "
                f"Make room on that disk ('df -h {path}' tells how much there is), and run the same command again."
            )
    return None


def as_no_access_error(error: Exception) -> NoAccessError | None:
    """The error to report when missing permissions caused this one; None when something else did."""
    if isinstance(error, KvalregError):
        return None  # whoever raised it has seen the cause, and says more
    for cause in _exception_chain(error):
        if isinstance(cause, OSError) and cause.errno in _FORBIDDEN_ERRNOS:
            target = cause.filename if isinstance(cause.filename, str) else "a file"
            return NoAccessError(
                f"{target} may not be read or written: {os.strerror(cause.errno or 0)}. The site is whole: as it was, "
                "or new. Look at the owner and the rights of the file and its folder, and whether the disk is "
                "read-only."
            )
    return None


def describe_unexpected(error: BaseException) -> str:
    """The type of an error and its traceback, for whoever maintains kvalreg.

    Never its message and never a variable: either may hold a cell's value. Errors of the operating system are the
    exception: they add the system's own message and the file. Of other packages' frames only the innermost is named.

    Returns
    -------
    Lines such as ``KeyError``, ``  at kvalreg/pipeline.py:198 in _run``; the root cause comes first.
    """
    return "\n".join(
        line for cause in _exception_chain(error) for line in (_format_exception(cause), *_format_frames(cause))
    )


def _exception_chain(error: BaseException) -> list[BaseException]:
    """The error, after what it was raised from or while handling: as Python prints them."""
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
    # the innermost frame says what failed; frames of libraries between kvalreg's own say little, and are many
    frames = list(traceback.walk_tb(error.__traceback__))
    for position, (frame, line) in enumerate(frames, start=1):
        file = PurePath(frame.f_code.co_filename)
        is_own = file.is_relative_to(_PACKAGE)
        if is_own or position == len(frames):
            display_path = file.relative_to(_PACKAGE.parent) if is_own else PurePath(*file.parts[-3:])
            yield f"  at {display_path.as_posix()}:{line} in {frame.f_code.co_name}"
