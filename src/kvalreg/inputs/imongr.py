"""A project made from what imongr holds: units, definitions, deliveries.

Input: a folder with `units.csv`, `indicators.json` and, for each registry, `<rname>.csv` and perhaps
`<rname>_coverage.csv`. Output: a project that builds, and a report of what was assumed and what is wrong. Deliveries
are copied byte for byte, and only their owner may read the copies. Nothing is left behind when the import fails.
"""

from __future__ import annotations

import csv
import json
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from kvalreg.clock import today
from kvalreg.diagnostic_codes import DiagnosticCode
from kvalreg.errors import ConfigurationError, DeliveryError, Diagnostic, UsageError
from kvalreg.inputs.delivery import Delivery, DeliveryRules, UnknownUnitPolicy, check_delivery
from kvalreg.inputs.descriptor import Registry
from kvalreg.inputs.descriptor_file import descriptor_schema, read_descriptors
from kvalreg.inputs.imongr_definitions import ImongrDefinitions, descriptor_yaml, read_definitions
from kvalreg.inputs.registry_deliveries import no_rows_error
from kvalreg.inputs.table_file import TableLayout, format_rows, read_table
from kvalreg.inputs.text_file import printable
from kvalreg.inputs.units import UNIT_COLUMNS, Level, Units, read_units, write_units
from kvalreg.project import Project
from kvalreg.storage.permissions import restrict_to_owner

_UNITS = "units.csv"
_INDICATORS = "indicators.json"
_COVERAGE = "_coverage.csv"
_SUFFIXES = (".csv", ".parquet")
_LEVELS = {"0": Level.NATION, "1": Level.RHF, "2": Level.HF, "3": Level.HOSPITAL}


@dataclass(frozen=True)
class ImportedDelivery:
    """One delivery in the new project. `rows` counts those that a build will use; 0 when it is faulty."""

    registry_id: str
    file: str
    rows: int


@dataclass(frozen=True)
class ImportReport:
    """What an import made.

    Parameters
    ----------
    registries
        Ids, also of those with faults.
    units
        How many.
    deliveries
        In the order of the registries and their files.
    faults
        What a build of the new project will refuse.
    warnings
        What was assumed or left out.
    not_ready
        What stops a registry, by its id; also that it has no delivery.
    """

    registries: tuple[str, ...]
    units: int
    deliveries: tuple[ImportedDelivery, ...]
    diagnostics: tuple[Diagnostic, ...]
    warnings: tuple[Diagnostic, ...]
    not_ready: Mapping[str, tuple[Diagnostic, ...]] = field(default_factory=dict)


def import_imongr(source: Path, target: Path, unknown_units: UnknownUnitPolicy) -> ImportReport:
    """Make a project in `target` from what imongr holds in `source`.

    Parameters
    ----------
    source, target
        Folders. `target` may exist as long as it holds neither `registries` nor `data`.
    unknown_units
        Whether units that are not in `units.csv` are named in `deliveries.yml` as left out on purpose (SKIP), or left
        for the build to refuse (REFUSE).

    Raises
    ------
    UsageError
        The source lacks a file, or the target holds a project already.
    ConfigurationError
        The units make no tree.
    """
    _check_folders(source, target)
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.resolve().parent, prefix=f".{target.name}-import-") as temp_folder:
        project = Project(Path(temp_folder) / "project")
        (project.root / "data").mkdir(parents=True)
        project.registries.mkdir()
        units, left_out = _import_units(source / _UNITS, project)
        importer = _ImongrImport(source, project, units, unknown_units, warnings=left_out)
        report = importer.import_registries()
        restrict_to_owner(project.root / "data")  # the deliveries count patients
        _move(project.root, target)
    return report


def _check_folders(source: Path, target: Path) -> None:
    missing = [name for name in (_UNITS, _INDICATORS) if not (source / name).is_file()]
    if missing:
        raise UsageError(
            f"{source}: {' and '.join(missing)} not found. An imongr export is a folder with {_UNITS}, {_INDICATORS} "
            f"and one <registry>.csv per registry, perhaps with <registry>{_COVERAGE}. Name that folder."
        )
    existing = [name for name in ("registries", "data") if (target / name).exists()]
    if existing or (target.exists() and not target.is_dir()):
        problem = f"holds {' and '.join(existing)} already" if existing else "is no folder"
        raise UsageError(f"{target}: it {problem}. Name a folder that does not exist yet.")


def _move(project_root: Path, target: Path) -> None:
    """Put the finished project in place: by one rename where the target does not exist."""
    if not target.exists():
        project_root.rename(target)
        return
    # `registries` last: it is what makes a folder a project.
    for name in ("data", "registries"):
        (project_root / name).rename(target / name)


def _import_units(path: Path, project: Project) -> tuple[Units, list[Diagnostic]]:
    """imongr's units in our columns, and what was left out. The source has no counties."""
    layout = TableLayout(("OrgNr", "OrgNavnEnhetsreg", "Kortnavn", "Nivaa", "NivaaOpp"), error=ConfigurationError)
    cells = read_table(path, _UNITS, layout).cells
    is_known = cells["Nivaa"].isin(list(_LEVELS))
    with project.units.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=";", lineterminator="\n")
        writer.writerow(UNIT_COLUMNS[:6])
        for orgnr, name, short_name, number, parent in cells.loc[is_known, list(layout.required)].itertuples(
            index=False
        ):
            level = _LEVELS[str(number)]
            parent_orgnr = "" if level is Level.NATION else parent
            writer.writerow((orgnr, name, short_name or name, level, parent_orgnr, ""))
    units = read_units(project.units, _UNITS)
    write_units(
        units, project.units, "Imported from imongr, which holds no counties: fill in the column where it is known."
    )
    others = cells.index[~is_known]
    if not len(others):
        return units, []
    numbers = ", ".join(sorted(set(cells.loc[others, "Nivaa"])))
    what = (
        f"Units beside nation, RHF, HF and hospital (Nivaa {printable(numbers)}) are left out: {format_rows(others)}."
    )
    todo = "Rows of them are left out too: deliver them as rows of their hospitals."
    return units, [Diagnostic(what, todo, _UNITS, int(others[0]), "Nivaa", DiagnosticCode.DEFINITION_CHANGED)]


@dataclass
class _ImongrImport:
    """An import under way: every registry in turn, and what is found."""

    source: Path
    project: Project
    units: Units
    unknown_units: UnknownUnitPolicy
    deliveries: list[ImportedDelivery] = field(default_factory=list)
    diagnostics: list[Diagnostic] = field(default_factory=list)
    warnings: list[Diagnostic] = field(default_factory=list)
    not_ready: dict[str, tuple[Diagnostic, ...]] = field(default_factory=dict)

    def import_registries(self) -> ImportReport:
        """Write every registry, then read them back as a build would."""
        definitions, skipped = read_definitions(self.source / _INDICATORS, _INDICATORS)
        self.warnings += skipped
        coverage = {definition.registry_id: self._coverage_id(definition) for definition in definitions}
        for definition in definitions:
            self._write_descriptor(definition, coverage[definition.registry_id])
        schema = json.dumps(descriptor_schema(), indent=2, ensure_ascii=False)
        (self.project.registries / "registry.schema.json").write_text(schema + "\n", encoding="utf-8")
        registries, diagnostics_by_folder = read_descriptors(self.project)
        self.diagnostics += [diagnostic for diagnostics in diagnostics_by_folder.values() for diagnostic in diagnostics]
        self.not_ready |= diagnostics_by_folder
        files = self._files_by_registry([definition.registry_id for definition in definitions])
        for definition in definitions:
            self._write_deliveries(
                definition.registry_id, registries.get(definition.registry_id), files, coverage[definition.registry_id]
            )
        return ImportReport(
            tuple(definition.registry_id for definition in definitions),
            len(self.units),
            tuple(self.deliveries),
            tuple(self.diagnostics),
            tuple(self.warnings),
            {one: self.not_ready[one] for one in sorted(self.not_ready)},
        )

    def _coverage_id(self, definitions: ImongrDefinitions) -> str | None:
        """The indicator that the coverage file of a registry gives the values of."""
        file = definitions.registry_id + _COVERAGE
        if not (self.source / file).is_file():
            return None
        ids = definitions.coverage_ids()
        if not ids:
            message = "No indicator of the registry names a coverage indicator, so the file is not imported."
            self.warnings.append(
                Diagnostic(message, "Define one, and name it in dg_id.", file, code=DiagnosticCode.DEFINITION_CHANGED)
            )
            return None
        if len(ids) > 1:
            message = f"The registry has several coverage indicators ({', '.join(map(printable, ids))})."
            hint = (
                f"The file is taken for '{printable(ids[0])}', which most indicators use; correct it if that is wrong."
            )
            self.warnings.append(Diagnostic(message, hint, file, code=DiagnosticCode.DEFINITION_CHANGED))
        return ids[0]

    def _write_descriptor(self, definitions: ImongrDefinitions, coverage_id: str | None) -> None:
        path = self.project.descriptor(definitions.registry_id)
        text, warnings = descriptor_yaml(definitions, coverage_id, self.project.display_path(path))
        self.warnings += warnings
        path.parent.mkdir()
        path.write_text(text, encoding="utf-8")

    def _files_by_registry(self, registry_ids: list[str]) -> dict[str, list[Path]]:
        """The deliveries of each registry: ``<rname>.csv`` and ``<rname>_*.csv``, by the longest name that fits."""
        files: dict[str, list[Path]] = {registry_id: [] for registry_id in registry_ids}
        for path in sorted(self.source.iterdir()):
            is_table = path.suffix.lower() in _SUFFIXES and path.is_file() and path.name != _UNITS
            if not is_table or path.name.startswith("."):
                continue
            matching_ids = [
                registry_id
                for registry_id in registry_ids
                if path.stem == registry_id or path.stem.startswith(f"{registry_id}_")
            ]
            if not matching_ids:
                message = "No registry in the definitions has this name, so the file is not imported."
                self.warnings.append(
                    Diagnostic(
                        message,
                        "Define its indicators first.",
                        printable(path.name),
                        code=DiagnosticCode.DEFINITION_MISSING,
                    )
                )
            elif path.name != max(matching_ids, key=len) + _COVERAGE:
                files[max(matching_ids, key=len)].append(path)
        return files

    def _write_deliveries(
        self, registry_id: str, registry: Registry | None, files: dict[str, list[Path]], coverage_id: str | None
    ) -> None:
        folder = self.project.data(registry_id)
        folder.mkdir()
        copied = [Path(shutil.copyfile(path, folder / path.name)) for path in files[registry_id]]
        if coverage_id is not None:
            copied += self._write_coverage(registry_id, coverage_id)
        read = [self._check(path, registry) for path in copied]
        entries = [_list_entry(path.name, one, self.unknown_units) for path, one in zip(copied, read, strict=True)]
        if registry is not None and not any(one is None or len(one.rows) for one in read):
            self._stop(registry_id, no_rows_error(self.project, registry_id).diagnostics)
        if entries:
            self.project.delivery_list(registry_id).write_text(_LIST_HEADER + "".join(entries), encoding="utf-8")

    def _write_coverage(self, registry_id: str, coverage_id: str) -> list[Path]:
        """The coverage file as a delivery. Without a denominator column, every denominator is 1."""
        file = registry_id + _COVERAGE
        try:
            cells = read_table(self.source / file, file, TableLayout(("orgnr", "year", "coverage"))).cells
        except DeliveryError as error:
            self.diagnostics += error.diagnostics
            self._stop(registry_id, error.diagnostics)
            return []
        path = self.project.data(registry_id) / file
        with path.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream, delimiter=";", lineterminator="\n")
            writer.writerow(("context", "year", "orgnr", "ind_id", "var"))
            for orgnr, year, share in cells[["orgnr", "year", "coverage"]].itertuples(index=False):
                writer.writerow(("caregiver", year, orgnr, coverage_id, share))
        return [path]

    def _stop(self, registry_id: str, faults: tuple[Diagnostic, ...]) -> None:
        self.not_ready[registry_id] = (*self.not_ready.get(registry_id, ()), *faults)

    def _check(self, path: Path, registry: Registry | None) -> Delivery | None:
        """The delivery as a build will read it, or None when it has faults or its registry has."""
        delivery = None
        if registry is not None:
            display_path = self.project.display_path(path)
            try:
                # What is left without the unknown units is wanted in any case, for the count and the newest year.
                delivery = check_delivery(
                    path, display_path, DeliveryRules(registry, self.units, UnknownUnitPolicy.SKIP)
                )
                self.warnings += check_delivery(
                    path, display_path, DeliveryRules(registry, self.units, self.unknown_units)
                ).warnings
            except DeliveryError as error:
                self.diagnostics += error.diagnostics
                self._stop(registry.id, error.diagnostics)
        registry_id = path.parent.name
        self.deliveries.append(ImportedDelivery(registry_id, path.name, 0 if delivery is None else delivery.count))
        return delivery


_LIST_HEADER = """\
# The deliveries of this registry, oldest first: a later one replaces what an earlier one said of the same indicator,
# context and year. imongr's files hold no dates: each latest_affirm below ("complete up to") is ASSUMED to be
# 31 December of the newest year in its file, or the day of the import where that year is not over. Correct it: a year
# that is not complete is shown as provisional.
"""


def _list_entry(file: str, delivery: Delivery | None, unknown_units: UnknownUnitPolicy) -> str:
    """A delivery's entry in `deliveries.yml`."""
    # A JSON string is a YAML string, whatever a file is called.
    entry = f"- file: {json.dumps(file, ensure_ascii=False)}\n"
    if delivery is None:
        return entry
    if len(delivery.rows):
        complete = min(date(int(delivery.rows["year"].max()), 12, 31), today())
        entry += f"  latest_affirm: {complete.isoformat()}  # assumed\n"
    if delivery.skipped and unknown_units is UnknownUnitPolicy.SKIP:
        entry += (
            "  # These units are not in registries/units.csv, so their rows are left out, and every build says so.\n"
        )
        entry += "  skip_units:\n"
        for orgnr, rows in delivery.skipped.items():
            entry += f"    - {json.dumps(orgnr, ensure_ascii=False)}  # {rows}\n"
    return entry
