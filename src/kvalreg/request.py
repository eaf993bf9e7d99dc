"""The request for a run, and the interface for its progress."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from typing import Protocol

from kvalreg.execution.execute import JobResult
from kvalreg.inputs.approval import DeliveryScope
from kvalreg.inputs.delivery import UnknownUnitPolicy


@dataclass(frozen=True)
class BuildRequest:
    """The request for a run: the options of `kvalreg build`.

    Parameters
    ----------
    registries
        Ids; all of the project's registries when empty.
    years
        Years whose pages are executed; all when empty. Pages of other years that show outdated cells are executed, too.
    renderer
        ``auto``, ``quarto`` or ``pandoc``.
    wait
        Seconds to wait for another run of the same project to end.
    unknown_units
        What happens to rows of units that are not in `units.csv`.
    use_cache
        Whether results whose inputs have not changed are used again.
    scope
        Whether deliveries that wait for approval are read as well: only for a draft (`Project.draft`).
    cluster
        The address of a Dask scheduler whose workers run the notebooks; this machine when it is empty.
    """

    registries: tuple[str, ...] = ()
    years: tuple[int, ...] = ()
    renderer: str = "auto"
    # from here on by name only: two of them are numbers, and one is a boolean
    _: KW_ONLY
    workers: int = 2
    unknown_units: UnknownUnitPolicy = UnknownUnitPolicy.REFUSE
    wait: float = 0
    use_cache: bool = True
    scope: DeliveryScope = DeliveryScope.APPROVED
    cluster: str = ""


class Progress(Protocol):
    """Receives the progress of a run: `kvalreg.console.Console` prints it."""

    def info(self, text: str) -> None:
        """A message for people."""

    def start(self, job_count: int) -> None:
        """So many pages will be executed."""

    def advance(self, job_result: JobResult) -> None:
        """A page was made, or failed."""

    def finish(self) -> None:
        """All pages are done."""
