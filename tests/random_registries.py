"""Random small registries in three editions, put through the product and attacked: ``--seeds 0-200`` for a long run.

`make` gives a seed's registry, one edition at a time: it writes the project's folder, which the product then publishes.
`tried` does all of it with the gate and the product's own open data, and tells what the attacker has found.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from attacker_cells import Key, Seen, all_hidden, read_seen
from attacker_facts import Truth
from attacker_truth import Row, true_counts
from attacker_why import reasons
from edition_runs import publish_cells, publish_site
from random_deliveries import REGISTRY, choose_indicators, types_of, write_project
from random_patients import Size, change, first
from site_attacker import Found, Report, Suppositions, attack, compare_with_truth

SMALL = Size((8, 12), (2, 3), 0.35)
EDITIONS = ("2024-06", "2025-06", "2026-06")


@dataclass(frozen=True)
class Edition:
    """An edition that lies in the project's folder, ready to be built and published.

    Parameters
    ----------
    changes
        What has happened since the one before.
    rows
        What is delivered.
    truth
        The true n and x of every cell.
    """

    name: str
    changes: tuple[str, ...]
    rows: list[Row]
    truth: dict[Key, tuple[int, int | None]]


def make(seed: int, root: Path, editions: int = 3, size: Size | None = None) -> Iterator[Edition]:
    """Write one edition after the other into a project's folder; whoever asks publishes each before the next."""
    size = size or Size()
    chance = np.random.default_rng(seed)
    made = first(chance, size)
    indicators = choose_indicators(chance, size.kinds)
    for number in range(editions):
        changes = change(made) if number else []
        rows = write_project(root, made, indicators, size.secret_below)
        units = {
            orgnr: {"level": unit.level, "parent": unit.parent, "county": unit.county}
            for orgnr, unit in made.units.items()
        }
        truth = true_counts(rows, units, types_of(made, indicators))
        yield Edition(EDITIONS[number], tuple(changes), rows, truth)


@dataclass(frozen=True)
class Asked:
    """How registries are tried: how many editions, of what size; whole sites, or only what passes the gate."""

    editions: int = 3
    size: Size = SMALL
    site: bool = False


@dataclass
class Tried:
    """How a seed went: what was found, what was refused, and seconds of the processor."""

    seed: int
    report: Report
    seen: Sequence[Seen] = ()
    truth: Truth = field(default_factory=dict, repr=False)
    changes: tuple[tuple[str, ...], ...] = ()
    refused: list[str] = field(default_factory=list)
    unavoidable: int = 0
    published_in: float = 0
    attacked_in: float = 0

    @property
    def safe(self) -> bool:
        """Nothing found, nothing wrong, nothing left open, nothing refused."""
        found = self.report
        return not (found.n_exact or found.x_exact or found.narrow or found.wrong or found.open or self.refused)

    def lines(self) -> list[str]:
        """What a reader of a failed test needs."""
        about = f"seed {self.seed}: {self.report.counts} of {self.report.cells}, changes {self.changes}"
        return [about, *self.refused, *self.report.lines()]

    def why(self, most: int) -> Iterator[str]:
        """The relations from which the first so many follow, of each kind."""
        for kinds, found in (("n", self.report.n_exact), ("xy", self.report.x_exact)):
            for one in found[:most]:
                exact = (kind for kind in kinds if (known := getattr(one, kind)) is not None and known.exact)
                yield from reasons(one, next(exact), self.seen, Suppositions(oracle=self.truth))


def tried(seed: int, root: Path, asked: Asked) -> Tried:
    """Publish a seed's editions and attack them together; a refused edition is left out, and told of."""
    seen: list[Seen] = []
    truth: dict[tuple[int, Key], tuple[int, int | None]] = {}
    refused, changes = [], []
    began = time.process_time()
    for edition in make(seed, root, asked.editions, asked.size):
        changes.append(edition.changes)
        made = (
            publish_site(root, edition.name)
            if asked.site
            else publish_cells(root, REGISTRY, edition.name, edition.rows)
        )
        if isinstance(made, str):
            refused.append(f"{edition.name} refused: {made}")
            continue
        truth |= {(len(seen), key): counts for key, counts in edition.truth.items()}
        seen.append(read_seen(made, REGISTRY))
    published = time.process_time()
    report, unavoidable = found_in(seen, truth, asked.size.secret_below)
    told = Tried(seed, report, seen, truth, tuple(changes), refused, unavoidable, published - began)
    told.attacked_in = time.process_time() - published
    return told


def found_in(seen: Sequence[Seen], truth: Truth, secret_below: int = 5) -> tuple[Report, int]:
    """What the strongest attacker finds, without what each edition would give away with every cell of it hidden.

    Edition after edition: a finding that is new with an edition could be avoided, unless whoever has seen the links
    makes it with that edition hidden too. Where nothing is found in all of them, nothing was found in fewer.
    """
    supposed = Suppositions(oracle=truth)
    report = _compared(seen, supposed, truth, secret_below)
    kinds = ("n_exact", "x_exact", "narrow")
    before: dict[str, set[tuple[int, Key]]] = {kind: set() for kind in kinds}
    excused: dict[str, set[tuple[int, Key]]] = {kind: set() for kind in kinds}
    if any(getattr(report, kind) for kind in kinds):
        for last in range(len(seen)):
            known = tuple(seen[: last + 1])
            closed = [*known[:-1], all_hidden(known[-1])]
            now = _compared(known, supposed, truth, secret_below)
            even_then = _compared(closed, replace(supposed, read_in=known), truth, secret_below)
            for kind in kinds:
                new = _cells(getattr(now, kind)) - before[kind]
                excused[kind] |= new & _cells(getattr(even_then, kind))
                before[kind] |= new
    removed = 0
    for kind in kinds:
        found: list[Found] = getattr(report, kind)
        kept = [one for one in found if (one.edition, one.key) not in excused[kind]]
        removed += len(found) - len(kept)
        setattr(report, kind, kept)
    return report, removed


def _compared(seen: Sequence[Seen], supposed: Suppositions, truth: Truth, secret_below: int) -> Report:
    return compare_with_truth(attack(seen, supposed, enough=secret_below), truth, secret_below)


def _cells(found: Sequence[Found]) -> set[tuple[int, Key]]:
    return {(one.edition, one.key) for one in found}


def main() -> None:
    """Try many seeds, and tell of each that is not safe."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", default="0-30", help="a number, or first-last")
    parser.add_argument("--editions", type=int, default=3, choices=(1, 2, 3))
    parser.add_argument("--large", action="store_true", help="up to 25 hospitals, 4 years and 17 indicators")
    parser.add_argument("--site", action="store_true", help="build and publish whole sites, not only the cells")
    parser.add_argument("--secret-below", type=int, default=5, help="fewer patients than this are secret")
    parser.add_argument("--why", type=int, default=0, metavar="N", help="tell why, of the first N that are found")
    parser.add_argument("--brief", action="store_true", help="one line for each seed")
    options = parser.parse_args()
    low, _, high = options.seeds.partition("-")
    size = replace(Size() if options.large else SMALL, secret_below=options.secret_below)
    size = replace(size, own_rows=not options.site)  # a delivery has one level
    asked = Asked(options.editions, size, options.site)
    results = []
    for seed in range(int(low), int(high or low) + 1):
        with tempfile.TemporaryDirectory() as folder:
            one = tried(seed, Path(folder), asked)
        results.append(one)
        if not one.safe:
            _say(*(one.lines()[:1] if options.brief else one.lines()), *(one.refused if options.brief else []))
            _say(*one.why(options.why))
    _say(*_summary(results))
    sys.exit(any(not one.safe for one in results))


def _summary(results: Sequence[Tried]) -> Iterator[str]:
    reports = [one.report for one in results]
    n, x, narrow = (sum(numbers) for numbers in zip(*(one.counts for one in reports), strict=True))
    unsafe, refused = sum(not one.safe for one in results), sum(len(one.refused) for one in results)
    yield f"{len(results)} registries, {unsafe} not safe; {refused} editions refused"
    wrong, open_ = sum(len(one.wrong) for one in reports), sum(len(one.open) for one in reports)
    secret = sum(one.cells for one in reports)
    yield f"{secret} secret cells: n exactly {n}, x or n - x {x}, narrow {narrow}; wrong {wrong}, open {open_}"
    told, never = sum(len(one.told) for one in reports), sum(one.unavoidable for one in results)
    yield f"told before {told}, found with everything hidden too {never}"
    times = [one.published_in for one in results]
    attacked = sum(one.attacked_in for one in results)
    yield f"seconds: published {sum(times):.1f}, the slowest {max(times):.1f}, attacked {attacked:.1f}"


def _say(*lines: str) -> None:
    for line in lines:
        sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
