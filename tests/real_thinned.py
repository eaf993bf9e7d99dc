"""Real deliveries thinned to a few per cent of their patients, so that real trees and links meet small numbers.

Each patient stays with the same probability. Indicators that count the same patients still do: whoever stays, stays in
all of them. Where one counts fewer than another, its patients are taken for some of the other's.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import numpy as np

from attacker_truth import Row


def thinned(rows: Iterable[Row], share: float, seed: int) -> list[Row]:
    """The rows of proportions with this share of their patients; a row that has none left is gone."""
    chance = np.random.default_rng(seed)
    of_unit: dict[tuple[str, int, str], list[Row]] = defaultdict(list)
    for row in rows:
        of_unit[row.context, row.year, row.orgnr].append(row)
    kept = []
    for together in of_unit.values():
        before, stay = 0, 0
        for row in sorted(together, key=lambda row: (-row.denominator, row.ind_id)):
            if before:
                stay = int(chance.hypergeometric(stay, before - stay, row.denominator))
            else:
                stay = int(chance.binomial(row.denominator, share))
            before = row.denominator
            x = int(chance.hypergeometric(int(row.var), row.denominator - int(row.var), stay))
            if stay:
                kept.append(row._replace(var=float(x), denominator=stay))
    return kept
