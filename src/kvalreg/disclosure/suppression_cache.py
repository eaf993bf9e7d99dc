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

from kvalreg.arrays import BoolArray
from kvalreg.disclosure.attack import Attack
from kvalreg.disclosure.suppression import suppress
from kvalreg.disclosure.system import TableSystem


class SuppressionCache:
    """Choices of one registry.

    Parameters
    ----------
    known
        Masks by their system's digest, as `used` had them after an earlier run of the same code.
    """

    def __init__(self, stored_masks: Mapping[str, str] | None = None) -> None:
        self._stored_masks = stored_masks or {}
        self.used_masks: dict[str, str] = {}
        """Every mask that was asked for, by its system's digest."""

    def suppress(self, system: TableSystem, attack: Attack) -> BoolArray:
        """The mask of shape (groups,) that `kvalreg.disclosure.suppression.suppress` gives for this system."""
        digest = hashlib.sha256()
        for chunk in system.digest_chunks():
            digest.update(chunk)
        key = digest.hexdigest()
        encoded_mask = self._stored_masks.get(key)
        mask = suppress(system, attack) if encoded_mask is None else _decode_mask(encoded_mask, system.n_groups)
        self.used_masks[key] = np.packbits(mask).tobytes().hex()
        return mask


def _decode_mask(encoded_mask: str, n_groups: int) -> BoolArray:
    packed = np.frombuffer(bytes.fromhex(encoded_mask), dtype=np.uint8)
    return np.unpackbits(packed, count=n_groups).astype(np.bool_)
