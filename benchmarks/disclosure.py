"""How long complementary suppression and the attack take for a national data set, and how much they hide.

60 registries x 10 indicators x 15 years = 9,000 groups of about 200 cells: 150 hospitals in 22 HFs, 4 RHFs, 15 counties
(one hospital in six lies in another county than the rest of its HF) and the nation. It prints processor seconds, also
scaled to 9,000 groups on two cores, and the share of cells hidden::

    python benchmarks/disclosure.py 300
    LEAST_MEAN=100 python benchmarks/disclosure.py 300    # larger units: half as many small cells
    COUNTIES=none python benchmarks/disclosure.py 300     # counties are not presented: trees only
    NUMERATORS=none python benchmarks/disclosure.py 300   # what protecting numerators costs
"""

from __future__ import annotations

import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

from kvalreg.arrays import IntArray
from kvalreg.disclosure.attack import Attack
from kvalreg.disclosure.relations import sums_from_groups, sums_from_tree
from kvalreg.disclosure.suppression import suppress
from kvalreg.disclosure.suppression_table import SuppressionTable

HOSPITALS, TRUSTS, REGIONS, COUNTIES = 150, 22, 4, 15
NATIONAL_GROUPS = 9000
LEAST_MEAN = float(os.environ.get("LEAST_MEAN", "30"))


class Country:
    """One health service: cells are hospitals, HFs, RHFs, counties and, last, the nation."""

    def __init__(self, seed: int = 2026) -> None:
        random = np.random.default_rng(seed)
        trust = np.concatenate([np.arange(TRUSTS), random.integers(0, TRUSTS, HOSPITALS - TRUSTS)])
        region = random.integers(0, REGIONS, TRUSTS)
        home = random.integers(0, COUNTIES, TRUSTS)
        county = np.where(random.random(HOSPITALS) < 1 / 6, random.integers(0, COUNTIES, HOSPITALS), home[trust])
        self.size = HOSPITALS + TRUSTS + REGIONS + COUNTIES + 1
        first_trust, first_region, first_county = np.cumsum([HOSPITALS, TRUSTS, REGIONS]).tolist()
        units = HOSPITALS + TRUSTS + REGIONS
        parent = [*(first_trust + trust).tolist(), *(first_region + region).tolist(), *[units] * REGIONS, -1]
        group = [*county.tolist(), *[-1] * (self.size - HOSPITALS)]
        self.sums = sums_from_tree(parent, [*range(units), self.size - 1])
        presented = os.environ.get("COUNTIES") != "none"
        self.sums += sums_from_groups(group, [first_county + c if presented else -1 for c in range(COUNTIES)])
        self.share = random.lognormal(0, 1.0, HOSPITALS)
        self.share /= self.share.sum()

    def total(self, hospitals: IntArray) -> IntArray:
        """Counts of all cells from those of the hospitals."""
        counts = np.zeros(self.size, dtype=np.int64)
        counts[:HOSPITALS] = hospitals
        for total, parts, _ in sorted(self.sums):
            counts[total] = counts[list(parts)].sum()
        return counts


COUNTRY = Country()


def table(seed: int) -> SuppressionTable:
    """One group: an indicator in one year, at 30 to all 150 hospitals with 30 to 300 patients each on average."""
    random = np.random.default_rng(seed)
    taking_part = random.random(HOSPITALS) < random.uniform(0.2, 1.0)
    patients = np.exp(random.uniform(np.log(LEAST_MEAN), np.log(300))) * taking_part.sum()
    share = COUNTRY.share * taking_part
    n = random.poisson(patients * share / share.sum())
    x = random.binomial(n, random.choice([0.03, 0.1, 0.3, 0.6, 0.8, 0.9, 0.97]))
    totals = COUNTRY.total(n)
    keep = np.zeros(COUNTRY.size, dtype=np.bool_)
    keep[-1] = True
    low_coverage = np.zeros(COUNTRY.size, dtype=np.bool_)
    low_coverage[:HOSPITALS] = (random.random(HOSPITALS) < (0.1 if random.random() < 0.2 else 0)) & (n > 0)
    primary = ((totals > 0) & (totals < 5)) | low_coverage
    shares = None if os.environ.get("NUMERATORS") == "none" else COUNTRY.total(x)
    return SuppressionTable(COUNTRY.sums, totals, shares, primary=primary, preserved=keep)


def measure(seed: int) -> tuple[float, float, IntArray]:
    """Seconds to suppress, seconds to attack the result in full, and [cells, primary, hidden, nations, exposed]."""
    one = table(seed)
    began = time.process_time()
    system = one.to_system()
    hidden = suppress(system)
    chosen = time.process_time()
    failures = Attack(system, find_all=True).exposures(hidden)
    ended = time.process_time()
    figures = [int((one.n > 0).sum()), int(one.primary.sum()), int(hidden.sum()), int(hidden[-1]), len(failures)]
    return chosen - began, ended - chosen, np.array(figures, dtype=np.int64)


def main(groups: int) -> None:
    """Measure `groups` groups on two processes and print the figures."""
    began = time.perf_counter()
    with ProcessPoolExecutor(2) as pool:
        results = list(pool.map(measure, range(groups), chunksize=16))
    wall = time.perf_counter() - began
    choosing = np.array([result[0] for result in results])
    attacking = np.array([result[1] for result in results])
    cells, primary, hidden, nations, failures = np.sum([result[2] for result in results], axis=0).tolist()
    scale = NATIONAL_GROUPS / groups / 2
    lines = [
        f"groups {groups}, with something to hide {sum(result[2][1] > 0 for result in results)}, wall {wall:.1f} s",
        f"suppress: median {np.median(choosing) * 1e3:.1f} ms, longest {choosing.max() * 1e3:.0f} ms, "
        f"9,000 groups on two cores {choosing.sum() * scale:.0f} s",
        f"attack in full: median {np.median(attacking) * 1e3:.1f} ms, longest {attacking.max() * 1e3:.0f} ms, "
        f"9,000 groups on two cores {attacking.sum() * scale:.0f} s",
        f"cells with data {cells}, primary {primary / cells:.1%}, hidden {hidden / cells:.1%}, "
        f"nations hidden {nations}, exposed {failures}",
    ]
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
