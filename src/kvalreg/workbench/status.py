"""The status of each registry: what is missing, due for review, hard to read, or late.

Input: a project and a day. Output: one `RegistryStatus` for each registry, for a table, for programs and for a page
that is not part of the public site. It writes nothing, runs no notebook, and no status holds a result. Problems are
listed and are no errors: the list is needed most the day before a deadline.

For programs (`kvalreg status --format json`) the keys are the fields of `StatusReport` and `RegistryStatus`; they never
change their meaning, and new ones may be added.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from kvalreg.diagnostic_codes import DiagnosticCode
from kvalreg.disclosure.ledger import read_editions
from kvalreg.errors import ConfigurationError, Diagnostic, DiagnosticsError, LedgerError
from kvalreg.inputs.delivery import UnknownUnitPolicy
from kvalreg.inputs.descriptor import Registry
from kvalreg.inputs.descriptor_file import complete_descriptor, read_descriptors
from kvalreg.inputs.descriptor_warnings import missing_fields
from kvalreg.inputs.registry_deliveries import RegistryDeliveries, read_deliveries
from kvalreg.inputs.rounds import DeadlineStatus, deadlines
from kvalreg.inputs.units import Units, read_units
from kvalreg.inputs.yaml_file import format_key_path
from kvalreg.project import Project
from kvalreg.report.readability import exempt_names, lix_of_markdown
from kvalreg.report.text_lint import registry_texts
from kvalreg.workbench.date_checks import REVIEW_INTERVAL
from kvalreg.workbench.registry_ids import select_registries


@dataclass(frozen=True)
class Review:
    """A text whose last review is more than a year ago or not dated."""

    key: str
    reviewed: date | None


@dataclass(frozen=True)
class HardText:
    """A text that is too hard to read, and its LIX."""

    key: str
    lix: int


@dataclass(frozen=True)
class DeadlineState:
    """A registry's state at one deadline: ``done``, ``late`` or ``ahead``."""

    round: str
    year: int
    due: date
    standing: DeadlineStatus


@dataclass(frozen=True)
class RegistryStatus:
    """The status of one registry.

    Parameters
    ----------
    id, name
        The registry; the name is empty where the descriptor cannot be read.
    stopped
        Errors that keep new results from being published, as text.
    missing
        Keys of the fields that every result page shows and this registry leaves empty.
    unreviewed, hard_to_read
        Texts to review or to simplify.
    newest_final, newest_interim
        The latest years with final and with interim results; None where there are none.
    deadlines
        The two deadlines of this year.
    remarks
        Other warnings: addresses, the bibliography, closed units that still report.
    """

    id: str
    name: str = ""
    stopped: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    unreviewed: tuple[Review, ...] = ()
    hard_to_read: tuple[HardText, ...] = ()
    newest_final: int | None = None
    newest_interim: int | None = None
    deadlines: tuple[DeadlineState, ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def is_ok(self) -> bool:
        """Whether there is nothing to do."""
        is_late = any(deadline.standing is DeadlineStatus.LATE for deadline in self.deadlines)
        return not (self.stopped or self.missing or self.unreviewed or self.hard_to_read or self.remarks or is_late)


@dataclass(frozen=True)
class StatusReport:
    """The status of a project's registries on a day."""

    today: date
    registries: tuple[RegistryStatus, ...]


def report_status(project: Project, requested_ids: tuple[str, ...], today: date) -> StatusReport:
    """The status of the requested registries, or of all.

    Raises
    ------
    UsageError
        When there is no such registry.
    ConfigurationError
        When `units.csv` cannot be used.
    """
    units = read_units(project.units, project.display_path(project.units))
    registries, diagnostics_by_registry = read_descriptors(project)
    registry_ids = select_registries(requested_ids, sorted({*registries, *diagnostics_by_registry}))
    return StatusReport(
        today,
        tuple(
            _registry_status(registries[registry_id], units, project, today)
            if registry_id in registries
            else RegistryStatus(registry_id, stopped=tuple(map(str, diagnostics_by_registry[registry_id])))
            for registry_id in registry_ids
        ),
    )


def _registry_status(registry: Registry, units: Units, project: Project, today: date) -> RegistryStatus:
    try:
        complete_registry, gap_warnings = complete_descriptor(registry, project)
    except ConfigurationError as error:  # the descriptor changed since it was read
        return RegistryStatus(registry.id, registry.name, stopped=tuple(map(str, error.diagnostics)))
    # Missing texts have a field of their own in the status.
    warnings = [diagnostic for diagnostic in gap_warnings if diagnostic.code is not DiagnosticCode.TEXT_MISSING]
    delivered, blocking = _try_deliveries(registry, units, project)
    blocking += _ledger_diagnostics(registry, project)
    final, interim = _result_years(delivered)
    if delivered is not None:
        warnings += [diagnostic for diagnostic in delivered.warnings if diagnostic.code is DiagnosticCode.UNIT_CLOSED]
    return RegistryStatus(
        id=registry.id,
        name=registry.name,
        stopped=tuple(map(str, blocking)),
        missing=tuple(format_key_path(key_path) for key_path in missing_fields(complete_registry)),
        unreviewed=tuple(_unreviewed_texts(registry, today)),
        hard_to_read=tuple(_hard_texts(registry, units)),
        newest_final=max(final, default=None),
        newest_interim=max(interim, default=None),
        deadlines=tuple(_deadline_states(final, interim, today)),
        remarks=tuple(map(str, warnings)),
    )


def _try_deliveries(
    registry: Registry, units: Units, project: Project
) -> tuple[RegistryDeliveries | None, tuple[Diagnostic, ...]]:
    # Rows of unknown units are no reason to leave the whole status out: the check reports them.
    try:
        return read_deliveries(project, registry, units, UnknownUnitPolicy.SKIP), ()
    except DiagnosticsError as error:
        return None, error.diagnostics


def _ledger_diagnostics(registry: Registry, project: Project) -> tuple[Diagnostic, ...]:
    try:
        read_editions(registry.id, project)
    except LedgerError as error:
        return error.diagnostics
    return ()


def _result_years(delivered: RegistryDeliveries | None) -> tuple[set[int], set[int]]:
    """The years with final results, and those with interim results; a year with any interim row is interim."""
    if delivered is None or delivered.rows.empty:
        return set(), set()
    years, provisional = delivered.rows["year"].to_numpy(int), delivered.rows["provisional"].to_numpy(bool)
    interim = {int(year) for year in years[provisional]}
    return {int(year) for year in years[~provisional]} - interim, interim


def _unreviewed_texts(registry: Registry, today: date) -> Iterator[Review]:
    review_dates = [("about.reviewed", registry.about.reviewed)]
    review_dates += [
        (f"indicators[{index}].reviewed", indicator.reviewed)
        for index, indicator in registry.numbered
        if indicator.include
    ]
    for key, review_date in review_dates:
        if review_date is None or today - review_date > REVIEW_INTERVAL:
            yield Review(key, review_date)


def _hard_texts(registry: Registry, units: Units) -> Iterator[HardText]:
    names = exempt_names(registry, units)
    for key_path, text in registry_texts(registry):
        readability = lix_of_markdown(text, names)
        if readability.is_hard:
            yield HardText(format_key_path(key_path), round(readability.value))


def _deadline_states(final: set[int], interim: set[int], today: date) -> Iterator[DeadlineState]:
    for deadline in deadlines(today):
        # An interim deadline is met by final results as well.
        delivered = final if deadline.round == "final" else final | interim
        deadline_status = deadline.status(delivered, today)
        yield DeadlineState(deadline.round, deadline.year, deadline.due, deadline_status)
