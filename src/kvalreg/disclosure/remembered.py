"""What was chosen to be suppressed before, by the very part of a system that it was chosen for.

Comes in: a `System`, SECRET. Goes out: the mask that `suppress` gives, chosen now or earlier. A system is known by a
digest of everything in it, so one count more is another system; who asks attacks the mask in either case. A new
delivery mostly tells of the newest years: the choice for the years before it, the dearest part of the gate, stands.

The digests are of true counts: they stay in ``_build``, as the ledger does.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import numpy as np

from kvalreg.disclosure.attack import Attack
from kvalreg.disclosure.suppression import suppress
from kvalreg.disclosure.system import BoolArray, System


class Remembered:
    """Choices of one registry.

    Parameters
    ----------
    known
        Masks by their system's digest, as `used` had them after an earlier run of the same code.
    """

    def __init__(self, known: Mapping[str, str] | None = None) -> None:
        self._known = known or {}
        self.used: dict[str, str] = {}
        """Every mask that was asked for, by its system's digest."""

    def suppress(self, system: System, attack: Attack) -> BoolArray:
        """The mask of shape (groups,) that `kvalreg.disclosure.suppression.suppress` gives for this system."""
        digest = hashlib.sha256()
        for part in system.digest_parts():
            digest.update(part)
        name = digest.hexdigest()
        told = self._known.get(name)
        mask = suppress(system, attack) if told is None else _mask(told, system.groups)
        self.used[name] = np.packbits(mask).tobytes().hex()
        return mask


def _mask(told: str, size: int) -> BoolArray:
    packed = np.frombuffer(bytes.fromhex(told), dtype=np.uint8)
    return np.unpackbits(packed, count=size).astype(np.bool_)
