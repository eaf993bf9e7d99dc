"""An entry of the ledger, as bytes: what it holds, whose it is, and whether it is whole.

Owns the form of an entry (Parquet, with the format's version, registry, edition and units in its metadata) and of the
manifest beside a folder's entries, which holds their checksums. Comes in: an `Edition`, or bytes that may be anything.
Goes out: bytes, or what they hold; `BadEntryError` says what is wrong, and never a number of the entry.
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

from kvalreg.disclosure.edition import Edition, State
from kvalreg.inputs.units import Unit, Units
from kvalreg.kinds import Kind
from kvalreg.statistics.results import KEY

VERSION = 2
"""Of entries and manifests. 1 had neither version, registry nor edition in it, and no manifest."""
MANIFEST = "manifest.json"
_UNITS = b"kvalreg-units"
_OWNER = b"kvalreg-ledger"
_UNITS_TYPE = TypeAdapter(list[Unit])
_COLUMNS = {*KEY, "coverage", "n", "x", "state"}


class BadEntryError(Exception):
    """What is wrong with an entry or with what is beside it.

    Parameters
    ----------
    kind
        The sort of fault.
    what
        What is wrong, as a sentence.
    """

    def __init__(self, kind: Kind, what: str) -> None:
        super().__init__(what)
        self.kind, self.what = kind, what


class Owner(NamedTuple):
    """Whose an entry is."""

    registry: str
    edition: str


@dataclass(frozen=True, repr=False)
class Entry:
    """What an entry holds. SECRET.

    Parameters
    ----------
    version
        Of its format.
    owner
        Whose it says it is; None in version 1, which does not say.
    cells, units
        As of an `Edition`.
    """

    version: int
    owner: Owner | None
    cells: pa.Table
    units: tuple[Unit, ...]

    def edition(self, name: str) -> Edition:
        """The edition of this name that the entry keeps."""
        return Edition(name, Units({unit.orgnr: unit for unit in self.units}), self.cells.to_pandas())

    def written(self, owner: Owner) -> bytes:
        """The same as a file of this owner's, in today's format."""
        told = json.dumps({"version": VERSION, **owner._asdict()})
        meta = {_UNITS: _UNITS_TYPE.dump_json(list(self.units)), _OWNER: told.encode()}
        pandas = {key: value for key, value in (self.cells.schema.metadata or {}).items() if key == b"pandas"}
        sink = pa.BufferOutputStream()
        pq.write_table(self.cells.replace_schema_metadata({**pandas, **meta}), sink)
        content: bytes = sink.getvalue().to_pybytes()
        return content


def entry_of(edition: Edition) -> Entry:
    """The entry that keeps an edition."""
    cells = pa.Table.from_pandas(pd.DataFrame(edition.secret), preserve_index=False)
    return Entry(VERSION, None, cells, tuple(edition.units))


def read_entry(content: bytes) -> Entry:
    """What the bytes of an entry hold.

    Raises
    ------
    BadEntryError
        When they are no entry, or one that this version does not know.
    """
    try:
        cells = pq.read_table(pa.BufferReader(content), use_threads=False)
        meta = cells.schema.metadata or {}
        told = json.loads(meta[_OWNER]) if _OWNER in meta else {"version": 1}
        version, owner = int(told["version"]), None
        units = tuple(_UNITS_TYPE.validate_json(meta[_UNITS]))
        if version > 1:
            owner = Owner(str(told["registry"]), str(told["edition"]))
        sound = set(cells.column_names) >= _COLUMNS and set(cells["state"].unique().to_pylist()) <= set(State)
    except Exception:  # whatever a damaged file makes of a reader
        sound = False
    if not sound:
        raise BadEntryError(Kind.LEDGER_DAMAGED, "is damaged: it cannot be read")
    if version > VERSION:
        raise BadEntryError(Kind.LEDGER_DAMAGED, "was written by a newer version of kvalreg, which alone can read it")
    return Entry(version, owner, cells, units)


def checksum(content: bytes) -> str:
    """The SHA-256 of a file."""
    return hashlib.sha256(content).hexdigest()


class Manifest(BaseModel):
    """Which entries a folder of the ledger has, and their checksums."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: int
    edition: str
    entries: Mapping[str, str]

    def written(self) -> bytes:
        """The manifest as a file."""
        return self.model_dump_json(indent=1).encode()

    @classmethod
    def read(cls, content: bytes) -> Manifest:
        """The manifest in a file; BadEntryError when it is none."""
        try:
            found = cls.model_validate_json(content)
        except ValidationError:
            raise BadEntryError(Kind.LEDGER_DAMAGED, f"cannot be trusted: {MANIFEST} beside it is damaged") from None
        if found.version > VERSION:
            raise BadEntryError(
                Kind.LEDGER_DAMAGED, "was written by a newer version of kvalreg, which alone can read it"
            )
        return found
