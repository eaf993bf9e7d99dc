"""What was chosen to be hidden before, by the very table that it was chosen for.

Comes in: a `Table`, SECRET, and a `Policy`. Goes out: the mask that `suppress` gives, chosen now or earlier. A table is
known by a digest of everything in it, so one count more is another table; who asks attacks the mask in either case. A
new delivery mostly tells of the newest years: the choice for the years before it, the dearest part of the gate, stands.

The digests are of true counts: they stay in ``_build``, as the ledger does.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import astuple, fields

import numpy as np

from kvalreg.disclosure.cells import Policy, Table
from kvalreg.disclosure.relations import BoolArray
from kvalreg.disclosure.suppression import suppress


class Remembered:
    """Choices of one registry.

    Parameters
    ----------
    known
        Masks by their table's digest, as `used` had them after an earlier run of the same code.
    """

    def __init__(self, known: Mapping[str, str] | None = None) -> None:
        self._known = known or {}
        self.used: dict[str, str] = {}
        """Every mask that was asked for, by its table's digest."""

    def suppress(self, table: Table, policy: Policy) -> BoolArray:
        """The mask of shape (cells,) that `kvalreg.disclosure.suppression.suppress` gives for this table."""
        name, size = _digest(table, policy), table.relations.size
        told = self._known.get(name)
        hidden = suppress(table, policy) if told is None else _mask(told, size)
        self.used[name] = np.packbits(hidden).tobytes().hex()
        return hidden


def _mask(told: str, size: int) -> BoolArray:
    packed = np.frombuffer(bytes.fromhex(told), dtype=np.uint8)
    return np.unpackbits(packed, count=size).astype(np.bool_)


def _digest(table: Table, policy: Policy) -> str:
    """A checksum of all that a choice depends on."""
    digest = hashlib.sha256(repr((astuple(policy), table.relations.size)).encode())
    for whole in (table.relations, table):
        for field in fields(whole):
            value = getattr(whole, field.name)
            if value is None or isinstance(value, np.ndarray):
                told = b"" if value is None else np.ascontiguousarray(value).tobytes()
                digest.update(f"\n{field.name} {'' if value is None else value.dtype} {len(told)}\n".encode() + told)
    return digest.hexdigest()
