"""`PublishedResults`: the cells that may be shown, and the file that carries them to the notebooks.

Owns the columns of a published cell and their storage: one Parquet file per registry, replaced in one step.
A secret cell keeps its key and nothing else: value, numerator, denominator, interval, coverage, level are all absent.
A cell that is not reliable keeps its number of patients (a count has none beside its value) and its coverage.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import cached_property
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import TypeAdapter

from kvalreg.disclosure.cell_rows import CellRows
from kvalreg.disclosure.presentation import Presentation
from kvalreg.inputs.descriptor import IndicatorType, Registry
from kvalreg.inputs.registry_deliveries import DeliveryInfo
from kvalreg.inputs.secret import SecretFrame
from kvalreg.inputs.units import Unit, Units
from kvalreg.statistics.results import CELL_KEY
from kvalreg.storage.permissions import clear_path

NUMBER_COLUMNS = [
    "var",
    "denominator",
    "value",
    "low",
    "high",
    "coverage",
    "coverage_year",
    "change_from",
    "series_from",
]
CODE_COLUMNS = ["achievement", "certainty", "change", "series_change"]
SHOWN_COLUMNS = [*NUMBER_COLUMNS, *CODE_COLUMNS]
"""What a secret cell must not have: NaN for numbers, empty texts for codes."""


class CellStatus(StrEnum):
    """Whether a cell's value is shown, and if not, why. The first that holds."""

    SHOWN = "shown"
    """Value, numbers and codes are published."""
    SECRET = "secret"  # noqa: S105 - no password
    """Fewer patients than `secret_below`, or suppressed to protect such a cell: nothing is published."""
    FEW_PATIENTS = "few_patients"
    """Not reliable: fewer patients than `min_denominator`. The number of patients is published."""
    LOW_COVERAGE = "low_coverage"
    """Not reliable: coverage below 60 %. The number of patients is published, and the coverage if its own cell is."""


_METADATA_KEY = b"kvalreg"


@dataclass(frozen=True)
class RegistrySource:
    """Where a registry's cells come from."""

    registry: Registry
    units: Units
    deliveries: tuple[DeliveryInfo, ...]

    @property
    def latest_update(self) -> date | None:
        """When the newest delivery was made."""
        return max(
            (delivery.latest_update for delivery in self.deliveries if delivery.latest_update is not None), default=None
        )

    @property
    def latest_affirm(self) -> date | None:
        """Until when the newest delivery is final."""
        return max(
            (delivery.latest_affirm for delivery in self.deliveries if delivery.latest_affirm is not None), default=None
        )


@dataclass(frozen=True)
class PublishedResults:
    """One registry's cells after the gate.

    Parameters
    ----------
    source
        The registry, its units, and its deliveries.
    cells
        One row per cell of a level that is presented: ``ind_id context year level orgnr``, ``provisional``, ``status``
        (`CellStatus`), ``shown`` (whether the status is *shown*) and `SHOWN_COLUMNS`: ``value`` with its 95 % interval
        ``low``-``high``; ``achievement`` (high, moderate, low or empty); ``certainty`` (certain, uncertain or empty:
        does the interval stay inside the level); ``change`` since the year ``change_from`` and ``series_change`` since
        the first year, ``series_from`` (better, worse, increased, decreased, unclear or empty).
    presentations
        The level at which each indicator, context and year is shown, and why.
    """

    source: RegistrySource
    cells: pd.DataFrame = field(compare=False)
    presentations: tuple[Presentation, ...] = ()

    def __post_init__(self) -> None:
        if isinstance(self.cells, SecretFrame):
            raise TypeError("PublishedResults takes plain cells that have passed the gate, never a SecretFrame.")

    def presentation(self, ind_id: str, context: str, year: int) -> Presentation:
        """The level at which an indicator is shown in a context and year; KeyError when it has no cell there."""
        return self._presentation_by_key[ind_id, context, year]

    @cached_property
    def _presentation_by_key(self) -> dict[tuple[str, str, int], Presentation]:
        return {
            (presentation.ind_id, presentation.context, presentation.year): presentation
            for presentation in self.presentations
        }

    @cached_property
    def rows(self) -> CellRows:
        """The cells as rows, by indicator, context and level."""
        return CellRows(self.cells)

    @property
    def registry(self) -> Registry:
        """The registry."""
        return self.source.registry

    @property
    def units(self) -> Units:
        """All units, by `orgnr`."""
        return self.source.units


_METADATA_TYPE = TypeAdapter(tuple[Registry, list[Unit], list[DeliveryInfo], tuple[Presentation, ...]])


def save_published(published: PublishedResults, folder: Path) -> Path:
    """Write ``<folder>/<registry>.parquet`` in one step: a reader sees the old file or the new one."""
    source = published.source
    metadata = (source.registry, list(source.units), list(source.deliveries), published.presentations)
    metadata_json = _METADATA_TYPE.dump_json(metadata)
    table = pa.Table.from_pandas(published.cells, preserve_index=False)
    target = clear_path(folder / f"{source.registry.id}.parquet")
    temporary_path = target.with_suffix(".new")
    pq.write_table(
        table.replace_schema_metadata({**(table.schema.metadata or {}), _METADATA_KEY: metadata_json}), temporary_path
    )
    temporary_path.replace(target)
    return target


@dataclass(frozen=True)
class PublishedTable:
    """The cells of a file, as a table, and each indicator's type: all that is read of an edition of any format."""

    cells: pa.Table
    type_by_indicator: dict[str, IndicatorType]


def read_published(content: bytes) -> PublishedTable:
    """What is read of a file that `save_published` wrote, in this format or a legacy one; ValueError when damaged."""
    try:
        with pq.ParquetFile(pa.BufferReader(content)) as file:
            columns = [*CELL_KEY, "shown", *({"status"} & {*file.schema_arrow.names}), "var", "denominator"]
            cells = file.read(columns, use_threads=False)
        registry = json.loads(cells.schema.metadata[_METADATA_KEY])[0]
        type_by_indicator = {indicator["id"]: IndicatorType(indicator["type"]) for indicator in registry["indicators"]}
        is_valid = set(cells["ind_id"].unique().to_pylist()) <= set(type_by_indicator)
    except Exception:  # noqa: BLE001 - Arrow and JSON raise anything on a damaged file, and the ledger must fail closed
        is_valid = False
    if not is_valid:
        raise ValueError("These are no published cells.")
    return PublishedTable(cells, type_by_indicator)


def load_published(registry_id: str, folder: Path) -> PublishedResults:
    """Read what `save_published` wrote; FileNotFoundError when the registry has published nothing."""
    with pq.ParquetFile(folder / f"{registry_id}.parquet") as file:
        table = file.read(use_threads=False)
    registry, units, deliveries, presentations = _METADATA_TYPE.validate_json(table.schema.metadata[_METADATA_KEY])
    unit_by_orgnr = {unit.orgnr: unit for unit in units}
    return PublishedResults(
        RegistrySource(registry, Units(unit_by_orgnr), tuple(deliveries)), table.to_pandas(), presentations
    )


def load_source(registry_id: str, folder: Path) -> RegistrySource | None:
    """Where a registry's cells come from, without reading them; None for a file that is missing or damaged."""
    try:
        metadata = pq.read_schema(folder / f"{registry_id}.parquet").metadata
        registry, units, deliveries, _ = _METADATA_TYPE.validate_json(metadata[_METADATA_KEY])
    except Exception:  # noqa: BLE001 - Arrow and pydantic raise anything on a damaged file: the caller does without
        return None
    return RegistrySource(registry, Units({unit.orgnr: unit for unit in units}), tuple(deliveries))
