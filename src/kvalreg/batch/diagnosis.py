"""What is told of a registry's failure, whatever raised it.

Comes in: any error that was met while one registry was worked on. Goes out: faults, with file, line and remedy. An
error that nobody expected is a defect of ours: its places in our code go into a log, never its message, which may hold
a result.
"""

from __future__ import annotations

from collections.abc import Callable
from textwrap import shorten
from typing import TypeVar

from kvalreg.errors import (
    Fault,
    FaultsError,
    FullDiskError,
    KvalregError,
    UsageError,
    describe_unexpected,
    full_disk,
)
from kvalreg.inputs.text_file import printable
from kvalreg.kinds import Kind
from kvalreg.private_files import clear_way, private_folder, write_private
from kvalreg.project import Project

_LOG = "kvalreg.log"
_LONGEST = 500
"""Letters of what another program said."""
_T = TypeVar("_T")


class WorkerError(Exception):
    """An unexpected error in a process of ours, described there: its places in our code do not come with it."""


def describing(function: Callable[..., _T], *given: object) -> _T:
    """Call a function in a process of ours: an error that nobody expected is described there, where its places are."""
    try:
        return function(*given)
    except (KvalregError, OSError):
        raise
    except Exception as error:
        raise WorkerError(describe_unexpected(error)) from None


def is_shared(error: BaseException, project: Project) -> bool:
    """Whether an error is never one registry's own: a full disk, a command that cannot be carried out."""
    if not isinstance(error, Exception) or isinstance(error, UsageError | FullDiskError):
        return True
    return full_disk(error, project.root) is not None


def diagnose(error: Exception, registry: str, project: Project) -> tuple[Fault, ...]:
    """The faults to tell of a registry; raises the error again where it is not the registry's own: see `is_shared`."""
    if is_shared(error, project):
        raise error
    if isinstance(error, FaultsError):
        return error.faults
    if isinstance(error, KvalregError):
        return (
            Fault(
                shorten(str(error), _LONGEST, placeholder=" …"), file=_descriptor(registry, project), kind=Kind.NOT_MADE
            ),
        )
    described = str(error) if isinstance(error, WorkerError) else describe_unexpected(error)
    clear_way(project.logs / registry / _LOG)
    log = private_folder(project.logs, registry) / _LOG
    write_private(log, f"{described}\n".encode("utf-8", "backslashreplace"))
    name = described.partition("\n")[0].partition(":")[0]
    what = f"kvalreg stopped at an error that it did not expect ({name})."
    todo = f"Send {printable(project.relative(log))}, which holds no results, to whoever maintains kvalreg."
    return (Fault(what, todo, _descriptor(registry, project), kind=Kind.DEFECT),)


def _descriptor(registry: str, project: Project) -> str:
    """The file that stands for a registry where no other is to blame."""
    return printable(project.relative(project.descriptor(registry)))
