"""An entry of the ledger as bytes: its content, its owner, and whether it is valid.

Owns the format of an entry (Parquet, with the format's version, registry, edition and units in its metadata) and of the
manifest in the same folder, which holds the entries' checksums. Input: an `Edition`, or bytes that may be anything.
Output: bytes, or their content; a `LedgerEntryError` states the problem, and never a number of the entry.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from kvalreg.diagnostic_codes import DiagnosticCode
from kvalreg.disclosure.edition import Edition, LedgerState
from kvalreg.inputs.units import Unit, Units
from kvalreg.statistics.results import CELL_KEY

LEDGER_VERSION = 2
"""Of entries and manifests. 1 had neither version, registry nor edition in it, and no manifest."""
MANIFEST_NAME = "manifest.json"
_UNITS_KEY = b"kvalreg-units"
_OWNER_KEY = b"kvalreg-ledger"
_UNITS_TYPE = TypeAdapter(list[Unit])
_COLUMNS = {*CELL_KEY, "coverage", "n", "x", "state"}


class LedgerEntryError(Exception):
    """A problem of an entry, of its manifest or of the snapshot that it must agree with.

    Parameters
    ----------
    code
        The code of the diagnostic.
    problem
        The problem as a predicate: "is damaged: it cannot be read".
    """

    def __init__(self, code: DiagnosticCode, problem: str) -> None:
        super().__init__(problem)
        self.code, self.problem = code, problem


class EntryOwner(NamedTuple):
    """The registry and edition that an entry belongs to."""

    registry: str
    edition: str


@dataclass(frozen=True, repr=False)
class LedgerEntry:
    """The content of an entry. SECRET.

    Parameters
    ----------
    version
        Of its format.
    owner
        What it says it belongs to; None in version 1, which does not say.
    cells, units
        As of an `Edition`.
    """

    version: int
    owner: EntryOwner | None
    cells: pa.Table
    units: tuple[Unit, ...]

    def to_edition(self, name: str) -> Edition:
        """The edition that the entry stores, under this name."""
        return Edition(name, Units({unit.orgnr: unit for unit in self.units}), self.cells.to_pandas())

    def to_bytes(self, owner: EntryOwner) -> bytes:
        """The content as a file of this owner's, in the current format."""
        owner_json = json.dumps({"version": LEDGER_VERSION, **owner._asdict()})
        metadata = {_UNITS_KEY: _UNITS_TYPE.dump_json(list(self.units)), _OWNER_KEY: owner_json.encode()}
        # Of the metadata that was read, only the column types are kept: an entry that is moved gets its new owner.
        pandas_metadata = {key: value for key, value in (self.cells.schema.metadata or {}).items() if key == b"pandas"}
        sink = pa.BufferOutputStream()
        pq.write_table(self.cells.replace_schema_metadata({**pandas_metadata, **metadata}), sink)
        content: bytes = sink.getvalue().to_pybytes()
        return content


def entry_from_edition(edition: Edition) -> LedgerEntry:
    """The entry that stores an edition."""
    cells = pa.Table.from_pandas(pd.DataFrame(edition.secret), preserve_index=False)
    return LedgerEntry(LEDGER_VERSION, None, cells, tuple(edition.units))


def read_entry(content: bytes) -> LedgerEntry:
    """The content of an entry's bytes.

    Raises
    ------
    LedgerEntryError
        When they are no entry, or one of a newer format.
    """
    try:
        cells = pq.read_table(pa.BufferReader(content), use_threads=False)
        metadata = cells.schema.metadata or {}
        header = json.loads(metadata[_OWNER_KEY]) if _OWNER_KEY in metadata else {"version": 1}
        version, owner = int(header["version"]), None
        units = tuple(_UNITS_TYPE.validate_json(metadata[_UNITS_KEY]))
        if version > 1:
            owner = EntryOwner(str(header["registry"]), str(header["edition"]))
        is_valid = set(cells.column_names) >= _COLUMNS and set(cells["state"].unique().to_pylist()) <= set(LedgerState)
    except Exception:  # noqa: BLE001 - Arrow and JSON raise anything on a damaged file, and the ledger must fail closed
        is_valid = False
    if not is_valid:
        raise LedgerEntryError(DiagnosticCode.LEDGER_DAMAGED, "is damaged: it cannot be read")
    if version > LEDGER_VERSION:
        raise LedgerEntryError(
            DiagnosticCode.LEDGER_DAMAGED, "was written by a newer version of kvalreg, which alone can read it"
        )
    return LedgerEntry(version, owner, cells, units)


def checksum(content: bytes) -> str:
    """The SHA-256 of a file."""
    return hashlib.sha256(content).hexdigest()


class LedgerManifest(BaseModel):
    """The entries of a folder of the ledger, and their checksums."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: int
    edition: str
    entries: Mapping[str, str]

    def to_bytes(self) -> bytes:
        """The manifest as a file."""
        return self.model_dump_json(indent=1).encode()

    @classmethod
    def from_bytes(cls, content: bytes) -> LedgerManifest:
        """The manifest in a file; LedgerEntryError when it is none."""
        try:
            manifest = cls.model_validate_json(content)
        except ValidationError:
            raise LedgerEntryError(
                DiagnosticCode.LEDGER_DAMAGED, f"cannot be trusted: {MANIFEST_NAME} beside it is damaged"
            ) from None
        if manifest.version > LEDGER_VERSION:
            raise LedgerEntryError(
                DiagnosticCode.LEDGER_DAMAGED, "was written by a newer version of kvalreg, which alone can read it"
            )
        return manifest
