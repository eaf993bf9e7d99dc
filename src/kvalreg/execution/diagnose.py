"""From any exception to the diagnostics of a registry.

Input: an exception that was raised while one registry was processed. Output: diagnostics, with file, line and hint. An
unexpected exception is a defect of kvalreg: its traceback goes into a log without its message, which may hold a result.
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
_MAX_MESSAGE_LENGTH = 500
"""Characters: the message of a renderer, which is another program, can be pages long."""
_T = TypeVar("_T")


class WorkerError(Exception):
    """An unexpected exception in a worker process, as its description: a traceback cannot be pickled."""


def call_in_worker(function: Callable[..., _T], *arguments: object) -> _T:
    """Call a function in a worker process; an unexpected exception is described there, where its traceback is."""
    try:
        return function(*arguments)
    except (KvalregError, OSError):
        raise
    except Exception as error:  # noqa: BLE001 - raised again as its description, without the message
        raise WorkerError(describe_unexpected(error)) from None


def is_global_error(error: BaseException, project: Project) -> bool:
    """Whether an error is never one registry's own: Ctrl-C, a full disk, a command that cannot be carried out."""
    if not isinstance(error, Exception) or isinstance(error, UsageError | DiskFullError):
        return True
    return as_disk_full_error(error, project.root) is not None


def diagnose(error: Exception, registry: str, project: Project) -> tuple[Diagnostic, ...]:
    """The diagnostics of a registry's error; a global error (`is_global_error`) is raised again."""
    if is_global_error(error, project):
        raise error
    if isinstance(error, DiagnosticsError):
        return error.diagnostics
    if isinstance(error, KvalregError):
        return (
            Diagnostic(
                shorten(str(error), _MAX_MESSAGE_LENGTH, placeholder=" …"),
                file=_descriptor_path(registry, project),
                code=DiagnosticCode.BUILD_FAILED,
            ),
        )
    # unexpected: the diagnostic names the type only, the log has the traceback
    description = str(error) if isinstance(error, WorkerError) else describe_unexpected(error)
    clear_path(project.logs / registry / _LOG_NAME)
    log = make_private_folder(project.logs, registry) / _LOG_NAME
    write_private(log, f"{description}\n".encode("utf-8", "backslashreplace"))
    name = description.partition("\n")[0].partition(":")[0]
    message = f"kvalreg stopped at an error that it did not expect ({name})."
    hint = f"Send {printable(project.display_path(log))}, which holds no results, to whoever maintains kvalreg."
    return (Diagnostic(message, hint, _descriptor_path(registry, project), code=DiagnosticCode.INTERNAL_ERROR),)


def _descriptor_path(registry: str, project: Project) -> str:
    """The file that a diagnostic names when the cause is in no other."""
    return printable(project.display_path(project.descriptor(registry)))
