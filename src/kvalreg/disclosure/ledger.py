"""The ledger of editions: what each edition of a registry showed and hid, so that the next one's differences are safe.

Owns the files ``<edition>/<registry>.parquet`` and `Edition`, which is SECRET: to know that a hidden cell is unchanged
one must know its count. A ledger is kept where the deliveries are kept, with the same care, and nothing of it is shown.
It decides nothing: `protection` attacks the editions together.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import TypeAdapter

from kvalreg.inputs.secret import SecretFrame
from kvalreg.inputs.units import Unit, Units

NEXT = "next"
"""The folder of what has been built and not yet published."""
_UNITS = b"kvalreg-units"
_UNITS_TYPE = TypeAdapter(list[Unit])


class State(StrEnum):
    """What an edition did with a cell."""

    SHOWN = "shown"
    HIDDEN = "hidden"
    """Marked as secret: nothing of it was shown."""
    NOT_RELIABLE = "not_reliable"
    """Its number of patients was shown, and nothing else."""
    ABSENT = "absent"
    """Nothing of it was shown, and nothing of it is secret unless it is small: of a level that was not presented."""


@dataclass(frozen=True, repr=False)
class Edition:
    """One registry in one edition. SECRET.

    Parameters
    ----------
    name
        The edition, such as ``2026-06``; editions are ordered by name.
    units
        The tree as it was, whose sums readers have seen.
    secret
        One row per cell, kept as a `SecretFrame`: the columns of `kvalreg.statistics.results.KEY`; ``n`` and ``x`` (the
        numerator, NaN where none is summed), ``coverage``, and ``state``.
    """

    name: str
    units: Units
    secret: pd.DataFrame = field(compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "secret", SecretFrame(self.secret))

    def __repr__(self) -> str:
        return f"<Edition {self.name}: {len(self.secret)} SECRET cells>"


def save_edition(edition: Edition, registry_id: str, ledger: Path) -> Path:
    """Write ``<ledger>/<name>/<registry>.parquet`` in one step."""
    folder = ledger / edition.name
    folder.mkdir(parents=True, exist_ok=True)
    table = pa.Table.from_pandas(pd.DataFrame(edition.secret), preserve_index=False)
    meta = {**(table.schema.metadata or {}), _UNITS: _UNITS_TYPE.dump_json(list(edition.units))}
    target = folder / f"{registry_id}.parquet"
    aside = target.with_suffix(".new")
    pq.write_table(table.replace_schema_metadata(meta), aside)
    aside.replace(target)
    return target


def read_editions(registry_id: str, ledger: Path) -> tuple[Edition, ...]:
    """Every published edition of a registry, oldest first; none where nothing has been published."""
    found = []
    for path in sorted(ledger.glob(f"*/{registry_id}.parquet")):
        if path.parent.name != NEXT and not path.parent.name.startswith("."):
            table = pq.read_table(path)
            units = {unit.orgnr: unit for unit in _UNITS_TYPE.validate_json(table.schema.metadata[_UNITS])}
            found.append(Edition(path.parent.name, Units(units), table.to_pandas()))
    return tuple(found)


def read_next(registry_id: str, ledger: Path) -> Edition:
    """What the last build would publish of a registry; FileNotFoundError where it has made nothing of it."""
    table = pq.read_table(ledger / NEXT / f"{registry_id}.parquet")
    units = {unit.orgnr: unit for unit in _UNITS_TYPE.validate_json(table.schema.metadata[_UNITS])}
    return Edition(NEXT, Units(units), table.to_pandas())


def close_edition(name: str, ledger: Path) -> None:
    """Make what was built last an edition of the ledger; one of the same name, left by a halt halfway, is replaced."""
    target = ledger / name
    shutil.rmtree(target, ignore_errors=True)
    aside = ledger / f".{name}.new"
    shutil.rmtree(aside, ignore_errors=True)
    shutil.copytree(ledger / NEXT, aside, ignore=shutil.ignore_patterns("*.new"))
    aside.rename(target)
