"""The rewrite rules of the normal form. Each one holds for every input, size and weight."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from math import prod

from properties.graph.ir import Op

__all__ = ["ELEMENTWISE", "RULES", "Rewriting", "Rule"]

ELEMENTWISE = frozenset(
    "relu clamp sigmoid tanh silu gelu elu selu celu mish softplus leaky_relu hardswish hardsigmoid dropout exp neg abs sqrt"
    " rsqrt cast".split()
)


@dataclass
class Rewriting:
    """The graph as rewritten so far."""

    mode: str
    ops: list[Op] = field(default_factory=list)

    def emit(self, op: Op) -> int:
        """Append an operator; its position."""
        self.ops.append(op)
        return len(self.ops) - 1

    def source(self, op: Op, slot: int = 0) -> Op:
        """The operator that an operand comes from."""
        return self.ops[op.inputs[slot]]


@dataclass(frozen=True)
class Rule:
    """A named rewrite: returns the position of an equal value, or None where it does not apply."""

    name: str
    kinds: tuple[str, ...]
    rewrite: Callable[[Op, Rewriting], int | None]


def _no_effect(op: Op, graph: Rewriting) -> int | None:
    """Adding 0, multiplying by 1, padding by nothing, a 1x1 pool with stride 1, a list of one."""
    a = op.attributes
    alone = len(op.inputs) == 1 and op.shape == graph.source(op).shape and op.dtype == graph.source(op).dtype
    nothing = {
        "add": lambda: a.get("scalar") == 0,
        "sub": lambda: a.get("scalar") == 0,
        "mul": lambda: a.get("scalar") == 1,
        "div": lambda: a.get("scalar") == 1 and "rounding_mode" not in a,
        "pad": lambda: all(pair == (0, 0) for pair in a["padding"]),
        "permute": lambda: a["dims"] == tuple(range(len(op.shape))),
        "cat": lambda: True,
        "expand": lambda: True,
        "reshape": lambda: True,
        "max_pool": lambda: _is_pointwise(op),
        "avg_pool": lambda: _is_pointwise(op) and a["divisor_override"] in (None, 1),
    }
    return op.inputs[0] if alone and nothing[op.kind]() else None


def _is_pointwise(op: Op) -> bool:
    a = op.attributes
    return {*a["kernel_size"], *a["stride"]} == {1} and set(a["padding"]) == {0} and "result" not in a


def _gradient_only(op: Op, graph: Rewriting) -> int | None:
    """Cutting the gradient changes nothing in eval mode."""
    return op.inputs[0] if graph.mode == "eval" else None


def _reshape_of_reshape(op: Op, graph: Rewriting) -> int | None:
    before = graph.source(op)
    if before.kind not in ("reshape", "flatten"):
        return None
    origin = graph.ops[before.inputs[0]]
    if origin.shape == op.shape:
        return before.inputs[0]
    return graph.emit(op.with_(kind="reshape", inputs=before.inputs, attributes={"shape": op.shape}))


def _flatten(op: Op, graph: Rewriting) -> int | None:
    """A reshape that merges the last axes and nothing else."""
    before, after = graph.source(op).shape, op.shape
    start = len(after) - 1
    if start < 1 or len(before) <= len(after) or before[:start] != after[:start] or prod(before[start:]) != after[-1]:
        return None
    return graph.emit(op.with_(kind="flatten", attributes={"start": start}))


def _batch_first(op: Op, graph: Rewriting) -> int | None:
    """Write the batch axis of a reshape as -1 where it stays the batch axis."""
    shape, before = op.attributes["shape"], graph.source(op).shape
    if not shape or not before or shape[0] != before[0] or shape[0] < 0 or before[0] == 1:
        return None
    return graph.emit(op.with_(attributes={"shape": (-1, *shape[1:])}))


def _elementwise_after_reshape(op: Op, graph: Rewriting) -> int | None:
    """Number by number or reshaped first: the same. The normal form reshapes last."""
    before = graph.source(op)
    if len(op.inputs) != 1 or before.kind not in ("reshape", "flatten") or op.shape != before.shape:
        return None
    inner = graph.ops[before.inputs[0]]
    moved = graph.emit(op.with_(inputs=before.inputs, shape=inner.shape))
    return graph.emit(before.with_(inputs=(moved,), dtype=op.dtype))


def _global_pool(op: Op, graph: Rewriting) -> int | None:
    """An adaptive pool to one value, or the mean (maximum) over every spatial axis."""
    before = graph.source(op)
    kind = "global_avg_pool" if op.kind in ("adaptive_avg_pool", "mean") else "global_max_pool"
    if op.kind.startswith("adaptive"):
        if set(op.attributes["output_size"]) != {1} or "result" in op.attributes or len(before.shape) < 3:
            return None
        return graph.emit(op.with_(kind=kind, attributes={}))
    spatial = tuple(range(2, len(before.shape)))
    if len(before.shape) != 4 or op.attributes["dim"] != spatial:
        return None
    pooled = op.with_(kind=kind, attributes={}, shape=(*before.shape[:2], *(1 for _ in spatial)))
    position = graph.emit(pooled)
    return position if op.attributes["keepdim"] else graph.emit(op.with_(kind="flatten", inputs=(position,), attributes={"start": 1}))


def _mean_of_mean(op: Op, graph: Rewriting) -> int | None:
    """One axis after the other, or both at once."""
    before = graph.source(op)
    if before.kind != "mean" or op.attributes["keepdim"] != before.attributes["keepdim"]:
        return None
    rank = len(graph.ops[before.inputs[0]].shape)
    left = list(range(rank)) if before.attributes["keepdim"] else [d for d in range(rank) if d not in before.attributes["dim"]]
    dims = tuple(sorted({*before.attributes["dim"], *(left[d] for d in op.attributes["dim"])}))
    return graph.emit(op.with_(inputs=before.inputs, attributes={"dim": dims, "keepdim": op.attributes["keepdim"]}))


def _clamp(op: Op, graph: Rewriting) -> int | None:
    """ReLU6, hardtanh and clamp; a clamp from 0 up is ReLU."""
    a = op.attributes
    bounds = {
        "relu6": (0.0, 6.0),
        "hardtanh": (a.get("min_val"), a.get("max_val")),
        "clamp_min": (a.get("min"), None),
        "clamp_max": (None, a.get("max")),
        "clamp": (a.get("min"), a.get("max")),
        "leaky_relu": (0.0, None) if a.get("negative_slope") == 0 else None,
        "threshold": (0.0, None) if a.get("threshold") == 0 == a.get("value") else None,
    }[op.kind]
    if bounds is None or len(op.inputs) != 1:
        return None
    low, high = (None if bound is None else float(bound) for bound in bounds)
    kind, attributes = ("relu", {}) if (low, high) == (0.0, None) else ("clamp", {"min": low, "max": high})
    if (op.kind, dict(a)) == (kind, attributes):
        return None
    return graph.emit(op.with_(kind=kind, attributes=attributes))


def _relu_twice(op: Op, graph: Rewriting) -> int | None:
    before = graph.source(op)
    nonnegative = before.kind == "relu" or (before.kind == "clamp" and before.attributes["min"] == 0.0)
    return op.inputs[0] if nonnegative else None


def _relu_after_max_pool(op: Op, graph: Rewriting) -> int | None:
    """The largest value, cut at 0, or the largest of the values cut at 0. The normal form cuts first."""
    pool = graph.source(op)
    if pool.kind not in ("max_pool", "global_max_pool"):
        return None
    cut = graph.emit(op.with_(inputs=pool.inputs, shape=graph.ops[pool.inputs[0]].shape))
    return graph.emit(pool.with_(inputs=(cut,)))


def _ceil_mode(op: Op, graph: Rewriting) -> int | None:
    """With stride 1 there is nothing to round."""
    if not op.attributes.get("ceil_mode") or set(op.attributes["stride"]) != {1}:
        return None
    return graph.emit(op.with_(attributes={**op.attributes, "ceil_mode": False}))


def _gated(op: Op, graph: Rewriting) -> int | None:
    """``x * sigmoid(x)`` is SiLU, ``x * hardsigmoid(x)`` hardswish."""
    names = {"sigmoid": "silu", "hardsigmoid": "hardswish"}
    if len(op.inputs) != 2:
        return None
    for slot in (0, 1):
        gate = graph.source(op, slot)
        if gate.kind in names and gate.inputs == (op.inputs[1 - slot],):
            return graph.emit(op.with_(kind=names[gate.kind], inputs=gate.inputs, attributes={}))
    return None


def _hardsigmoid(op: Op, graph: Rewriting) -> int | None:
    """``relu6(x + 3) / 6``."""
    clamp = graph.source(op)
    if op.attributes.get("scalar") != 6 or clamp.kind != "clamp" or dict(clamp.attributes) != {"min": 0.0, "max": 6.0}:
        return None
    shifted = graph.source(clamp)
    if shifted.kind != "add" or shifted.attributes.get("scalar") != 3:
        return None
    return graph.emit(op.with_(kind="hardsigmoid", inputs=shifted.inputs, attributes={}))


def _cat_of_cat(op: Op, graph: Rewriting) -> int | None:
    nested = [graph.ops[source] for source in op.inputs]
    if not any(part.kind == "cat" and part.attributes == op.attributes for part in nested):
        return None
    flat: list[int] = []
    for source, part in zip(op.inputs, nested, strict=True):
        flat += part.inputs if part.kind == "cat" and part.attributes == op.attributes else (source,)
    return graph.emit(op.with_(inputs=tuple(flat)))


def _permute_of_permute(op: Op, graph: Rewriting) -> int | None:
    before = graph.source(op)
    if before.kind != "permute":
        return None
    dims = tuple(before.attributes["dims"][dim] for dim in op.attributes["dims"])
    return graph.emit(op.with_(inputs=before.inputs, attributes={"dims": dims}))


def _padded_convolution(op: Op, graph: Rewriting) -> int | None:
    """The image padded first, or by the convolution itself: with zeros, or by a mode of its own if it pads nothing more."""
    pad = graph.source(op)
    if pad.kind != "pad" or op.attributes["padding_mode"] != "zeros":
        return None
    pairs = pad.attributes["padding"]
    if pairs[:2] != ((0, 0), (0, 0)) or any(side < 0 for pair in pairs for side in pair):
        return None
    own = [side if isinstance(side, tuple) else (side, side) for side in op.attributes["padding"]]
    zeros = pad.attributes["mode"] == "constant" and pad.attributes["value"] == 0.0
    if not zeros and (pad.attributes["mode"] == "constant" or any(side for pair in own for side in pair)):
        return None
    both = tuple((a + c, b + d) for (a, b), (c, d) in zip(own, pairs[2:], strict=True))
    padding = tuple(low for low, _ in both) if all(low == high for low, high in both) else both
    attributes = {**op.attributes, "padding": padding, "padding_mode": "zeros" if zeros else pad.attributes["mode"]}
    return graph.emit(op.with_(inputs=(*pad.inputs, *op.inputs[1:]), attributes=attributes))


def _linear(op: Op, graph: Rewriting) -> int | None:
    """``x @ weight.T`` with a weight of the net's own."""
    bias_first = op.kind == "addmm"
    operands = op.inputs[1:] if bias_first else op.inputs
    turned = graph.ops[operands[1]]
    if turned.kind != "permute" or turned.attributes["dims"] != (1, 0):
        return None
    weight = graph.source(turned)
    params = {"weight": weight.params.get("value")}
    if bias_first:
        params["bias"] = graph.ops[op.inputs[0]].params.get("value")
    if any(param is None or param.kind != "parameter" for param in params.values()):
        return None
    return graph.emit(op.with_(kind="linear", inputs=operands[:1], attributes={"out_features": op.shape[-1]}, params=params))


def _linear_bias(op: Op, graph: Rewriting) -> int | None:
    """A bias added after a linear layer without one."""
    if len(op.inputs) != 2 or op.attributes:
        return None
    for slot in (0, 1):
        layer, bias = graph.source(op, slot), graph.source(op, 1 - slot).params.get("value")
        if layer.kind == "linear" and "bias" not in layer.params and bias is not None and bias.shape == layer.shape[-1:]:
            return graph.emit(op.with_(**_as(layer), params={**layer.params, "bias": bias}))
    return None


def _as(op: Op) -> dict[str, object]:
    return {"kind": op.kind, "inputs": op.inputs, "attributes": op.attributes}


RULES: tuple[Rule, ...] = (
    Rule("no effect", ("add", "sub", "mul", "div", "pad", "permute", "cat", "expand", "reshape", "max_pool", "avg_pool"), _no_effect),
    Rule("detach in eval mode", ("detach",), _gradient_only),
    Rule("reshape of a reshape", ("reshape", "flatten"), _reshape_of_reshape),
    Rule("flatten", ("reshape",), _flatten),
    Rule("batch axis of a reshape", ("reshape",), _batch_first),
    Rule("elementwise before a reshape", tuple(sorted(ELEMENTWISE)), _elementwise_after_reshape),
    Rule("mean of a mean", ("mean",), _mean_of_mean),
    Rule("global pooling", ("adaptive_avg_pool", "adaptive_max_pool", "mean", "amax"), _global_pool),
    Rule("clamp", ("relu6", "hardtanh", "clamp_min", "clamp_max", "clamp", "leaky_relu", "threshold"), _clamp),
    Rule("ReLU of a ReLU", ("relu",), _relu_twice),
    Rule("ReLU before a max pool", ("relu",), _relu_after_max_pool),
    Rule("ceil mode at stride 1", ("max_pool", "avg_pool"), _ceil_mode),
    Rule("hardsigmoid", ("div",), _hardsigmoid),
    Rule("gated activation", ("mul",), _gated),
    Rule("nested concatenation", ("cat",), _cat_of_cat),
    Rule("permutation of a permutation", ("permute",), _permute_of_permute),
    Rule("padding before a convolution", ("conv",), _padded_convolution),
    Rule("linear layer by hand", ("matmul", "mm", "addmm"), _linear),
    Rule("bias of a linear layer", ("add",), _linear_bias),
)
