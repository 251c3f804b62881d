"""All cases of the rewrite rules, by what the rules are valid under, and those that show a given rule."""

from __future__ import annotations

from graph.rules import trace
from graph.rules.always import (
    activations,
    arithmetic,
    attention,
    formulas,
    layers,
    norms,
    parts,
    pools,
    products,
    values,
    views,
)
from graph.rules.conditional import one_mode, one_size
from graph.rules.weights import kernels, order, pointwise
from graph.rules.weights import layers as stored_layers
from graph.rules.weights import norms as stored_norms
from graph.rules.weights import parameters as stored_parameters
from graph.rules.weights import parts as stored_parts
from support.cases import Case, OnADomain, Rewrite, Weighted

from properties.graph.rewriting.rule import AnyRule

__all__ = ["ALWAYS", "CASES", "CONDITIONAL", "TRACE", "WEIGHTS", "shown"]

TRACE: tuple[Rewrite, ...] = trace.CASES
ALWAYS: tuple[Rewrite, ...] = (
    *values.CASES,
    *views.CASES,
    *pools.CASES,
    *activations.CASES,
    *arithmetic.CASES,
    *parts.CASES,
    *layers.CASES,
    *formulas.CASES,
    *products.CASES,
    *attention.CASES,
    *norms.CASES,
)
WEIGHTS: tuple[Weighted, ...] = (
    *stored_parameters.CASES,
    *stored_layers.CASES,
    *stored_norms.CASES,
    *pointwise.CASES,
    *kernels.CASES,
    *stored_parts.CASES,
    *order.CASES,
)
CONDITIONAL: tuple[OnADomain, ...] = (*one_size.CASES, *one_mode.CASES)
CASES: tuple[Case, ...] = (*ALWAYS, *WEIGHTS, *CONDITIONAL)


def shown(rule: AnyRule) -> tuple[Case, ...]:
    """The cases that show a rule."""
    return tuple(case for case in CASES if case.rule is rule)
