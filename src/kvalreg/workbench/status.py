"""How each registry stands: what is missing, what should be reviewed, what is hard to read, what is late.

Comes in: a project and a day. Goes out: one `RegistryStatus` per registry, for a table, for programs and for a page
that is not part of the public site. It writes nothing, runs no notebook, and no status holds a result. What is not good
is told and is no error: the day before a deadline, somebody needs the list.

For programs (`kvalreg status --format json`) the keys are those of `Status` and `RegistryStatus`; they never change
their meaning, and new ones may come.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from kvalreg.disclosure.ledger import read_editions
from kvalreg.errors import ConfigurationError, Fault, FaultsError, LedgerError, UsageError
from kvalreg.inputs.delivered import Delivered, read_deliveries
from kvalreg.inputs.delivery import UnknownUnits
from kvalreg.inputs.descriptor import Registry
from kvalreg.inputs.descriptor_file import completed, read_descriptors
from kvalreg.inputs.descriptor_gaps import gaps
from kvalreg.inputs.rounds import Standing, deadlines
from kvalreg.inputs.units import Units, read_units
from kvalreg.inputs.yaml_file import name_place
from kvalreg.kinds import Kind
from kvalreg.project import Project
from kvalreg.report.readability import lix_of_markdown, names_of
from kvalreg.report.text_check import registry_texts
from kvalreg.workbench.dates import REVIEWED_EVERY


@dataclass(frozen=True)
class Review:
    """A text whose last review is more than a year ago, or not told of."""

    key: str
    reviewed: date | None


@dataclass(frozen=True)
class HardText:
    """A text that is too hard to read, and its LIX."""

    key: str
    lix: int


@dataclass(frozen=True)
class Due:
    """How a registry stands to one deadline: ``done``, ``late`` or ``ahead``."""

    round: str
    year: int
    due: date
    standing: Standing


@dataclass(frozen=True)
class RegistryStatus:
    """How one registry stands.

    Parameters
    ----------
    id, name
        The registry; the name is empty where the descriptor cannot be read.
    stopped
        Faults that keep new results from being published, as text.
    missing
        Keys of the fields that every result page has and this registry leaves empty.
    unreviewed, hard_to_read
        Texts that somebody should look at.
    newest_final, newest_interim
        The newest years with final results and with results so far; None where there are none.
    deadlines
        The two deadlines of this year.
    remarks
        What else is wrong without stopping anything: addresses, the bibliography, units that are closed and still
        report.
    """

    id: str
    name: str = ""
    stopped: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    unreviewed: tuple[Review, ...] = ()
    hard_to_read: tuple[HardText, ...] = ()
    newest_final: int | None = None
    newest_interim: int | None = None
    deadlines: tuple[Due, ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def good(self) -> bool:
        """Whether there is nothing to do."""
        late = any(one.standing is Standing.LATE for one in self.deadlines)
        return not (self.stopped or self.missing or self.unreviewed or self.hard_to_read or self.remarks or late)


@dataclass(frozen=True)
class Status:
    """How the registries of a project stand on a day."""

    today: date
    registries: tuple[RegistryStatus, ...]


def status(project: Project, wanted: tuple[str, ...], today: date) -> Status:
    """The status of the registries asked for; of all where none is named.

    Raises
    ------
    UsageError
        When there is no such registry.
    ConfigurationError
        When `units.csv` cannot be used.
    """
    units = read_units(project.units, project.relative(project.units))
    registries, faulty = read_descriptors(project)
    known = sorted({*registries, *faulty})
    for registry_id in wanted:
        if registry_id not in known:
            raise UsageError(f"There is no registry {registry_id!r}. This project has: {', '.join(known) or 'none'}.")
    chosen = list(dict.fromkeys(wanted)) or known
    return Status(
        today,
        tuple(
            _of_registry(registries[registry_id], units, project, today)
            if registry_id in registries
            else RegistryStatus(registry_id, stopped=tuple(map(str, faulty[registry_id])))
            for registry_id in chosen
        ),
    )


def _of_registry(registry: Registry, units: Units, project: Project, today: date) -> RegistryStatus:
    try:
        whole, found = completed(registry, project)
    except ConfigurationError as error:  # the descriptor changed since it was read
        return RegistryStatus(registry.id, registry.name, stopped=tuple(map(str, error.faults)))
    remarks = [fault for fault in found if fault.kind is not Kind.TEXT_MISSING]
    delivered, stopped = _delivered(registry, units, project)
    stopped += _ledger(registry, project)
    final, interim = _years(delivered)
    if delivered is not None:
        remarks += [fault for fault in delivered.warnings if fault.kind is Kind.UNIT_CLOSED]
    return RegistryStatus(
        id=registry.id,
        name=registry.name,
        stopped=tuple(map(str, stopped)),
        missing=tuple(name_place(place) for place in gaps(whole)),
        unreviewed=tuple(_unreviewed(registry, today)),
        hard_to_read=tuple(_hard(registry, units)),
        newest_final=max(final, default=None),
        newest_interim=max(interim, default=None),
        deadlines=tuple(_due(final, interim, today)),
        remarks=tuple(map(str, remarks)),
    )


def _delivered(registry: Registry, units: Units, project: Project) -> tuple[Delivered | None, tuple[Fault, ...]]:
    try:
        return read_deliveries(project, registry, units, UnknownUnits.SKIP), ()
    except FaultsError as error:
        return None, error.faults


def _ledger(registry: Registry, project: Project) -> tuple[Fault, ...]:
    try:
        read_editions(registry.id, project)
    except LedgerError as error:
        return error.faults
    return ()


def _years(delivered: Delivered | None) -> tuple[set[int], set[int]]:
    """The years of which final results are delivered, and those of which there are results so far."""
    if delivered is None or delivered.rows.empty:
        return set(), set()
    years, provisional = delivered.rows["year"].to_numpy(int), delivered.rows["provisional"].to_numpy(bool)
    interim = {int(year) for year in years[provisional]}
    return {int(year) for year in years[~provisional]} - interim, interim


def _unreviewed(registry: Registry, today: date) -> Iterator[Review]:
    reviewed = [("about.reviewed", registry.about.reviewed)]
    reviewed += [
        (f"indicators[{number}].reviewed", indicator.reviewed)
        for number, indicator in registry.numbered
        if indicator.include
    ]
    for key, day in reviewed:
        if day is None or today - day > REVIEWED_EVERY:
            yield Review(key, day)


def _hard(registry: Registry, units: Units) -> Iterator[HardText]:
    exempt = names_of(registry, units)
    for place, text in registry_texts(registry):
        measured = lix_of_markdown(text, exempt)
        if measured.hard:
            yield HardText(name_place(place), round(measured.value))


def _due(final: set[int], interim: set[int], today: date) -> Iterator[Due]:
    for deadline in deadlines(today):
        delivered = final if deadline.round == "final" else final | interim
        standing = deadline.standing(delivered, today)
        yield Due(deadline.round, deadline.year, deadline.due, standing)
