"""From which distribution each tensor is drawn, so that every difference is large and nothing over- or underflows.

The mean square of every operator's result is followed through the graph, roughly; a weight is scaled so that the
result's is about 1 whatever came before, as deep residual sums would otherwise drown biases and statistics. Before an
activation that clips, it is larger, so that both ends are reached. Loads no torch.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from math import inf, prod

from properties.graph.ir import Op, OpGraph, Param
from properties.graph.kinds import LEAVES, LINEAR_MAPS, NORMS
from properties.oracle.trials.trial import Filling

__all__ = ["laws"]

_NORMS = (*NORMS, "local_response_norm")
_STATISTICS = 3.4  # mean square of (x - mean) / sqrt(variance) for x of mean square 1 and the statistics drawn here
_SMALLEST, _LARGEST = 1e-4, 1e4  # mean squares are kept between: what is followed is rough
_FACTORS = {
    "relu": 0.5, "leaky_relu": 0.5, "prelu": 0.5, "elu": 0.6, "gelu": 0.5, "silu": 0.4, "mish": 0.5,
    "max_pool": 1.5, "global_max_pool": 3.0, "adaptive_max_pool": 2.0,
    "avg_pool": 0.5, "adaptive_avg_pool": 0.5, "global_avg_pool": 0.3, "mean": 0.3,
}  # fmt: skip
_BOUNDED = {"sigmoid": 0.3, "hardsigmoid": 0.3, "tanh": 0.4, "softmax": 0.01}
_ENDS = {"hardswish": 3.0, "hardsigmoid": 3.0}  # where an activation clips
_REACH = 0.6  # of an end, as the root mean square before it


def laws(graphs: Iterable[OpGraph], seed: int) -> dict[str, Filling]:
    """A filling for every tensor that some operator reads, by its key; of buffers only for a norm's statistics.

    Args:
        graphs: a net in its modes; what the first says of a tensor holds.
        seed: of all of them; each tensor has its own numbers.
    """
    found: dict[str, Filling] = {}
    for graph in graphs:
        squares: list[float] = []
        for position, op in enumerate(graph.ops):
            before = [squares[source] for source in op.inputs]
            target = _target(graph, position)
            for param, law, low, high in _drawn(op, before, target):
                for key, shape in _stored(param, graph):
                    if key not in found:
                        found[key] = Filling(shape, law, low, high, seed + 1009 * (len(found) + 1))
            squares.append(min(max(_square(op, before, target), _SMALLEST), _LARGEST))
    return found


def _stored(param: Param, graph: OpGraph) -> Iterator[tuple[str, tuple[int, ...]]]:
    if param.made is None:
        yield param.key, param.shape
        return
    shapes = {each.key: each.shape for each in graph.params}
    for key in param.made.keys:
        if key in shapes:
            yield key, shapes[key]


def _drawn(op: Op, before: Sequence[float], target: float) -> Iterator[tuple[Param, str, float, float]]:
    square = before[0] if before else 1.0
    for role, param in op.params.items():
        if param.kind != "parameter" and role not in ("running_mean", "running_var"):
            continue
        if op.kind in LINEAR_MAPS and role == "weight":
            end = target * (3 / (_fan_in(op, param) * square)) ** 0.5
            yield param, "uniform", -end, end
        elif role == "running_mean":
            yield param, "uniform", -0.5 * square**0.5, 0.5 * square**0.5
        elif role == "running_var":
            yield param, "uniform", 0.05, 1.0
        elif op.kind in _NORMS and role == "weight":
            yield param, "signed", 0.5 * target, 1.5 * target
        else:
            yield param, "uniform", -0.5 * target, 0.5 * target


def _fan_in(op: Op, weight: Param) -> int:
    if op.kind == "conv_transpose":  # its weight is (in, out, *kernel); each output meets this many taps on average
        stride = op.attributes["stride"]
        return max(1, weight.shape[0] * prod(weight.shape[2:]) // (prod(stride) * int(op.attributes["groups"])))
    return max(1, prod(weight.shape[1:]))


def _target(graph: OpGraph, position: int) -> float:
    """Root mean square that suits what reads the result."""
    ends = [_end(graph.ops[user]) for user in graph.users[position]]
    return max([1.0, *(_REACH * end for end in ends)])


def _end(op: Op) -> float:
    if op.kind != "clamp":
        return _ENDS.get(op.kind, 0.0)
    ends = [abs(end) for end in (op.attributes.get("min"), op.attributes.get("max")) if isinstance(end, int | float)]
    return min(max([end for end in ends if end != inf], default=0.0), 20.0)


def _square(op: Op, before: Sequence[float], target: float) -> float:
    """About the mean square of an operator's result."""
    if not before:
        return 0.1 if op.kind in LEAVES else 1.0
    if op.kind in LINEAR_MAPS:
        return 1.08 * target**2
    if op.kind in _NORMS:
        return 1.1 * target**2 * (_STATISTICS * before[0] if "running_var" in op.params else 1)
    if op.kind in _FACTORS:
        return _FACTORS[op.kind] * before[0]
    if op.kind in _BOUNDED:
        return min(before[0], _BOUNDED[op.kind])
    if op.kind == "clamp":
        return 0.5 * min(before[0], max(_end(op), 1.0) ** 2)
    if op.kind == "hardswish":
        return 0.4 * before[0]
    if op.kind in ("add", "sub"):
        return sum(before)
    if op.kind == "mul":
        scalar = op.attributes.get("scalar")
        return prod(before) * (float(scalar) ** 2 if isinstance(scalar, int | float) else 1.0)
    if op.kind == "cat":
        return sum(before) / len(before)
    return before[0]
