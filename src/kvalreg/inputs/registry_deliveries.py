"""All deliveries of a registry, in order, as the rows that count.

Input: a project, a registry and the units. Output: `Delivered`, or every fault of every file in one `DeliveryError`. A
later delivery replaces every row of the same indicator, context and year. Nothing is summed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path, PurePath

import pandas as pd

from kvalreg.diagnostic_codes import DiagnosticCode
from kvalreg.errors import ConfigurationError, DeliveryError, Diagnostic
from kvalreg.inputs.approval import split_by_approval
from kvalreg.inputs.delivery import Delivery, DeliveryRules, UnknownUnitPolicy, check_delivery, empty_rows
from kvalreg.inputs.delivery_list import DeliveryList, ListedDelivery
from kvalreg.inputs.descriptor import Registry
from kvalreg.inputs.secret import SecretFrame
from kvalreg.inputs.text_file import printable, quote
from kvalreg.inputs.units import Units
from kvalreg.inputs.validation import validate
from kvalreg.inputs.yaml_file import read_yaml
from kvalreg.project import Project, resolved

_SUFFIXES = (".csv", ".parquet")
_KNOWN = ("deliveries.yml", "approved.yml", "expected")
_ADVICE = (
    ((".xlsx", ".xls", ".xlsm", ".ods", ".numbers"), "In the spreadsheet, choose Save as and CSV UTF-8."),
    ((".sav", ".dta", ".sas7bdat", ".rds", ".rdata", ".tsv", ".txt", ".json"), "Export it as CSV or Parquet."),
    (("deliveries.yaml",), "Rename it to deliveries.yml."),
    (("approved.yaml",), "Rename it to approved.yml."),
    ((".zip", ".gz", ".7z"), "Unpack it."),
)
_NAMED = 10
_REPLACEMENT_KEY = ["ind_id", "context", "year"]

_ListedFile = tuple[Path, ListedDelivery]


@dataclass(frozen=True)
class DeliveryInfo:
    """What is known of one delivery, and may be told to everybody.

    Dates are None for a file that `deliveries.yml` does not date. `rows_left_out`: rows of units that are not in the
    list were left out. How many is not said: a reader who misses a hospital would learn how many patients it has.
    """

    shown: str
    sha256: str
    latest_update: date | None
    latest_affirm: date | None
    remark: str
    rows_left_out: bool = False


@dataclass(frozen=True)
class RegistryDeliveries:
    """The rows of a registry that count.

    Parameters
    ----------
    registry_id
        The registry.
    rows
        A `SecretFrame`: the columns of `Delivery.rows`; ``provisional`` (bool): the year was not complete when it was
        delivered; ``delivery`` (int): the row's index in `deliveries`.
    deliveries
        In the order in which they count, also those of which no row is left.
    warnings
        What should be looked at though it does not block.
    """

    registry_id: str
    rows: pd.DataFrame = field(compare=False)
    deliveries: tuple[DeliveryInfo, ...]
    warnings: tuple[Diagnostic, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "rows", SecretFrame(self.rows))


def read_deliveries(
    project: Project, registry: Registry, units: Units, unknown_units: UnknownUnitPolicy
) -> RegistryDeliveries:
    """The rows of all deliveries in `data/<id>/`: those listed in `deliveries.yml`, then the others by name.

    Raises
    ------
    DeliveryError
        With all faults of all files. One faulty delivery refuses the whole registry, because what it was meant to
        replace would otherwise be shown as if it were current.
    """
    entries, diagnostics = _find_files(project, registry.id)
    delivered = _read_files(project, entries, diagnostics, DeliveryRules(registry, units, unknown_units))
    return replace(delivered, warnings=(*delivered.warnings, *ignored(project, registry.id)))


def read_approved_deliveries(
    project: Project, registry: Registry, units: Units, unknown_units: UnknownUnitPolicy
) -> RegistryDeliveries:
    """The rows of the deliveries that may be published; its warnings name those that wait for approval.

    Raises
    ------
    AwaitingError, DeliveryError, ConfigurationError
        As `sort_deliveries` does; and as `read_deliveries` does, of the deliveries that are read.
    """
    entries, diagnostics = _find_files(project, registry.id)
    split = split_by_approval([path for path, _ in entries], registry, project)
    approved = [entry for entry in entries if entry[0] in split.approved]
    deliveries = _read_files(project, approved, diagnostics, DeliveryRules(registry, units, unknown_units))
    return replace(deliveries, warnings=(*deliveries.warnings, *ignored(project, registry.id), *split.pending))


def refuse_no_rows(delivered: RegistryDeliveries, project: Project) -> None:
    """Refuse a registry of which there is nothing to publish.

    Raises
    ------
    DeliveryError
        When no delivery has a row that counts.
    """
    if not len(delivered.rows):
        raise no_rows_error(project, delivered.registry_id)


def no_rows_error(project: Project, registry_id: str) -> DeliveryError:
    """That a registry has nothing to show, and which files were passed over."""
    place = printable(project.display_path(project.data(registry_id)))
    passed_over = ", ".join(PurePath(fault.file).name for fault in ignored(project, registry_id))
    what = "There is no delivery with rows." + (f" These files are none: {passed_over}." if passed_over else "")
    todo = "Put a .csv or .parquet file into this folder."
    return DeliveryError([Diagnostic(what, todo, place, code=DiagnosticCode.NO_DELIVERY)])


def _read_files(
    project: Project, entries: list[_ListedFile], diagnostics: list[Diagnostic], rules: DeliveryRules
) -> RegistryDeliveries:
    listed_deliveries: list[tuple[ListedDelivery, Delivery]] = []
    for path, listed in entries:
        unknown_units = rules.unknown_units if not diagnostics else UnknownUnitPolicy.SKIP
        file_rules = replace(rules, unknown_units=unknown_units, skip_units=frozenset(listed.skip_units))
        try:
            listed_deliveries.append((listed, check_delivery(path, project.display_path(path), file_rules)))
        except DeliveryError as error:
            diagnostics.extend(error.diagnostics)
    if diagnostics:
        raise DeliveryError(diagnostics)
    deliveries = [delivery for _, delivery in listed_deliveries]
    infos = tuple(_delivery_info(listed, delivery) for listed, delivery in listed_deliveries)
    warnings = [*_missing_dates(infos), *_duplicate_files(deliveries), *_obsolete_skips(listed_deliveries, rules.units)]
    warnings += _later_rows(listed_deliveries)
    warnings += [warning for delivery in deliveries for warning in delivery.warnings]
    rows = _current_rows(deliveries, infos)
    indexes_in_use = set(rows["delivery"].unique())
    infos = tuple(
        replace(info, rows_left_out=info.rows_left_out and n in indexes_in_use) for n, info in enumerate(infos)
    )
    return RegistryDeliveries(rules.registry.id, rows, infos, tuple(warnings))


def last_complete_year(latest_affirm: date) -> int:
    """The last year that data complete up to a date covers: year(latest_affirm + 2 days) - 1.

    Notes
    -----
    Worked: 2023-12-30 + 2 days is 2024-01-01, so 2023 is complete; 2023-12-29 + 2 days is 2023-12-31, so 2022 is.
    Source: the field's own rule (SKDE), as today's national site applies it.
    """
    return (latest_affirm + timedelta(days=2)).year - 1


def _find_files(project: Project, registry_id: str) -> tuple[list[_ListedFile], list[Diagnostic]]:
    """Each file with what the list says of it, and the faults of the list."""
    folder = project.data(registry_id)
    entries, diagnostics = _listed_files(project, registry_id)
    known = {resolved(path) for path, _ in entries}
    for path in _delivery_files(folder):
        rejection = _rejection(path, folder)
        if rejection is not None:
            diagnostics.append(
                Diagnostic(
                    *rejection,
                    printable(f"{project.display_path(folder)}/{path.name}"),
                    code=DiagnosticCode.NOT_A_DELIVERY,
                )
            )
        elif resolved(path) not in known:
            entries.append((path, ListedDelivery(file=printable(path.name))))
    return entries, diagnostics


def _listed_files(project: Project, registry_id: str) -> tuple[list[_ListedFile], list[Diagnostic]]:
    """The files that `deliveries.yml` names, in its order, and its faults."""
    path = project.delivery_list(registry_id)
    if not path.is_file():
        return [], []
    try:
        document = read_yaml(path, project.display_path(path))
        listed, found_diagnostics = validate(document, DeliveryList)
    except ConfigurationError as error:
        return [], list(error.diagnostics)
    entries: list[_ListedFile] = []
    diagnostics = list(found_diagnostics)
    lines: dict[Path, int] = {}
    for number, entry in enumerate(listed.root if listed is not None else ()):
        key_path = (number, "file")
        file = path.parent / entry.file
        rejection = _rejection(file, path.parent)
        first_line = lines.setdefault(resolved(file), document.line(key_path))
        if rejection is None and first_line != document.line(key_path):
            rejection = f"{quote(entry.file)} is in line {first_line} already.", "Remove one of the two."
        if rejection is None:
            entries.append((file, entry))
        else:
            diagnostics.append(document.diagnostic(key_path, *rejection, DiagnosticCode.NOT_A_DELIVERY))
    return entries, diagnostics


def _delivery_files(folder: Path) -> list[Path]:
    """Every file that looks like a delivery, by name. What an office program leaves beside an open file is none."""
    if not folder.is_dir():
        return []
    files = (path for path in folder.iterdir() if path.suffix.lower() in _SUFFIXES and path.is_file())
    return sorted(path for path in files if not path.name.startswith((".", "~")))


def ignored(project: Project, registry_id: str) -> list[Diagnostic]:
    """What lies in a registry's folder and is no delivery, nor anything else that kvalreg reads; ten at most."""
    folder = project.data(registry_id)
    if not folder.is_dir():
        return []
    found = []
    for path in sorted(folder.iterdir()):
        known = path.is_file() and (path.suffix.lower() in _SUFFIXES or path.name in _KNOWN)
        if known or path.name in _KNOWN or path.name.startswith((".", "~", "README")):
            continue
        todo = next((todo for names, todo in _ADVICE if path.name.lower().endswith(names)), "Remove it.")
        shown = printable(f"{project.display_path(folder)}/{path.name}")
        what = "The folder is not looked into." if path.is_dir() else "The file is no delivery, and is not read."
        found.append(Diagnostic(what, todo, shown, code=DiagnosticCode.FILE_IGNORED))
    return found[:_NAMED]


def _rejection(file: Path, folder: Path) -> tuple[str, str] | None:
    """Why a file cannot be a delivery of this folder and what to do, or None."""
    file_name = quote(str(file.relative_to(folder)) if file.is_relative_to(folder) else str(file))
    if not _is_utf_8(file.name):
        return f"The name of the file {file_name} is not in UTF-8.", "Rename it, with a to z, digits, _ and -."
    if not resolved(file).is_relative_to(resolved(folder)):
        return f"{file_name} lies outside the folder.", "Put the file itself into the folder."
    if file.suffix.lower() not in _SUFFIXES:
        return f"{file_name} is no .csv or .parquet file.", "Save it as one of these."
    if not file.is_file():
        return f"{file_name} does not exist.", "Correct the name, or add the file."
    return None


def _is_utf_8(name: str) -> bool:
    """Whether a file's name is text: other bytes are carried in it as half a character, which no page can hold."""
    return not any("\ud800" <= sign <= "\udfff" for sign in name)


def _delivery_info(listed: ListedDelivery, delivery: Delivery) -> DeliveryInfo:
    return DeliveryInfo(
        shown=delivery.display_path,
        sha256=delivery.sha256,
        latest_update=listed.latest_update,
        latest_affirm=listed.latest_affirm,
        remark=printable(listed.remark),
        rows_left_out=bool(delivery.skipped),
    )


def _current_rows(deliveries: list[Delivery], infos: tuple[DeliveryInfo, ...]) -> pd.DataFrame:
    """The rows that no later delivery replaces, in the order of the deliveries."""
    replaced_keys = pd.MultiIndex.from_frame(empty_rows()[_REPLACEMENT_KEY])
    parts: list[pd.DataFrame] = []
    for number in reversed(range(len(deliveries))):
        rows = deliveries[number].rows
        keys = pd.MultiIndex.from_frame(rows[_REPLACEMENT_KEY])
        parts.append(_with_provisional(rows[~keys.isin(replaced_keys)], infos[number], number))
        replaced_keys = replaced_keys.append(keys.unique())
    parts.append(_with_provisional(empty_rows(), DeliveryInfo("", "", None, None, ""), 0))
    return pd.concat(parts[::-1], ignore_index=True)


def _with_provisional(rows: pd.DataFrame, info: DeliveryInfo, number: int) -> pd.DataFrame:
    complete_year = last_complete_year(info.latest_affirm) if info.latest_affirm is not None else rows["year"].max()
    return rows.assign(provisional=(rows["year"] > complete_year).astype("bool"), delivery=number)


def _missing_dates(infos: Iterable[DeliveryInfo]) -> Iterator[Diagnostic]:
    for info in infos:
        if info.latest_affirm is None:
            message = "It is not known up to which date the delivery is complete, so all its years are shown as final."
            yield Diagnostic(
                message, "Give its latest_affirm in deliveries.yml.", info.shown, code=DiagnosticCode.DATES_UNKNOWN
            )


def _later_rows(read: Iterable[tuple[ListedDelivery, Delivery]]) -> Iterator[Diagnostic]:
    for listed, delivery in read:
        if listed.latest_update is not None:
            late = delivery.rows.loc[delivery.rows["year"] > listed.latest_update.year, "row"]
            if len(late):
                what = f"The data was last updated in {listed.latest_update.year}, and a later year stands in "
                todo = "Correct the year, or latest_update in deliveries.yml."
                rows = delivery.occurrences.of(pd.Index(late))
                yield Diagnostic(
                    f"{what}{rows}.", todo, delivery.display_path, rows.first[0], "year", DiagnosticCode.DATES_ODD
                )


def _duplicate_files(deliveries: Iterable[Delivery]) -> Iterator[Diagnostic]:
    path_by_checksum: dict[str, str] = {}
    for delivery in deliveries:
        first_path = path_by_checksum.setdefault(delivery.sha256, delivery.display_path)
        if first_path != delivery.display_path:
            yield Diagnostic(
                f"The file is identical to {first_path}.",
                "Remove one of the two.",
                delivery.display_path,
                code=DiagnosticCode.DUPLICATE_FILE,
            )


def _obsolete_skips(listed_deliveries: Iterable[tuple[ListedDelivery, Delivery]], units: Units) -> Iterator[Diagnostic]:
    for listed, delivery in listed_deliveries:
        for orgnr in listed.skip_units:
            if orgnr in units:
                message = f"The unit {quote(orgnr)} is known by now, and its rows are used."
                yield Diagnostic(
                    message,
                    "Remove it from skip_units in deliveries.yml.",
                    delivery.display_path,
                    code=DiagnosticCode.SKIPPED_UNIT_KNOWN,
                )
