"""ATen's operators in the words of ``ir``: which kind, which operands are data, which are roles, which settings count."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import fx

from properties.graph._schema import Call, result_shape

__all__ = ["SPLITS", "Meaning", "translate"]


@dataclass(frozen=True)
class Meaning:
    """An operator in the vocabulary of ``ir``. ``kind`` ``"identity"``: the result is the first input."""

    kind: str
    inputs: list[fx.Node]
    attributes: dict[str, Any] = field(default_factory=dict)
    roles: dict[str, fx.Node] = field(default_factory=dict)


Rule = Callable[[Call, int, tuple[int, ...]], Meaning]

# Arguments that say where or how a result is stored, not what it is.
_STORAGE = {"memory_format", "layout", "device", "pin_memory", "non_blocking", "copy", "implicit", "out", "generator"}
_UNCHANGED = {"contiguous", "clone", "alias", "lift_fresh", "lift_fresh_copy", "lift", "positive", "view_as_real_copy"}
_RESHAPES = {"view", "reshape", "flatten", "squeeze", "unsqueeze", "_unsafe_view", "unflatten", "view_copy", "squeeze_copy",
             "unsqueeze_copy", "reshape_as", "view_as", "_reshape_copy", "_reshape_alias", "flatten_dense_tensors"}  # fmt: skip
SPLITS = {"split", "chunk", "split_with_sizes", "tensor_split", "unbind", "unsafe_split", "unsafe_chunk"}


def translate(call: Call, index: int, shape: tuple[int, ...]) -> Meaning:
    """The meaning of one call.

    Args:
        call: the call.
        index: which of its results is meant, where there are several.
        shape: size of that result.
    """
    if call.base in _UNCHANGED:
        return Meaning("identity", [call.operands()[0]])
    if call.base in _RESHAPES:
        return _reshape(call, index, shape)
    if call.base in SPLITS:
        return _split(call, index, shape)
    rule = _RULES.get(call.base, _generic)
    return rule(call, index, shape)


def _plain(value: Any) -> Any:
    """An argument as the vocabulary writes it: tuples for lists, names for types."""
    if isinstance(value, list | tuple):
        return tuple(_plain(item) for item in value)
    if isinstance(value, torch.dtype):
        return str(value).removeprefix("torch.")
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, torch.SymInt):
        return int(value)
    return str(value)


def _generic(call: Call, index: int, shape: tuple[int, ...]) -> Meaning:
    """Any operator: tensors are inputs, everything else is an attribute under its schema's name."""
    attributes: dict[str, Any] = {}
    for name, value in call.arguments.items():
        holds_nodes = isinstance(value, fx.Node) or (isinstance(value, list | tuple) and any(isinstance(v, fx.Node) for v in value))
        if name in _STORAGE or holds_nodes or value is None:
            continue
        attributes[name] = _plain(value)
    if index:
        attributes["result"] = index
    for name, value in call.arguments.items():  # a gap in a list of tensors is part of the meaning: x[:, index]
        if isinstance(value, list | tuple) and any(isinstance(v, fx.Node) for v in value) and any(v is None for v in value):
            attributes[name] = tuple("given" if isinstance(v, fx.Node) else None for v in value)
    return Meaning(call.base, call.operands(), attributes)


def _spread(value: Any, count: int) -> tuple[int, ...]:
    """One number for every axis: ``[2]`` and 2 mean ``(2, 2)``."""
    values = tuple(value) if isinstance(value, list | tuple) else (value,)
    return values * count if len(values) == 1 else values


def _conv(call: Call, index: int, shape: tuple[int, ...]) -> Meaning:
    weight = result_shape(call["weight"])
    axes = len(weight) - 2
    transposed = bool(call.arguments.get("transposed", call.base.startswith("conv_transpose")))
    kernel, stride, dilation = weight[2:], _spread(call["stride"], axes), _spread(call["dilation"], axes)
    padding = call["padding"]
    given = (0 if padding == "valid" else _same(kernel, dilation)) if isinstance(padding, str) else _spread(padding, axes)
    attributes = {
        "out_channels": weight[1] * call["groups"] if transposed else weight[0],
        "kernel_size": kernel,
        "stride": stride,
        "padding": (0,) * axes if given == 0 else given,
        "dilation": dilation,
        "groups": call["groups"],
        "padding_mode": "zeros",
    }
    if transposed:
        attributes["output_padding"] = _spread(call["output_padding"], axes)
    return Meaning("conv_transpose" if transposed else "conv", [call["input"]], attributes, _roles(call, "weight", "bias"))


def _same(kernel: tuple[int, ...], dilation: tuple[int, ...]) -> tuple[Any, ...]:
    """``padding="same"``: the odd one goes to the high side."""
    totals = [d * (k - 1) for k, d in zip(kernel, dilation, strict=True)]
    if all(total % 2 == 0 for total in totals):
        return tuple(total // 2 for total in totals)
    return tuple((total // 2, total - total // 2) for total in totals)


def _roles(call: Call, *names: str) -> dict[str, fx.Node]:
    return {name: call[name] for name in names if isinstance(call.arguments.get(name), fx.Node)}


def _linear(call: Call, index: int, shape: tuple[int, ...]) -> Meaning:
    return Meaning("linear", [call["input"]], {"out_features": shape[-1]}, _roles(call, "weight", "bias"))


def _batch_norm(call: Call, index: int, shape: tuple[int, ...]) -> Meaning:
    roles = _roles(call, "weight", "bias", "running_mean", "running_var")
    training = bool(call.arguments.get("training", False))
    attributes = {"eps": call["eps"], "momentum": call["momentum"], "training": training}
    return Meaning("batch_norm", [call["input"]], attributes, roles)


def _instance_norm(call: Call, index: int, shape: tuple[int, ...]) -> Meaning:
    roles = _roles(call, "weight", "bias", "running_mean", "running_var")
    attributes = {name: call[name] for name in ("eps", "momentum", "use_input_stats")}
    return Meaning("instance_norm", [call["input"]], attributes, roles)


def _layer_norm(call: Call, index: int, shape: tuple[int, ...]) -> Meaning:
    attributes = {"axes": len(call["normalized_shape"]), "eps": call["eps"]}
    return Meaning("layer_norm", [call["input"]], attributes, _roles(call, "weight", "bias"))


def _rms_norm(call: Call, index: int, shape: tuple[int, ...]) -> Meaning:
    attributes = {"axes": len(call["normalized_shape"]), "eps": call["eps"]}
    return Meaning("rms_norm", [call["input"]], attributes, _roles(call, "weight"))


def _group_norm(call: Call, index: int, shape: tuple[int, ...]) -> Meaning:
    groups = call.arguments.get("num_groups", call.arguments.get("group"))
    return Meaning("group_norm", [call["input"]], {"num_groups": groups, "eps": call["eps"]}, _roles(call, "weight", "bias"))


def _prelu(call: Call, index: int, shape: tuple[int, ...]) -> Meaning:
    return Meaning("prelu", [call["self"]], {}, _roles(call, "weight"))


def _embedding(call: Call, index: int, shape: tuple[int, ...]) -> Meaning:
    return Meaning("embedding", [call["indices"]], {"padding_idx": call["padding_idx"]}, _roles(call, "weight"))


def _pool(call: Call, index: int, shape: tuple[int, ...]) -> Meaning:
    source = call["self"]
    axes = int(call.base.split("pool")[1][0])
    kernel = _spread(call["kernel_size"], axes)
    attributes: dict[str, Any] = {
        "kernel_size": kernel,
        "stride": _spread(call["stride"], axes) if call["stride"] else kernel,
        "padding": _spread(call["padding"], axes),
    }
    for name in ("dilation", "ceil_mode", "count_include_pad", "divisor_override"):
        if name in call.arguments:
            attributes[name] = _spread(call[name], axes) if name == "dilation" else call[name]
    kind = call.base.split("_pool")[0] + "_pool"
    if kind == "avg_pool":
        attributes.setdefault("divisor_override", None)
    if index:
        attributes["result"] = index
    return Meaning(kind, [source], attributes)


def _adaptive_pool(call: Call, index: int, shape: tuple[int, ...]) -> Meaning:
    axes = int(call.base.split("pool")[1][0])
    kind = call.base.rstrip("123d")
    attributes: dict[str, Any] = {"output_size": _spread(call["output_size"], axes)}
    if index:
        attributes["result"] = index
    return Meaning(kind, [call["self"]], attributes)


def _arithmetic(call: Call, index: int, shape: tuple[int, ...]) -> Meaning:
    attributes = _generic(call, index, shape).attributes
    if attributes.get("alpha") == 1:
        del attributes["alpha"]
    if not isinstance(call["other"], fx.Node):
        attributes.pop("other")
        attributes["scalar"] = _plain(call["other"])
    return Meaning(call.base, call.operands(), attributes)


def _cat(call: Call, index: int, shape: tuple[int, ...]) -> Meaning:
    tensors = [item for item in call["tensors"] if isinstance(item, fx.Node)]
    return Meaning("cat", tensors, {"dim": call["dim"] % max(len(shape), 1)})


def _dropout(call: Call, index: int, shape: tuple[int, ...]) -> Meaning:
    source = call.operands()[0]
    if not call["train"] or call["p"] == 0:
        return Meaning("identity", [source])
    kind = "dropout" if call.base == "native_dropout" else call.base
    return Meaning(kind, [source], {"p": call["p"]})


def _to(call: Call, index: int, shape: tuple[int, ...]) -> Meaning:
    source = call.operands()[0]
    before = source.meta["val"].dtype
    after = call.arguments.get("dtype")
    if call.overload == "other":
        after = call.operands()[1].meta["val"].dtype
    if after is None or after == before:
        return Meaning("identity", [source])
    return Meaning("cast", [source], {"dtype": _plain(after)})


def _reshape(call: Call, index: int, shape: tuple[int, ...]) -> Meaning:
    source = call.operands()[0]
    if call.base == "view" and call.overload == "dtype":
        return _generic(call, index, shape)
    if result_shape(source) == shape:
        return Meaning("identity", [source])
    return Meaning("reshape", [source], {"shape": shape})


def _split(call: Call, index: int, shape: tuple[int, ...]) -> Meaning:
    """Part ``index`` of a tensor cut along one axis, as the slice that it is."""
    source = call.operands()[0]
    before = result_shape(source)
    dim = call["dim"] % max(len(before), 1)
    if call.base == "unbind":
        return Meaning("select", [source], {"dim": dim, "index": index})
    sizes = _sizes_of_parts(call, before[dim])
    start = sum(sizes[:index])
    return Meaning("slice", [source], {"dim": dim, "start": start, "end": start + sizes[index], "step": 1})


def _sizes_of_parts(call: Call, total: int) -> list[int]:
    given = call.arguments.get("split_size", call.arguments.get("split_sizes"))
    if isinstance(given, list | tuple):
        return [int(size) for size in given]
    if call.base in ("chunk", "unsafe_chunk"):
        given = -(-total // int(call["chunks"]))
    if call.base == "tensor_split":
        count = int(call["sections"])
        return [total // count + (1 if part < total % count else 0) for part in range(count)]
    step = int(given)  # type: ignore[arg-type]
    return [min(step, total - start) for start in range(0, total, step)]


def _slice(call: Call, index: int, shape: tuple[int, ...]) -> Meaning:
    source = call["self"]
    before = result_shape(source)
    if before == shape and call["step"] == 1:
        return Meaning("identity", [source])
    dim = call["dim"] % len(before)
    start, end, _ = slice(call["start"], call["end"]).indices(before[dim])
    return Meaning("slice", [source], {"dim": dim, "start": start, "end": end, "step": call["step"]})


def _narrow(call: Call, index: int, shape: tuple[int, ...]) -> Meaning:
    source, dim = call["self"], call["dim"] % len(shape)
    if result_shape(source) == shape:
        return Meaning("identity", [source])
    return Meaning("slice", [source], {"dim": dim, "start": call["start"], "end": call["start"] + call["length"], "step": 1})


def _select(call: Call, index: int, shape: tuple[int, ...]) -> Meaning:
    before = result_shape(call["self"])
    dim = call["dim"] % len(before)
    return Meaning("select", [call["self"]], {"dim": dim, "index": call["index"] % before[dim]})


def _permute(call: Call, index: int, shape: tuple[int, ...]) -> Meaning:
    source = call.operands()[0]
    order = list(range(len(shape)))
    if call.base.startswith("permute"):
        order = [dim % len(shape) for dim in call["dims"]]
    else:
        first, second = (call["dim0"], call["dim1"]) if "dim0" in call.arguments else (0, 1)
        if len(shape) > 1:
            order[first], order[second] = order[second], order[first]
    return Meaning("permute", [source], {"dims": tuple(order)})


def _mean(call: Call, index: int, shape: tuple[int, ...]) -> Meaning:
    rank = len(result_shape(call.operands()[0]))
    dims = call.arguments.get("dim")
    chosen = sorted(d % rank for d in dims) if dims else list(range(rank))
    return Meaning(call.base, [call.operands()[0]], {"dim": tuple(chosen), "keepdim": bool(call.arguments.get("keepdim", False))})


def _pad(call: Call, index: int, shape: tuple[int, ...]) -> Meaning:
    source = call.operands()[0]
    flat = list(call.arguments.get("pad", call.arguments.get("padding")))
    pairs = [(flat[i], flat[i + 1]) for i in range(0, len(flat), 2)][::-1]
    mode = call.arguments.get("mode") or call.base.split("_pad")[0].replace("reflection", "reflect").replace("replication", "replicate")
    value = call.arguments.get("value")
    padding = ((0, 0),) * (len(shape) - len(pairs)) + tuple(pairs)
    attributes = {"padding": padding, "mode": mode, "value": float(value or 0.0) if mode == "constant" else None}
    return Meaning("pad", [source], attributes)


def _random(call: Call, index: int, shape: tuple[int, ...]) -> Meaning:
    """A draw that depends on the size of its operand only, unless a tensor holds the probabilities."""
    if call.base == "bernoulli" and call.overload not in ("p", "float"):
        return _generic(call, index, shape)
    attributes = _generic(call, index, shape).attributes
    return Meaning(call.base, [], {**attributes, "shape": shape})


def _filled(call: Call, index: int, shape: tuple[int, ...]) -> Meaning:
    """``zeros``, ``new_zeros``, ``zeros_like`` and their kin, by what they hold."""
    word = call.base.removeprefix("new_").removesuffix("_like")
    value = {"zeros": 0.0, "ones": 1.0}.get(word, call.arguments.get("fill_value"))
    if isinstance(value, fx.Node):
        return _generic(call, index, shape)
    if word == "empty":
        return Meaning("empty", [], {"shape": shape})
    return Meaning("full", [], {"shape": shape, "value": _plain(value)})


_RULES: dict[str, Rule] = {
    **dict.fromkeys(("conv1d", "conv2d", "conv3d", "convolution", "_convolution"), _conv),
    **dict.fromkeys(("conv_transpose1d", "conv_transpose2d", "conv_transpose3d"), _conv),
    **dict.fromkeys(("batch_norm", "_native_batch_norm_legit", "_native_batch_norm_legit_no_training"), _batch_norm),
    **dict.fromkeys(("_native_batch_norm_legit_functional", "native_batch_norm", "cudnn_batch_norm"), _batch_norm),
    **dict.fromkeys(("layer_norm", "native_layer_norm"), _layer_norm),
    **dict.fromkeys(("group_norm", "native_group_norm"), _group_norm),
    **dict.fromkeys(("max_pool1d", "max_pool2d", "max_pool3d", "max_pool2d_with_indices", "max_pool3d_with_indices"), _pool),
    **dict.fromkeys(("avg_pool1d", "avg_pool2d", "avg_pool3d"), _pool),
    **dict.fromkeys(("adaptive_avg_pool1d", "adaptive_avg_pool2d", "adaptive_avg_pool3d", "_adaptive_avg_pool2d"), _adaptive_pool),
    **dict.fromkeys(("adaptive_max_pool1d", "adaptive_max_pool2d", "adaptive_max_pool3d"), _adaptive_pool),
    **dict.fromkeys(("add", "sub", "mul", "div"), _arithmetic),
    **dict.fromkeys(("cat", "concat", "concatenate"), _cat),
    **dict.fromkeys(("dropout", "feature_dropout", "alpha_dropout", "feature_alpha_dropout", "native_dropout"), _dropout),
    **dict.fromkeys(("to", "_to_copy", "type_as"), _to),
    **dict.fromkeys(("permute", "permute_copy", "transpose", "transpose_copy", "t", "t_copy", "swapaxes"), _permute),
    **dict.fromkeys(("mean", "sum", "amax", "amin"), _mean),
    **dict.fromkeys(("pad", "constant_pad_nd", "reflection_pad2d", "replication_pad2d", "reflection_pad1d"), _pad),
    **dict.fromkeys(("bernoulli", "rand", "rand_like", "randn", "randn_like"), _random),
    **dict.fromkeys(("zeros", "ones", "full", "empty", "new_zeros", "new_ones", "new_full", "new_empty"), _filled),
    **dict.fromkeys(("zeros_like", "ones_like", "full_like", "empty_like"), _filled),
    "instance_norm": _instance_norm,
    "rms_norm": _rms_norm,
    "linear": _linear,
    "prelu": _prelu,
    "embedding": _embedding,
    "slice": _slice,
    "select": _select,
    "narrow": _narrow,
}
