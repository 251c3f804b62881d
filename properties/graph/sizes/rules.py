"""How each kind of operator turns the sizes of its inputs into the size of its result, in symbols."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise, zip_longest
from typing import Any

from properties import formulas
from properties.graph.ir import Op, OpGraph
from properties.graph.kinds import BINARY, LEAVES, REDUCTIONS
from properties.graph.sizes.scene import Scene, Sizes
from properties.graph.sizes.straight_line import Amount, StraightLine

__all__ = ["size_of"]

Rule = Callable[[Scene], Sizes]


def size_of(line: StraightLine, graph: OpGraph, position: int, inputs: Sequence[Sizes]) -> Sizes:
    """The size of one operator's result; the checks on its inputs are written to ``line``."""
    scene = Scene(line, graph, position, inputs)
    return RULES.get(scene.op.kind, _other)(scene)


def _window(scene: Scene, size: Callable[..., int], arguments: Sequence[dict[str, Any]]) -> None:
    """Reject what ``size`` rejects, axis by axis. The message is the closed form's own."""
    for axis, (amount, settings) in enumerate(zip(scene.inputs[0][2:], arguments, strict=True)):
        span = formulas.effective_kernel(settings["kernel_size"], settings.get("dilation", 1))
        low, high = formulas.sides(settings["padding"], settings["kernel_size"])
        needed = span - low - high
        if settings.get("ceil_mode"):
            needed -= settings["stride"] - 1
        why = _rejection(size, settings, axis)
        scene.line.at_least(amount, needed, scene.position, why, amount)


def _rejection(size: Callable[..., int], settings: dict[str, Any], axis: int) -> Callable[[int], str]:
    def why(amount: int) -> str:
        try:
            size(amount, **settings)
        except formulas.RejectedSize as error:
            return f"along axis {axis + 2}, where its input has {amount} positions, {error}"
        return f"it does not accept {amount} positions along axis {axis + 2}"

    return why


def _per_axis(op: Op, *names: str) -> list[dict[str, Any]]:
    return [dict(zip(names, row, strict=True)) for row in zip(*(op.attributes[name] for name in names), strict=True)]


def _conv(scene: Scene) -> Sizes:
    settings = _per_axis(scene.op, "kernel_size", "stride", "padding", "dilation")
    _window(scene, formulas.conv_size, settings)
    out = []
    for amount, axis in zip(scene.inputs[0][2:], settings, strict=True):
        low, high = formulas.sides(axis["padding"], axis["kernel_size"])
        span = formulas.effective_kernel(axis["kernel_size"], axis["dilation"])
        out.append(scene.line.steps(amount, low + high - span, axis["stride"]))
    return (scene.inputs[0][0], scene["out_channels"], *out)


def _conv_transpose(scene: Scene) -> Sizes:
    names = ("kernel_size", "stride", "padding", "dilation", "output_padding")
    out = []
    for axis, (amount, settings) in enumerate(zip(scene.inputs[0][2:], _per_axis(scene.op, *names), strict=True)):
        span = formulas.effective_kernel(settings["kernel_size"], settings["dilation"])
        extra = span + settings["output_padding"] - 2 * settings["padding"] - settings["stride"]
        size = scene.line.plus(scene.line.times([amount, settings["stride"]]), extra)
        why = _rejection(formulas.conv_transpose_size, settings, axis)
        scene.line.at_least(size, 1, scene.position, why, amount)
        out.append(size)
    return (scene.inputs[0][0], scene["out_channels"], *out)


def _pool(scene: Scene) -> Sizes:
    dilated = ("dilation",) if "dilation" in scene.op.attributes else ()
    settings = _per_axis(scene.op, "kernel_size", "stride", "padding", *dilated)
    for axis in settings:
        axis["ceil_mode"] = scene["ceil_mode"]
    _window(scene, formulas.pool_size, settings)
    out = [_pool_axis(scene.line, amount, **axis) for amount, axis in zip(scene.inputs[0][2:], settings, strict=True)]
    return (*scene.inputs[0][: -len(out)], *out)


def _pool_axis(
    line: StraightLine, amount: Amount, kernel_size: int, stride: int, padding: int, ceil_mode: bool, dilation: int = 1
) -> Amount:
    free = 2 * padding - formulas.effective_kernel(kernel_size, dilation)
    if not ceil_mode:
        return line.steps(amount, free, stride)
    if isinstance(amount, int):
        return formulas.pool_size(
            amount, kernel_size, stride=stride, padding=padding, dilation=dilation, ceil_mode=True
        )
    windows = line.steps(amount, free + stride - 1, stride)
    if free + stride - 1 < padding:  # the last window starts inside, whatever the size
        return windows
    return line.let(f"{windows} - (({windows} - 1)*{stride} >= {amount} + {padding})", 1)


def _adaptive_pool(scene: Scene) -> Sizes:
    output_size = scene["output_size"]
    return (*scene.inputs[0][: -len(output_size)], *output_size)


def _global_pool(scene: Scene) -> Sizes:
    return (*scene.inputs[0][:2], *(1 for _ in scene.op.shape[2:]))


def _linear(scene: Scene) -> Sizes:
    weight = scene.op.params.get("weight")
    if weight is None:
        return scene.captured_only()
    scene.equal(scene.inputs[0][-1], weight.shape[1], "its input has {} features, but its weight is for {}")
    return (*scene.inputs[0][:-1], scene["out_features"])


def _batch_norm(scene: Scene) -> Sizes:
    (sizes,) = scene.inputs[:1]
    if scene["training"]:
        text = "in train mode it needs more than 1 value per channel, got 1"
        count = scene.line.times([sizes[0], *sizes[2:]])
        scene.line.at_least(count, 2, scene.position, lambda: text)
    return sizes


def _instance_norm(scene: Scene) -> Sizes:
    if scene["use_input_stats"]:
        text = "it needs more than 1 position per image, got 1"
        scene.line.at_least(scene.line.times(scene.inputs[0][2:]), 2, scene.position, lambda: text)
    return scene.inputs[0]


def _group_norm(scene: Scene) -> Sizes:
    batch, channels, *spatial = scene.inputs[0]
    if not isinstance(channels, int):
        return scene.captured_only()
    text = "it needs more than 1 value per group, got 1"
    count = scene.line.times([batch, channels // scene["num_groups"], *spatial])
    scene.line.at_least(count, 2, scene.position, lambda: text)
    return scene.inputs[0]


def _layer_norm(scene: Scene) -> Sizes:
    axes = scene["axes"]
    for amount, number in zip(scene.inputs[0][-axes:], scene.op.shape[-axes:], strict=True):
        scene.equal(amount, number, "its input has {} along a normalised axis, but it is made for {}")
    return scene.inputs[0]


def _broadcast(scene: Scene) -> Sizes:
    sizes = scene.inputs[0]
    for other in scene.inputs[1:]:
        pairs = zip_longest(reversed(sizes), reversed(other), fillvalue=1)
        sizes = tuple(_meet(scene, first, second) for first, second in pairs)[::-1]
    return sizes


def _meet(scene: Scene, first: Amount, second: Amount) -> Amount:
    """What an axis of two operands has in common: equal, or one of them is 1."""
    if first == second or second == 1:
        return first
    if first == 1:
        return second
    text = "its operands have {} and {} positions along one axis"
    condition = f"{first} == {second} or {first} == 1 or {second} == 1"
    scene.line.require(f"({condition})", scene.position, text.format, first, second)
    if isinstance(first, int) or isinstance(second, int):
        return max(first, second, key=lambda amount: isinstance(amount, int))
    return scene.line.let(f"{first} if {second} == 1 else {second}", 1)


def _cat(scene: Scene) -> Sizes:
    dim = scene["dim"]
    for first, second in pairwise(scene.inputs):
        for axis, (a, b) in enumerate(zip(first, second, strict=True)):
            if axis != dim:
                scene.equal(a, b, f"the parts it joins have {{}} and {{}} positions along axis {axis}")
    joined = list(scene.inputs[0])
    joined[dim] = scene.line.total([sizes[dim] for sizes in scene.inputs])
    return tuple(joined)


def _flatten(scene: Scene) -> Sizes:
    start = scene["start"]
    return (*scene.inputs[0][:start], scene.line.times(scene.inputs[0][start:]))


def _reshape(scene: Scene) -> Sizes:
    """By effect: the batch axis is kept; the rest is either known, or flattened into one axis."""
    (before,), (sizes,), after = scene.before, scene.inputs, scene.op.shape
    if not before or not after or before[0] != after[0] or not sizes:
        return scene.captured_only()
    if all(isinstance(amount, int) for amount in sizes[1:]):
        return (sizes[0], *after[1:])
    if len(after) == 2:
        return (sizes[0], scene.line.times(sizes[1:]))
    scene.as_captured(sizes[1:], before[1:])
    return (sizes[0], *after[1:])


def _permute(scene: Scene) -> Sizes:
    return tuple(scene.inputs[0][dim] for dim in scene["dims"])


def _pad(scene: Scene) -> Sizes:
    out = []
    for amount, (low, high) in zip(scene.inputs[0], scene["padding"], strict=True):
        why = f"its input has {{}} positions along an axis that it pads by {low} and {high} ({scene['mode']})".format
        extra = {"reflect": 1, "circular": 0}.get(scene["mode"])
        if extra is not None and max(low, high) > 0:
            scene.line.at_least(amount, max(low, high) + extra, scene.position, why, amount)
        scene.line.at_least(amount, 1 - low - high, scene.position, why, amount)
        out.append(scene.line.plus(amount, low + high))
    return tuple(out)


def _reduce(scene: Scene) -> Sizes:
    """``mean``, ``sum``, ``amax``, ``amin`` over some axes."""
    sizes, dims, keep = scene.inputs[0], scene["dim"], scene["keepdim"]
    return tuple(1 if axis in dims else amount for axis, amount in enumerate(sizes) if keep or axis not in dims)


def _slice(scene: Scene) -> Sizes:
    sizes, dim = list(scene.inputs[0]), scene["dim"]
    if not isinstance(sizes[dim], int):  # whether its end was counted from the input's end is not in the graph
        return scene.captured_only()
    sizes[dim] = len(range(scene["start"], scene["end"], scene["step"]))
    return tuple(sizes)


def _select(scene: Scene) -> Sizes:
    sizes, dim = scene.inputs[0], scene["dim"]
    if not isinstance(sizes[dim], int) and scene["index"] != 0:
        return scene.captured_only()
    return sizes[:dim] + sizes[dim + 1 :]


def _as_captured_once(scene: Scene) -> Sizes:
    return scene.op.shape


def _unchanged(scene: Scene) -> Sizes:
    return scene.inputs[0]


_NOT_ELEMENTWISE = ("upsample", "interpolate", "matmul", "mm", "bmm", "baddbmm", "addmm", "einsum", "unfold", "fold")


def _other(scene: Scene) -> Sizes:
    """Elementwise if every operand had the result's size when it was captured, else the captured size only."""
    named = any(scene.op.kind == word or scene.op.kind.startswith(f"{word}_") for word in _NOT_ELEMENTWISE)
    if scene.inputs and not named and all(shape == scene.op.shape for shape in scene.before):
        return _broadcast(scene)
    return scene.captured_only()


RULES: dict[str, Rule] = {
    "conv": _conv,
    "conv_transpose": _conv_transpose,
    "max_pool": _pool,
    "avg_pool": _pool,
    "adaptive_avg_pool": _adaptive_pool,
    "adaptive_max_pool": _adaptive_pool,
    "global_avg_pool": _global_pool,
    "global_max_pool": _global_pool,
    "linear": _linear,
    "batch_norm": _batch_norm,
    "instance_norm": _instance_norm,
    "group_norm": _group_norm,
    "layer_norm": _layer_norm,
    **dict.fromkeys((*BINARY, "maximum", "minimum", "where", "pow"), _broadcast),
    "cat": _cat,
    "flatten": _flatten,
    "reshape": _reshape,
    "permute": _permute,
    "pad": _pad,
    **dict.fromkeys(REDUCTIONS, _reduce),
    "slice": _slice,
    "select": _select,
    "output": _unchanged,
    **dict.fromkeys(LEAVES, _as_captured_once),
}
