"""Everything that could stop publication, found in one pass, without running a notebook or writing a file.

Comes in: a project and which registries are meant. Goes out: findings. One fault hides no other: a faulty delivery is
told together with the faults of texts and notebooks, and one registry's faults together with another's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from kvalreg.batch.hygiene import analysis_faults, report_faults
from kvalreg.batch.plan import plan
from kvalreg.disclosure.gate import publish
from kvalreg.disclosure.ledger import Edition, read_editions
from kvalreg.disclosure.published import Source
from kvalreg.errors import (
    EXIT_CONFIGURATION,
    EXIT_UNEXPECTED,
    ConfigurationError,
    Fault,
    FaultsError,
    LedgerError,
    RendererError,
    UsageError,
    describe_unexpected,
)
from kvalreg.inputs.delivered import Delivered, read_approved, read_deliveries, refuse_no_rows
from kvalreg.inputs.delivery import UnknownUnits
from kvalreg.inputs.descriptor import Registry
from kvalreg.inputs.descriptor_file import completed, read_descriptors
from kvalreg.inputs.site_descriptor import read_site_descriptor
from kvalreg.inputs.slugs import read_slugs
from kvalreg.inputs.units import Units, read_units
from kvalreg.inputs.yaml_file import read_yaml
from kvalreg.kinds import Kind
from kvalreg.project import Project
from kvalreg.report.text_check import text_remarks
from kvalreg.site.extension import check_extension
from kvalreg.site.quarto_yml import read_quarto_yml
from kvalreg.statistics.aggregation import aggregate
from kvalreg.workbench.dates import closed_later, date_remarks
from kvalreg.workbench.expectation import expectation_faults
from kvalreg.workbench.ignored import ignored_files
from kvalreg.workbench.unfinished import misread_texts, unfinished_texts

T = TypeVar("T")
REPORT_KINDS = ("registry", "year")


@dataclass(frozen=True)
class Finding:
    """A fault, and the exit code it ends in: 0 for a remark, which stops nothing.

    What must be corrected and is no part of a page, such as an analysis notebook, is `aside`.
    """

    fault: Fault
    exit_code: int = 0
    aside: bool = False

    @property
    def stops(self) -> bool:
        """Whether it stops publication."""
        return self.exit_code != 0 and not self.aside


@dataclass(frozen=True)
class Check:
    """What was asked: the registries that were looked at, and every finding, those that stop first."""

    registries: tuple[str, ...]
    stopped: frozenset[str]
    findings: tuple[Finding, ...]

    @property
    def exit_code(self) -> int:
        """The gravest of the findings': 0 when nothing stops, 1 for a delivery, 2 for the project's own files."""
        return max((finding.exit_code for finding in self.findings), default=0)


@dataclass(frozen=True)
class Request:
    """What a check is asked for: registries by id (all when empty), what to do with unknown units, and the day."""

    today: date
    registries: tuple[str, ...] = ()
    unknown_units: UnknownUnits = UnknownUnits.REFUSE


def check(project: Project, request: Request) -> Check:
    """Look at a project's files.

    Raises
    ------
    UsageError
        When there is no such registry, or none at all.
    """
    registries, faulty = read_descriptors(project)
    chosen = _chosen(request.registries, sorted({*registries, *faulty}))
    findings = _quarto_yml(project)
    _read(lambda: check_extension(project), findings)
    units = _read(lambda: read_units(project.units, project.relative(project.units)), findings)
    _read(lambda: read_slugs(project.slugs, project.relative(project.slugs)), findings)
    _read(lambda: read_site_descriptor(project), findings)
    by_registry = {
        registry_id: _Registry(project, registries[registry_id], request).all_findings(units)
        if registry_id in registries
        else [Finding(fault, EXIT_CONFIGURATION) for fault in faulty[registry_id]]
        for registry_id in chosen
    }
    # what all registries share stops them all
    is_stopped = any(one.stops for one in findings)
    stopped = {name for name, found in by_registry.items() if is_stopped or any(one.stops for one in found)}
    findings += [finding for found in by_registry.values() for finding in found]
    findings += _analysis_notebooks(project, request.registries)
    findings += [Finding(fault) for fault in ignored_files(project, frozenset(chosen), every=not request.registries)]
    if units is not None:
        findings += [Finding(fault) for fault in closed_later(units, project, request.today)]
    # Registries share notebooks, and a fault is told once.
    unique = dict.fromkeys(sorted(findings, key=lambda one: (not one.stops, not one.exit_code)))
    return Check(tuple(chosen), frozenset(stopped), tuple(unique))


@dataclass(frozen=True)
class _Registry:
    """One registry with a good descriptor, under check."""

    project: Project
    registry: Registry
    request: Request

    def all_findings(self, units: Units | None) -> list[Finding]:
        """Everything that is wrong with its notebooks, texts, deliveries and dates; deliveries need units."""
        try:
            return self._findings(units)
        except Exception as error:  # a defect met by one registry stops no other
            what = f"kvalreg stopped at an error that it did not expect.\n{describe_unexpected(error)}"
            fault = Fault(what, "Send these lines to whoever maintains kvalreg.", self.registry.id, kind=Kind.DEFECT)
            return [Finding(fault, EXIT_UNEXPECTED)]

    def _findings(self, units: Units | None) -> list[Finding]:
        found = self._notebooks()
        descriptor = self.project.descriptor(self.registry.id)
        document = read_yaml(descriptor, self.project.relative(descriptor))
        found += [Finding(fault) for fault in (*unfinished_texts(document), *misread_texts(document))]
        whole, remarks = completed(self.registry, self.project)
        found += [Finding(fault) for fault in remarks]
        if units is None:
            return found
        found += [Finding(fault) for fault in text_remarks(whole, units, document)]
        editions = _read(lambda: read_editions(self.registry.id, self.project), found)
        delivered: Delivered | None = None
        try:
            delivered = read_deliveries(self.project, self.registry, units, self.request.unknown_units)
            found += [Finding(fault) for fault in delivered.warnings]
            refuse_no_rows(delivered, self.project)
            found += self._results(delivered, units, editions)
        except FaultsError as error:
            found += _stops(error)
        found += self._approvals(units)
        late = date_remarks(self.registry, delivered, document, self.request.today)
        return found + [Finding(fault) for fault in late]

    def _approvals(self, units: Units) -> list[Finding]:
        """Deliveries that a build leaves out because nobody has approved them."""
        if self.registry.approval is None:
            return []
        try:
            told = read_approved(self.project, self.registry, units, self.request.unknown_units).warnings
        except FaultsError as error:
            return _stops(error)
        return [Finding(fault) for fault in told]

    def _notebooks(self) -> list[Finding]:
        paths = [self.project.notebook(kind, self.registry.id) for kind in REPORT_KINDS]
        faults = [fault for path in paths for fault in report_faults(path, self.project.relative(path))]
        return [Finding(fault, EXIT_CONFIGURATION) for fault in faults]

    def _results(self, delivered: Delivered, units: Units, editions: tuple[Edition, ...] | None) -> Iterator[Finding]:
        """What the sums are compared with, and whether the gate lets them through, where earlier editions are known."""
        results = aggregate(delivered, self.registry, units)
        for fault in expectation_faults(results, self.project):
            yield Finding(fault, EXIT_CONFIGURATION)
        if editions is not None:
            published, _ = publish(results, Source(self.registry, units, delivered.deliveries), editions)
            plan(published, self.project)


def _chosen(wanted: tuple[str, ...], known: list[str]) -> list[str]:
    for registry_id in wanted:
        if registry_id not in known:
            raise UsageError(f"There is no registry {registry_id!r}. This project has: {', '.join(known) or 'none'}.")
    if not known:
        raise UsageError("This project has no registry yet. Make one with: kvalreg new registry ID")
    return list(dict.fromkeys(wanted)) or known


def _read(reader: Callable[[], T], findings: list[Finding]) -> T | None:
    """What a file holds; None when it has faults, which join the findings."""
    try:
        return reader()
    except (ConfigurationError, LedgerError) as error:
        findings += _stops(error)
        return None


def _stops(error: FaultsError) -> list[Finding]:
    return [Finding(fault, error.exit_code) for fault in error.faults]


def _quarto_yml(project: Project) -> list[Finding]:
    """What the embedded renderer does not understand; Quarto may, so it stops nothing by itself."""
    try:
        read_quarto_yml(project.quarto_yml)
    except RendererError as error:
        shown = project.relative(project.quarto_yml)
        return [Finding(Fault(str(error), "", shown, kind=Kind.QUARTO_YML))]
    return []


def _analysis_notebooks(project: Project, wanted: tuple[str, ...]) -> list[Finding]:
    """Every analysis notebook's faults; with registries asked for, only theirs."""
    paths = [path for path in project.analysis_notebooks() if not wanted or path.stem in wanted]
    faults = [fault for path in paths for fault in analysis_faults(path, project.relative(path))]
    return [Finding(fault, EXIT_CONFIGURATION, aside=True) for fault in faults]
