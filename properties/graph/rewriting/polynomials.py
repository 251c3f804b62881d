"""Values that are polynomials of another value, with numbers for coefficients."""

from __future__ import annotations

from math import isclose

from properties.graph.kinds import POLYNOMIAL
from properties.graph.rewriting.rule import Rewriting

__all__ = ["LAST_DIGITS", "Polynomial", "are_equal", "polynomial"]

Polynomial = dict[int, float]  # power to coefficient
LAST_DIGITS = 1e-14  # what a few roundings make of a constant in float64; other digits are another formula


def polynomial(position: int, x: int, graph: Rewriting, depth: int = 8) -> Polynomial | None:
    """A value as a polynomial of ``x``, if it is one.

    Args:
        position: the operator whose result it is.
        x: the operator whose result ``x`` is.
        graph: where both stand.
        depth: how many operators may lie between the two.
    """
    if position == x:
        return {1: 1.0}
    op = graph.ops[position]
    a = op.attributes
    if depth == 0 or op.kind not in POLYNOMIAL or not 1 <= len(op.inputs) <= 2:
        return None
    parts = [polynomial(source, x, graph, depth - 1) for source in op.inputs]
    scalar = a.get("scalar", a.get("exponent"))
    if any(part is None for part in parts) or len(a) != 2 - len(op.inputs) or (len(parts) == 1 and scalar is None):
        return None
    first = parts[0] or {}
    if len(parts) == 1 and op.kind == "pow":
        return _power(first, scalar)
    if op.kind == "div":
        return {power: c / scalar for power, c in first.items()} if len(parts) == 1 and scalar else None
    second = (parts[1] or {}) if len(parts) == 2 else {0: float(scalar)}
    if op.kind == "add":
        return {power: first.get(power, 0.0) + second.get(power, 0.0) for power in {*first, *second}}
    return _times(first, second)


def _times(first: Polynomial, second: Polynomial) -> Polynomial:
    product: Polynomial = {}
    for power, c in first.items():
        for other, d in second.items():
            product[power + other] = product.get(power + other, 0.0) + c * d
    return product


def _power(base: Polynomial, exponent: object) -> Polynomial | None:
    if exponent not in (2, 3):
        return None
    square_of = _times(base, base)
    return square_of if exponent == 2 else _times(square_of, base)


def are_equal(found: Polynomial | None, wanted: Polynomial) -> bool:
    """Whether two polynomials are one, their coefficients but for rounding."""
    if found is None:
        return False
    return all(
        isclose(found.get(power, 0.0), wanted.get(power, 0.0), rel_tol=LAST_DIGITS) for power in {*found, *wanted}
    )
