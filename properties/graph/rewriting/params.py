"""Tensors that a rewrite makes of the stored ones, under names that tell any two of them apart."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from math import prod

from properties.graph.ir import Op, Param, Shape
from properties.graph.recipe import Recipe, Share, joined, reshaped, solve, stored

__all__ = ["are_apart", "can_change", "join_params", "recipe_of", "remade", "with_kernel"]


def recipe_of(param: Param) -> Recipe:
    """How the tensor is made of stored ones."""
    return param.made or stored(param.key, param.shape)


def can_change(param: Param | None) -> bool:
    """Whether the tensor may be stored in another form: its content is no part of what the net is."""
    return param is not None and param.kind in ("parameter", "buffer") and param.digest is None


def remade(param: Param, change: Callable[[Recipe], Recipe]) -> Param:
    """The tensor after one more step. A reshaped tensor keeps its name: number by number it is the same one."""
    made = change(recipe_of(param))
    return replace(param, key=_name(made), shape=made.shape, made=None if made.is_stored else made)


def with_kernel(op: Op, weight: Param, kernel: Shape) -> Op:
    """The convolution with its weight reshaped to a kernel of this size, in steps of 1 and without padding."""
    ones = (1,) * len(kernel)
    channels = prod(weight.shape[1:]) // prod(kernel)
    attributes = {
        **op.attributes,
        **dict.fromkeys(("stride", "dilation"), ones),
        "kernel_size": kernel,
        "padding": (0,) * len(kernel),
    }
    changed = remade(weight, partial(reshaped, shape=(weight.shape[0], channels, *kernel)))
    return op.with_(attributes=attributes, params={**op.params, "weight": changed})


def join_params(params: Sequence[Param], axis: int = 0) -> Param | None:
    """Several tensors as one, or None where they are of different kinds."""
    first = params[0]
    alike = {(p.kind, p.trainable, p.dtype, p.persistent) for p in params}
    if len(alike) > 1 or len({p.key for p in params}) < len(params) or not all(map(can_change, params)):
        return None
    made = joined([recipe_of(param) for param in params], axis)
    return replace(first, key=_name(made), shape=made.shape, made=made)


def _name(made: Recipe) -> str:
    if made.step == "reshape":
        return _name(made.of[0])
    if made.is_stored:
        return made.key
    if made.step == "take" and made.axis == 0 and made.of[0].is_stored:
        first, last = made.order[0], made.order[-1] + 1
        if made.order == tuple(range(first, last)):
            return f"{made.of[0].key}[{first}:{last}]"
    digest = hashlib.blake2b(repr(made).encode(), digest_size=6).hexdigest()
    return f"{' + '.join(made.keys)} ({digest})"


def are_apart(ops: Iterable[Op]) -> bool:
    """Whether no number of a stored tensor is read under two names.

    Names tell which tensors are shared; where one number has two of them, that would be lost.
    """
    params = {param.key: param for op in ops for param in op.params.values()}
    if not any(param.made for param in params.values()):
        return True
    read: dict[str, list[Share]] = {}
    for param in params.values():
        made = recipe_of(param)
        shares = solve(made, made)
        if shares is None:
            return False
        for share in shares:
            read.setdefault(share.key, []).append(share)
    return all(len(shares) == 1 or _disjoint(shares) for shares in read.values())


def _disjoint(shares: Sequence[Share]) -> bool:
    rows = [row for share in shares for row in share.rows or ()]
    return all(share.rows is not None for share in shares) and len(set(rows)) == len(rows)
