"""Everything that could stop publication, found in one pass, without running a notebook or writing a file.

Input: a project and the ids of registries. Output: findings. One error hides no other: those of a delivery are reported
together with those of texts and notebooks, and one registry's together with another's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from kvalreg.diagnostic_codes import DiagnosticCode
from kvalreg.disclosure.gate import apply_gate
from kvalreg.disclosure.ledger import Edition, read_editions
from kvalreg.disclosure.published import RegistrySource
from kvalreg.errors import (
    EXIT_CONFIGURATION,
    EXIT_UNEXPECTED,
    ConfigurationError,
    Diagnostic,
    DiagnosticsError,
    LedgerError,
    RendererError,
    UsageError,
    describe_unexpected,
)
from kvalreg.execution.notebook_lint import lint_analysis_notebook, lint_report_notebook
from kvalreg.execution.plan import plan_jobs
from kvalreg.inputs.delivery import UnknownUnitPolicy
from kvalreg.inputs.descriptor import Registry
from kvalreg.inputs.descriptor_file import complete_descriptor, read_descriptors
from kvalreg.inputs.registry_deliveries import (
    RegistryDeliveries,
    read_approved_deliveries,
    read_deliveries,
    refuse_no_rows,
)
from kvalreg.inputs.site_descriptor import read_site_descriptor
from kvalreg.inputs.slugs import read_slugs
from kvalreg.inputs.units import Units, read_units
from kvalreg.inputs.yaml_file import read_yaml
from kvalreg.project import Project
from kvalreg.report.text_lint import text_diagnostics
from kvalreg.site.extension import check_extension
from kvalreg.site.quarto_yml import read_quarto_yml
from kvalreg.statistics.aggregation import aggregate
from kvalreg.workbench.date_checks import date_warnings, future_closing_years
from kvalreg.workbench.expected_sums import check_expected_sums
from kvalreg.workbench.ignored import ignored_files
from kvalreg.workbench.placeholder_texts import find_placeholder_texts, misread_texts
from kvalreg.workbench.registry_ids import select_registries

T = TypeVar("T")
REPORT_KINDS = ("registry", "year")


@dataclass(frozen=True)
class CheckFinding:
    """A diagnostic, and the exit code that it leads to: 0 for a warning, which stops nothing.

    Parameters
    ----------
    is_off_page
        Whether the file is part of no page, such as an analysis notebook: an error in it stops no publication.
    """

    diagnostic: Diagnostic
    exit_code: int = 0
    is_off_page: bool = False

    @property
    def is_blocking(self) -> bool:
        """Whether it stops publication."""
        return self.exit_code != 0 and not self.is_off_page


@dataclass(frozen=True)
class CheckReport:
    """The result of a check: the registries that were checked, and every finding, blocking ones first."""

    registries: tuple[str, ...]
    blocked_registries: frozenset[str]
    findings: tuple[CheckFinding, ...]

    @property
    def exit_code(self) -> int:
        """The highest of the findings': 0 when nothing stops, 1 for a delivery, 2 for the project's own files."""
        return max((finding.exit_code for finding in self.findings), default=0)


@dataclass(frozen=True)
class CheckRequest:
    """What to check: registries by id (all when empty), with which policy for unknown units, and as of which day."""

    today: date
    registries: tuple[str, ...] = ()
    unknown_units: UnknownUnitPolicy = UnknownUnitPolicy.REFUSE


def check_project(project: Project, request: CheckRequest) -> CheckReport:
    """Check a project's files.

    Raises
    ------
    UsageError
        When there is no such registry, or none at all.
    """
    registries, diagnostics_by_registry = read_descriptors(project)
    registry_ids = select_registries(request.registries, sorted({*registries, *diagnostics_by_registry}))
    if not registry_ids:
        raise UsageError("This project has no registry yet. Make one with: kvalreg new registry ID")
    # Files that all registries share: each is read whatever is wrong with the one before it.
    findings = _quarto_yml_findings(project)
    _try_read(lambda: check_extension(project), findings)
    units = _try_read(lambda: read_units(project.units, project.display_path(project.units)), findings)
    _try_read(lambda: read_slugs(project.slugs, project.display_path(project.slugs)), findings)
    _try_read(lambda: read_site_descriptor(project), findings)
    # Each registry by itself; one whose descriptor cannot be read has only those errors.
    by_registry = {
        registry_id: _RegistryCheck(project, registries[registry_id], request).run(units)
        if registry_id in registries
        else [CheckFinding(diagnostic, EXIT_CONFIGURATION) for diagnostic in diagnostics_by_registry[registry_id]]
        for registry_id in registry_ids
    }
    # An error in a shared file stops every registry.
    is_stopped = any(finding.is_blocking for finding in findings)
    blocked_registries = {
        name
        for name, registry_findings in by_registry.items()
        if is_stopped or any(finding.is_blocking for finding in registry_findings)
    }
    findings += [finding for registry_findings in by_registry.values() for finding in registry_findings]
    findings += _analysis_notebook_findings(project, request.registries)
    findings += [
        CheckFinding(diagnostic)
        for diagnostic in ignored_files(project, frozenset(registry_ids), every=not request.registries)
    ]
    if units is not None:
        findings += [CheckFinding(diagnostic) for diagnostic in future_closing_years(units, project, request.today)]
    # Registries share notebooks: an error in one is found for each of them, and reported once.
    findings.sort(key=lambda finding: (not finding.is_blocking, not finding.exit_code))
    unique_findings = dict.fromkeys(findings)
    return CheckReport(tuple(registry_ids), frozenset(blocked_registries), tuple(unique_findings))


@dataclass(frozen=True)
class _RegistryCheck:
    """The check of one registry whose descriptor can be read."""

    project: Project
    registry: Registry
    request: CheckRequest

    def run(self, units: Units | None) -> list[CheckFinding]:
        """The findings of its notebooks, texts, deliveries and dates; deliveries need units."""
        try:
            return self._collect_findings(units)
        except Exception as error:  # noqa: BLE001 - a defect met by one registry must not hide the findings of others
            return [CheckFinding(internal_error(error, self.registry.id), EXIT_UNEXPECTED)]

    def _collect_findings(self, units: Units | None) -> list[CheckFinding]:
        # Notebooks and texts first: they need nothing but the descriptor.
        findings = self._notebook_findings()
        descriptor = self.project.descriptor(self.registry.id)
        document = read_yaml(descriptor, self.project.display_path(descriptor))
        findings += [
            CheckFinding(diagnostic) for diagnostic in (*find_placeholder_texts(document), *misread_texts(document))
        ]
        complete_registry, warnings = complete_descriptor(self.registry, self.project)
        findings += [CheckFinding(diagnostic) for diagnostic in warnings]
        if units is None:  # units.csv has errors, which are reported once for all registries
            return findings
        findings += [CheckFinding(diagnostic) for diagnostic in text_diagnostics(complete_registry, units, document)]
        # Then the way of a build: read, aggregate, gate, plan. It stops where a build would.
        editions = _try_read(lambda: read_editions(self.registry.id, self.project), findings)
        delivered: RegistryDeliveries | None = None
        try:
            delivered = read_deliveries(self.project, self.registry, units, self.request.unknown_units)
            findings += [CheckFinding(diagnostic) for diagnostic in delivered.warnings]
            refuse_no_rows(delivered, self.project)
            findings += self._result_findings(delivered, units, editions)
        except DiagnosticsError as error:
            findings += _blocking_findings(error)
        findings += self._approval_findings(units)
        date_findings = date_warnings(self.registry, delivered, document, self.request.today)
        return findings + [CheckFinding(diagnostic) for diagnostic in date_findings]

    def _approval_findings(self, units: Units) -> list[CheckFinding]:
        """Deliveries that a build leaves out because they are not approved."""
        if self.registry.approval is None:
            return []
        try:
            warnings = read_approved_deliveries(self.project, self.registry, units, self.request.unknown_units).warnings
        except DiagnosticsError as error:
            return _blocking_findings(error)
        return [CheckFinding(diagnostic) for diagnostic in warnings]

    def _notebook_findings(self) -> list[CheckFinding]:
        paths = [self.project.notebook(kind, self.registry.id) for kind in REPORT_KINDS]
        diagnostics = [
            diagnostic for path in paths for diagnostic in lint_report_notebook(path, self.project.display_path(path))
        ]
        return [CheckFinding(diagnostic, EXIT_CONFIGURATION) for diagnostic in diagnostics]

    def _result_findings(
        self, delivered: RegistryDeliveries, units: Units, editions: tuple[Edition, ...] | None
    ) -> Iterator[CheckFinding]:
        """Expected sums that differ, and errors of the gate, which runs where the ledger can be read."""
        results = aggregate(delivered, self.registry, units)
        for diagnostic in check_expected_sums(results, self.project):
            yield CheckFinding(diagnostic, EXIT_CONFIGURATION)
        if editions is not None:
            published, _ = apply_gate(results, RegistrySource(self.registry, units, delivered.deliveries), editions)
            plan_jobs(published, self.project)


def internal_error(error: Exception, file: str = "") -> Diagnostic:
    """The diagnostic of an error that is a defect of kvalreg; its message may hold a result, and is left out."""
    message = f"kvalreg stopped at an error that it did not expect.\n{describe_unexpected(error)}"
    return Diagnostic(
        message, "Send these lines to whoever maintains kvalreg.", file, code=DiagnosticCode.INTERNAL_ERROR
    )


def _try_read(reader: Callable[[], T], findings: list[CheckFinding]) -> T | None:
    """The content of a file; None when it has errors, which are added to the findings."""
    try:
        return reader()
    except (ConfigurationError, LedgerError) as error:
        findings += _blocking_findings(error)
        return None


def _blocking_findings(error: DiagnosticsError) -> list[CheckFinding]:
    return [CheckFinding(diagnostic, error.exit_code) for diagnostic in error.diagnostics]


def _quarto_yml_findings(project: Project) -> list[CheckFinding]:
    """Settings that the embedded renderer does not support; Quarto may, so they stop nothing."""
    try:
        read_quarto_yml(project.quarto_yml)
    except RendererError as error:
        display_path = project.display_path(project.quarto_yml)
        return [CheckFinding(Diagnostic(str(error), "", display_path, code=DiagnosticCode.UNSUPPORTED_QUARTO_YML))]
    return []


def _analysis_notebook_findings(project: Project, requested_ids: tuple[str, ...]) -> list[CheckFinding]:
    """Errors in analysis notebooks: in all of them, or in those of the requested registries."""
    paths = [path for path in project.analysis_notebooks() if not requested_ids or path.stem in requested_ids]
    diagnostics = [
        diagnostic for path in paths for diagnostic in lint_analysis_notebook(path, project.display_path(path))
    ]
    return [CheckFinding(diagnostic, EXIT_CONFIGURATION, is_off_page=True) for diagnostic in diagnostics]
