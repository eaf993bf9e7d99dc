"""What a run is asked for, and who is told how it goes."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from typing import Protocol

from kvalreg.execution.execute import JobResult
from kvalreg.inputs.approval import DeliveryScope
from kvalreg.inputs.delivery import UnknownUnitPolicy


@dataclass(frozen=True)
class BuildRequest:
    """What a run is asked for.

    Parameters
    ----------
    registries
        Ids; all of the project's registries when empty.
    years
        Years whose pages are made; all when empty. Pages of other years that tell of earlier cells are made again.
    renderer
        ``auto``, ``quarto`` or ``pandoc``.
    wait
        Seconds to wait for another run of the same project to end.
    cached
        Whether what is unchanged is used again.
    which
        Whether deliveries that wait for approval are read as well: for a draft (`Project.draft`) alone.
    cluster
        The address of a Dask scheduler whose workers run the notebooks; this machine when it is empty.
    """

    registries: tuple[str, ...] = ()
    years: tuple[int, ...] = ()
    renderer: str = "auto"
    _: KW_ONLY
    workers: int = 2
    unknown_units: UnknownUnitPolicy = UnknownUnitPolicy.REFUSE
    wait: float = 0
    use_cache: bool = True
    scope: DeliveryScope = DeliveryScope.APPROVED
    cluster: str = ""


class Progress(Protocol):
    """Who is told how the run goes."""

    def info(self, text: str) -> None:
        """A line of news."""

    def start(self, job_count: int) -> None:
        """So many pages will be made."""

    def advance(self, job_result: JobResult) -> None:
        """One page was made, or failed."""

    def finish(self) -> None:
        """No more pages come."""
