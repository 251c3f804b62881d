"""Proofs of what rules say of parts of tensors: which number of a tensor each number of the result is."""

from __future__ import annotations

from collections.abc import Callable

from support.solver import Claim, Number, Proof
from z3 import And, ArithRef, If, Implies, Ints, Or

from properties.graph.rules.always import parts

__all__ = ["SOLVED"]

Position = tuple[ArithRef, ...]

A, B, C, X, SIZE = Ints("a b c x size")  # where parts begin and end, a position in the result, an axis


def _only_one(size: int) -> Claim:
    """The position that is chosen is the first, so the numbers before and behind it stay as they are."""
    chosen, rest, inside = Ints("chosen rest inside")  # a position; numbers behind the axis, and one of them
    given = (chosen >= 0, chosen < size, rest >= 1, inside >= 0, inside < rest, A >= 0)
    return Claim(given, (A * size + chosen) * rest + inside == A * rest + inside)


def _part_of_parts(shift: int) -> Claim:
    """Of three parts, the part from ``a`` to ``b`` is what of each lies in it, in their order; or a part of a part."""
    sizes = Ints("n0 n1 n2")
    ends = (sizes[0], sizes[0] + sizes[1], sizes[0] + sizes[1] + sizes[2])
    starts = (0, ends[0], ends[1])
    given = (*(size >= 0 for size in sizes), A >= 0, A < B, B <= ends[2], X >= 0, X < B - A)
    ahead: Number = 0
    same = []
    for start, end in zip(starts, ends, strict=True):
        first, last = If(A > start, A, start), If(B < end, B, end)
        taken = If(first < last, last - first, 0)
        is_here = And(X >= ahead, X < ahead + taken)
        found = X - ahead + first - start + shift  # in the part
        same.append(is_here == And(A + X >= start, A + X < end))
        same.append(Implies(is_here, And(found == A + X - start, found < end - start)))
        ahead += taken
    return Claim(given, And(*same, ahead == B - A, C + A + shift + X == C + (A + X)))


def _neighbours(gap: int) -> Claim:
    """The parts from ``a`` to ``b`` and from ``b`` to ``c``, joined, are the one from ``a`` to ``c``."""
    given = (A >= 0, A < B, B + gap < C, X >= 0, X < (B - A) + (C - B - gap))
    where = If(X < B - A, A + X, B + gap + (X - (B - A)))
    return Claim(given, And(where == A + X, (B - A) + (C - B - gap) == C - A))


def _commuting(first: int, second: int) -> Claim:
    """A part along one axis and a part along the other, in either order: the same positions of the tensor."""
    t, u, y = Ints("t u y")
    given = (A >= 0, B >= 0, t >= 1, u >= 1, X >= 0, y >= 0)
    one, other = _part(first, A, t), _part(second, B, u)
    either = zip(one(other((X, y))), other(one((X, y))), strict=True)
    return Claim(given, And(*(before == after for before, after in either)))


def _part(axis: int, start: ArithRef, step: ArithRef) -> Callable[[Position], Position]:
    """Where a position of the part was."""
    return lambda at: tuple(start + step * place if axis == dim else place for dim, place in enumerate(at))


def _outer_part(whole: bool) -> Claim:
    """An axis of ``count * each`` cut up: a part of the outer axis is one of the axis itself, ``each`` as long.

    Row by row, the numbers of the result are the same ones of the tensor. ``b`` numbers lie behind the axis.
    """
    count, each, taken, y, z = Ints("count each taken y z")
    deep = each * B
    given = (count >= 1, each >= 1, B >= 1, A >= 0, taken >= 1, A + taken <= count, X >= 0)
    one = (y >= 0, y < taken, z >= 0, z < deep)
    before = (X * count + (A + y)) * deep + z
    start = A * each if whole else A
    row, at = Ints("row at")  # where the number stands in the part of the axis
    found = (y * deep + z == row * B + at, at >= 0, at < B)
    after = (X * (count * each) + (start + row)) * B + at
    return Claim((*given, *one, *found), before == after)


def _written(gap: int) -> Claim:
    """What is before the new part, the part, and what is behind it, joined: each number where it was or is written."""
    given = (A >= 0, A < B, B <= SIZE, X >= 0, X < SIZE)
    written = And(A <= X, X < B)
    behind = B + gap + (X - A - (B - A))
    is_part = And(X >= A, X < A + (B - A))
    kept = Implies(Or(X < A, X >= B), If(X < A, X, behind) == X)
    return Claim(given, And(written == is_part, kept, A + (B - A) + (SIZE - B) == SIZE))


def _zeros(border: ArithRef) -> Claim:
    """Zeros before and behind: a border as wide as they are."""
    given = (A >= 0, B >= 0, SIZE >= 1, X >= 0, X < A + SIZE + B)
    inside = And(X >= A, X < A + SIZE)
    padded = And(X - border >= 0, X - border < SIZE)
    return Claim(given, And(inside == padded, Implies(inside, X - A == X - border)))


SOLVED = (
    Proof(parts.only_one, "an axis of size 1 has one position", _only_one(1), _only_one(2)),
    Proof(
        parts.part_of_parts,
        "each position of the part is the same number of the same part",
        _part_of_parts(0),
        _part_of_parts(1),
    ),
    Proof(parts.whole_of_parts, "neighbours joined have every position once", _neighbours(0), _neighbours(1)),
    Proof(parts.order_of_parts, "parts along two axes commute", _commuting(1, 0), _commuting(0, 0)),
    Proof(parts.part_of_a_reshape, "row by row the numbers are the same", _outer_part(True), _outer_part(False)),
    Proof(parts.written_parts, "each number stays or is written over", _written(0), _written(1)),
    Proof(parts.zeros_beside, "a border as wide as the zeros", _zeros(A), _zeros(B)),
)
