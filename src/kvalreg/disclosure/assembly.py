"""From cells to the system: one unknown for each fact, and every equation that holds among them.

Comes in: all cells and their links, SECRET. Goes out: the `System`, and which cells each of its groups suppresses. Owns
when two printed numbers are one fact: counts of linked series of the same unit, year and context that are equal.
It chooses nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from kvalreg.disclosure.cells import NONE, Cells, Print
from kvalreg.disclosure.equations import EquationsOfCells, Facts, counts_of
from kvalreg.disclosure.links import MISSES, NUMERATOR, PATIENTS, Links
from kvalreg.disclosure.system import PUBLIC, BoolArray, IntArray, System

COST_OF_NATION = 1000.0
COST_OF_UNRELIABLE, COST_OF_HIDDEN_BEFORE = 0.5, 0.75
NUMERATOR_WIDTH = 1
"""How far apart the bounds of a numerator, and of the misses, must be: neither is exact, the share not 0 or 100 %."""


@dataclass(frozen=True, eq=False)
class Assembly:
    """A registry's system.

    Parameters
    ----------
    cells, phantoms
        All cells, those that stand for units without a row last, so many.
    facts
        Per cell: its number of patients, numerator and misses among the system's counts, or -1; shape (cells, 3).
    group
        Per cell: the group that suppresses it; -1 for no candidate.
    system
        The whole.
    follows
        Pairs of groups: where the first is suppressed, the second must be too, for its mark tells of the first. Shape
        (pairs, 2).
    """

    cells: Cells = field(repr=False)
    facts: IntArray = field(repr=False)
    group: IntArray = field(repr=False)
    system: System = field(repr=False)
    follows: IntArray = field(repr=False)
    phantoms: int


def assemble(cells: Cells, links: Links) -> Assembly:
    """The system of these cells."""
    phantoms = _phantoms(cells, links)
    absent = _absent_before(cells, links)
    cells = cells if phantoms is None else cells.with_more(phantoms)
    facts, value = _facts(cells, links)
    public = _public(cells, facts, len(value)) | _named(absent, facts, cells, links, len(value))
    pairs = _poorly_covered(cells)
    group, groups = _groups(cells, facts, public, np.zeros((0, 2), dtype=np.int64))
    system = _system(cells, links, Facts(facts, value, public, group, groups))
    near = system.part_of[group[pairs[:, 0]]] == system.part_of[group[pairs[:, 1]]]
    if near.any():  # within a part they are one group
        group, groups = _groups(cells, facts, public, pairs[near])
        system = _system(cells, links, Facts(facts, value, public, group, groups))
    further = 0 if phantoms is None else len(phantoms.n)
    return Assembly(cells, facts, group, system, np.unique(group[pairs[~near]], axis=0), further)


# --- facts -----------------------------------------------------------------------------------------------------------
def _keys(cells: Cells, links: Links, at: IntArray, series: IntArray) -> IntArray:
    """One number for each cluster, context, year and unit; the nation is the same in both contexts."""
    context = np.where(cells.nation[at], 0, cells.context[at])
    place = links.alias[cells.place[at]]
    return ((series * 2 + context) * 10_000 + cells.year[at]) * len(cells.places) + place


def _facts(cells: Cells, links: Links) -> tuple[IntArray, IntArray]:
    """The fact that each count is, and each fact's value.

    Equal counts of a cluster are one fact within an edition, and from one edition to another within a column: that a
    number is unchanged can be seen. Equal numbers of two indicators in two editions are two facts. Misses are unchanged
    where patients and numerators are: nobody is shown them by themselves.
    """
    everywhere = np.arange(len(cells.n))
    key, value, cell, measure, line = (list[IntArray]() for _ in range(5))
    lines = _lines(cells, links)
    for number, counts in enumerate(counts_of(cells)):
        there = everywhere[counts != NONE]
        key.append(_keys(cells, links, there, links.cluster[cells.indicator[there], number]))
        value.append(counts[there])
        cell.append(there)
        measure.append(np.full(len(there), number))
        line.append(lines[cells.indicator[there], number])
    keys, values, cells_of, measures = (np.concatenate(one) for one in (key, value, cell, measure))
    size = len(keys)
    equal = _numbered(keys, values)
    within = _numbered(equal, cells.edition[cells_of])
    patients = np.where(measures == MISSES, cells.n[cells_of], 0)
    across = _numbered(_numbered(equal, np.concatenate(line)), patients)
    ends = np.concatenate([np.arange(size), np.arange(size)])
    others = np.concatenate([size + within, size + size + across])
    graph = coo_matrix((np.ones(len(ends), dtype=np.int8), (ends, others)), shape=(size * 3, size * 3))
    _, first, fact = np.unique(
        connected_components(graph, directed=False)[1][:size], return_index=True, return_inverse=True
    )
    facts = np.full((len(cells.n), 3), NONE, dtype=np.int64)
    facts[cells_of, measures] = fact
    return facts, values[first]


def _numbered(one: IntArray, other: IntArray) -> IntArray:
    """Equal pairs by equal numbers, from 0 on."""
    _, dense = np.unique(one, return_inverse=True)
    number: IntArray = np.unique(dense * (int(other.max(initial=0)) + 1) + other, return_inverse=True)[1]
    return number.astype(np.int64)


def _lines(cells: Cells, links: Links) -> IntArray:
    """Per series the one it goes on as: an indicator that begins in an edition where another of its cluster ended."""
    size = len(links.cluster)
    line = np.arange(size * 3).reshape(size, 3)
    if cells.latest == 0:
        return line
    there = np.zeros((size, cells.latest + 1), dtype=np.bool_)
    there[cells.indicator, cells.edition] = True
    apart = ~(there[:, np.newaxis] & there).any(axis=2)
    for one, other in np.argwhere(np.triu(apart, 1)).tolist():
        for measure in range(3):
            if links.cluster[one, measure] == links.cluster[other, measure]:
                line[line == line[other, measure]] = line[one, measure]
    return line


def _phantoms(cells: Cells, links: Links) -> Cells | None:
    """Cells of nobody that must be marked when they would tell: an indicator has no row for a unit, and so says that
    the numerator of another one, which it counts, is 0."""
    return _without_rows(cells, links, cells.latest)


def _absent_before(cells: Cells, links: Links) -> list[Cells]:
    """The same of earlier editions, which have told already."""
    editions = range(cells.latest)
    return [found for edition in editions if (found := _without_rows(cells, links, edition)) is not None]


def _without_rows(cells: Cells, links: Links, edition: int) -> Cells | None:
    """The cells of nobody that stand for a 0 in a series of the same cluster."""
    counting = links.cluster[:, PATIENTS]
    own = np.flatnonzero(cells.edition == edition)
    columns = (cells.indicator * 2 + cells.context) * 10_000 + cells.year
    level = np.unique([place[0] for place in cells.places], return_inverse=True)[1][cells.place]
    shown = own[cells.candidate[own] | (cells.prints[own] != Print.NOTHING) | cells.marked[own]]
    there = set((columns[own] * len(cells.places) + cells.place[own]).tolist())
    levels = set((columns[shown] * 10 + level[shown]).tolist())
    picked: list[tuple[int, int]] = []
    for measure, counts in ((NUMERATOR, cells.x), (MISSES, np.where(cells.x == NONE, NONE, cells.n - cells.x))):
        zero = own[(counts[own] == 0) & (cells.candidate[own] | cells.marked[own])]
        zero = zero[np.isin(links.cluster[cells.indicator[zero], measure], counting)]
        for at, series in zip(zero.tolist(), links.cluster[cells.indicator[zero], measure].tolist(), strict=True):
            for other in np.flatnonzero(counting == series).tolist():
                column = (other * 2 + int(cells.context[at])) * 10_000 + int(cells.year[at])
                key = column * len(cells.places) + int(cells.place[at])
                if key not in there and column * 10 + int(level[at]) in levels:
                    there.add(key)
                    picked.append((at, other))
    if not picked:
        return None
    at, other = np.array(picked, dtype=np.int64).T
    no = np.zeros(len(at), dtype=np.bool_)
    now = edition == cells.latest
    return Cells(
        cells.ind_ids,
        cells.places,
        cells.trees,
        edition=cells.edition[at],
        indicator=other,
        context=cells.context[at],
        year=cells.year[at],
        place=cells.place[at],
        n=np.zeros(len(at), dtype=np.int64),
        x=np.where(np.isin(other, cells.indicator[cells.x != NONE]), 0, NONE),
        candidate=np.full(len(at), now),
        prints=np.full(len(at), Print.PATIENTS if now else Print.NOTHING, dtype=np.int64),
        primary=no,
        minimum=cells.minimum[at],
        coverage=np.full(len(at), NONE),
        marked=no,
        nation=cells.nation[at],
    )


def _public(cells: Cells, facts: IntArray, size: int) -> BoolArray:
    """The facts that an earlier edition has shown."""
    public = np.zeros(size, dtype=np.bool_)
    past = cells.edition < cells.latest
    public[facts[past & (cells.prints != Print.NOTHING), PATIENTS]] = True
    shown = facts[past & (cells.prints == Print.ALL)][:, [NUMERATOR, MISSES]]
    public[shown[shown != NONE]] = True
    return public


def _named(absent: Sequence[Cells], facts: IntArray, cells: Cells, links: Links, size: int) -> BoolArray:
    """The facts of 0 that an earlier edition has told by having no row."""
    told = np.zeros(size, dtype=np.bool_)
    if not absent:
        return told
    keys = []
    for one in absent:
        everywhere = np.arange(len(one.n))
        keys.append(_keys(one, links, everywhere, links.cluster[one.indicator, PATIENTS]))
    wanted = np.concatenate(keys)
    for measure, counts in enumerate(counts_of(cells)):
        zero = np.flatnonzero(counts == 0)
        key = _keys(cells, links, zero, links.cluster[cells.indicator[zero], measure])
        told[facts[zero[np.isin(key, wanted)], measure]] = True
    return told


# --- groups ----------------------------------------------------------------------------------------------------------
def _poorly_covered(cells: Cells) -> IntArray:
    """Pairs of a coverage and a cell that is marked as poorly covered: the mark tells of the coverage."""
    told = np.flatnonzero(cells.candidate & (cells.prints == Print.PATIENTS) & (cells.coverage >= 0))
    told = told[cells.candidate[cells.coverage[told]]]
    return np.stack([cells.coverage[told], told], axis=1)


def _groups(cells: Cells, facts: IntArray, public: BoolArray, together: IntArray) -> tuple[IntArray, int]:
    """Candidates that share a fact that is not public are suppressed together, and these pairs of cells."""
    candidate = np.flatnonzero(cells.candidate)
    mine = facts[candidate]
    shared = (mine != NONE) & ~public[mine]
    number = np.full(len(cells.n), NONE)
    number[candidate] = np.arange(len(candidate))
    ends = np.concatenate([np.nonzero(shared)[0], number[together[:, 0]]])
    others = np.concatenate([len(candidate) + mine[shared], number[together[:, 1]]])
    shape = len(candidate) + len(public)
    graph = coo_matrix((np.ones(len(ends), dtype=np.int8), (ends, others)), shape=(shape, shape))
    label = connected_components(graph, directed=False)[1][: len(candidate)]
    _, dense = np.unique(label, return_inverse=True)
    group = np.full(len(cells.n), NONE)
    group[candidate] = dense
    return group, int(dense.max(initial=-1)) + 1


def _system(cells: Cells, links: Links, facts: Facts) -> System:
    groups = facts.groups
    group = _printed_by(cells, facts)
    unprinted = np.flatnonzero((group == PUBLIC) & ~facts.public)
    group[unprinted] = groups + np.arange(len(unprinted))  # nobody prints these: they are never shown
    need, protected_with = _protection(cells, facts, group)
    least, small = _least(cells, facts, group)
    told_by, plain = _told(cells, facts)
    need[plain | facts.public] = 0
    count = groups + len(unprinted)
    primary, possible = np.ones(count, dtype=np.bool_), np.zeros(count, dtype=np.bool_)
    cost, patients = np.ones(count), np.zeros(count, dtype=np.int64)
    primary[:groups], possible[:groups] = _primary(cells, facts), _possible(cells, facts)
    cost[:groups], patients[:groups] = _costs(cells, facts), _patients(cells, facts)
    return System(
        value=facts.value,
        least=least,
        group=group,
        need=need,
        protected_with=protected_with,
        small=small & (need > 0),
        told_by=told_by,
        equations=EquationsOfCells(cells, links, facts, group).all(),
        primary=primary,
        possible=possible & ~primary,
        cost=cost,
        patients=patients,
    )


def _printed_by(cells: Cells, facts: Facts) -> IntArray:
    """The group that prints each fact; `PUBLIC` for public ones and those that none prints."""
    group = np.full(len(facts.value), PUBLIC)
    for measure in (PATIENTS, NUMERATOR, MISSES):
        enough = Print.PATIENTS if measure == PATIENTS else Print.ALL
        mine = cells.candidate & (cells.prints >= enough) & (facts.of_cell[:, measure] != NONE)
        group[facts.of_cell[mine, measure]] = facts.group[mine]
    group[facts.public] = PUBLIC
    return group


def _protection(cells: Cells, facts: Facts, group: IntArray) -> tuple[IntArray, IntArray]:
    """How uncertain each fact must remain, and the group that asks for it by being suppressed."""
    need, asked = np.zeros(len(facts.value), dtype=np.int64), group.copy()
    judged = cells.candidate | cells.marked
    unseen_small = ~judged & (cells.prints == Print.NOTHING) & (cells.n > 0) & (cells.n < cells.minimum)
    nobody = cells.candidate & (cells.n == 0) & (cells.prints == Print.PATIENTS)  # a phantom
    patients = np.flatnonzero(((judged | unseen_small) & (cells.n > 0)) | nobody)
    np.maximum.at(need, facts.of_cell[patients, PATIENTS], cells.minimum[patients])
    for measure in (NUMERATOR, MISSES):
        mine = np.flatnonzero(judged & (facts.of_cell[:, measure] != NONE))
        np.maximum.at(need, facts.of_cell[mine, measure], NUMERATOR_WIDTH)
    unprinted = cells.candidate & (cells.prints != Print.ALL)
    for measure in (PATIENTS, NUMERATOR, MISSES):
        mine = np.flatnonzero(unprinted & (facts.of_cell[:, measure] != NONE))
        own = facts.of_cell[mine, measure]
        free = group[own] >= facts.groups
        asked[own[free]] = facts.group[mine[free]]
    marked = np.flatnonzero(cells.marked)
    for measure in (PATIENTS, NUMERATOR, MISSES):  # a mark of an earlier edition protects for good
        own = facts.of_cell[marked, measure]
        own = own[own != NONE]
        asked[own] = group[own]
    return need, asked


def _least(cells: Cells, facts: Facts, group: IntArray) -> tuple[IntArray, BoolArray]:
    """The least that each fact can be, and whether it is small: a mark says that there is a patient."""
    least = np.zeros(len(facts.value), dtype=np.int64)
    marked = (cells.candidate | cells.marked) & (cells.n > 0)
    least[facts.of_cell[marked, PATIENTS]] = 1
    small = np.zeros(len(facts.value), dtype=np.bool_)
    few = marked & (cells.n < cells.minimum)
    small[facts.of_cell[few, PATIENTS]] = True
    return least, small & (group != PUBLIC)


def _told(cells: Cells, facts: Facts) -> tuple[IntArray, BoolArray]:
    """The group of the nation whose 0 tells that a fact is 0 while it is shown; and the facts told for good."""
    told_by, plain = np.full(len(facts.value), NONE), np.zeros(len(facts.value), dtype=np.bool_)
    counts = counts_of(cells)
    for column in cells.columns:
        nation = column[cells.nation[column]]
        if len(nation) != 1:
            continue
        top = int(nation[0])
        for measure in (NUMERATOR, MISSES):
            if counts[measure][top] != 0:
                continue
            below = facts.of_cell[column, measure]
            below = below[below != NONE]
            if cells.candidate[top] and cells.prints[top] == Print.ALL:
                told_by[below] = facts.group[top]
            elif cells.prints[top] == Print.ALL:
                plain[below] = True
    return told_by, plain


def _primary(cells: Cells, facts: Facts) -> BoolArray:
    """Groups with a cell that must be suppressed, or with a fact that an earlier edition has suppressed and nobody has
    shown: what was suppressed and has not changed, stays so."""
    primary = np.zeros(facts.groups, dtype=np.bool_)
    primary[facts.group[cells.candidate & cells.primary]] = True
    before = np.zeros(len(facts.value), dtype=np.bool_)
    marked = facts.of_cell[cells.marked]
    before[marked[marked != NONE]] = True
    before &= ~facts.public
    mine = facts.of_cell
    again = (mine != NONE) & before[mine]
    prints = np.stack([cells.prints >= Print.PATIENTS, cells.prints == Print.ALL, cells.prints == Print.ALL], axis=1)
    stays = cells.candidate & (again & prints).any(axis=1)
    primary[facts.group[stays]] = True
    return primary


def _possible(cells: Cells, facts: Facts) -> BoolArray:
    """Groups with a patient nobody knows of: a unit without patients is shown as one."""
    possible = np.zeros(facts.groups, dtype=np.bool_)
    mine = facts.of_cell
    useful = (mine != NONE) & ~facts.public[mine] & (facts.value[mine] > 0)
    possible[facts.group[cells.candidate & useful.any(axis=1)]] = True
    return possible


def _costs(cells: Cells, facts: Facts) -> NDArray[np.float64]:
    cost = np.where(cells.prints == Print.PATIENTS, COST_OF_UNRELIABLE, 1.0) * (cells.n > 0)
    before = np.zeros(len(facts.value), dtype=np.bool_)
    before[facts.of_cell[cells.marked, PATIENTS]] = True
    cost = np.where(before[facts.of_cell[:, PATIENTS]], COST_OF_HIDDEN_BEFORE * cost, cost)
    cost = np.where(cells.nation, COST_OF_NATION, np.ceil(cost * 4) / 4)
    mine = cells.candidate
    return np.maximum(np.bincount(facts.group[mine], weights=cost[mine], minlength=facts.groups), 0.25)


def _patients(cells: Cells, facts: Facts) -> IntArray:
    patients = np.zeros(facts.groups, dtype=np.int64)
    np.maximum.at(patients, facts.group[cells.candidate], cells.n[cells.candidate])
    return patients
