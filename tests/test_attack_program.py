"""The attacker's programs give the bounds that trying every whole number gives."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from attacker_program import Program, Range, Target

ALL = 10**9


def test_a_sum_bounds_its_parts() -> None:
    """a + b = 15 with at least 1 each: both are 1 to 14; with c = 3 - c' known to be 3, it is 3."""
    program = Program()
    total, a, b = program.unknown(15, 15), program.unknown(1, float("inf")), program.unknown(1, float("inf"))
    program.relate([(total, 1), (a, -1), (b, -1)], 0, 0)
    assert program.ranges([Target(a, ALL), Target(b, ALL)]) == {a: Range(1, 14), b: Range(1, 14)}


def test_parity_is_seen() -> None:
    """2a + 2b + c = 7 with c up to 2: c is 1, which no bound of one relation alone tells."""
    program = Program()
    a, b, c = (program.unknown(0, high) for high in (5, 5, 2))
    program.relate([(a, 2), (b, 2), (c, 1)], 7, 7)
    assert program.ranges([Target(c, ALL), Target(a, ALL)]) == {c: Range(1, 1), a: Range(0, 3)}


def test_what_contradicts_itself_has_no_range() -> None:
    """a + b = 1 and a - b = 2 have no solution: nothing is claimed, and what is apart from them is."""
    program = Program()
    a, b, c = (program.unknown(0, 9) for _ in range(3))
    program.relate([(a, 1), (b, 1)], 1, 1)
    program.relate([(a, 1), (b, -1)], 2, 2)
    assert program.ranges([Target(a, ALL), Target(c, ALL)]) == {c: Range(0, 9)}
    assert a in program.impossible


def test_what_nothing_bounds_is_free() -> None:
    """A number with no total above it has a bound so high that it is none."""
    program = Program()
    a = program.unknown(1, float("inf"))
    assert program.ranges([Target(a, ALL)])[a].greatest >= 1_000_000


def test_one_of_several_may_be_known_to_be_small() -> None:
    """a + b = 40 with a from 4 to 20: b is 20 or more, so if one of them is below 5 it is a, and a is 4."""
    program = Program()
    a, b = program.unknown(4, 20), program.unknown(1, 40)
    program.relate([(a, 1), (b, 1)], 40, 40)
    assert program.groups() == [[a, b]]
    program.one_is_below([a, b], 5)
    assert program.ranges([Target(a, ALL), Target(b, ALL)]) == {a: Range(4, 4), b: Range(36, 36)}


@pytest.mark.parametrize("seed", range(60))
def test_bounds_are_those_of_every_table(seed: int) -> None:
    """Random systems of four to six small numbers: the bounds are those of all combinations that fit."""
    chance = np.random.default_rng(seed)
    size = int(chance.integers(4, 7))
    truth = chance.integers(0, 5, size)
    program = Program()
    for _ in range(size):
        program.unknown(0, 4)
    relations = []
    for _ in range(int(chance.integers(1, 5))):
        factors = chance.choice([-2, -1, 0, 0, 1, 1, 2], size)
        value = int(factors @ truth)
        most = value + int(chance.choice([0, 0, 1]))
        relations.append((factors, value, most))
        program.relate(list(enumerate(factors.tolist())), value, most)
    tables = np.array(list(product(range(5), repeat=size)))
    for factors, least, greatest in relations:
        tables = tables[(tables @ factors >= least) & (tables @ factors <= greatest)]
    expected = {i: Range(int(tables[:, i].min()), int(tables[:, i].max())) for i in range(size)}
    assert program.ranges([Target(i, ALL) for i in range(size)]) == expected


@pytest.mark.parametrize("enough", [1, 3])
def test_a_range_that_is_wide_enough_is_possible(enough: int) -> None:
    """With contentment, what is claimed narrow is proven, and what is not proven is really that wide."""
    program = Program()
    unknowns = [program.unknown(0, 9) for _ in range(6)]
    program.relate([(one, 1) for one in unknowns[:3]], 2, 2)
    program.relate([(one, 1) for one in unknowns[3:]], 20, 20)
    found = program.ranges([Target(one, enough) for one in unknowns])
    for one, known in found.items():
        true = Range(0, 2) if one in unknowns[:3] else Range(2, 9)
        assert known == true if known.proven else known.greatest - known.least >= enough
        assert true.least <= known.least <= known.greatest <= true.greatest
