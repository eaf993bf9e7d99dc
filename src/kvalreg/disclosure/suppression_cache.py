"""Suppression patterns of earlier runs, by the digest of the part of a system that they were computed for.

Input: a `TableSystem`, SECRET. Output: the mask that `suppress` gives, computed now or earlier. The digest is of
everything in the system, so one patient more is another system; the caller attacks the mask in either case. A new
delivery mostly changes the newest years: the masks of the years before it, the most expensive part of the gate, stand.

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
    """Suppression patterns of one registry.

    Parameters
    ----------
    stored_masks
        Masks by their system's digest, as `used_masks` held them after an earlier run of the same code.
    """

    def __init__(self, stored_masks: Mapping[str, str] | None = None) -> None:
        self._stored_masks = stored_masks or {}
        self.used_masks: dict[str, str] = {}
        """Every mask that was requested in this run, by its system's digest: what the next run gets."""

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
