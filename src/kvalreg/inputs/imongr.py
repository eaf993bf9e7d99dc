"""A project made from what imongr holds: units, definitions, deliveries.

Comes in: a folder with `units.csv`, `indicators.json` and, for each registry, `<rname>.csv` and perhaps
`<rname>_coverage.csv`. Goes out: a project that builds, and a report of what was assumed and what is wrong.
Deliveries are copied byte for byte, and only their owner may read the copies. Nothing is left behind when the import
fails.
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
from kvalreg.errors import ConfigurationError, DeliveryError, Fault, UsageError
from kvalreg.inputs.delivered import no_rows_error
from kvalreg.inputs.delivery import Delivery, Terms, UnknownUnits, check_delivery
from kvalreg.inputs.descriptor import Registry
from kvalreg.inputs.descriptor_file import descriptor_schema, read_descriptors
from kvalreg.inputs.imongr_definitions import Definitions, read_definitions, write_descriptor
from kvalreg.inputs.table_file import Layout, name_rows, read_table
from kvalreg.inputs.text_file import printable
from kvalreg.inputs.units import COLUMNS, Level, Units, read_units, write_units
from kvalreg.kinds import Kind
from kvalreg.private_files import narrow
from kvalreg.project import Project

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
    faults: tuple[Fault, ...]
    warnings: tuple[Fault, ...]
    not_ready: Mapping[str, tuple[Fault, ...]] = field(default_factory=dict)


def import_imongr(source: Path, target: Path, unknown_units: UnknownUnits) -> ImportReport:
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
    with tempfile.TemporaryDirectory(dir=target.resolve().parent, prefix=f".{target.name}-import-") as workshop:
        project = Project(Path(workshop) / "project")
        (project.root / "data").mkdir(parents=True)
        project.registries.mkdir()
        units, left_out = _import_units(source / _UNITS, project)
        run = _Import(source, project, units, unknown_units, warnings=left_out)
        report = run.registries()
        narrow(project.root / "data")  # the deliveries count patients
        _move(project.root, target)
    return report


def _check_folders(source: Path, target: Path) -> None:
    missing = [name for name in (_UNITS, _INDICATORS) if not (source / name).is_file()]
    if missing:
        raise UsageError(
            f"{source}: {' and '.join(missing)} not found. An imongr export is a folder with {_UNITS}, {_INDICATORS} "
            f"and one <registry>.csv per registry, perhaps with <registry>{_COVERAGE}. Name that folder."
        )
    taken = [name for name in ("registries", "data") if (target / name).exists()]
    if taken or (target.exists() and not target.is_dir()):
        what = f"holds {' and '.join(taken)} already" if taken else "is no folder"
        raise UsageError(f"{target}: it {what}. Name a folder that does not exist yet.")


def _move(made: Path, target: Path) -> None:
    """Put the finished project in place: by one rename where the target does not exist."""
    if not target.exists():
        made.rename(target)
        return
    # `registries` last: it is what makes a folder a project.
    for name in ("data", "registries"):
        (made / name).rename(target / name)


def _import_units(path: Path, project: Project) -> tuple[Units, list[Fault]]:
    """imongr's units in our columns, and what was left out. The source has no counties."""
    layout = Layout(("OrgNr", "OrgNavnEnhetsreg", "Kortnavn", "Nivaa", "NivaaOpp"), error=ConfigurationError)
    cells = read_table(path, _UNITS, layout).cells
    is_known = cells["Nivaa"].isin(list(_LEVELS))
    with project.units.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=";", lineterminator="\n")
        writer.writerow(COLUMNS[:6])
        for orgnr, name, short_name, number, parent in cells.loc[is_known, list(layout.required)].itertuples(
            index=False
        ):
            level = _LEVELS[str(number)]
            above = "" if level is Level.NATION else parent
            writer.writerow((orgnr, name, short_name or name, level, above, ""))
    units = read_units(project.units, _UNITS)
    write_units(
        units, project.units, "Imported from imongr, which holds no counties: fill in the column where it is known."
    )
    others = cells.index[~is_known]
    if not len(others):
        return units, []
    numbers = ", ".join(sorted(set(cells.loc[others, "Nivaa"])))
    what = f"Units beside nation, RHF, HF and hospital (Nivaa {printable(numbers)}) are left out: {name_rows(others)}."
    todo = "Rows of them are left out too: deliver them as rows of their hospitals."
    return units, [Fault(what, todo, _UNITS, int(others[0]), "Nivaa", Kind.DEFINITION_CHANGED)]


@dataclass
class _Import:
    """An import under way: every registry in turn, and what is found."""

    source: Path
    project: Project
    units: Units
    unknown_units: UnknownUnits
    deliveries: list[ImportedDelivery] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    warnings: list[Fault] = field(default_factory=list)
    not_ready: dict[str, tuple[Fault, ...]] = field(default_factory=dict)

    def registries(self) -> ImportReport:
        """Write every registry, then read them back as a build would."""
        definitions, left_out = read_definitions(self.source / _INDICATORS, _INDICATORS)
        self.warnings += left_out
        coverage = {each.registry_id: self._coverage_id(each) for each in definitions}
        for each in definitions:
            self._write_descriptor(each, coverage[each.registry_id])
        schema = json.dumps(descriptor_schema(), indent=2, ensure_ascii=False)
        (self.project.registries / "registry.schema.json").write_text(schema + "\n", encoding="utf-8")
        registries, faulty = read_descriptors(self.project)
        self.faults += [fault for faults in faulty.values() for fault in faults]
        self.not_ready |= faulty
        files = self._files([each.registry_id for each in definitions])
        for each in definitions:
            self._write_deliveries(
                each.registry_id, registries.get(each.registry_id), files, coverage[each.registry_id]
            )
        return ImportReport(
            tuple(each.registry_id for each in definitions),
            len(self.units),
            tuple(self.deliveries),
            tuple(self.faults),
            tuple(self.warnings),
            {one: self.not_ready[one] for one in sorted(self.not_ready)},
        )

    def _coverage_id(self, definitions: Definitions) -> str | None:
        """The indicator that the coverage file of a registry gives the values of."""
        file = definitions.registry_id + _COVERAGE
        if not (self.source / file).is_file():
            return None
        ids = definitions.coverage_ids()
        if not ids:
            what = "No indicator of the registry names a coverage indicator, so the file is not imported."
            self.warnings.append(Fault(what, "Define one, and name it in dg_id.", file, kind=Kind.DEFINITION_CHANGED))
            return None
        if len(ids) > 1:
            what = f"The registry has several coverage indicators ({', '.join(map(printable, ids))})."
            todo = (
                f"The file is taken for '{printable(ids[0])}', which most indicators use; correct it if that is wrong."
            )
            self.warnings.append(Fault(what, todo, file, kind=Kind.DEFINITION_CHANGED))
        return ids[0]

    def _write_descriptor(self, definitions: Definitions, coverage_id: str | None) -> None:
        path = self.project.descriptor(definitions.registry_id)
        text, warnings = write_descriptor(definitions, coverage_id, self.project.relative(path))
        self.warnings += warnings
        path.parent.mkdir()
        path.write_text(text, encoding="utf-8")

    def _files(self, registry_ids: list[str]) -> dict[str, list[Path]]:
        """The deliveries of each registry: ``<rname>.csv`` and ``<rname>_*.csv``, by the longest name that fits."""
        files: dict[str, list[Path]] = {registry_id: [] for registry_id in registry_ids}
        for path in sorted(self.source.iterdir()):
            is_table = path.suffix.lower() in _SUFFIXES and path.is_file() and path.name != _UNITS
            if not is_table or path.name.startswith("."):
                continue
            owners = [each for each in registry_ids if path.stem == each or path.stem.startswith(f"{each}_")]
            if not owners:
                what = "No registry in the definitions has this name, so the file is not imported."
                self.warnings.append(
                    Fault(
                        what,
                        "Define its indicators first.",
                        printable(path.name),
                        kind=Kind.DELIVERY_WITHOUT_DEFINITION,
                    )
                )
            elif path.name != max(owners, key=len) + _COVERAGE:
                files[max(owners, key=len)].append(path)
        return files

    def _write_deliveries(
        self, registry_id: str, registry: Registry | None, files: dict[str, list[Path]], coverage_id: str | None
    ) -> None:
        folder = self.project.data(registry_id)
        folder.mkdir()
        made = [Path(shutil.copyfile(path, folder / path.name)) for path in files[registry_id]]
        if coverage_id is not None:
            made += self._write_coverage(registry_id, coverage_id)
        read = [self._check(path, registry) for path in made]
        entries = [_listed(path.name, one, self.unknown_units) for path, one in zip(made, read, strict=True)]
        if registry is not None and not any(one is None or len(one.rows) for one in read):
            self._stop(registry_id, no_rows_error(self.project, registry_id).faults)
        if entries:
            self.project.delivery_list(registry_id).write_text(_LIST_HEADER + "".join(entries), encoding="utf-8")

    def _write_coverage(self, registry_id: str, coverage_id: str) -> list[Path]:
        """The coverage file as a delivery. Without a denominator column, every denominator is 1."""
        file = registry_id + _COVERAGE
        try:
            cells = read_table(self.source / file, file, Layout(("orgnr", "year", "coverage"))).cells
        except DeliveryError as error:
            self.faults += error.faults
            self._stop(registry_id, error.faults)
            return []
        path = self.project.data(registry_id) / file
        with path.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream, delimiter=";", lineterminator="\n")
            writer.writerow(("context", "year", "orgnr", "ind_id", "var"))
            for orgnr, year, share in cells[["orgnr", "year", "coverage"]].itertuples(index=False):
                writer.writerow(("caregiver", year, orgnr, coverage_id, share))
        return [path]

    def _stop(self, registry_id: str, faults: tuple[Fault, ...]) -> None:
        self.not_ready[registry_id] = (*self.not_ready.get(registry_id, ()), *faults)

    def _check(self, path: Path, registry: Registry | None) -> Delivery | None:
        """The delivery as a build will read it, or None when it has faults or its registry has."""
        delivery = None
        if registry is not None:
            shown = self.project.relative(path)
            try:
                # What is left without the unknown units is wanted in any case, for the count and the newest year.
                delivery = check_delivery(path, shown, Terms(registry, self.units, UnknownUnits.SKIP))
                self.warnings += check_delivery(path, shown, Terms(registry, self.units, self.unknown_units)).warnings
            except DeliveryError as error:
                self.faults += error.faults
                self._stop(registry.id, error.faults)
        registry_id = path.parent.name
        self.deliveries.append(ImportedDelivery(registry_id, path.name, 0 if delivery is None else len(delivery.rows)))
        return delivery


_LIST_HEADER = """\
# The deliveries of this registry, oldest first: a later one replaces what an earlier one said of the same indicator,
# context and year. imongr's files hold no dates: each latest_affirm below ("complete up to") is ASSUMED to be
# 31 December of the newest year in its file, or the day of the import where that year is not over. Correct it: a year
# that is not complete is shown as provisional.
"""


def _listed(file: str, delivery: Delivery | None, unknown_units: UnknownUnits) -> str:
    """A delivery's entry in `deliveries.yml`."""
    # A JSON string is a YAML string, whatever a file is called.
    entry = f"- file: {json.dumps(file, ensure_ascii=False)}\n"
    if delivery is None:
        return entry
    if len(delivery.rows):
        complete = min(date(int(delivery.rows["year"].max()), 12, 31), today())
        entry += f"  latest_affirm: {complete.isoformat()}  # assumed\n"
    if delivery.skipped and unknown_units is UnknownUnits.SKIP:
        entry += (
            "  # These units are not in registries/units.csv, so their rows are left out, and every build says so.\n"
        )
        entry += "  skip_units:\n"
        for orgnr, rows in delivery.skipped.items():
            entry += f"    - {json.dumps(orgnr, ensure_ascii=False)}  # {name_rows(rows)}\n"
    return entry
