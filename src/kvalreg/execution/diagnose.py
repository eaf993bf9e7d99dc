"""What is told of a registry's failure, whatever raised it.

Comes in: any error that was met while one registry was worked on. Goes out: faults, with file, line and remedy. An
error that nobody expected is a defect of ours: its places in our code go into a log, never its message, which may hold
a result.
"""

from __future__ import annotations

from collections.abc import Callable
from textwrap import shorten
from typing import TypeVar

from kvalreg.diagnostic_codes import DiagnosticCode
from kvalreg.errors import (
    Diagnostic,
    DiagnosticsError,
    DiskFullError,
    KvalregError,
    UsageError,
    as_disk_full_error,
    describe_unexpected,
)
from kvalreg.inputs.text_file import printable
from kvalreg.project import Project
from kvalreg.storage.permissions import clear_path, make_private_folder, write_private

_LOG_NAME = "kvalreg.log"
_LONGEST = 500
"""Letters of what another program said."""
_T = TypeVar("_T")


class WorkerError(Exception):
    """An unexpected error in a process of ours, described there: its places in our code do not come with it."""


def call_in_worker(function: Callable[..., _T], *arguments: object) -> _T:
    """Call a function in a process of ours: an error that nobody expected is described there, where its places are."""
    try:
        return function(*arguments)
    except (KvalregError, OSError):
        raise
    except Exception as error:
        raise WorkerError(describe_unexpected(error)) from None


def is_global_error(error: BaseException, project: Project) -> bool:
    """Whether an error is never one registry's own: a full disk, a command that cannot be carried out."""
    if not isinstance(error, Exception) or isinstance(error, UsageError | DiskFullError):
        return True
    return as_disk_full_error(error, project.root) is not None


def diagnose(error: Exception, registry: str, project: Project) -> tuple[Diagnostic, ...]:
    """The faults to tell of a registry; raises the error again where it is not the registry's own: see `is_shared`."""
    if is_global_error(error, project):
        raise error
    if isinstance(error, DiagnosticsError):
        return error.diagnostics
    if isinstance(error, KvalregError):
        return (
            Diagnostic(
                shorten(str(error), _LONGEST, placeholder=" …"),
                file=_descriptor_path(registry, project),
                code=DiagnosticCode.BUILD_FAILED,
            ),
        )
    description = str(error) if isinstance(error, WorkerError) else describe_unexpected(error)
    clear_path(project.logs / registry / _LOG_NAME)
    log = make_private_folder(project.logs, registry) / _LOG_NAME
    write_private(log, f"{description}\n".encode("utf-8", "backslashreplace"))
    name = description.partition("\n")[0].partition(":")[0]
    message = f"kvalreg stopped at an error that it did not expect ({name})."
    hint = f"Send {printable(project.display_path(log))}, which holds no results, to whoever maintains kvalreg."
    return (Diagnostic(message, hint, _descriptor_path(registry, project), code=DiagnosticCode.INTERNAL_ERROR),)


def _descriptor_path(registry: str, project: Project) -> str:
    """The file that stands for a registry where no other is to blame."""
    return printable(project.display_path(project.descriptor(registry)))
