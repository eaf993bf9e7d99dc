"""Everything that could stop publication, found in one pass, without running a notebook or writing a file.

Comes in: a project and which registries are meant. Goes out: findings. One fault hides no other: a faulty delivery is
told together with the faults of texts and notebooks, and one registry's faults together with another's.
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
from kvalreg.workbench.date_checks import closed_later, date_warnings
from kvalreg.workbench.expected_sums import check_expected_sums
from kvalreg.workbench.ignored import ignored_files
from kvalreg.workbench.placeholder_texts import find_placeholder_texts, misread_texts

T = TypeVar("T")
REPORT_KINDS = ("registry", "year")


@dataclass(frozen=True)
class CheckFinding:
    """A fault, and the exit code it ends in: 0 for a remark, which stops nothing.

    What must be corrected and is no part of a page, such as an analysis notebook, is `aside`.
    """

    diagnostic: Diagnostic
    exit_code: int = 0
    aside: bool = False

    @property
    def is_blocking(self) -> bool:
        """Whether it stops publication."""
        return self.exit_code != 0 and not self.aside


@dataclass(frozen=True)
class CheckReport:
    """What was asked: the registries that were looked at, and every finding, those that stop first."""

    registries: tuple[str, ...]
    blocked_registries: frozenset[str]
    findings: tuple[CheckFinding, ...]

    @property
    def exit_code(self) -> int:
        """The gravest of the findings': 0 when nothing stops, 1 for a delivery, 2 for the project's own files."""
        return max((finding.exit_code for finding in self.findings), default=0)


@dataclass(frozen=True)
class CheckRequest:
    """What a check is asked for: registries by id (all when empty), what to do with unknown units, and the day."""

    today: date
    registries: tuple[str, ...] = ()
    unknown_units: UnknownUnitPolicy = UnknownUnitPolicy.REFUSE


def check_project(project: Project, request: CheckRequest) -> CheckReport:
    """Look at a project's files.

    Raises
    ------
    UsageError
        When there is no such registry, or none at all.
    """
    registries, diagnostics_by_registry = read_descriptors(project)
    registry_ids = _select_registries(request.registries, sorted({*registries, *diagnostics_by_registry}))
    findings = _quarto_yml_findings(project)
    _try_read(lambda: check_extension(project), findings)
    units = _try_read(lambda: read_units(project.units, project.display_path(project.units)), findings)
    _try_read(lambda: read_slugs(project.slugs, project.display_path(project.slugs)), findings)
    _try_read(lambda: read_site_descriptor(project), findings)
    by_registry = {
        registry_id: _RegistryCheck(project, registries[registry_id], request).run(units)
        if registry_id in registries
        else [CheckFinding(diagnostic, EXIT_CONFIGURATION) for diagnostic in diagnostics_by_registry[registry_id]]
        for registry_id in registry_ids
    }
    # what all registries share stops them all
    is_stopped = any(finding.is_blocking for finding in findings)
    blocked_registries = {
        name
        for name, registry_findings in by_registry.items()
        if is_stopped or any(finding.is_blocking for finding in registry_findings)
    }
    findings += [finding for registry_findings in by_registry.values() for finding in registry_findings]
    findings += _analysis_notebook_findings(project, request.registries)
    findings += [
        CheckFinding(fault) for fault in ignored_files(project, frozenset(registry_ids), every=not request.registries)
    ]
    if units is not None:
        findings += [CheckFinding(fault) for fault in closed_later(units, project, request.today)]
    # Registries share notebooks, and a fault is told once.
    unique_findings = dict.fromkeys(sorted(findings, key=lambda one: (not one.is_blocking, not one.exit_code)))
    return CheckReport(tuple(registry_ids), frozenset(blocked_registries), tuple(unique_findings))


@dataclass(frozen=True)
class _RegistryCheck:
    """One registry with a good descriptor, under check."""

    project: Project
    registry: Registry
    request: CheckRequest

    def run(self, units: Units | None) -> list[CheckFinding]:
        """Everything that is wrong with its notebooks, texts, deliveries and dates; deliveries need units."""
        try:
            return self._collect_findings(units)
        except Exception as error:  # a defect met by one registry stops no other
            message = f"kvalreg stopped at an error that it did not expect.\n{describe_unexpected(error)}"
            diagnostic = Diagnostic(
                message,
                "Send these lines to whoever maintains kvalreg.",
                self.registry.id,
                code=DiagnosticCode.INTERNAL_ERROR,
            )
            return [CheckFinding(diagnostic, EXIT_UNEXPECTED)]

    def _collect_findings(self, units: Units | None) -> list[CheckFinding]:
        findings = self._notebook_findings()
        descriptor = self.project.descriptor(self.registry.id)
        document = read_yaml(descriptor, self.project.display_path(descriptor))
        findings += [
            CheckFinding(diagnostic) for diagnostic in (*find_placeholder_texts(document), *misread_texts(document))
        ]
        complete_registry, warnings = complete_descriptor(self.registry, self.project)
        findings += [CheckFinding(diagnostic) for diagnostic in warnings]
        if units is None:
            return findings
        findings += [CheckFinding(diagnostic) for diagnostic in text_diagnostics(complete_registry, units, document)]
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
        """Deliveries that a build leaves out because nobody has approved them."""
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
        """What the sums are compared with, and whether the gate lets them through, where earlier editions are known."""
        results = aggregate(delivered, self.registry, units)
        for diagnostic in check_expected_sums(results, self.project):
            yield CheckFinding(diagnostic, EXIT_CONFIGURATION)
        if editions is not None:
            published, _ = apply_gate(results, RegistrySource(self.registry, units, delivered.deliveries), editions)
            plan_jobs(published, self.project)


def _select_registries(requested_ids: tuple[str, ...], known_ids: list[str]) -> list[str]:
    for registry_id in requested_ids:
        if registry_id not in known_ids:
            raise UsageError(
                f"There is no registry {registry_id!r}. This project has: {', '.join(known_ids) or 'none'}."
            )
    if not known_ids:
        raise UsageError("This project has no registry yet. Make one with: kvalreg new registry ID")
    return list(dict.fromkeys(requested_ids)) or known_ids


def _try_read(reader: Callable[[], T], findings: list[CheckFinding]) -> T | None:
    """What a file holds; None when it has faults, which join the findings."""
    try:
        return reader()
    except (ConfigurationError, LedgerError) as error:
        findings += _blocking_findings(error)
        return None


def _blocking_findings(error: DiagnosticsError) -> list[CheckFinding]:
    return [CheckFinding(diagnostic, error.exit_code) for diagnostic in error.diagnostics]


def _quarto_yml_findings(project: Project) -> list[CheckFinding]:
    """What the embedded renderer does not understand; Quarto may, so it stops nothing by itself."""
    try:
        read_quarto_yml(project.quarto_yml)
    except RendererError as error:
        display_path = project.display_path(project.quarto_yml)
        return [CheckFinding(Diagnostic(str(error), "", display_path, code=DiagnosticCode.UNSUPPORTED_QUARTO_YML))]
    return []


def _analysis_notebook_findings(project: Project, requested_ids: tuple[str, ...]) -> list[CheckFinding]:
    """Every analysis notebook's faults; with registries asked for, only theirs."""
    paths = [path for path in project.analysis_notebooks() if not requested_ids or path.stem in requested_ids]
    diagnostics = [
        diagnostic for path in paths for diagnostic in lint_analysis_notebook(path, project.display_path(path))
    ]
    return [CheckFinding(diagnostic, EXIT_CONFIGURATION, aside=True) for diagnostic in diagnostics]
